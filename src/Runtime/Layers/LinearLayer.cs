using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;

namespace TinySD.Runtime.Layers;

/// <summary>y = x W + b at every step of a window: x [T][K][B], y [T*B][N rounded up to 16].</summary>
internal sealed class LinearLayer
{
    private readonly TensorSlot _weight, _bias;
    private readonly Products _products;
    private readonly VectorOps _ops;
    private readonly DropoutGate _gate;
    private readonly int _inputs, _columns, _batch, _timeSteps, _stride;
    private readonly bool _frozen;
    private readonly Workspace.Slice _packed;

    public LinearLayer(TensorSlot weight, TensorSlot bias, WindowShape shape, DropoutGate gate, LayerContext context)
    {
        _weight = weight;
        _bias = bias;
        _products = context.Products;
        _ops = context.Vectors;
        _gate = gate;
        _inputs = weight.Shape[0];
        _columns = weight.Shape[1];
        _batch = shape.Batch;
        _timeSteps = shape.TimeSteps;
        _frozen = !shape.Training;
        _stride = Products.RowStride(_columns);
        _products.Announce(_inputs, _columns, _timeSteps, _batch, shape.Training);
        if (_frozen) _packed = context.Workspace.Reserve(Products.PackedFloats(_inputs, _columns));
    }

    /// <summary>Packs the weights of a network without a backward pass; needed before the first window and after every change.</summary>
    public void Pack(ParameterBlock parameters)
    {
        if (_frozen) _products.Pack(parameters[_weight], _inputs, _columns, _packed.Span);
    }

    /// <summary>y = x W + b.</summary>
    public void Forward(ParameterBlock parameters, ReadOnlySpan<float> x, Span<float> y) => _products.ForwardWindow(
        parameters[_weight], _frozen ? _packed.Span : default, _inputs, _columns, x, _timeSteps, _batch, _gate.Keep(_products), parameters.Padded(_bias), y);

    /// <summary>Writes the gradients of W and b and, in <paramref name="dx"/> [T][K][B], that of the input.</summary>
    public void Backward(ParameterBlock parameters, ParameterBlock gradients, ReadOnlySpan<float> x, ReadOnlySpan<float> dy, Span<float> dx)
    {
        KeepTable keep = _gate.Keep(_products);
        _products.BackwardWindow(parameters[_weight], _inputs, _columns, dy, _timeSteps, _batch, keep, _gate.GradientScale, dx);
        _gate.BackwardWindow(dx);
        _products.WeightGradient(x, _inputs, _columns, _timeSteps, _batch, keep, dy, gradients[_weight]);
        _ops.ColumnSums(dy, _timeSteps * _batch, _columns, _stride, gradients[_bias]);
    }
}
