namespace TinySD.Tools.Analysis;

/// <summary>Sequences as a network sees them: rows of numbers, normalised, or tokens and their rows of the embedding; and the class of
/// each, or of each of its steps, where one is known.</summary>
internal sealed class AnalysedSequences
{
    private readonly SequenceModel _model;
    private readonly IReadOnlyList<int[]>? _tokens;
    private readonly IReadOnlyList<ReadOnlyMemory<float>>? _rows;
    private readonly IReadOnlyList<ReadOnlyMemory<int>> _classes;

    private AnalysedSequences(
        SequenceModel model, IReadOnlyList<int[]>? tokens, IReadOnlyList<ReadOnlyMemory<float>>? rows,
        IReadOnlyList<ReadOnlyMemory<int>> classes)
    {
        _model = model;
        Width = model.Config.Body.InputSize;
        Embedding = model.Embedding is { } table ? model.Parameters[table].ToArray() : [];
        (_tokens, _rows, _classes) = (tokens, rows, classes);
    }

    /// <summary>Sequences of tokens, and a class of each, -1 for none; no classes at all where there are none.</summary>
    public static AnalysedSequences OfTokens(SequenceModel model, IReadOnlyList<int[]> tokens, IReadOnlyList<int> classes) =>
        new(model, tokens, null, OneOfEach(classes));

    /// <summary>Sequences of rows, [T][I] each.</summary>
    /// <inheritdoc cref="OfTokens"/>
    public static AnalysedSequences OfRows(SequenceModel model, IReadOnlyList<float[]> rows, IReadOnlyList<int> classes) =>
        new(model, null, Array.ConvertAll([.. rows], values => (ReadOnlyMemory<float>)values), OneOfEach(classes));

    /// <summary>A series of rows, read as a whole or by every window of so many rows that it has.</summary>
    /// <param name="model">The network.</param>
    /// <param name="series">[N][I].</param>
    /// <param name="classes">The class of each row, [N].</param>
    /// <param name="window">Rows of a window, at most N; 0 for the whole.</param>
    public static AnalysedSequences OfSeries(SequenceModel model, float[] series, int[] classes, int window)
    {
        int width = model.Config.Body.InputSize, rows = series.Length / width, length = window == 0 ? rows : window;
        var windows = new ReadOnlyMemory<float>[rows - length + 1];
        var ofSteps = new ReadOnlyMemory<int>[windows.Length];
        for (int row = 0; row < windows.Length; row++)
        {
            windows[row] = series.AsMemory(row * width, length * width);
            ofSteps[row] = classes.AsMemory(row, length);
        }

        return new AnalysedSequences(model, null, windows, ofSteps);
    }

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

    /// <summary>The class of a sequence, or of its step <paramref name="t"/> where each has one; -1 for none.</summary>
    public int ClassOf(int sequence, int t = 0) => _classes.Count == 0 ? -1 : _classes[sequence] switch
    {
        { Length: 1 } one => one.Span[0],
        var many => many.Span[t],
    };

    /// <summary>Its tokens.</summary>
    public ReadOnlySpan<int> TokensOf(int sequence) => _tokens![sequence];

    /// <summary>What the network sees at its step <paramref name="t"/>, [I].</summary>
    public ReadOnlySpan<float> InputOf(int sequence, int t) =>
        _tokens is not null ? RowOf(_tokens[sequence][t]) : _rows![sequence].Span.Slice(t * Width, Width);

    /// <summary>A token's row, [I].</summary>
    public ReadOnlySpan<float> RowOf(int token) => Embedding.AsSpan(token * Width, Width);

    /// <summary>Some of the sequences, evenly spread, of at most so many steps together: one after another until it is enough would be
    /// those of one class where a file is sorted. At least one, if need be cut.</summary>
    public AnalysedSequences AtMost(long steps)
    {
        long all = Steps, taken = 0, seen = 0;
        if (all <= steps) return this;
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

        if (which.Count == 0) which.Add(Enumerable.Range(0, Count).First(i => LengthOf(i) > 0));
        int most = (int)Math.Min(steps, int.MaxValue / Width);
        return new AnalysedSequences(
            _model, _tokens is null ? null : which.ConvertAll(i => _tokens[i].Length <= most ? _tokens[i] : _tokens[i][..most]),
            _rows is null ? null : which.ConvertAll(i => _rows[i][..Math.Min(_rows[i].Length, most * Width)]),
            _classes.Count == 0 ? [] : which.ConvertAll(i => _classes[i]));
    }

    private static ReadOnlyMemory<int>[] OneOfEach(IReadOnlyList<int> classes) =>
        Array.ConvertAll([.. classes], value => (ReadOnlyMemory<int>)new[] { value });
}
