using TinySD.Formats.Fields;

namespace TinySD.Formats.Models;

/// <summary>What a classifier was trained, validated and tested on. Names of members here are the file's.</summary>
public sealed record SequencesRecord
{
    /// <summary>Those it was trained on.</summary>
    public required SequenceSetRecord Train { get; init; }

    /// <summary>Those it was validated on.</summary>
    public required SequenceSetRecord Valid { get; init; }

    /// <summary>Those it was tested on, if it was.</summary>
    public SequenceSetRecord? Test { get; init; }

    internal string? FindFault() =>
        Array.Exists(new[] { Train, Valid, Test }, set => set?.Sequences < 0) ? "a file has fewer than 0 sequences" : null;
}

/// <summary>Labelled sequences as a training record names them.</summary>
/// <param name="Name">The file's name, without its folders.</param>
/// <param name="Sequences">How many of its sequences.</param>
public sealed record SequenceSetRecord(string Name, long Sequences)
{
    /// <summary>The file's name without its folders.</summary>
    public string Name { get; init; } = Path.GetFileName(Name);
}

/// <summary>The members of a <see cref="SequencesRecord"/>.</summary>
internal static class SequencesFields
{
    private static readonly Spelling<SequenceSetRecord?> s_set = new Nested<SequenceSetRecord>(new("sequences", new("", 0),
    [
        new Field<SequenceSetRecord, string>("name", Spelling.Text, s => s.Name, (s, v) => new(v, s.Sequences)),
        new Field<SequenceSetRecord, long>("sequences", Spelling.Whole<long>(), s => s.Sequences, (s, v) => s with { Sequences = v }),
    ]));

    public static FieldTable<SequencesRecord> Table { get; } = new("a training record", new() { Train = null!, Valid = null! },
    [
        new Field<SequencesRecord, SequenceSetRecord?>("train", s_set, r => r.Train, (r, v) => r with { Train = v! }),
        new Field<SequencesRecord, SequenceSetRecord?>("valid", s_set, r => r.Valid, (r, v) => r with { Valid = v! }),
        new Field<SequencesRecord, SequenceSetRecord?>("test", s_set, r => r.Test, (r, v) => r with { Test = v }) { Usual = null },
    ]);
}
