using TinySD.Runtime.Memory;

namespace TinySD.Runtime.Ops;

/// <summary>A weight matrix as the products read it: K rows of Stride floats, whole cache lines, zero beyond column N.</summary>
internal readonly ref struct Weights(ReadOnlySpan<float> values, int k, int n, int stride)
{
    public ReadOnlySpan<float> Values { get; } = values;

    public int K { get; } = k;

    public int N { get; } = n;

    public int Stride { get; } = stride;
}

/// <summary>
/// The rows of a parameter [K][N], one unit's outgoing weights each: where they are, if they start on cache lines, or else in a copy that
/// is made once per update and serves the forward and the backward product. With DropConnect it is a masked one, drawn anew for every
/// window.
/// </summary>
internal sealed class WeightRows
{
    // At a multiple of 16 KiB from each other, rows that are read side by side would push one another out of the caches.
    private const int CollidingFloats = 4096;

    private readonly Products _products;
    private readonly TensorSlot _slot;
    private readonly int _stride;
    private readonly bool _copied;
    private readonly WeightDrop? _drop;
    private readonly Workspace.Slice _copy;

    /// <param name="slot">The parameter.</param>
    /// <param name="products">Makes plain copies.</param>
    /// <param name="workspace">Memory for a copy.</param>
    /// <param name="drop">DropConnect, or null.</param>
    public WeightRows(TensorSlot slot, Products products, Workspace workspace, WeightDrop? drop = null)
    {
        _drop = drop;
        _slot = slot;
        _products = products;
        int n = slot.Shape[1];
        _copied = drop is not null || n % AlignedBuffer.AlignmentFloats != 0 || n % CollidingFloats == 0;
        _stride = _copied ? Products.RowStride(n) : n;
        if (_copied) _copy = workspace.Reserve((long)slot.Shape[0] * _stride);
    }

    /// <summary>Makes the copy, if there is one; needed before the first product, after every change of the parameters, and for a new
    /// mask.</summary>
    public void Update(ParameterBlock parameters)
    {
        if (_drop is not null) _drop.Apply(parameters[_slot], _slot.Shape[0], _slot.Shape[1], _copy.Span, _stride);
        else if (_copied) _products.CopyRows(parameters[_slot], _slot.Shape[0], _slot.Shape[1], _copy.Span, _stride);
    }

    /// <summary>Takes the mask back to the gradient of the rows, if there is one: what was dropped has none.</summary>
    /// <param name="gradient">[K][N].</param>
    public void MaskGradient(Span<float> gradient) => _drop?.Apply(gradient, _slot.Shape[0], _slot.Shape[1], gradient, _slot.Shape[1]);

    /// <summary>The rows as they were at the last <see cref="Update"/>, or as they are.</summary>
    public Weights Of(ParameterBlock parameters) =>
        new(_copied ? _copy.Span : parameters[_slot], _slot.Shape[0], _slot.Shape[1], _stride);
}
