using System.Numerics;

namespace TinySD.Runtime.Memory;

/// <summary>A tensor of which a step uses some rows only, so that its gradient is zero in the others: an embedding.</summary>
/// <param name="Table">The tensor [V, E], anywhere in its layout.</param>
/// <param name="MaxRows">The most rows that a step uses, each counted as often as it is used.</param>
public readonly record struct SparseTable(TensorSlot Table, int MaxRows);

/// <summary>Where a use of a tensor adds its gradient.</summary>
/// <param name="values">The tensor's gradient.</param>
/// <param name="isNew">Whether this is the step's first use: what is there counts as zero and is to be overwritten.</param>
internal readonly ref struct GradientSpan(Span<float> values, bool isNew)
{
    public Span<float> Values { get; } = values;

    public bool IsNew { get; } = isNew;

    /// <summary>The values, cleared if they count as zero.</summary>
    public Span<float> Cleared()
    {
        if (IsNew) Values.Clear();
        return Values;
    }
}

/// <summary>A step's gradient, laid out as the parameters are. Every use of a tensor adds to it: a tensor used twice in a step has
/// the sum of both. It also knows where it may differ from zero, so that norm, update and whoever sends it elsewhere leave the rest
/// of memory alone.</summary>
/// <remarks>Nothing is cleared before a step. The first use of a tensor overwrites what the last step left, which saves a pass over memory
/// that the caches do not hold; of a <see cref="SparseTable"/> only the last step's rows are cleared. Of a vocabulary of 10,000 a window of
/// 700 tokens looks up a twentieth. Allocates in the constructor only.</remarks>
public sealed class GradientBlock
{
    // A block's squares are summed in single precision, the blocks' sums in double.
    private const int MaxFloats = 4096;

    private readonly bool[] _isUsed;
    private readonly Rows[] _tables;
    private readonly int[] _starts, _lengths;
    private readonly int _denseCount;
    private int _count;

    /// <summary>Lays the gradient out in zeroed memory of the host, or allocates.</summary>
    internal GradientBlock(ParameterLayout layout, IReadOnlyList<SparseTable> tables, Memory<float> storage)
        : this(layout, tables) => Values = new ParameterBlock(layout, storage);

    /// <summary>The blocks alone, without numbers.</summary>
    internal GradientBlock(ParameterLayout layout, IReadOnlyList<SparseTable> tables)
    {
        Values = null!;
        _isUsed = new bool[layout.Tensors.Count];
        _tables = [.. tables.OrderBy(table => table.Table.Offset).Select(table => new Rows(table))];
        long most = 0;
        int start = 0;
        foreach (Rows rows in _tables)
        {
            most += Blocks(rows.Slot.Offset - start) + ((long)rows.Capacity * Blocks(rows.Floats + (2 * AlignedBuffer.AlignmentFloats)));
            start = rows.End;
        }

        most += Blocks(layout.LengthFloats - start);
        _starts = new int[most];
        _lengths = new int[most];
        start = 0;
        foreach (Rows rows in _tables)
        {
            Add(start, rows.Slot.Offset);
            start = rows.End;
        }

        Add(start, layout.LengthFloats);
        _denseCount = _count;
    }

    /// <summary>The numbers, whole after a step's backward pass.</summary>
    public ParameterBlock Values { get; private init; }

    /// <summary>First floats of the blocks that may differ from zero; multiples of 16.</summary>
    internal ReadOnlySpan<int> Starts => _starts.AsSpan(0, _count);

    /// <summary>Floats of each; multiples of 16.</summary>
    internal ReadOnlySpan<int> Lengths => _lengths.AsSpan(0, _count);

    /// <summary>The most blocks there can be.</summary>
    internal int Capacity => _starts.Length;

    /// <summary>The rows of a sparse table that the step used, or all that were noted by <see cref="Note"/>: sorted and distinct.</summary>
    /// <exception cref="ArgumentException">The tensor is no sparse table here.</exception>
    public ReadOnlySpan<int> RowsOf(TensorSlot table)
    {
        Rows? rows = Find(table);
        if (rows is null) Throw.Argument($"'{table.Name}' is no sparse table of this gradient");
        return rows.Used;
    }

