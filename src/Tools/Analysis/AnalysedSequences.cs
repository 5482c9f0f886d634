namespace TinySD.Tools.Analysis;

/// <summary>Sequences as a network sees them: rows of numbers, normalised, or tokens and their rows of the embedding; and the class of
/// each, where one is known.</summary>
internal sealed class AnalysedSequences
{
    private readonly IReadOnlyList<int[]>? _tokens;
    private readonly IReadOnlyList<float[]>? _rows;
    private readonly IReadOnlyList<int> _classes;

    private AnalysedSequences(SequenceModel model, IReadOnlyList<int[]>? tokens, IReadOnlyList<float[]>? rows, IReadOnlyList<int> classes)
    {
        Width = model.Config.Body.InputSize;
        Embedding = model.Embedding is { } table ? model.Parameters[table].ToArray() : [];
        (_tokens, _rows, _classes) = (tokens, rows, classes);
    }

    /// <summary>Sequences of tokens, and a class of each, -1 for none; no classes at all where there are none.</summary>
    public static AnalysedSequences OfTokens(SequenceModel model, IReadOnlyList<int[]> tokens, IReadOnlyList<int> classes) =>
        new(model, tokens, null, classes);

    /// <summary>Sequences of rows, [T][I] each.</summary>
    /// <inheritdoc cref="OfTokens"/>
    public static AnalysedSequences OfRows(SequenceModel model, IReadOnlyList<float[]> rows, IReadOnlyList<int> classes) =>
        new(model, null, rows, classes);

    /// <summary>How many there are.</summary>
    public int Count => _tokens?.Count ?? _rows!.Count;

    /// <summary>Numbers I that the network sees at a step.</summary>
    public int Width { get; }

    /// <summary>The table of tokens, [V][I]; empty where there is none.</summary>
    public float[] Embedding { get; }

    /// <summary>Whether they are of tokens.</summary>
    public bool HasTokens => _tokens is not null;

    /// <summary>Steps of all of them.</summary>
    public long Steps => Enumerable.Range(0, Count).Sum(sequence => (long)LengthOf(sequence));

    /// <summary>Steps of one.</summary>
    public int LengthOf(int sequence) => _tokens?[sequence].Length ?? _rows![sequence].Length / Width;

    /// <summary>Its class, or -1.</summary>
    public int ClassOf(int sequence) => _classes.Count == 0 ? -1 : _classes[sequence];

    /// <summary>Its tokens.</summary>
    public ReadOnlySpan<int> TokensOf(int sequence) => _tokens![sequence];

    /// <summary>What the network sees at its step <paramref name="t"/>, [I].</summary>
    public ReadOnlySpan<float> InputOf(int sequence, int t) =>
        _tokens is not null ? RowOf(_tokens[sequence][t]) : _rows![sequence].AsSpan(t * Width, Width);

    /// <summary>A token's row, [I].</summary>
    public ReadOnlySpan<float> RowOf(int token) => Embedding.AsSpan(token * Width, Width);

    /// <summary>Some of the sequences, evenly spread, of at most so many steps together: one after another until it is enough would be those
    /// of one class where a file is sorted. At least one, if need be cut.</summary>
    public AnalysedSequences AtMost(SequenceModel model, long steps)
    {
        if (Steps <= steps) return this;
        long all = Steps, taken = 0, seen = 0;
        var which = new List<int>();
        for (int i = 0; i < Count; i++)
        {
            // Each is taken where the share of steps taken has fallen behind.
            long length = LengthOf(i);
            seen += length;
            if (taken + length > (long)((decimal)steps * seen / all)) continue;
            taken += length;
            which.Add(i);
        }

        if (which.Count == 0) which.Add(0);
        int[] classes = _classes.Count == 0 ? [] : [.. which.Select(i => _classes[i])];
        int most = (int)Math.Min(steps, int.MaxValue / Width);
        return new AnalysedSequences(
            model, _tokens is null ? null : [.. which.Select(i => Cut(_tokens[i], most))],
            _rows is null ? null : [.. which.Select(i => Cut(_rows[i], most * Width))], classes);

        static T[] Cut<T>(T[] values, int most) => values.Length <= most ? values : values[..most];
    }
}
