using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;

namespace TinySD.Runtime.Layers;

/// <summary>What a recurrent layer for inference may differ in from the plain one; see the model's configuration for the meaning.</summary>
/// <param name="IsPlain">Nothing does, and the fused kernels serve.</param>
/// <param name="IsReverse">Walks from each sequence's end to its start.</param>
/// <param name="Clip">Of sums, or 0.</param>
/// <param name="CoupledGates">An LSTM whose forget gate is 1 - i.</param>
/// <param name="ResetBeforeProduct">A GRU whose reset gate acts on h.</param>
internal readonly record struct LayerTraits(bool IsPlain, bool IsReverse, float Clip, bool CoupledGates, bool ResetBeforeProduct);

/// <summary>
/// One direction of one recurrent layer, for inference over any number of steps: sequences of unlike length, either way through time, and every variant of the
/// cell that ONNX knows. The layers that train are <see cref="LstmLayer"/> and its like.
/// </summary>
/// <remarks>
/// <para>
/// Both ways walk over the same steps t, up or down, and a sequence takes part while t is below its length: so the reverse way starts at each sequence's own
/// end with its own initial state, and the forward way's state stays as it was at each sequence's end. Outputs past the end are 0.
/// </para>
/// <para>Pre-activations are made for some steps at a time, so memory does not grow with the number of steps.</para>
/// </remarks>
internal sealed class DirectedLayer
{
    private const int WindowSteps = 64;

    private readonly RecurrentSlots _slots;
    private readonly LayerTraits _traits;
    private readonly WeightRows _inputRows, _recurrentRows;
    private readonly Products _products;
    private readonly VectorOps _ops;
    private readonly VariantOps _variants;
    private readonly int _hidden, _batch, _window, _stride, _cellStride, _gatesStride, _candidateStride;
    private readonly Workspace.Slice _sums, _tanhCells, _recurrentSums, _recurrentStart, _gateRows, _candidateRows, _candidateSums, _resetHidden;
    private Workspace.Slice _state, _nextState, _cell, _nextCell;

    /// <param name="slots">The parameters.</param>
    /// <param name="traits">What differs.</param>
    /// <param name="variants">The general cell.</param>
    /// <param name="shape">B, and the most steps there will be.</param>
    /// <param name="plan">Products, elementwise passes and memory.</param>
    public DirectedLayer(RecurrentSlots slots, LayerTraits traits, VariantOps variants, WindowShape shape, NetworkPlan plan)
    {
        _slots = slots;
        _traits = traits;
        _variants = variants;
        _products = plan.Products;
        _ops = plan.Vectors;
        int columns = slots.Input.Shape[1];
        _hidden = slots.Recurrent.Shape[0];
        _batch = shape.Batch;
        _window = Math.Min(WindowSteps, shape.TimeSteps);
        _stride = Products.RowStride(columns);
        _cellStride = AlignedBuffer.RoundUp(_hidden);
        _products.Announce(slots.Input.Shape[0], columns, _window, _batch, backward: false);
        _products.Announce(_hidden, columns, 1, _batch, backward: false);

        Workspace workspace = plan.Scratch;
        long state = (long)_hidden * _batch, cell = (long)_batch * _cellStride;
        _inputRows = new WeightRows(slots.Input, _products, workspace);
        _recurrentRows = new WeightRows(slots.Recurrent, _products, workspace);
        _sums = workspace.Reserve((long)_window * _batch * _stride);
        _state = workspace.Reserve(state);
        _nextState = workspace.Reserve(state);
        if (slots.Kind == CellKind.Lstm)
        {
            _cell = workspace.Reserve(cell);
            _nextCell = workspace.Reserve(cell);
            _tanhCells = workspace.Reserve(cell);
        }
        else if (slots.Kind == CellKind.Gru && !traits.ResetBeforeProduct)
        {
            _recurrentStart = workspace.Reserve(AlignedBuffer.RoundUp(columns));
            _recurrentSums = workspace.Reserve((long)_batch * _stride);
        }
        else if (slots.Kind == CellKind.Gru)
        {
            // Two products, the second of which waits for the reset gate: of the columns r and z, and of the columns n.
            _gatesStride = Products.RowStride(2 * _hidden);
            _candidateStride = Products.RowStride(_hidden);
            _gateRows = workspace.Reserve((long)_hidden * _gatesStride);
            _candidateRows = workspace.Reserve((long)_hidden * _candidateStride);
            _recurrentSums = workspace.Reserve((long)_batch * _gatesStride);
            _candidateSums = workspace.Reserve((long)_batch * _candidateStride);
            _resetHidden = workspace.Reserve(state);
        }
    }

    /// <summary>h, [H][B]: where the next call starts and where the last one ended. May be written.</summary>
    public Span<float> State => _state.Span;

    /// <summary>c, [B][<see cref="CellStride"/>]; empty for cells that have none. May be written.</summary>
    public Span<float> Cell => _slots.Kind == CellKind.Lstm ? _cell.Span : [];

    /// <summary>H rounded up to 16.</summary>
    public int CellStride => _cellStride;

