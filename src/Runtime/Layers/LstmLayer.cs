using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;

namespace TinySD.Runtime.Layers;

/// <summary>One LSTM layer over a window of T steps: forward, and backward through time. Shapes: x [T][I][B], h [T][H][B].</summary>
/// <remarks>The state after the window's last step is carried into the next window's first by <see cref="Carry"/>; no mask ever touches it.</remarks>
internal sealed class LstmLayer
{
    private readonly LstmSlots _slots;
    private readonly WeightRows _inputRows, _recurrentRows;
    private readonly Products _products;
    private readonly VectorOps _ops;
    private readonly PassTimes _times;
    private readonly DropoutGate _inputGate, _recurrentGate;
    private readonly int _inputs, _hidden, _batch, _timeSteps, _gateStride, _cellStride;
    private readonly Workspace.Slice _gates, _cells, _tanhCells, _outputs, _dRecurrent, _dCell;

    /// <param name="slots">The parameters.</param>
    /// <param name="shape">B, T, and whether a backward pass will come.</param>
    /// <param name="inputGate">The dropout site on x.</param>
    /// <param name="recurrentGate">The dropout site on the previous h.</param>
    /// <param name="context">Products, elementwise passes and memory.</param>
    public LstmLayer(LstmSlots slots, WindowShape shape, DropoutGate inputGate, DropoutGate recurrentGate, LayerContext context)
    {
        _slots = slots;
        _products = context.Products;
        _ops = context.Vectors;
        _times = context.Times;
        _inputGate = inputGate;
        _recurrentGate = recurrentGate;
        _inputs = slots.Input.Shape[0];
        _hidden = slots.Recurrent.Shape[0];
        _batch = shape.Batch;
        _timeSteps = shape.TimeSteps;
        _gateStride = Products.RowStride(4 * _hidden);
        _cellStride = AlignedBuffer.RoundUp(_hidden);
        _products.Announce(_inputs, 4 * _hidden, _timeSteps, _batch, shape.Training);
        _products.Announce(_hidden, 4 * _hidden, _timeSteps, _batch, shape.Training);

        Workspace workspace = context.Workspace;
        _inputRows = new WeightRows(slots.Input, _products, workspace);
        _recurrentRows = new WeightRows(slots.Recurrent, _products, workspace);
        long rows = (long)_timeSteps * _batch;
        _gates = workspace.Reserve(rows * _gateStride);
        _cells = workspace.Reserve((rows + _batch) * _cellStride);
        _tanhCells = workspace.Reserve(rows * _cellStride);
        _outputs = workspace.Reserve((rows + _batch) * _hidden);
        if (!shape.Training) return;
        _dRecurrent = workspace.Reserve((long)_hidden * _batch);
        _dCell = workspace.Reserve((long)_batch * _cellStride);
    }

    /// <summary>The outputs of all steps, [T][H][B].</summary>
    public ReadOnlySpan<float> Outputs => _outputs.Span[(_hidden * _batch)..];

    /// <summary>The carried h, [H][B].</summary>
    public Span<float> CarriedHidden => _outputs.Part(0, _hidden * _batch);

    /// <summary>The carried c, [B][H rounded up to 16].</summary>
    public Span<float> CarriedCell => _cells.Part(0, _batch * _cellStride);

    /// <summary>Takes notice of new parameters; needed before the first window and after every change of them.</summary>
    public void Update(ParameterBlock parameters)
    {
        _inputRows.Update(parameters);
        _recurrentRows.Update(parameters);
    }

