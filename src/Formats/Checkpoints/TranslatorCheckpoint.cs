using TinySD.Formats.Fields;
using TinySD.Formats.Models;

namespace TinySD.Formats.Checkpoints;

/// <summary>Sentences and their translations, so that they can be known again.</summary>
/// <param name="Source">The sources' file as it was given.</param>
/// <param name="Target">The targets' file as it was given.</param>
/// <param name="Pairs">How many of their pairs; of those for training, without what was left out.</param>
/// <param name="Checksum">What <see cref="Fingerprint.Of(SentencePairs)"/> says of them.</param>
public sealed record PairsFingerprint(string Source, string Target, long Pairs, string Checksum);

/// <summary>What only a translator's run has: its data and how they are read. Names of members here are the file's.</summary>
public sealed record RunPairs
{
    /// <summary>The sources' vocabulary.</summary>
    public required VocabularyFingerprint SourceVocabulary { get; init; }

    /// <summary>The targets' vocabulary.</summary>
    public required VocabularyFingerprint TargetVocabulary { get; init; }

    /// <summary>What <see cref="Fingerprint.Of(Text.BytePairCodes)"/> says of the codes; null where there are none.</summary>
    public string? Codes { get; init; }

    /// <summary>How the files are read: options and values that a command line gave, by name.</summary>
    public IReadOnlyDictionary<string, string>? Reading { get; init; }

    /// <summary>Those it trains on.</summary>
    public required PairsFingerprint Train { get; init; }

    /// <summary>Those it is validated on.</summary>
    public required PairsFingerprint Valid { get; init; }

    /// <summary>Those it is tested on, if there are any.</summary>
    public PairsFingerprint? Test { get; init; }

    internal string? FindFault()
    {
        if (Reading?.Values.Contains(null) == true) return "an option's value is null";
        if (SourceVocabulary.Count < TranslatorConfig.MarkCount || TargetVocabulary.Count < TranslatorConfig.MarkCount)
            return $"a vocabulary has fewer than {TranslatorConfig.MarkCount} units";
        if (Array.Exists(new[] { Train, Valid, Test }, set => set?.Pairs < 1)) return "files have no pair";
        return Fingerprint.FindFault(
            SourceVocabulary.Checksum, TargetVocabulary.Checksum, Codes, Train.Checksum, Valid.Checksum, Test?.Checksum);
    }
}

/// <summary>The members of <see cref="RunPairs"/>.</summary>
internal static class RunPairsFields
{
    private static readonly Spelling<PairsFingerprint?> s_set = new Nested<PairsFingerprint>(new("pairs", new("", "", 0, ""),
    [
        new Field<PairsFingerprint, string>("source", Spelling.Text, s => s.Source, (s, v) => s with { Source = v }),
        new Field<PairsFingerprint, string>("target", Spelling.Text, s => s.Target, (s, v) => s with { Target = v }),
        new Field<PairsFingerprint, long>("pairs", Spelling.Whole<long>(), s => s.Pairs, (s, v) => s with { Pairs = v }),
        new Field<PairsFingerprint, string>("checksum", Spelling.Text, s => s.Checksum, (s, v) => s with { Checksum = v }),
    ]));

    public static FieldTable<RunPairs> Table { get; } = new(
        "a run", new() { SourceVocabulary = null!, TargetVocabulary = null!, Train = null!, Valid = null! },
    [
        new Field<RunPairs, VocabularyFingerprint?>(
            "sourceVocabulary", RunTextsFields.Vocabulary, r => r.SourceVocabulary, (r, v) => r with { SourceVocabulary = v! }),
        new Field<RunPairs, VocabularyFingerprint?>(
            "targetVocabulary", RunTextsFields.Vocabulary, r => r.TargetVocabulary, (r, v) => r with { TargetVocabulary = v! }),
        new Field<RunPairs, string?>("codes", Spelling.Text!, r => r.Codes, (r, v) => r with { Codes = v }) { Usual = null },
        new Field<RunPairs, IReadOnlyDictionary<string, string>?>(
            "reading", new TextMap(), r => r.Reading, (r, v) => r with { Reading = v }) { Usual = null },
        new Field<RunPairs, PairsFingerprint?>("train", s_set, r => r.Train, (r, v) => r with { Train = v! }),
        new Field<RunPairs, PairsFingerprint?>("valid", s_set, r => r.Valid, (r, v) => r with { Valid = v! }),
        new Field<RunPairs, PairsFingerprint?>("test", s_set, r => r.Test, (r, v) => r with { Test = v }) { Usual = null },
    ]);
}

/// <summary>Checkpoints of translators in training.</summary>
public static class TranslatorCheckpoint
{
    /// <summary>How they are written and read.</summary>
    public static CheckpointFormat<TranslatorRecipe, RunPairs> Format { get; } = new(
        TranslatorFile.Kind, TranslatorFile.Metric, TranslatorFields.Table, RunPairsFields.Table, data => data.FindFault());
}
