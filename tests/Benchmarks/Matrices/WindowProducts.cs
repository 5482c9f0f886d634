using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;

namespace TinySD.Benchmarks.Matrices;

/// <summary>The products of one weight matrix, K units in and N columns out, over a window: the only place here that knows how
/// they are called.</summary>
/// <remarks>Inputs are those of the kept units, as a layer hands them over; what they hold does not matter to the time.</remarks>
internal sealed class WindowProducts
{
    private readonly Products _products;
    private readonly WeightRows _rows;
    private readonly ParameterBlock _parameters, _gradients;
    private readonly TensorSlot _weight, _bias;
    private readonly int _k, _batch, _timeSteps, _stride;
    private readonly Memory<float> _x, _d, _c, _dx;
    private readonly int[] _indices, _counts;

    /// <param name="parts">Threads and kernels.</param>
    /// <param name="k">Units in.</param>
    /// <param name="n">Columns out.</param>
    /// <param name="timeSteps">T.</param>
    /// <param name="batch">B.</param>
    /// <param name="rate">Drop rate of the structured products.</param>
    public WindowProducts(RuntimeParts parts, int k, int n, int timeSteps, int batch, float rate)
    {
        (_k, _timeSteps, _batch, _stride) = (k, timeSteps, batch, Products.RowStride(n));
        _products = new Products(parts.Runner, parts.Kernels);
        _products.Announce(k, n, timeSteps, batch, backward: true);
        var layout = new ParameterLayout();
        _weight = layout.Add("weight", k, n);
        _bias = layout.Add("bias", n);
        _parameters = new ParameterBlock(layout, parts.Uniform(layout.LengthFloats));
        _gradients = new ParameterBlock(layout);
        var workspace = new Workspace();
        _rows = new WeightRows(_weight, _products, workspace);
        _products.ReserveScratch(workspace);
        workspace.Allocate();
        _x = parts.Uniform(timeSteps * k * batch);
        _d = parts.Uniform(timeSteps * batch * _stride);
        _c = parts.Zeros(timeSteps * batch * _stride);
        _dx = parts.Zeros(timeSteps * k * batch);
        _indices = new int[timeSteps * k];
        _counts = new int[timeSteps];
        var sampler = new MaskSampler(1, new() { Kind = DropoutKind.Structured });
        var place = new MaskPlace("products", 0, k, rate);
        for (int t = 0; t < timeSteps; t++) _counts[t] = sampler.Keep(place, default, t, _indices.AsSpan(t * k, k));
        Update();
    }

    /// <summary>Kept units over all units.</summary>
    public double KeptShare => (double)_counts.Sum() / (_timeSteps * _k);

    /// <summary>Floating-point operations of one dense product over the window.</summary>
    public double DenseOperations => 2.0 * _timeSteps * _batch * _k * _weight.Shape[1];

    /// <summary>What new parameters cost before they can be used.</summary>
    public void Update() => _rows.Update(_parameters);

    /// <summary>Forward, all steps in one call, as an input or a classifier product is.</summary>
    public void Forward(bool structured) =>
        _products.ForwardWindow(
            _rows.Of(_parameters), _x.Span, StepRows.Even(_timeSteps, _batch), Keep(structured), _parameters.Padded(_bias), _c.Span);

    /// <summary>Forward, step by step, as a recurrent product is.</summary>
    public void ForwardSteps(bool structured)
    {
        for (int t = 0; t < _timeSteps; t++) ForwardStep(structured, t);
    }

    public void ForwardStep(bool structured, int t) =>
        _products.ForwardStep(_rows.Of(_parameters), Step(_x, t, _k), _batch, Keep(structured).At(t), Step(_c, t, _stride));

    /// <summary>Backward, all steps in one call.</summary>
    public void Backward(bool structured) =>
        _products.BackwardWindow(_rows.Of(_parameters), _d.Span, StepRows.Even(_timeSteps, _batch), Keep(structured), 1f, _dx.Span);

    /// <summary>Backward, step by step, last one first.</summary>
    public void BackwardSteps(bool structured)
    {
        for (int t = _timeSteps - 1; t >= 0; t--) BackwardStep(structured, t);
    }

    public void BackwardStep(bool structured, int t) =>
        _products.Backward(_rows.Of(_parameters), Step(_d, t, _stride), _batch, Keep(structured).At(t), 1f, Step(_dx, t, _k));

    public void WeightGradient(bool structured) =>
        _products.WeightGradient(
            _x.Span, _k, _weight.Shape[1], StepRows.Even(_timeSteps, _batch), Keep(structured), _d.Span,
            new GradientSpan(_gradients[_weight], isNew: true));

    private KeepTable Keep(bool structured) => structured ? new(_indices, _k, _counts) : _products.All(_k);

    private Span<float> Step(Memory<float> window, int t, int rows) => window.Span.Slice(t * rows * _batch, rows * _batch);
}
