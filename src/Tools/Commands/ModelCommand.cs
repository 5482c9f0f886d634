using TinySD.Tools.Files;
using TinySD.Tools.Options;

namespace TinySD.Tools.Commands;

/// <summary>A verb for models of several kinds: the file says which, and each kind has options of its own.</summary>
/// <typeparam name="TRequest">What the command line says for all kinds.</typeparam>
/// <param name="name">The verb.</param>
/// <param name="help">What it does.</param>
/// <param name="verbs">What it does with each kind.</param>
/// <param name="common">The options that every command has.</param>
internal abstract class ModelCommand<TRequest>(string name, string help, ModelVerbs<TRequest> verbs, CommonOptions common)
    : CliCommand(name, help, common)
{
    private readonly FileArgument _model = new("MODEL", "A model file (.tsd).");

    protected FileArgument Model => _model;

    /// <summary>The options that are not for all kinds.</summary>
    protected IEnumerable<Option> OfKinds => verbs.Options;

    /// <summary>What a command line says for all kinds.</summary>
    protected abstract TRequest Read(ParseResult parsed, string model);

    protected override int Run(ParseResult parsed, CliContext context)
    {
        string model = parsed.GetRequiredValue(_model);
        TRequest request = Read(parsed, model);
        return verbs.Of(model, parsed, context.Warnings).Run(request, parsed, context);
    }
}
