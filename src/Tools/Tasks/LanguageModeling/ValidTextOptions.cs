using TinySD.Tools.Options;
using TinySD.Tools.Training;

namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>The options that say which text validates: a file, or the end of the training text.</summary>
internal sealed class ValidTextOptions
{
    private const float Usual = 0.05f;

    private static readonly Spelling<float> s_share = OptionWords.Share;

    /// <summary>A text of its own.</summary>
    public FileOption File { get; } = FileOption.Input("--valid",
        "The validation text: the model that does best on it is kept. [default: the end of --train]");

    /// <summary>Or a share of the training text.</summary>
    public Option<float?> Fraction { get; } = Ranged.Value(HeldOutShare.OptionName, s_share,
        $"Validate on this share at the end of --train, and train on the rest. [default: {s_share.NameOf(Usual)}]");

    public IEnumerable<Option> All => [File, Fraction];

    /// <summary>What a new run validates: a file, or a share at the training text's end.</summary>
    /// <exception cref="UsageException">Both are asked for.</exception>
    public (string? File, float? Fraction) Read(ParseResult parsed)
    {
        string? file = parsed.GetValue(File);
        float? share = parsed.GetValue(Fraction);
        if (file is not null && share is not null) throw HeldOutShare.Contradiction(File.Name);
        return (file, file is null ? share ?? Usual : null);
    }

    /// <summary>What a run that goes on validates.</summary>
    /// <exception cref="UsageException">The command line says other than the run.</exception>
    public (string? File, float? Fraction) Read(ParseResult parsed, ResumedRun<LanguageModelRecipe, RunTexts> run)
    {
        string? file = parsed.GetValue(File);
        if (run.Data.ValidFraction is not { } known)
        {
            run.Same(Fraction.Name, Name(parsed.GetValue(Fraction)), null);
            return (file ?? run.Data.Valid.Path, null);
        }

        if (file is not null) throw run.Contradiction(File.Name, file, $"{Fraction.Name} {Name(known)}");
        run.Same(Fraction.Name, Name(parsed.GetValue(Fraction)), Name(known));
        return (null, known);

        static string? Name(float? share) => share is { } some ? s_share.NameOf(some) : null;
    }
}
