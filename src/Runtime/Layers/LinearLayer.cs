using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;

namespace TinySD.Runtime.Layers;

/// <summary>The classifier: y = x W + b at every step of a window of at most T steps: x [T][K][B], y [T*B][ld], ld from
/// <see cref="Products.RowStride"/>.</summary>
public sealed class LinearLayer
{
    private readonly TensorSlot _weight, _bias;
    private readonly WeightRows _rows;
    private readonly Products _products;
    private readonly PassTimes _times;
    private readonly UnitDropout _dropout;
    private readonly DeltaProduct? _delta;
    private readonly int _inputs, _columns;
    private StepRows _window;
    private int _first;

    /// <summary>A layer of some weights.</summary>
    /// <param name="weight">W [K][N].</param>
    /// <param name="bias">b [N].</param>
    /// <param name="shape">The window.</param>
    /// <param name="dropout">Of x: who gives the layer x applies it.</param>
    /// <param name="plan">The network's.</param>
    public LinearLayer(TensorSlot weight, TensorSlot bias, WindowShape shape, UnitDropout dropout, NetworkPlan plan)
        : this(weight, bias, shape, dropout, plan, isOfHidden: true)
    {
    }

    /// <summary>The same of hidden units, or of what the network is fed with.</summary>
    internal LinearLayer(
        TensorSlot weight, TensorSlot bias, WindowShape shape, UnitDropout dropout, NetworkPlan plan, bool isOfHidden)
    {
        ArgumentNullException.ThrowIfNull(weight);
        ArgumentNullException.ThrowIfNull(bias);
        ArgumentNullException.ThrowIfNull(dropout);
        ArgumentNullException.ThrowIfNull(plan);
        _weight = weight;
        _bias = bias;
        _products = plan.Products;
        _rows = new WeightRows(weight, plan.Products, plan.Scratch, plan.SharesCopies);
        _times = plan.Times;
        _dropout = dropout;
        _inputs = weight.Shape[0];
        _columns = weight.Shape[1];
        plan.Product(weight, shape, dropout.Place, isStepped: false, shape.TimeSteps);
        _delta = plan.DeltaOf(WeightColumns.All(weight), shape.Batch, isOfHidden);
    }

    /// <summary>Floats from one row of y to the next: N rounded up.</summary>
    public int Stride => Products.RowStride(_columns);

    /// <summary>Takes notice of new parameters; needed before the first window and after every change of them.</summary>
    public void Update(ParameterBlock parameters) => _rows.Update(parameters);

    /// <summary>y = x W + b for a window.</summary>
    /// <param name="parameters">The model's.</param>
    /// <param name="x">[T][K][B], as <see cref="UnitDropout.ApplyWindow"/> gives it.</param>
    /// <param name="window">How sequences lie.</param>
    /// <param name="y">[rows][<see cref="Stride"/>].</param>
    /// <param name="first">Which step of the dropout's window the first of this one is.</param>
    /// <exception cref="ArgumentException">There is too little of x, or too little room.</exception>
    public void Forward(ParameterBlock parameters, ReadOnlySpan<float> x, StepRows window, Span<float> y, int first = 0)
    {
        Throw.IfShorter(x.Length, window.Total * _inputs, nameof(x));
        Throw.IfShorter(y.Length, window.Total * Stride, nameof(y));
        (_window, _first) = (window, first);
        Weights weights = _rows.Of(parameters);
        ReadOnlySpan<float> bias = parameters.Padded(_bias);
        if (_delta is null) _products.ForwardWindow(weights, x, window, Keep, bias, y);
        for (int t = 0; _delta is not null && t < window.Steps; t++)
        {
            int before = window.Before(t);
            _delta.Step(weights, x[(before * _inputs)..], window.At(t), bias, y[(before * Stride)..], adds: false);
        }

        _times.Lap(Pass.ClassifierForward);
    }

    /// <summary>Adds to the gradients of W and b and writes, in <paramref name="dx"/> [T][K][B], that of the dropped input; empty
    /// where nobody wants it.</summary>
    public void Backward(ParameterBlock parameters, GradientBlock gradients, ReadOnlySpan<float> x, ReadOnlySpan<float> dy, Span<float> dx)
    {
        Throw.IfShorter(x.Length, _window.Total * _inputs, nameof(x));
        Throw.IfShorter(dy.Length, _window.Total * Stride, nameof(dy));
        if (!dx.IsEmpty) Throw.IfShorter(dx.Length, _window.Total * _inputs, nameof(dx));
        KeepTable keep = Keep;
        if (!dx.IsEmpty) _products.BackwardWindow(_rows.Of(parameters), dy, _window, keep, _dropout.GradientScale, dx);
        _times.Lap(Pass.ClassifierBackward);
        _products.WeightGradient(x, _inputs, _columns, _window, keep, dy, gradients[_weight], gradients[_bias]);
        _times.Lap(Pass.ClassifierGradient);
    }

    private KeepTable Keep => _dropout.Keep(_products).From(_first);
}
