using TinySD.Runtime.Memory;

namespace TinySD.Runtime.Training;

/// <summary>
/// Where a gradient may differ from zero: the block of all parameters cut into pieces that start on cache lines, without the rows of an embedding
/// that no token of the window looked up. Norm and plain descent walk these and leave the rest of memory alone.
/// </summary>
/// <remarks>Of a vocabulary of 10,000 a window of 700 tokens looks up a twentieth. Allocates in the constructor only.</remarks>
internal sealed class GradientBlocks
{
    // A block's squares are summed in single precision, the blocks' sums in double.
    private const int MaxFloats = 4096;

    private readonly int[] _starts, _lengths;
    private readonly int _dense, _rowFloats, _tableOffset;
    private int _count;

    /// <param name="layout">The parameters.</param>
    /// <param name="table">An embedding [V, E], first in the layout, or <see langword="null"/> if every gradient is dense.</param>
    /// <param name="maxRows">The most rows of it that a window can look up.</param>
    public GradientBlocks(ParameterLayout layout, TensorSlot? table, int maxRows)
    {
        int denseStart = table == null ? 0 : AlignedBuffer.RoundUp(table.Offset + table.Length);
        _rowFloats = table?.Shape[1] ?? 0;
        _tableOffset = table?.Offset ?? 0;
        int most = Blocks(layout.LengthFloats - denseStart) + (table == null ? 0 : Math.Min(maxRows, table.Shape[0]) * Blocks(_rowFloats + (2 * AlignedBuffer.AlignmentFloats)));
        _starts = new int[most];
        _lengths = new int[most];
        Add(denseStart, layout.LengthFloats);
        _dense = _count;
    }

    /// <summary>First floats; multiples of 16.</summary>
    public ReadOnlySpan<int> Starts => _starts.AsSpan(0, _count);

    /// <summary>Floats of each; multiples of 16.</summary>
    public ReadOnlySpan<int> Lengths => _lengths.AsSpan(0, _count);

    /// <summary>The most blocks there can be.</summary>
    public int Capacity => _starts.Length;

    /// <summary>Notes which rows of the embedding have a gradient: sorted and distinct.</summary>
    public void Touch(ReadOnlySpan<int> rows)
    {
        _count = _dense;
        int start = 0, end = 0;
        foreach (int row in rows)
        {
            // A row need not begin on a cache line; neighbours that share one become one run.
            int first = _tableOffset + (row * _rowFloats), from = first / AlignedBuffer.AlignmentFloats * AlignedBuffer.AlignmentFloats;
            if (from >= end || end - start >= MaxFloats)
            {
                Add(start, end);
                start = Math.Max(from, end);
            }

            end = AlignedBuffer.RoundUp(first + _rowFloats);
        }

        Add(start, end);
    }

    private static int Blocks(int floats) => (int)((floats + (long)MaxFloats - 1) / MaxFloats);

    private void Add(int start, int end)
    {
        while (start < end)
        {
            int length = Math.Min(MaxFloats, end - start);
            _starts[_count] = start;
            _lengths[_count++] = length;
            start += length;
        }
    }
}