    /// <summary>Begins a step: all of it counts as zero.</summary>
    internal void Begin()
    {
        Array.Clear(_isUsed);
        foreach (Rows rows in _tables) rows.Clear(Values[rows.Slot]);
    }

    /// <summary>A tensor's gradient, to which its user adds.</summary>
    internal GradientSpan this[TensorSlot slot]
    {
        get
        {
            bool isNew = !_isUsed[slot.Index];
            _isUsed[slot.Index] = true;
            return new GradientSpan(Values[slot], isNew);
        }
    }

    /// <summary>A table's gradient, to some rows of which its user adds; cleared if need be, or whole if it is no
    /// sparse table here.</summary>
    internal Span<float> this[TensorSlot table, ReadOnlySpan<int> rows]
    {
        get
        {
            if (Find(table) is not { } found) return this[table].Cleared();
            found.Note(rows);
            return Values[table];
        }
    }

    /// <summary>Notes that rows of a sparse table have a gradient, where it is not of this step: of another machine.</summary>
    /// <param name="table">The table.</param>
    /// <param name="rows">In any order, as often as it may be.</param>
    public void Note(TensorSlot table, ReadOnlySpan<int> rows) => Find(table)?.Note(rows);

    /// <summary>Ends a step: tensors without a use become zero, and the blocks are those of the rows that were used.</summary>
    internal void End()
    {
        for (int i = 0; i < _isUsed.Length; i++)
        {
            if (!_isUsed[i] && Find(Values.Layout.Tensors[i]) is null) Values[Values.Layout.Tensors[i]].Clear();
        }

        _count = _denseCount;
        foreach (Rows rows in _tables)
        {
            rows.Sort();
            AddRows(rows);
        }
    }

    private Rows? Find(TensorSlot slot)
    {
        foreach (Rows rows in _tables)
        {
            if (rows.Slot.Index == slot.Index) return rows;
        }

        return null;
    }

    private void AddRows(Rows rows)
    {
        int start = 0, end = 0;
        foreach (int row in rows.Used)
        {
            // A row need not begin on a cache line; neighbours that share one become one run.
            int first = rows.Slot.Offset + (row * rows.Floats);
            int from = first / AlignedBuffer.AlignmentFloats * AlignedBuffer.AlignmentFloats;
            if (from >= end || end - start >= MaxFloats)
            {
                Add(start, end);
                start = Math.Max(from, end);
            }

            end = AlignedBuffer.RoundUp(first + rows.Floats);
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

    /// <summary>Which rows of a table are used: one bit each, read back in order, so distinct and sorted without a sort.</summary>
    private sealed class Rows(SparseTable table)
    {
        private readonly int[] _used = new int[Math.Min(table.MaxRows, table.Table.Shape[0])];
        private readonly ulong[] _seen = new ulong[(table.Table.Shape[0] + 63) / 64];
        private int _count;

        public TensorSlot Slot => table.Table;

        /// <summary>Where the next tensor begins.</summary>
        public int End => AlignedBuffer.RoundUp(Slot.Offset + Slot.Length);

        /// <summary>Floats of a row.</summary>
        public int Floats => Slot.Shape[1];

        public int Capacity => _used.Length;

        public ReadOnlySpan<int> Used => _used.AsSpan(0, _count);

        public void Note(ReadOnlySpan<int> rows)
        {
            foreach (int row in rows) _seen[row / 64] |= 1ul << (row % 64);
        }

        public void Sort()
        {
            _count = 0;
            for (int word = 0; word < _seen.Length; word++)
            {
                for (ulong left = _seen[word]; left != 0; left &= left - 1)
                    _used[_count++] = (word * 64) + BitOperations.TrailingZeroCount(left);
            }
        }

        public void Clear(Span<float> gradient)
        {
            Sort();
            foreach (int row in Used) gradient.Slice(row * Floats, Floats).Clear();
            Array.Clear(_seen);
            _count = 0;
        }
    }
}
