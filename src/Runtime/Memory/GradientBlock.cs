using System.Numerics;
using System.Runtime.InteropServices;

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
    private readonly Memory<float> _starts, _lengths;
    private readonly int _denseCount;
    private int _count;

    /// <summary>Lays the gradient out.</summary>
    /// <param name="layout">The parameters'.</param>
    /// <param name="tables">Those of them of which a step uses some rows only.</param>
    /// <param name="memory">Gives the host's memory for the numbers and for the lists of blocks, or null to allocate.</param>
    internal GradientBlock(ParameterLayout layout, IReadOnlyList<SparseTable> tables, Func<int, Memory<float>>? memory)
        : this(layout, tables, memory, new ParameterBlock(layout, memory.Take(layout.LengthFloats)))
    {
    }

    /// <summary>The blocks alone, without numbers.</summary>
    internal GradientBlock(ParameterLayout layout, IReadOnlyList<SparseTable> tables)
        : this(layout, tables, null, null!)
    {
    }

    private GradientBlock(
        ParameterLayout layout, IReadOnlyList<SparseTable> tables, Func<int, Memory<float>>? memory, ParameterBlock values)
    {
        Values = values;
        _isUsed = new bool[layout.Tensors.Count];
        Capacity = CapacityOf(layout, tables);
        _starts = memory.Take(Capacity);
        _lengths = memory.Take(Capacity);
        _tables = Array.ConvertAll(InOrder(tables), table => new Rows(table, memory));
        int start = 0;
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
    internal ReadOnlySpan<int> Starts => Integers(_starts)[.._count];

    /// <summary>Floats of each; multiples of 16.</summary>
    internal ReadOnlySpan<int> Lengths => Integers(_lengths)[.._count];

    /// <summary>The most blocks there can be.</summary>
    internal int Capacity { get; }

    /// <summary>What the lists of blocks and rows take, in floats, as they are asked for.</summary>
    internal static long ListFloats(ParameterLayout layout, IReadOnlyList<SparseTable> tables)
    {
        long floats = 2L * AlignedBuffer.RoundUp(CapacityOf(layout, tables));
        foreach (SparseTable table in tables)
            floats += AlignedBuffer.RoundUp((long)Rows.MostOf(table)) + AlignedBuffer.RoundUp(2L * Rows.WordsOf(table));
        return floats;
    }

    // As they lie in memory.
    private static SparseTable[] InOrder(IReadOnlyList<SparseTable> tables)
    {
        SparseTable[] ordered = [.. tables];
        Array.Sort(Array.ConvertAll(ordered, table => table.Table.Offset), ordered);
        return ordered;
    }

    /// <summary>The most blocks that a layout's gradient can have.</summary>
    internal static int CapacityOf(ParameterLayout layout, IReadOnlyList<SparseTable> tables)
    {
        long most = 0;
        int start = 0;
        foreach (SparseTable table in InOrder(tables))
        {
            int blocksOfRow = Blocks(table.Table.Shape[1] + (2 * AlignedBuffer.AlignmentFloats));
            most += Blocks(table.Table.Offset - start) + ((long)Rows.MostOf(table) * blocksOfRow);
            start = Rows.EndOf(table);
        }

        return checked((int)(most + Blocks(layout.LengthFloats - start)));
    }

    /// <summary>The rows of a sparse table that the step used, or all that were noted by <see cref="Note"/>: sorted and distinct.</summary>
    /// <exception cref="ArgumentException">The tensor is no sparse table here.</exception>
    public ReadOnlySpan<int> RowsOf(TensorSlot table)
    {
        Rows? rows = Find(table);
        if (rows is null) Throw.Argument($"'{table.Name}' is no sparse table of this gradient");
        return rows.Used;
    }

    /// <summary>A tensor's gradient, to be added to by whoever uses the tensor in a step; all zeros at its first use.</summary>
    /// <param name="tensor">Anywhere in the layout.</param>
    public Span<float> Of(TensorSlot tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return this[tensor].Cleared();
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
        Span<int> starts = Integers(_starts), lengths = Integers(_lengths);
        while (start < end)
        {
            int length = Math.Min(MaxFloats, end - start);
            starts[_count] = start;
            lengths[_count++] = length;
            start += length;
        }
    }

    private static Span<int> Integers(Memory<float> memory) => MemoryMarshal.Cast<float, int>(memory.Span);

    /// <summary>Which rows of a table are used: one bit each, read back in order, so distinct and sorted without a sort.</summary>
    private sealed class Rows(SparseTable table, Func<int, Memory<float>>? memory)
    {
        private readonly Memory<float> _used = memory.Take(MostOf(table)), _seen = memory.Take(2 * WordsOf(table));
        private int _count;

        public TensorSlot Slot => table.Table;

        /// <summary>Where the next tensor begins.</summary>
        public int End => EndOf(table);

        /// <summary>Floats of a row.</summary>
        public int Floats => Slot.Shape[1];

        public ReadOnlySpan<int> Used => Integers(_used)[.._count];

        private Span<ulong> Seen => MemoryMarshal.Cast<float, ulong>(_seen.Span);

        /// <inheritdoc cref="End"/>
        public static int EndOf(SparseTable table) => AlignedBuffer.RoundUp(table.Table.Offset + table.Table.Length);

        /// <summary>The most rows that are used.</summary>
        public static int MostOf(SparseTable table) => Math.Min(table.MaxRows, table.Table.Shape[0]);

        /// <summary>Words of 64 bits that have one for every row.</summary>
        public static int WordsOf(SparseTable table) => (table.Table.Shape[0] + 63) / 64;

        public void Note(ReadOnlySpan<int> rows)
        {
            Span<ulong> seen = Seen;
            foreach (int row in rows) seen[row / 64] |= 1ul << (row % 64);
        }

        public void Sort()
        {
            _count = 0;
            Span<ulong> seen = Seen;
            Span<int> used = Integers(_used);
            for (int word = 0; word < seen.Length; word++)
            {
                for (ulong left = seen[word]; left != 0; left &= left - 1)
                    used[_count++] = (word * 64) + BitOperations.TrailingZeroCount(left);
            }
        }

        public void Clear(Span<float> gradient)
        {
            Sort();
            foreach (int row in Used) gradient.Slice(row * Floats, Floats).Clear();
            Seen.Clear();
            _count = 0;
        }
    }
}
