using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;

namespace TinySD.Runtime.Layers;

/// <summary>y = tanh(x W + b) for one step: x [K][B], y [N][B].</summary>
internal sealed class TanhMap
{
    private readonly TensorSlot _weight, _bias;
    private readonly WeightRows _rows;
    private readonly Products _products;
    private readonly VectorOps _ops;
    private readonly PassTimes _times;
    private readonly int _inputs, _units, _stride;
    private readonly Workspace.Slice _outputs, _nothing;

    public TanhMap(TensorSlot weight, TensorSlot bias, WindowShape shape, NetworkPlan plan)
    {
        (_weight, _bias, _products, _ops, _times) = (weight, bias, plan.Products, plan.Vectors, plan.Times);
        (_inputs, _units) = (weight.Shape[0], weight.Shape[1]);
        _stride = Products.RowStride(_units);
        _rows = new WeightRows(weight, plan.Products, plan.Scratch, plan.SharesCopies);
        plan.Product(weight, shape with { TimeSteps = 1 }, place: null, isStepped: false, 1);
        _outputs = plan.Scratch.Reserve((long)shape.Batch * _stride);
        if (shape.Training) _nothing = plan.Scratch.Reserve((long)shape.Batch * _units);
    }

    /// <summary>Takes notice of new parameters.</summary>
    public void Update(ParameterBlock parameters) => _rows.Update(parameters);

    /// <summary>Writes y.</summary>
    public void Forward(ParameterBlock parameters, ReadOnlySpan<float> x, int batch, Span<float> y)
    {
        StepRows one = StepRows.Even(1, batch);
        _products.ForwardWindow(
            _rows.Of(parameters), x, one, _products.All(_inputs), parameters.Padded(_bias), _outputs.Span);
        _times.Lap(Pass.InputForward);
        _ops.RnnForward(rectified: false, _outputs.Span, _stride, _units, batch, y);
        _times.Lap(Pass.CellForward);
    }

    /// <summary>Adds to the gradients of W and b, and writes that of x.</summary>
    public void Backward(
        ParameterBlock parameters, GradientBlock gradients, ReadOnlySpan<float> x, int batch, ReadOnlySpan<float> dy, Span<float> dx)
    {
        KeepTable all = _products.All(_inputs);
        _ops.RnnBackward(rectified: false, _outputs.Span, _stride, _units, batch, dy, _nothing.Span);
        _times.Lap(Pass.CellBackward);
        _products.Backward(_rows.Of(parameters), _outputs.Span, batch, all.At(0), 1f, dx);
        _times.Lap(Pass.InputBackward);
        _products.WeightGradient(
            x, _inputs, _units, StepRows.Even(1, batch), all, _outputs.Span, gradients[_weight], gradients[_bias]);
        _times.Lap(Pass.InputGradient);
    }
}