    /// <summary>Runs the window; x is the input site's output.</summary>
    public void Forward(ParameterBlock parameters, ReadOnlySpan<float> x)
    {
        int state = _hidden * _batch, cell = _batch * _cellStride, gates = _batch * _gateStride;
        _products.ForwardWindow(
            _inputRows.Of(parameters), x, _timeSteps, _batch, _inputGate.Keep(_products), parameters.Padded(_slots.Bias), _gates.Span);
        _times.Lap(Pass.InputForward);
        Weights recurrent = _recurrentRows.Of(parameters);
        KeepTable keep = _recurrentGate.Keep(_products);
        for (int t = 0; t < _timeSteps; t++)
        {
            Span<float> step = _gates.Part(t, gates);
            ReadOnlySpan<float> previous = _recurrentGate.Apply(t, _outputs.Part(t, state));
            _products.ForwardStep(recurrent, previous, _batch, keep.At(t), step);
            _times.Lap(Pass.RecurrentForward);
            _ops.LstmForward(
                step, _gateStride, _hidden, _batch, _cells.Part(t, cell), _cells.Part(t + 1, cell), _tanhCells.Part(t, cell), _outputs.Part(t + 1, state));
            _times.Lap(Pass.CellForward);
        }
    }

    /// <summary>Back through the window: writes this layer's gradients and, in <paramref name="dx"/>, the gradient of its input.</summary>
    /// <param name="parameters">As in the forward pass.</param>
    /// <param name="gradients">Receives the three tensors' gradients.</param>
    /// <param name="x">As in the forward pass.</param>
    /// <param name="dOutputs">[T][H][B].</param>
    /// <param name="dx">[T][I][B].</param>
    public void Backward(ParameterBlock parameters, ParameterBlock gradients, ReadOnlySpan<float> x, ReadOnlySpan<float> dOutputs, Span<float> dx)
    {
        int state = _hidden * _batch, cell = _batch * _cellStride, gates = _batch * _gateStride;
        Weights w = _inputRows.Of(parameters), u = _recurrentRows.Of(parameters);
        KeepTable keep = _inputGate.Keep(_products), keepRecurrent = _recurrentGate.Keep(_products);
        _dRecurrent.Span.Clear();
        _dCell.Span.Clear();
        for (int t = _timeSteps - 1; t >= 0; t--)
        {
            Span<float> step = _gates.Part(t, gates), dRecurrent = _dRecurrent.Span;
            _ops.LstmBackward(
                step, _gateStride, _hidden, _batch, _cells.Part(t, cell), _tanhCells.Part(t, cell), dOutputs.Slice(t * state, state), dRecurrent, _dCell.Span);
            _times.Lap(Pass.CellBackward);
            if (t > 0)
            {
                _products.Backward(u, step, _batch, keepRecurrent.At(t), _recurrentGate.GradientScale, dRecurrent);
                _times.Lap(Pass.RecurrentBackward);
                _recurrentGate.Backward(t, dRecurrent);
            }
        }

        _products.BackwardWindow(w, _gates.Span, _timeSteps, _batch, keep, _inputGate.GradientScale, dx);
        _times.Lap(Pass.InputBackward);
        _inputGate.BackwardWindow(dx);

        ReadOnlySpan<float> previous = _recurrentGate.Window(_outputs.Span[..(_timeSteps * state)]);
        _products.WeightGradient(x, _inputs, 4 * _hidden, _timeSteps, _batch, keep, _gates.Span, gradients[_slots.Input]);
        _times.Lap(Pass.InputGradient);
        _products.WeightGradient(previous, _hidden, 4 * _hidden, _timeSteps, _batch, keepRecurrent, _gates.Span, gradients[_slots.Recurrent]);
        _times.Lap(Pass.RecurrentGradient);
        _ops.ColumnSums(_gates.Span, _timeSteps * _batch, 4 * _hidden, _gateStride, gradients[_slots.Bias]);
        _times.Lap(Pass.BiasSums);
    }

    /// <summary>Makes the last step's state the next window's first.</summary>
    public void Carry()
    {
        _outputs.Part(_timeSteps, _hidden * _batch).CopyTo(CarriedHidden);
        _cells.Part(_timeSteps, _batch * _cellStride).CopyTo(CarriedCell);
    }
}
