using TinySD.Formats.Fields;
using TinySD.Formats.Models;
using TinySD.Formats.Text;

namespace TinySD.Formats.Checkpoints;

/// <summary>Labelled sequences, so that they can be known again.</summary>
/// <param name="Path">The file as it was given.</param>
/// <param name="Sequences">How many of its sequences.</param>
/// <param name="Checksum">What <see cref="Fingerprint.Of(LabelledSequences)"/> says of them.</param>
public sealed record SequencesFingerprint(string Path, long Sequences, string Checksum);

/// <summary>What only a classifier's run has, or a tagger's: its data and how they are read. Names of members here are the
/// file's.</summary>
public sealed record RunSequences
{
    /// <summary>What a token is; null where sequences are of rows of numbers.</summary>
    public TextLevel? Level { get; init; }

    /// <summary>Whether upper case is made lower case.</summary>
    public bool? LowerCase { get; init; }

    /// <summary>Tokens rarer than this in the training texts are unknown.</summary>
    public int? MinimumCount { get; init; }

    /// <summary>The most tokens of the vocabulary, if it has a limit of its own.</summary>
    public int? MaximumVocabulary { get; init; }

    /// <summary>The vocabulary; null where sequences are of rows of numbers.</summary>
    public VocabularyFingerprint? Vocabulary { get; init; }

    /// <summary>How the files are read: options and values that a command line gave, by name.</summary>
    public IReadOnlyDictionary<string, string>? Reading { get; init; }

    /// <summary>The labels, in their order.</summary>
    public required string[] Labels { get; init; }

    /// <summary>Those it trains on.</summary>
    public required SequencesFingerprint Train { get; init; }

    /// <summary>Those it is validated on.</summary>
    public required SequencesFingerprint Valid { get; init; }

    /// <summary>Those it is tested on, if there are any.</summary>
    public SequencesFingerprint? Test { get; init; }

    internal string? FindFault()
    {
        if (Labels.Contains(null)) return "a label is null";
        if (Reading?.Values.Contains(null) == true) return "an option's value is null";
        if (Level is null != Vocabulary is null) return "level and vocabulary do not go together";
        if (MinimumCount < 1 || MaximumVocabulary < 1) return "an option's number is below 1";
        if (Array.Exists(new[] { Train, Valid, Test }, set => set?.Sequences < 1)) return "a file has no sequence";
        return Fingerprint.FindFault(Vocabulary?.Checksum, Train.Checksum, Valid.Checksum, Test?.Checksum);
    }
}

/// <summary>The members of <see cref="RunSequences"/>.</summary>
internal static class RunSequencesFields
{
    private static readonly Spelling<SequencesFingerprint?> s_set = new Nested<SequencesFingerprint>(new("sequences", new("", 0, ""),
    [
        new Field<SequencesFingerprint, string>("path", Spelling.Text, s => s.Path, (s, v) => s with { Path = v }),
        new Field<SequencesFingerprint, long>("sequences", Spelling.Whole<long>(), s => s.Sequences, (s, v) => s with { Sequences = v }),
        new Field<SequencesFingerprint, string>("checksum", Spelling.Text, s => s.Checksum, (s, v) => s with { Checksum = v }),
    ]));

    public static FieldTable<RunSequences> Table { get; } = new("a run", new() { Labels = [], Train = null!, Valid = null! },
    [
        new Field<RunSequences, string?>("level", Spelling.Text!, r => r.Level is { } level ? TextSpelling.Levels.NameOf(level) : null,
            (r, v) => r with { Level = v is null ? null : TextSpelling.Levels.ValueOf(v) }) { Usual = null },
        new Field<RunSequences, bool?>(
            "lowerCase", Optional.Switch, r => r.LowerCase, (r, v) => r with { LowerCase = v }) { Usual = null },
        new Field<RunSequences, int?>("minimumCount", Optional.Int, r => r.MinimumCount, (r, v) => r with { MinimumCount = v })
        { Usual = null },
        new Field<RunSequences, int?>(
            "maximumVocabulary", Optional.Int, r => r.MaximumVocabulary, (r, v) => r with { MaximumVocabulary = v }) { Usual = null },
        new Field<RunSequences, VocabularyFingerprint?>(
            "vocabulary", RunTextsFields.Vocabulary, r => r.Vocabulary, (r, v) => r with { Vocabulary = v }) { Usual = null },
        new Field<RunSequences, IReadOnlyDictionary<string, string>?>(
            "reading", new TextMap(), r => r.Reading, (r, v) => r with { Reading = v }) { Usual = null },
        new Field<RunSequences, string[]>("labels", new Items<string>(Spelling.Text), r => r.Labels, (r, v) => r with { Labels = v }),
        new Field<RunSequences, SequencesFingerprint?>("train", s_set, r => r.Train, (r, v) => r with { Train = v! }),
        new Field<RunSequences, SequencesFingerprint?>("valid", s_set, r => r.Valid, (r, v) => r with { Valid = v! }),
        new Field<RunSequences, SequencesFingerprint?>("test", s_set, r => r.Test, (r, v) => r with { Test = v }) { Usual = null },
    ]);
}

/// <summary>Checkpoints of classifiers in training.</summary>
public static class ClassifierCheckpoint
{
    /// <summary>How they are written and read.</summary>
    public static CheckpointFormat<ClassifierRecipe, RunSequences> Format { get; } = new(
        ClassifierFile.Kind, ClassifierFile.Metric, ClassifierFields.Table, RunSequencesFields.Table,
        data => data.FindFault());
}
