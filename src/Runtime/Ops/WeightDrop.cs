using TinySD.Runtime.Masks;

namespace TinySD.Runtime.Ops;

/// <summary>DropConnect on a weight matrix: the masks of the window begun last.</summary>
/// <remarks>The mask is drawn again for the gradient instead of being kept: it would take as much memory as the weights.</remarks>
/// <param name="ops">Elementwise passes.</param>
/// <param name="seed">Of the masks.</param>
/// <param name="rate">Drop rate.</param>
/// <param name="number">Which of the network's matrices, 0 to 63.</param>
internal sealed class WeightDrop(VectorOps ops, ulong seed, float rate, int number)
{
    private WeightMasks _masks = new(seed, rate, number, default);

    /// <summary>Begins a window.</summary>
    public void Begin(Draw draw) => _masks = _masks with { Draw = draw };

    /// <summary>rows [k][<paramref name="stride"/>] = w [k][n] masked and scaled; rows may be w.</summary>
    public void Apply(ReadOnlySpan<float> w, int k, int n, Span<float> rows, int stride) => ops.DropWeights(_masks, w, k, n, rows, stride);
}
