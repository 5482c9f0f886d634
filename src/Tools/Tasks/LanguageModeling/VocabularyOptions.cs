using TinySD.Tools.Options;
using TinySD.Tools.Training;

namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>How texts become tokens, as far as somebody says; null for what nobody does.</summary>
internal readonly record struct AskedRules(LineMarks? LineMarks, bool? IsLowerCase, WordSplit? Split);

/// <summary>The options that say how texts become tokens, and which of the training text's get a place of their own in the
/// vocabulary.</summary>
internal sealed class VocabularyOptions
{
    public const string LineMarksName = "--eos", LowerName = "--lower", SplitName = "--tokenize";

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

    /// <summary>Whether upper case is made lower case.</summary>
    public Option<bool> Lower { get; } = new(LowerName)
    {
        Description = "Make upper case lower case first, at word and character level; the model remembers it. [default: false]",
    };

    /// <summary>What a word is.</summary>
    public Option<WordSplit?> Split { get; } = Ranged.Value(SplitName, TextSpelling.WordSplits,
        "At word level, what a word is: none, what stands between white space, as in texts that are tokenised already; simple, of " +
        "that punctuation apart from letters and digits. The model remembers it. [default: none]");

    public IEnumerable<Option> All => HelpGroup.Vocabulary.Of<Option>(Lower, Split, MinimumCount, MaximumSize, LineMarks);

    /// <summary>What a command line says of how texts become tokens.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="level">What a token is.</param>
    /// <param name="warnings">Told of what has no effect at that level.</param>
    public AskedRules Rules(ParseResult parsed, TextLevel level, Warnings warnings)
    {
        string at = $" at --level {TextSpelling.Levels.NameOf(level)}: ";
        LineMarks? marks = parsed.GetValue(LineMarks);
        if (marks is { } asked && level != TextLevel.Word)
        {
            warnings.NoEffect(
                [$"{LineMarksName} {TextSpelling.LineMarks.NameOf(asked)}"], $"{at}line feeds are tokens like any other");
            marks = null;
        }

        WordSplit? split = parsed.GetValue(Split);
        if (split is not null && level != TextLevel.Word)
        {
            warnings.NoEffect([SplitName], $"{at}there are no words");
            split = null;
        }

        bool? lower = Ranged.Given(parsed, Lower).Count > 0 ? parsed.GetValue(Lower) : null;
        if (lower is not null && level == TextLevel.Byte)
        {
            warnings.NoEffect([LowerName], $"{at}bytes have no upper or lower case");
            lower = null;
        }

        return new(marks, lower, split);
    }

    /// <summary>Refuses what a model that training begins with reads otherwise.</summary>
    /// <exception cref="UsageException">The command line says other than the model.</exception>
    public static void Require(StartModel<LanguageModelRecipe> start, AskedRules asked, TokenRules own)
    {
        start.Require(LineMarksName, asked.LineMarks, own.LineMarks, TextSpelling.LineMarks);
        start.Require(LowerName, asked.IsLowerCase, own.IsLowerCase, Spelling.Switch);
        start.Require(SplitName, asked.Split, own.Split, TextSpelling.WordSplits);
    }

    /// <summary>The rules of a new run.</summary>
    public static TokenRules RulesOf(TextLevel level, AskedRules asked) =>
        new(level, level == TextLevel.Word ? asked.LineMarks ?? Formats.Text.LineMarks.WhereMissing : Formats.Text.LineMarks.Always)
        {
            IsLowerCase = asked.IsLowerCase ?? false,
            Split = asked.Split ?? WordSplit.None,
        };

    /// <summary>Options and values that say otherwise than what goes without saying, but for the marks of lines.</summary>
    public static IEnumerable<(string Option, string Value)> Rows(TokenRules rules)
    {
        if (rules.IsLowerCase) yield return (LowerName, Spelling.Switch.NameOf(true));
        if (rules.Split != WordSplit.None) yield return (SplitName, TextSpelling.WordSplits.NameOf(rules.Split));
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
