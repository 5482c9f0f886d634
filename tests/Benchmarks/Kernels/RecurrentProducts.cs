using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;

namespace TinySD.Benchmarks.Kernels;

/// <summary>
/// The products of a recurrent layer, K=H units in and N=4H columns out: the only place in the benchmarks that knows how
/// <see cref="Products"/> is called.
/// </summary>
internal sealed class RecurrentProducts
{
    private readonly Products _products;
    private readonly int _k, _n;
    private readonly Memory<float> _w, _packed, _x, _d, _c, _dx, _g;
    private readonly int[] _indices, _counts;

    /// <param name="parts">Threads and kernels.</param>
    /// <param name="hidden">H.</param>
    /// <param name="rate">Drop rate; 0 keeps every unit: a dense product.</param>
    public RecurrentProducts(RuntimeParts parts, int hidden, float rate)
    {
        (_k, _n) = (hidden, 4 * hidden);
        int batch = KernelSettings.Batch, timeSteps = KernelSettings.TimeSteps, ld = Products.RowStride(_n);
        _products = new Products(parts.Runner, parts.Kernels);
        _products.Announce(_k, _n, timeSteps, batch, backward: true);
        var workspace = new Workspace();
        _products.ReserveScratch(workspace);
        workspace.Allocate();
        _w = parts.Uniform(_k * _n);
        _packed = parts.Zeros((int)Products.PackedFloats(_k, _n));
        _x = parts.Uniform(timeSteps * _k * batch);
        _d = parts.Uniform(timeSteps * batch * ld);
        _c = parts.Zeros(batch * ld);
        _dx = parts.Zeros(_k * batch);
        _g = parts.Zeros(_k * _n);
        _indices = new int[timeSteps * _k];
        _counts = new int[timeSteps];
        // Drawn as training draws them; at rate 0 the exact count is all of the units, and the list is the one a dense product walks.
        var schedule = new MaskSchedule(1, new() { Kind = DropoutKind.Structured, Recurrent = rate });
        for (int t = 0; t < timeSteps; t++) _counts[t] = schedule.Keep(DropoutSite.Recurrent, 0, 0, 0, t, _k, _indices.AsSpan(t * _k, _k));
        _products.Pack(_w.Span, _k, _n, _packed.Span);
    }

    private KeepTable Keep => new(_indices, _k, _counts);

    public void Forward() =>
        _products.ForwardStep(_packed.Span, _k, _n, _x.Span[..(_k * KernelSettings.Batch)], KernelSettings.Batch, Keep.At(0), _c.Span);

    public void Backward() =>
        _products.Backward(_w.Span, _k, _n, _d.Span[..(KernelSettings.Batch * Products.RowStride(_n))], KernelSettings.Batch, Keep.At(0), 1f, _dx.Span);

    public void WeightGradient() =>
        _products.WeightGradient(_x.Span, _k, _n, KernelSettings.TimeSteps, KernelSettings.Batch, Keep, _d.Span, _g.Span);
}
