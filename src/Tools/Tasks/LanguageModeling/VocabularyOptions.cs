using TinySD.Tools.Options;

namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>The options that say which tokens of the training text get a place of their own in the vocabulary.</summary>
internal sealed class VocabularyOptions
{
    public const string LineMarksName = "--eos";

    private readonly VocabularyLimitOptions _limits = new(
        $"Tokens rarer than this in the training text become {Vocabulary.Unknown}; from 2 on, any other text can be read.",
        $"{Vocabulary.Unknown} and {Vocabulary.EndOfLine}",
        $"1, or 2 where there would be no {Vocabulary.Unknown} and the validation or test text has tokens that the training text lacks");

    /// <summary>The rarest tokens that do.</summary>
    public Option<int?> MinimumCount => _limits.MinimumCount;

    /// <summary>How many do.</summary>
    public Option<int?> MaximumSize => _limits.MaximumSize;

    /// <summary>Which lines get a token for their end.</summary>
    public Option<LineMarks?> LineMarks { get; } = Ranged.Value(LineMarksName, TextSpelling.LineMarks,
        $"At word level, which lines get the token {Vocabulary.EndOfLine} at their end: where-missing, those that do not end in it " +
        "already; always, every line; none, no line: a line's end is white space, and what the text has is what there is. The model " +
        "remembers it. [default: where-missing]");

    public IEnumerable<Option> All => HelpGroup.Vocabulary.Of<Option>(MinimumCount, MaximumSize, LineMarks);

    /// <summary>Which lines get a token for their end, or null where the command line does not say.</summary>
    public LineMarks? Marks(ParseResult parsed, TextLevel level, Warnings warnings)
    {
        if (parsed.GetValue(LineMarks) is not { } marks || level == TextLevel.Word) return parsed.GetValue(LineMarks);
        warnings.NoEffect(
            [$"{LineMarksName} {TextSpelling.LineMarks.NameOf(marks)}"],
            $" at --level {TextSpelling.Levels.NameOf(level)}: line feeds are tokens like any other");
        return null;
    }

    /// <summary>What they say on a command line.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="level">What a token is.</param>
    /// <param name="warnings">Told where tokens are bytes, of which all have a place.</param>
    public VocabularyLimits Read(ParseResult parsed, TextLevel level, Warnings warnings)
    {
        if (level != TextLevel.Byte) return _limits.Read(parsed);
        warnings.NoEffect(Ranged.Given(parsed, MinimumCount, MaximumSize), " at --level byte: there are 256 bytes, and none is unknown");
        return new(1, null);
    }
}
