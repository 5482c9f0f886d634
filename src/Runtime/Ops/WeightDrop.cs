using TinySD.Runtime.Masks;

namespace TinySD.Runtime.Ops;

/// <summary>DropConnect on one layer's recurrent weights: the masks of the window begun last.</summary>
/// <remarks>The mask is drawn again for the gradient instead of being kept: it would take as much memory as the weights.</remarks>
internal sealed class WeightDrop(VectorOps ops, ulong seed, float rate, int layer)
{
    private WeightMasks _masks = new(seed, rate, layer, 0, 0);

    /// <summary>Begins a window.</summary>
    public void Begin(int epoch, int step) => _masks = _masks with { Epoch = epoch, Step = step };

    /// <summary>rows [k][<paramref name="stride"/>] = w [k][n] masked and scaled; rows may be w.</summary>
    public void Apply(ReadOnlySpan<float> w, int k, int n, Span<float> rows, int stride) => ops.DropWeights(_masks, w, k, n, rows, stride);
}