    /// <summary>Takes notice of new parameters; needed before the first call and after every change of them.</summary>
    public void Update(ParameterBlock parameters)
    {
        _inputRows.Update(parameters);
        _recurrentRows.Update(parameters);
        if (_slots.Kind != CellKind.Gru) return;
        if (!_traits.ResetBeforeProduct)
        {
            parameters[_slots.RecurrentBias!].CopyTo(_recurrentStart.Span[(2 * _hidden)..]);
            return;
        }

        ReadOnlySpan<float> recurrent = parameters[_slots.Recurrent];
        for (int k = 0; k < _hidden; k++)
        {
            ReadOnlySpan<float> row = recurrent.Slice(k * 3 * _hidden, 3 * _hidden);
            row[..(2 * _hidden)].CopyTo(_gateRows.Part(k, _gatesStride));
            row[(2 * _hidden)..].CopyTo(_candidateRows.Part(k, _candidateStride));
        }
    }

    /// <summary>Runs the layer.</summary>
    /// <param name="parameters">The numbers.</param>
    /// <param name="x">[T][I][B].</param>
    /// <param name="timeSteps">T.</param>
    /// <param name="lengths">Steps of each sequence, at most T; empty where all have T.</param>
    /// <param name="outputs">Step t's output [H][B] begins at t * <paramref name="outputStride"/>.</param>
    /// <param name="outputStride">At least H B.</param>
    public void Forward(
        ParameterBlock parameters, ReadOnlySpan<float> x, int timeSteps, ReadOnlySpan<int> lengths, Span<float> outputs, int outputStride)
    {
        int inputs = _slots.Input.Shape[0] * _batch, rows = _batch * _stride, windows = (timeSteps + _window - 1) / _window;
        for (int i = 0; i < windows; i++)
        {
            int first = _window * (_traits.IsReverse ? windows - 1 - i : i), steps = Math.Min(_window, timeSteps - first);
            _products.ForwardWindow(
                _inputRows.Of(parameters), x.Slice(first * inputs, steps * inputs), steps, _batch, _products.All(_slots.Input.Shape[0]),
                parameters.Padded(_slots.Bias), _sums.Span);
            for (int j = 0; j < steps; j++)
            {
                int step = _traits.IsReverse ? steps - 1 - j : j, t = first + step;
                Step(parameters, _sums.Part(step, rows));
                Finish(t, lengths, outputs.Slice(t * outputStride, _hidden * _batch));
            }
        }
    }

    // From the state and the step's sums x W + b to the next state.
    private void Step(ParameterBlock parameters, Span<float> sums)
    {
        switch (_slots.Kind)
        {
            case CellKind.Lstm:
                AddRecurrent(parameters, sums);
                ReadOnlySpan<float> peepholes = _slots.Peephole is { } slot ? parameters[slot] : [];
                if (_traits.IsPlain)
                    _ops.LstmForward(sums, _stride, _hidden, _batch, _cell.Span, _nextCell.Span, _tanhCells.Span, _nextState.Span, peepholes);
                else
                    _variants.Lstm(sums, _stride, peepholes, _cell.Span, _nextCell.Span, _nextState.Span);
                return;
            case CellKind.Gru when _traits.ResetBeforeProduct:
                StepGruInTwo(sums);
                return;
            case CellKind.Gru:
                _products.ForwardWindow(
                    _recurrentRows.Of(parameters), _state.Span, 1, _batch, _products.All(_hidden), _recurrentStart.Span, _recurrentSums.Span);
                if (_traits.IsPlain) _ops.GruForward(sums, _recurrentSums.Span, _stride, _hidden, _batch, _state.Span, _nextState.Span);
                else _variants.GruResetAfter(sums, _stride, _recurrentSums.Span, _state.Span, _nextState.Span);
                return;
            default:
                AddRecurrent(parameters, sums);
                if (_traits.IsPlain) _ops.RnnForward(_slots.Kind == CellKind.RnnRelu, sums, _stride, _hidden, _batch, _nextState.Span);
                else _variants.Rnn(sums, _stride, _nextState.Span);
                return;
        }
    }

    private void AddRecurrent(ParameterBlock parameters, Span<float> sums) =>
        _products.ForwardStep(_recurrentRows.Of(parameters), _state.Span, _batch, _products.All(_hidden).At(0), sums);

    private void StepGruInTwo(Span<float> sums)
    {
        _recurrentSums.Span.Clear();
        var gates = new Weights(_gateRows.Span, _hidden, 2 * _hidden, _gatesStride);
        _products.ForwardStep(gates, _state.Span, _batch, _products.All(_hidden).At(0), _recurrentSums.Span);
        _variants.GruGates(sums, _stride, _recurrentSums.Span, _gatesStride, _state.Span, _resetHidden.Span);
        _candidateSums.Span.Clear();
        var candidate = new Weights(_candidateRows.Span, _hidden, _hidden, _candidateStride);
        _products.ForwardStep(candidate, _resetHidden.Span, _batch, _products.All(_hidden).At(0), _candidateSums.Span);
        _variants.GruCandidate(sums, _stride, _candidateSums.Span, _candidateStride, _state.Span, _nextState.Span);
    }

    // Gives out the new state, and takes it back from the sequences that do not have a step t.
    private void Finish(int t, ReadOnlySpan<int> lengths, Span<float> output)
    {
        _nextState.Span.CopyTo(output);
        for (int b = 0; b < lengths.Length; b++)
        {
            if (t < lengths[b]) continue;
            Span<float> next = _nextState.Span, state = _state.Span;
            for (int at = b; at < next.Length; at += _batch)
            {
                next[at] = state[at];
                output[at] = 0f;
            }

            if (_slots.Kind == CellKind.Lstm) _cell.Part(b, _cellStride).CopyTo(_nextCell.Part(b, _cellStride));
        }

        (_state, _nextState) = (_nextState, _state);
        (_cell, _nextCell) = (_nextCell, _cell);
    }
}
