using TinySD.Formats.Fields;

namespace TinySD.Formats.Models;

/// <summary>What a translator was trained, validated and tested on. Names of members here are the file's.</summary>
public sealed record PairsRecord
{
    /// <summary>Those it was trained on.</summary>
    public required PairSetRecord Train { get; init; }

    /// <summary>Those it was validated on.</summary>
    public required PairSetRecord Valid { get; init; }

    /// <summary>Those it was tested on, if it was.</summary>
    public PairSetRecord? Test { get; init; }

    internal string? FindFault() =>
        Array.Exists(new[] { Train, Valid, Test }, set => set?.Pairs < 0) ? "files have fewer than 0 pairs" : null;
}

/// <summary>Sentences and their translations as a training record names them.</summary>
/// <param name="Source">The sources' file, without its folders.</param>
/// <param name="Target">The targets' file, without its folders.</param>
/// <param name="Pairs">How many of their pairs; of those for training, without what was left out.</param>
public sealed record PairSetRecord(string Source, string Target, long Pairs)
{
    /// <summary>The sources' file without its folders.</summary>
    public string Source { get; init; } = Path.GetFileName(Source);

    /// <summary>The targets' file without its folders.</summary>
    public string Target { get; init; } = Path.GetFileName(Target);
}

/// <summary>The members of a <see cref="PairsRecord"/>.</summary>
internal static class PairsFields
{
    private static readonly Spelling<PairSetRecord?> s_set = new Nested<PairSetRecord>(new("pairs", new("", "", 0),
    [
        new Field<PairSetRecord, string>("source", Spelling.Text, s => s.Source, (s, v) => new(v, s.Target, s.Pairs)),
        new Field<PairSetRecord, string>("target", Spelling.Text, s => s.Target, (s, v) => new(s.Source, v, s.Pairs)),
        new Field<PairSetRecord, long>("pairs", Spelling.Whole<long>(), s => s.Pairs, (s, v) => s with { Pairs = v }),
    ]));

    public static FieldTable<PairsRecord> Table { get; } = new("a training record", new() { Train = null!, Valid = null! },
    [
        new Field<PairsRecord, PairSetRecord?>("train", s_set, r => r.Train, (r, v) => r with { Train = v! }),
        new Field<PairsRecord, PairSetRecord?>("valid", s_set, r => r.Valid, (r, v) => r with { Valid = v! }),
        new Field<PairsRecord, PairSetRecord?>("test", s_set, r => r.Test, (r, v) => r with { Test = v }) { Usual = null },
    ]);
}
