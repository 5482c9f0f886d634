using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;

namespace TinySD.Runtime.Layers;

/// <content>Backward through time.</content>
internal abstract partial class RecurrentLayer
{
    /// <summary>The gradient of the carried h that the last window started from, [H][B], if the layer was made to have it.</summary>
    public ReadOnlySpan<float> InitialHiddenGradient => _traits.HasStateGradient ? _dHidden!.Last : [];

    /// <summary>That of the carried c, [B][<see cref="CellStride"/>]; empty for cells that have none.</summary>
    public ReadOnlySpan<float> InitialCellGradient => _traits.HasStateGradient && _cell is not null ? _dPast!.Last : [];

    /// <summary>What the cell carries back past the products, [B][<see cref="CellStride"/>]: for the state after step t it goes in, for
    /// that before comes out.</summary>
    protected Span<float> Past(int t) => _dPast!.Before(t);

    /// <summary>The gradients of the pre-activations of all steps, [T*B][<see cref="GateStride"/>].</summary>
    protected ReadOnlySpan<float> Gates => _gates.Span;

    /// <summary>The same of the recurrent products where the cell wants them apart.</summary>
    protected ReadOnlySpan<float> RecurrentGates => _recurrentGates.Span;

    /// <summary>Rows of all steps of the window.</summary>
    protected int RowCount => _rows.Total;

    /// <summary>Back through the window that was run last: adds to the gradients of this layer's tensors.</summary>
    /// <param name="parameters">As in the forward pass.</param>
    /// <param name="gradients">To which those of the layer's tensors are added.</param>
    /// <param name="x">As in the forward pass.</param>
    /// <param name="dOutputs">[T][H][B], or that of all the layers that stand side by side.</param>
    /// <param name="dx">Receives the gradient of x, [T][I][B]; empty where nobody wants it.</param>
    /// <param name="adds">Whether it is added to what is there.</param>
    /// <param name="dHidden">The gradient of <see cref="LastHidden"/>, [H][B], from behind the window's end; empty for none.</param>
    /// <param name="dCell">That of <see cref="LastCell"/>, [B][<see cref="CellStride"/>]; empty for none.</param>
    public void Backward(
        ParameterBlock parameters, GradientBlock gradients, ReadOnlySpan<float> x, ReadOnlySpan<float> dOutputs, Span<float> dx,
        bool adds = false, ReadOnlySpan<float> dHidden = default, ReadOnlySpan<float> dCell = default)
    {
        StartBackward(dHidden, dCell);
        for (int i = 0; i < _rows.Steps; i++)
        {
            int t = _traits.IsReverse ? i : _rows.Steps - 1 - i;
            Retreat(parameters, t, dOutputs[PartOf(t)]);
        }

        if (!dx.IsEmpty) InputsBackward(parameters, dx, adds);
        AddWeightGradients(gradients, x);
    }

    /// <summary>The gradient of the inputs of all steps, once all have been run backward.</summary>
    /// <param name="parameters">As in the forward pass.</param>
    /// <param name="dx">Receives it, [T][I][B].</param>
    /// <param name="adds">Whether it is added to what is there.</param>
    public void InputsBackward(ParameterBlock parameters, Span<float> dx, bool adds = false)
    {
        KeepTable keep = Keep(_traits.InputDropout, _inputs);
        Products.BackwardWindow(_inputRows.Of(parameters), _gates.Span, _rows, keep, InputScale, dx, adds);
        Times.Lap(Pass.InputBackward);
    }

    /// <summary>Begins a backward pass that is run step by step, by <see cref="StepBackward"/> from the layer's last
    /// step to its first.</summary>
    /// <param name="dHidden">As for <see cref="Backward"/>.</param>
    /// <param name="dCell">As for <see cref="Backward"/>.</param>
    public void StartBackward(ReadOnlySpan<float> dHidden = default, ReadOnlySpan<float> dCell = default)
    {
        if (_dHidden is null) Throw.Argument($"'{Slots.Recurrent.Name}' was not made for training");
        Enter(_dHidden, dHidden);
        if (_dPast is not null) Enter(_dPast, dCell);

        void Enter(StepStates states, ReadOnlySpan<float> last)
        {
            if (last.IsEmpty) states.Initial.Clear();
            else last.CopyTo(states.Initial);
            states.Begin(_rows);
        }
    }

