namespace TinySD.Runtime.Memory;

/// <summary>One contiguous block of floats laid out by a <see cref="ParameterLayout"/>: parameters, gradients, or moments.</summary>
public sealed class ParameterBlock
{
    private readonly List<PreparedRows> _prepared = [];
    private Memory<float> _memory;

    /// <summary>Takes the host's memory, or allocates when none is given.</summary>
    /// <param name="layout">The tensors and their places.</param>
    /// <param name="storage">At least <see cref="ParameterLayout.LengthFloats"/> floats that outlive the block; empty to allocate. They
    /// stay as they are.</param>
    /// <exception cref="ArgumentException"><paramref name="storage"/> is given but too short.</exception>
    public ParameterBlock(ParameterLayout layout, Memory<float> storage = default)
        : this(layout)
    {
        if (storage.IsEmpty) storage = new AlignedBuffer(layout.LengthFloats).Memory;
        if (storage.Length < layout.LengthFloats)
            Throw.Argument($"storage holds {Throw.Counted(storage.Length, "float")}, the layout needs {layout.LengthFloats}");
        _memory = storage[..layout.LengthFloats];
    }

    private ParameterBlock(ParameterLayout layout)
    {
        Layout = layout;
        layout.Complete();
    }

    /// <summary>The tensors and their places.</summary>
    public ParameterLayout Layout { get; }

    /// <summary>All floats, padding included.</summary>
    /// <exception cref="InvalidOperationException">Weights are not held in single precision.</exception>
    public Span<float> Values
    {
        get
        {
            if (Layout.Weights != WeightFormat.Single) Throw.NoFloats("these weights are", Layout.Weights);
            return _memory.Span;
        }
    }

    /// <summary>The floats of one tensor.</summary>
    /// <exception cref="InvalidOperationException">It is not held in single precision.</exception>
    public Span<float> this[TensorSlot slot]
    {
        get
        {
            if (slot.Format != WeightFormat.Single) Throw.NoFloats($"'{slot.Name}' is", slot.Format);
            return _memory.Span.Slice(slot.Offset, slot.Length);
        }
    }

    /// <summary>The numbers of a tensor that is not held in single precision.</summary>
    /// <exception cref="InvalidOperationException">It is.</exception>
    public CompactTensor CompactOf(TensorSlot slot)
    {
        ArgumentNullException.ThrowIfNull(slot);
        if (slot.Format == WeightFormat.Single) Throw.Invalid($"'{slot.Name}' is held in single precision");
        return new CompactTensor(slot, Raw(slot));
    }

    /// <summary>Copies the numbers of one tensor, whatever their format, as single precision.</summary>
    /// <param name="slot">The tensor.</param>
    /// <param name="values">Receives them, as many as it has.</param>
    /// <exception cref="ArgumentException">There is more or less room.</exception>
    public void CopyTo(TensorSlot slot, Span<float> values)
    {
        ArgumentNullException.ThrowIfNull(slot);
        if (values.Length != slot.Length)
            Throw.Argument($"there is room for {Throw.Counted(values.Length, "float")}; '{slot.Name}' has {slot.Length}");
        if (slot.Format == WeightFormat.Single) this[slot].CopyTo(values);
        else CompactOf(slot).CopyTo(values);
    }

    /// <summary>The same memory, for who keeps it.</summary>
    internal Memory<float> Memory => _memory;

    /// <summary>The copy of weights that all sessions share, made by the first that asks, and anew if the numbers have changed
    /// since.</summary>
    /// <param name="columns">Which weights.</param>
    /// <param name="stride">Floats from row to row.</param>
    internal PreparedRows Prepared(WeightColumns columns, int stride)
    {
        lock (_prepared)
        {
            PreparedRows? rows = _prepared.Find(rows => rows.Columns == columns && rows.Stride == stride);
            if (rows is not null && rows.IsOf(this)) return rows;
            return Keep(new PreparedRows(columns, stride, this, new AlignedBuffer(checked(columns.Rows * stride)).Memory));
        }
    }

    /// <summary>Keeps a copy for all sessions to come; those that there are keep theirs.</summary>
    internal PreparedRows Keep(PreparedRows rows)
    {
        lock (_prepared)
        {
            _prepared.RemoveAll(other => other.Columns == rows.Columns);
            _prepared.Add(rows);
            return rows;
        }
    }

    /// <summary>A block of no numbers, for a plan of what would be done with some. It may be given them later.</summary>
    internal static ParameterBlock WithoutNumbers(ParameterLayout layout) => new(layout);

    /// <summary>Gives numbers to a block that has none.</summary>
    internal void Give(Memory<float> storage) => _memory = storage[..Layout.LengthFloats];

    /// <summary>Makes the padding zero: the host's memory may hold anything there.</summary>
    internal void ClearPadding()
    {
        foreach (TensorSlot slot in Layout.Tensors)
            _memory.Span[(slot.Offset + slot.Floats)..(slot.Offset + AlignedBuffer.RoundUp(slot.Floats))].Clear();
    }

    /// <summary>Takes the numbers of another block of the same tensors over, and rounds them to this one's formats.</summary>
    /// <exception cref="NotFiniteNumberException">One is not finite, and its format here has no such numbers.</exception>
    internal void ConvertFrom(ParameterBlock from)
    {
        float[] expanded = [];
        for (int i = 0; i < Layout.Tensors.Count; i++)
        {
            TensorSlot own = Layout.Tensors[i], other = from.Layout.Tensors[i];
            if (own.Format == other.Format)
            {
                from.Raw(other).CopyTo(Raw(own));
            }
            else if (own.Format == WeightFormat.Single)
            {
                from.CompactOf(other).CopyTo(this[own]);
            }
            else
            {
                if (other.Format != WeightFormat.Single && expanded.Length < other.Length) expanded = new float[other.Length];
                if (other.Format != WeightFormat.Single) from.CopyTo(other, expanded.AsSpan(0, other.Length));
                CompactOf(own).Round(other.Format == WeightFormat.Single ? from[other] : expanded.AsSpan(0, other.Length));
            }
        }

        ClearPadding();
    }

    /// <summary>The memory of one tensor.</summary>
    internal Span<float> Raw(TensorSlot slot) => _memory.Span.Slice(slot.Offset, slot.Floats);

    /// <summary>The floats of one tensor and the zeros that fill its last 64 bytes.</summary>
    internal ReadOnlySpan<float> Padded(TensorSlot slot) => _memory.Span.Slice(slot.Offset, AlignedBuffer.RoundUp(slot.Length));
}
