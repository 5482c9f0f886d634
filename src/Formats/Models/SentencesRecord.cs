using TinySD.Formats.Fields;

namespace TinySD.Formats.Models;

/// <summary>What a tagger was trained, validated and tested on. Names of members here are the file's.</summary>
public sealed record SentencesRecord
{
    /// <summary>The sentences of each file, the marks of documents not counted.</summary>
    public required SequencesRecord Sets { get; init; }

    /// <summary>The word vectors that the embedding began with, if there were any.</summary>
    public VectorsRecord? Vectors { get; init; }

    internal string? FindFault() => Vectors?.Words < 0 ? "vectors are of fewer than 0 words" : Sets.FindFault();
}

/// <summary>Word vectors as a training record names them.</summary>
/// <param name="Name">The file's name, without its folders.</param>
/// <param name="Words">Words of the vocabulary that have one.</param>
public sealed record VectorsRecord(string Name, long Words)
{
    /// <summary>The file's name without its folders.</summary>
    public string Name { get; init; } = Path.GetFileName(Name);
}

/// <summary>The members of a <see cref="SentencesRecord"/>.</summary>
internal static class SentencesFields
{
    private static readonly Spelling<VectorsRecord?> s_vectors = new Nested<VectorsRecord>(new("word vectors", new("", 0),
    [
        new Field<VectorsRecord, string>("name", Spelling.Text, s => s.Name, (s, v) => new(v, s.Words)),
        new Field<VectorsRecord, long>("words", Spelling.Whole<long>(), s => s.Words, (s, v) => s with { Words = v }),
    ]));

    public static FieldTable<SentencesRecord> Table { get; } = new("a training record", new() { Sets = SequencesFields.Table.Blank },
    [
        .. SequencesFields.Table.JoinedTo<SentencesRecord>(r => r.Sets, (r, v) => r with { Sets = v }),
        new Field<SentencesRecord, VectorsRecord?>("vectors", s_vectors, r => r.Vectors, (r, v) => r with { Vectors = v })
        { Usual = null },
    ]);
}
