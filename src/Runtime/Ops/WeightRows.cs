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
/// is made once per update and serves the forward and the backward product.
/// </summary>
internal sealed class WeightRows
{
    // At a multiple of 16 KiB from each other, rows that are read side by side would push one another out of the caches.
    private const int CollidingFloats = 4096;

    private readonly Products _products;
    private readonly TensorSlot _slot;
    private readonly int _stride;
    private readonly bool _copied;
    private readonly Workspace.Slice _copy;

    public WeightRows(TensorSlot slot, Products products, Workspace workspace)
    {
        _slot = slot;
        _products = products;
        int n = slot.Shape[1];
        _copied = n % AlignedBuffer.AlignmentFloats != 0 || n % CollidingFloats == 0;
        _stride = _copied ? Products.RowStride(n) : n;
        if (_copied) _copy = workspace.Reserve((long)slot.Shape[0] * _stride);
    }

    /// <summary>Makes the copy, if there is one; needed before the first product and after every change of the parameters.</summary>
    public void Update(ParameterBlock parameters)
    {
        if (_copied) _products.CopyRows(parameters[_slot], _slot.Shape[0], _slot.Shape[1], _copy.Span, _stride);
    }

    /// <summary>The rows as they were at the last <see cref="Update"/>, or as they are.</summary>
    public Weights Of(ParameterBlock parameters) =>
        new(_copied ? _copy.Span : parameters[_slot], _slot.Shape[0], _slot.Shape[1], _stride);
}
