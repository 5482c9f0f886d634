using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;

namespace TinySD.Runtime.Layers;

/// <content>Backward through time.</content>
public sealed partial class AttentionDecoder
{
    /// <summary>Back through the last window, which was not fed at first: adds to the gradients of all layers. Each layer then has that of
    /// its first state.</summary>
    /// <param name="parameters">As in the forward pass.</param>
    /// <param name="gradients">To which it is added.</param>
    /// <param name="x">As in the forward pass.</param>
    /// <param name="memory">As it was remembered.</param>
    /// <param name="dOutputs">The gradient of <see cref="Outputs"/>, [T][A][B], without what comes back through the steps.</param>
    /// <param name="dx">Receives that of x, [T][E][B].</param>
    /// <param name="dMemory">Receives that of the memory, [S][M][B'].</param>
    /// <exception cref="ArgumentException">There is too little of something, or too little room; the window was fed at first, or the layers
    /// were not declared for training.</exception>
    public void Backward(
        ParameterBlock parameters, GradientBlock gradients, ReadOnlySpan<float> x, ReadOnlySpan<float> memory,
        ReadOnlySpan<float> dOutputs, Span<float> dx, Span<float> dMemory)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(gradients);
        int inputs = _slots.Layers[0].Input.Shape[0];
        Throw.IfShorter(x.Length, _rows.Total * inputs, nameof(x));
        Throw.IfShorter(dOutputs.Length, _rows.Total * _units, nameof(dOutputs));
        Throw.IfShorter(dx.Length, _rows.Total * inputs, nameof(dx));
        Throw.IfShorter(memory.Length, _attention.MemoryFloats, nameof(memory));
        Throw.IfShorter(dMemory.Length, _attention.MemoryFloats, nameof(dMemory));
        if (_isFed) Throw.Argument("a window that was fed an output from before it has no backward pass");
        _attention.StartBackward();
        foreach (RecurrentLayer layer in _layers) layer.StartBackward();
        for (int t = _rows.Steps - 1; t >= 0; t--) Retreat(parameters, t, dOutputs.Slice(_rows.Before(t) * _units, _rows.At(t) * _units));
        _layers[0].InputsBackward(parameters, dx);
        _inputDropouts[0].BackwardWindow(dx);
        for (int layer = 0; layer < _layers.Length; layer++)
        {
            ReadOnlySpan<float> below = layer == 0 ? x : _layers[layer - 1].Outputs;
            _layers[layer].AddWeightGradients(gradients, _inputDropouts[layer].Window(below));
        }

        if (_slots.Feeding is { } feeding) AddFeedingGradient(gradients[feeding]);
        KeepTable keep = _joinedDropout.Keep(_products);
        _products.WeightGradient(
            _joinedDropout.Window(_joined.Span), _joinedUnits, _units, _rows, keep, _states.Span, gradients[_slots.OutputWeight],
            gradients[_slots.OutputBias]);
        _times.Lap(Pass.InputGradient);
        _attention.AddGradients(parameters, gradients, memory, _layers[^1].Outputs, dMemory);
    }

    private void Retreat(ParameterBlock parameters, int t, ReadOnlySpan<float> dOutput)
    {
        int count = _rows.At(t), next = t + 1 < _rows.Steps ? _rows.At(t + 1) : 0;
        Span<float> dFed = _dFed.Span[..(count * _units)], states = Of(_states, t, _stride);
        dFed.Clear();
        if (_feedingRows is not null && next > 0)
        {
            Span<float> own = next == count ? dFed : _dUp.Span[..(next * _units)];
            ReadOnlySpan<int> kept = OutputDropout.Keep(_products).At(t);
            _products.Backward(
                _feedingRows.Of(parameters), _layers[0].PreActivations(t + 1), next, kept, OutputDropout.GradientScale, own);
            _times.Lap(Pass.RecurrentBackward);
            if (next < count) Pick(own, next, dFed, count);
            OutputDropout.Backward(t, dFed);
        }

        _ops.RnnBackward(rectified: false, states, _stride, _units, count, dOutput, dFed);
        _times.Lap(Pass.CellBackward);
        Span<float> dJoined = _dJoined.Span[..(count * _joinedUnits)], dHidden = _dHidden.Span, dLower = _dLower.Span;
        ReadOnlySpan<int> keep = _joinedDropout.Keep(_products).At(t);
        _products.Backward(_outputRows.Of(parameters), states, count, keep, _joinedDropout.GradientScale, dJoined);
        _times.Lap(Pass.RecurrentBackward);
        _joinedDropout.Backward(t, dJoined);
        dJoined[(count * _memoryUnits)..].CopyTo(dHidden);
        _attention.StepBackward(parameters, t, dJoined, dHidden);
        for (int layer = _layers.Length - 1; layer > 0; layer--)
        {
            _layers[layer].StepBackward(parameters, t, dHidden, dLower);
            _inputDropouts[layer].Backward(t, dLower[..(count * _hidden)]);
            Span<float> swap = dHidden;
            dHidden = dLower;
            dLower = swap;
        }

        _layers[0].StepBackward(parameters, t, dHidden, default);
    }

    // What was fed to a step is the output of the one before it.
    private void AddFeedingGradient(GradientSpan gradient)
    {
        RecurrentLayer layer = _layers[0];
        int before = _rows.Steps > 1 ? _rows.Before(1) : 0;
        StepRows fed = _rows.Steps > 1 ? _rows.Slice(1, _rows.Steps - 1) : StepRows.Even(0, _rows.Batch);
        _products.WeightGradient(
            _fed.Span[(before * _units)..], _units, _slots.Feeding!.Shape[1], fed, OutputDropout.Keep(_products),
            layer.AllPreActivations[(before * layer.GateStride)..], gradient);
        _times.Lap(Pass.RecurrentGradient);
    }
}