    /// <summary>Back through step <paramref name="t"/>.</summary>
    /// <param name="parameters">As in the forward pass.</param>
    /// <param name="t">The step.</param>
    /// <param name="dOutput">The gradient of its output, [H][B], without what came through the steps after it.</param>
    /// <param name="dx">Receives that of its input, [I][B]; empty where nobody wants it.</param>
    public void StepBackward(ParameterBlock parameters, int t, ReadOnlySpan<float> dOutput, Span<float> dx)
    {
        Retreat(parameters, t, dOutput);
        if (dx.IsEmpty) return;
        Products.Backward(_inputRows.Of(parameters), GatesOf(t), BatchOf(t), Keep(_traits.InputDropout, _inputs).At(t), InputScale, dx);
        Times.Lap(Pass.InputBackward);
    }

    /// <summary>Ends a backward pass that was run step by step: adds the gradients of this layer's tensors, over all steps.</summary>
    public void AddWeightGradients(GradientBlock gradients, ReadOnlySpan<float> x)
    {
        Products.WeightGradient(
            x, _inputs, _columns, _rows, Keep(_traits.InputDropout, _inputs), _gates.Span, gradients[Slots.Input], gradients[Slots.Bias]);
        Times.Lap(Pass.InputGradient);
        AddRecurrentGradient(gradients[Slots.Recurrent]);
        AddVectorGradients(gradients);
        Times.Lap(Pass.BiasSums);
    }

    /// <summary>The gradients of tensors that only this cell has, from those of all steps' pre-activations.</summary>
    protected virtual void AddVectorGradients(GradientBlock gradients)
    {
    }

    private float InputScale => _traits.InputDropout?.GradientScale ?? 1f;

    // From the gradient of the state after step t to that of the state before it.
    private void Retreat(ParameterBlock parameters, int t, ReadOnlySpan<float> dOutput)
    {
        StepStates dHidden = _dHidden!;
        dHidden.Enter(t);
        _dPast?.Enter(t);
        CellBackward(parameters, t, dOutput, dHidden.Before(t));
        Times.Lap(Pass.CellBackward);
        bool isFirst = HiddenStates.IsFirst(t);
        if (isFirst && !_traits.HasStateGradient) return;
        UnitDropout? dropout = _traits.RecurrentDropout;
        Span<float> dBefore = dHidden.After(t);
        ReadOnlySpan<int> keep = Keep(dropout, Hidden).At(t);
        Products.Backward(_recurrentRows!.Of(parameters), RecurrentStep(t), BatchOf(t), keep, dropout?.GradientScale ?? 1f, dBefore);
        Times.Lap(Pass.RecurrentBackward);
        dropout?.Backward(t, dBefore);
        if (!_traits.HasStateGradient) return;
        dHidden.Leave(t);
        _dPast?.Leave(t);
        if (isFirst && _cell is null && _dPast is not null) AddPast();
    }

    // What comes back past the products is a part of h's gradient where the cell has no state of its own.
    private void AddPast()
    {
        Span<float> sum = _dHidden!.Last;
        ReadOnlySpan<float> past = _dPast!.Last;
        for (int j = 0; j < Hidden; j++)
        {
            for (int b = 0; b < _rows.Batch; b++) sum[(j * _rows.Batch) + b] += past[(b * CellStride) + j];
        }
    }

    // With DropConnect the mask is taken back to this use's gradient alone, which needs room of its own where another use came before.
    private void AddRecurrentGradient(GradientSpan gradient)
    {
        bool isApart = _traits.Drop is not null && !gradient.IsNew;
        if (isApart && _spare.Length == 0)
            Throw.Argument($"'{Slots.Recurrent.Name}' has DropConnect and is used twice in a step; the layer was not made for that");
        GradientSpan own = isApart ? new GradientSpan(_spare.Span, isNew: true) : gradient;
        UnitDropout? dropout = _traits.RecurrentDropout;
        ReadOnlySpan<float> previous = HiddenStates.AllBefore;
        if (dropout is not null) previous = dropout.Window(previous);
        Products.WeightGradient(previous, Hidden, _columns, _rows, Keep(dropout, Hidden), RecurrentGates, own);
        Times.Lap(Pass.RecurrentGradient);
        if (_traits.Drop is null) return;
        _recurrentRows!.MaskGradient(own.Values);
        if (isApart) Ops.AddScaled(own.Values, 1f, gradient.Values);
        Times.Lap(Pass.Masks);
    }
}
