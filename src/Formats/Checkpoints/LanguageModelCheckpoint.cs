using TinySD.Formats.Fields;
using TinySD.Formats.Models;
using TinySD.Formats.Text;

namespace TinySD.Formats.Checkpoints;

/// <summary>A vocabulary, so that it can be known again.</summary>
/// <param name="Count">Its tokens.</param>
/// <param name="Checksum">What <see cref="Fingerprint.Of(Vocabulary)"/> says of them.</param>
public sealed record VocabularyFingerprint(int Count, string Checksum);

/// <summary>What only a language model's run has: its texts and its vocabulary. Names of members here are the file's.</summary>
public sealed record RunTexts
{
    /// <summary>What a token is.</summary>
    public required TextLevel Level { get; init; }

    /// <summary>Which lines of its texts get a token for their end.</summary>
    public LineMarks LineMarks { get; init; }

    /// <summary>Whether upper case of its texts is made lower case.</summary>
    public bool LowerCase { get; init; }

    /// <summary>What a word of its texts is.</summary>
    public WordSplit Tokenize { get; init; }

    /// <summary>Tokens rarer than this in the training text are unknown.</summary>
    public required int MinimumCount { get; init; }

    /// <summary>The most tokens of the vocabulary, if it has a limit of its own.</summary>
    public int? MaximumVocabulary { get; init; }

    /// <summary>The vocabulary.</summary>
    public required VocabularyFingerprint Vocabulary { get; init; }

    /// <summary>The training text.</summary>
    public required TextFingerprint Train { get; init; }

    /// <summary>The validation text.</summary>
    public required TextFingerprint Valid { get; init; }

    /// <summary>The share at the end of the training file that is not trained on, but validates; null where that is a file of its
    /// own.</summary>
    public float? ValidFraction { get; init; }

    /// <summary>The test text, if there is one.</summary>
    public TextFingerprint? Test { get; init; }

    /// <summary>Streams that validation and test texts are cut into; null in runs that were begun before this was recorded, whose
    /// validation has as many as the batch and whose test has one.</summary>
    public int? Streams { get; init; }

    /// <summary>How its texts become tokens.</summary>
    internal TokenRules Rules => new(Level, LineMarks) { IsLowerCase = LowerCase, Split = Tokenize };

    internal string? FindFault()
    {
        if (Rules.FindFault() is { } fault) return fault;
        if (Streams is < 1 or > LanguageModelFile.MaxStreams) return $"{Streams} streams are not 1 to {LanguageModelFile.MaxStreams}";
        if (ValidFraction is not (null or (> 0 and < 1))) return "the share that validates is not above 0 and below 1";
        if (MinimumCount < 1 || MaximumVocabulary < 1) return "an option's number is below 1";
        if (Array.Exists(new[] { Train, Valid, Test }, text => text?.Tokens < 2) || Vocabulary.Count < 2)
            return "a text or the vocabulary has fewer than 2 tokens";
        return Fingerprint.FindFault(Vocabulary.Checksum, Train.Checksum, Valid.Checksum, Test?.Checksum);
    }
}

/// <summary>The members of <see cref="RunTexts"/>.</summary>
internal static class RunTextsFields
{
    private static readonly Spelling<int> s_int = Spelling.Whole<int>();

    private static readonly Spelling<TextFingerprint?> s_text = new Nested<TextFingerprint>(new("a text", new("", 0, ""),
    [
        new Field<TextFingerprint, string>("path", Spelling.Text, t => t.Path, (t, v) => t with { Path = v }),
        new Field<TextFingerprint, long>("tokens", Spelling.Whole<long>(), t => t.Tokens, (t, v) => t with { Tokens = v }),
        new Field<TextFingerprint, string>("checksum", Spelling.Text, t => t.Checksum, (t, v) => t with { Checksum = v }),
    ]));

    /// <summary>How a vocabulary is spelled.</summary>
    public static Spelling<VocabularyFingerprint?> Vocabulary { get; } = new Nested<VocabularyFingerprint>(new("a vocabulary", new(0, ""),
    [
        new Field<VocabularyFingerprint, int>("count", s_int, f => f.Count, (f, v) => f with { Count = v }),
        new Field<VocabularyFingerprint, string>("checksum", Spelling.Text, f => f.Checksum, (f, v) => f with { Checksum = v }),
    ]));

    public static FieldTable<RunTexts> Table { get; } = new(
        "a run", new() { Level = default, MinimumCount = 0, Vocabulary = null!, Train = null!, Valid = null! },
    [
        new Field<RunTexts, string>("level", Spelling.Text, r => TextSpelling.Levels.NameOf(r.Level),
            (r, v) => r with { Level = TextSpelling.Levels.ValueOf(v) }),
        new Field<RunTexts, string>("lineMarks", Spelling.Text, r => TextSpelling.LineMarks.NameOf(r.LineMarks),
            (r, v) => r with { LineMarks = TextSpelling.LineMarks.ValueOf(v) })
        { Usual = TextSpelling.LineMarks.NameOf(LineMarks.Always) },
        new Field<RunTexts, bool>("lowerCase", Spelling.Switch, r => r.LowerCase, (r, v) => r with { LowerCase = v })
        { Usual = false },
        new Field<RunTexts, string>("tokenize", Spelling.Text, r => TextSpelling.WordSplits.NameOf(r.Tokenize),
            (r, v) => r with { Tokenize = TextSpelling.WordSplits.ValueOf(v) })
        { Usual = TextSpelling.WordSplits.NameOf(WordSplit.None) },
        new Field<RunTexts, int>("minimumCount", s_int, r => r.MinimumCount, (r, v) => r with { MinimumCount = v }),
        new Field<RunTexts, int?>("maximumVocabulary", Optional.Int, r => r.MaximumVocabulary,
            (r, v) => r with { MaximumVocabulary = v }) { Usual = null },
        new Field<RunTexts, VocabularyFingerprint?>("vocabulary", Vocabulary, r => r.Vocabulary, (r, v) => r with { Vocabulary = v! }),
        new Field<RunTexts, TextFingerprint?>("train", s_text, r => r.Train, (r, v) => r with { Train = v! }),
        new Field<RunTexts, TextFingerprint?>("valid", s_text, r => r.Valid, (r, v) => r with { Valid = v! }),
        new Field<RunTexts, float?>("validFraction", Optional.Single, r => r.ValidFraction, (r, v) => r with { ValidFraction = v })
        { Usual = null },
        new Field<RunTexts, TextFingerprint?>("test", s_text, r => r.Test, (r, v) => r with { Test = v }) { Usual = null },
        new Field<RunTexts, int?>("streams", Optional.Int, r => r.Streams, (r, v) => r with { Streams = v })
        { Usual = null },
    ]);
}

/// <summary>Checkpoints of language models in training.</summary>
public static class LanguageModelCheckpoint
{
    /// <summary>How they are written and read.</summary>
    public static CheckpointFormat<LanguageModelRecipe, RunTexts> Format { get; } = new(
        LanguageModelFile.Kind, LanguageModelFile.Metric, LanguageModelFields.Table, RunTextsFields.Table,
        texts => texts.FindFault());
}
