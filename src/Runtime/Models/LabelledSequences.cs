namespace TinySD.Runtime.Models;

/// <summary>Sequences, of tokens or of rows of numbers, and the labels of each.</summary>
public sealed class LabelledSequences
{
    private readonly IReadOnlyList<int[]>? _tokens;
    private readonly IReadOnlyList<double[]>? _rows;
    private readonly IReadOnlyList<int[]> _labels;
    private readonly int _width;

    private LabelledSequences(IReadOnlyList<int[]>? tokens, IReadOnlyList<double[]>? rows, int width, IReadOnlyList<int[]> labels)
    {
        (_tokens, _rows, _width, _labels) = (tokens, rows, width, labels);
        if (Count != labels.Count)
            Throw.Argument($"there are {Throw.Counted(labels.Count, "set")} of labels for {Throw.Counted(Count, "sequence")}");
        for (int i = 0; i < Count; i++) Longest = Math.Max(Longest, LengthOf(i));
    }

    /// <summary>Sequences of tokens.</summary>
    /// <param name="tokens">Token ids of each; none at all is a sequence, too.</param>
    /// <param name="labels">The labels of each: one, or with several at once any number of different ones.</param>
    /// <exception cref="ArgumentException">The two are not of one length.</exception>
    public static LabelledSequences OfTokens(IReadOnlyList<int[]> tokens, IReadOnlyList<int[]> labels)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        ArgumentNullException.ThrowIfNull(labels);
        return new(tokens, null, 0, labels);
    }

    /// <summary>Sequences of rows of numbers.</summary>
    /// <param name="width">Columns I.</param>
    /// <param name="rows">The rows of each, [T][I]; a number that is missing is <see cref="double.NaN"/>.</param>
    /// <param name="labels">The labels of each.</param>
    /// <exception cref="ArgumentException">The two are not of one length, a sequence ends within a row, or a number is
    /// infinite.</exception>
    public static LabelledSequences OfNumbers(int width, IReadOnlyList<double[]> rows, IReadOnlyList<int[]> labels)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(labels);
        if (width < 1) Throw.OutOfRange(nameof(width), width, "at least 1");
        for (int i = 0; i < rows.Count; i++)
        {
            if (rows[i].Length % width != 0)
                Throw.Argument($"sequence {i} holds {Throw.Counted(rows[i].Length, "number")}; expected a multiple of {width}");
            if (Array.Exists(rows[i], double.IsInfinity)) Throw.Argument($"sequence {i} holds a number that is infinite");
        }

        return new(null, rows, width, labels);
    }

    /// <summary>Sequences.</summary>
    public int Count => _tokens?.Count ?? _rows!.Count;

    /// <summary>Whether they are of tokens.</summary>
    public bool HasTokens => _tokens is not null;

    /// <summary>Columns I of rows of numbers; 0 of tokens.</summary>
    public int Width => _width;

    /// <summary>Steps of the longest.</summary>
    public int Longest { get; }

    /// <summary>Steps of a sequence.</summary>
    public int LengthOf(int sequence) => _tokens is not null ? _tokens[sequence].Length : _rows![sequence].Length / _width;

    /// <summary>The tokens of a sequence.</summary>
    public ReadOnlySpan<int> TokensOf(int sequence) => _tokens![sequence];

    /// <summary>The rows of a sequence, [T][I].</summary>
    public ReadOnlySpan<double> RowsOf(int sequence) => _rows![sequence];

    /// <summary>The labels of a sequence.</summary>
    public ReadOnlySpan<int> LabelsOf(int sequence) => _labels[sequence];

    /// <summary>How many sequences have each of so many labels.</summary>
    /// <exception cref="ArgumentException">A label is out of range.</exception>
    public long[] CountLabels(int labels)
    {
        long[] counts = new long[labels];
        for (int i = 0; i < Count; i++)
        {
            foreach (int label in _labels[i])
            {
                if ((uint)label >= (uint)labels) Throw.Argument($"label {label} of sequence {i}; there are {labels}");
                counts[label]++;
            }
        }

        return counts;
    }
}
