using TinySD.Runtime.Memory;

namespace TinySD.Runtime.Ops;

/// <summary>A weight matrix as the products read it: K rows of Stride floats, whole cache lines, zero beyond column N; or as
/// <see cref="CompactTensor"/> says.</summary>
internal readonly ref struct Weights(ReadOnlySpan<float> values, int k, int n, int stride, WeightFormat format = WeightFormat.Single)
{
    public ReadOnlySpan<float> Values { get; } = values;

    public int K { get; } = k;

    public int N { get; } = n;

    public int Stride { get; } = stride;

    public WeightFormat Format { get; } = format;
}

/// <summary>
/// The rows of a parameter [K][N], one unit's outgoing weights each: where they are, if they start on cache lines, or else in a copy that
/// is made once per update and serves the forward and the backward product. With DropConnect it is a masked one, drawn anew for every
/// window. Where parameters do not change under it, as in a session, the copy is the parameters' own and shared.
/// </summary>
internal sealed class WeightRows
{
    // At a multiple of 16 KiB from each other, rows that are read side by side would push one another out of the caches.
    private const int CollidingFloats = 4096;

    private readonly Products _products;
    private readonly WeightColumns _columns;
    private readonly int _stride;
    private readonly bool _copied, _shared, _isCompact;
    private readonly WeightDrop? _drop;
    private readonly Workspace.Slice _copy;
    private PreparedRows? _prepared;

    /// <summary>All columns of a parameter.</summary>
    /// <inheritdoc cref="WeightRows(WeightColumns, Products, Workspace, bool, WeightDrop?)"/>
    public WeightRows(TensorSlot slot, Products products, Workspace workspace, bool shared = false, WeightDrop? drop = null)
        : this(WeightColumns.All(slot), products, workspace, shared, drop)
    {
    }

    /// <summary>Some columns of a parameter.</summary>
    /// <param name="columns">Which.</param>
    /// <param name="products">Makes plain copies.</param>
    /// <param name="workspace">Memory for a copy of its own.</param>
    /// <param name="shared">Whether a plain copy is the parameters' own, which do not change until the next <see cref="Update"/>.</param>
    /// <param name="drop">DropConnect, of all columns, or null.</param>
    public WeightRows(WeightColumns columns, Products products, Workspace workspace, bool shared = false, WeightDrop? drop = null)
    {
        _drop = drop;
        _columns = columns;
        _products = products;
        TensorSlot slot = columns.Slot;
        _copied = drop is not null || NeedsCopy(columns);
        _shared = shared && drop is null;
        _isCompact = slot.Format != WeightFormat.Single;
        if (_isCompact) products.AnnounceCompact(slot);
        _stride = _isCompact ? CompactTensor.StrideOf(slot) : _copied ? Products.RowStride(columns.Count) : slot.Shape[1];
        if (_copied && !_shared) _copy = workspace.Reserve((long)columns.Rows * _stride);
    }

    /// <summary>Floats of the copy that all sessions share; 0 where none is needed.</summary>
    public static long PreparedFloats(WeightColumns columns) =>
        NeedsCopy(columns) ? AlignedBuffer.RoundUp((long)columns.Rows * Products.RowStride(columns.Count)) : 0;

    /// <summary>Makes that copy, where one is needed, in memory of so many floats.</summary>
    public static void Prepare(WeightColumns columns, ParameterBlock parameters, Memory<float> memory)
    {
        if (NeedsCopy(columns)) parameters.Keep(new PreparedRows(columns, Products.RowStride(columns.Count), parameters, memory));
    }

    /// <summary>Makes the copy, if there is one; needed before the first product, after every change of the parameters, and for a new
    /// mask.</summary>
    public void Update(ParameterBlock parameters)
    {
        int k = _columns.Rows, n = _columns.Count;
        if (_drop is not null) _drop.Apply(parameters[_columns.Slot], k, n, _copy.Span, _stride);
        else if (_shared && _copied) _prepared = parameters.Prepared(_columns, _stride);
        else if (_copied && n == _columns.Slot.Shape[1]) _products.CopyRows(parameters[_columns.Slot], k, n, _copy.Span, _stride);
        else for (int row = 0; _copied && row < k; row++) _columns.Of(parameters, row).CopyTo(_copy.Part(row, _stride));
    }

    /// <summary>Takes the mask back to the gradient of the rows, if there is one: what was dropped has none.</summary>
    /// <param name="gradient">[K][N].</param>
    public void MaskGradient(Span<float> gradient) =>
        _drop?.Apply(gradient, _columns.Rows, _columns.Count, gradient, _columns.Count);

    /// <summary>The rows as they were at the last <see cref="Update"/>, or as they are.</summary>
    public Weights Of(ParameterBlock parameters)
    {
        TensorSlot slot = _columns.Slot;
        if (_isCompact) return new(parameters.Raw(slot), _columns.Rows, _columns.Count, _stride, slot.Format);
        ReadOnlySpan<float> values = _prepared is not null ? _prepared.Values
            : _copied ? _copy.Span : parameters[slot][_columns.First..];
        return new(values, _columns.Rows, _columns.Count, _stride);
    }

    private static bool NeedsCopy(WeightColumns columns)
    {
        const int Line = AlignedBuffer.AlignmentFloats;
        int n = columns.Slot.Shape[1];
        if (columns.Slot.Format != WeightFormat.Single) return false;
        return n % Line != 0 || n % CollidingFloats == 0 || columns.First % Line != 0 || columns.Count % Line != 0;
    }
}
