using TinySD.Tools.Options;

namespace TinySD.Tools.Files;

/// <summary>What a command that is for models of several kinds does with those of one.</summary>
/// <typeparam name="TRequest">What the command line says for all kinds.</typeparam>
/// <param name="kind">The kind as the file's header says it.</param>
/// <param name="noun">Such models, as a sentence goes on after <c>about</c>: <c>language models</c>.</param>
internal abstract class ModelVerb<TRequest>(string kind, string noun)
{
    public string Kind => kind;

    public string Noun => noun;

    /// <summary>The options that say something of models of this kind, in the order of the help. One that is of other kinds too is one
    /// object, which all of them are given.</summary>
    public abstract IEnumerable<Option> Options { get; }

    /// <summary>Does it. Options of other kinds were warned of.</summary>
    /// <param name="request">What the command line says for all kinds.</param>
    /// <param name="parsed">The command line.</param>
    /// <param name="context">Where it writes.</param>
    /// <returns>The exit code.</returns>
    public abstract int Run(TRequest request, ParseResult parsed, CliContext context);
}

/// <summary>The kinds of models that a command is for.</summary>
/// <param name="verbs">What it does with each.</param>
internal sealed class ModelVerbs<TRequest>(params IReadOnlyList<ModelVerb<TRequest>> verbs)
{
    private static readonly HelpGroup s_severalKinds = new("Models of several kinds");

    /// <summary>The options of all kinds, each once, and those of several kinds first; the help has them by kinds.</summary>
    public IEnumerable<Option> Options
    {
        get
        {
            ILookup<bool, Option> all = verbs.SelectMany(verb => verb.Options).ToLookup(IsOfSeveral);
            return
            [
                .. s_severalKinds.Of(all[true].Distinct()),
                .. verbs.SelectMany(verb => new HelpGroup(Capital(verb.Noun)).Of(all[false].Intersect(verb.Options))),
            ];

            bool IsOfSeveral(Option option) => verbs.Count(verb => verb.Options.Contains(option)) > 1;

            static string Capital(string noun) => char.ToUpperInvariant(noun[0]) + noun[1..];
        }
    }

    /// <summary>What is done with a model, told by what its file says it is. Options that say nothing of it are warned of.</summary>
    /// <param name="path">The model's file.</param>
    /// <param name="parsed">The command line.</param>
    /// <param name="warnings">Told of options that have no effect.</param>
    /// <exception cref="FileProblemException">It cannot be read, is damaged, or holds something else.</exception>
    public ModelVerb<TRequest> Of(string path, ParseResult parsed, Warnings warnings)
    {
        ModelVerb<TRequest> verb = Find(path);
        foreach (ModelVerb<TRequest> other in verbs)
        {
            IEnumerable<Option> foreign = other.Options.Except(verb.Options);
            warnings.NoEffect(Ranged.Given(parsed, foreign), $": about {other.Noun} only, and {path} is of kind '{verb.Kind}'");
        }

        return verb;
    }

    private ModelVerb<TRequest> Find(string path)
    {
        using TsdFile file = TsdFile.Open(path);
        return verbs.FirstOrDefault(verb => verb.Kind == file.Kind)
            ?? throw new FileProblemException(file.WrongKind([.. verbs.Select(verb => verb.Kind)]));
    }
}
