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
        new[] { Train, Valid, Test }.Any(set => set?.Sequences < 0) ? "a file has fewer than 0 sequences" : null;
}

/// <summary>Labelled sequences as a training record names them.</summary>
/// <param name="Name">The file's name, without its folders.</param>
/// <param name="Sequences">How many of its sequences.</param>
public sealed record SequenceSetRecord(string Name, long Sequences)
{
    /// <summary>The file's name without its folders.</summary>
    [JsonPropertyOrder(-1)]
    public string Name { get; init; } = Path.GetFileName(Name);
}
