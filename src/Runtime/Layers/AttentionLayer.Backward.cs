using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;

namespace TinySD.Runtime.Layers;

/// <content>Its gradient.</content>
public sealed partial class AttentionLayer
{
    /// <summary>Begins the gradient of the window that was run last.</summary>
    /// <exception cref="ArgumentException">The layer was not declared for training.</exception>
    public void StartBackward()
    {
        CheckTraining();
        _dValues.Span[..(_memory.Total * _valueStride)].Clear();
        if (_dKeys.Length > 0) _dKeys.Span[..(_memory.Total * _keyStride)].Clear();
        if (_dVectors.Length > 0) _dVectors.Span.Clear();
        if (_dScales.Length > 0) _dScales.Span.Clear();
    }

    /// <summary>Back through a step.</summary>
    /// <param name="parameters">As in the forward pass.</param>
    /// <param name="t">The step; its weights are spent.</param>
    /// <param name="dContext">[M][B(t)].</param>
    /// <param name="dQuery">Has the gradient of the query added to it, [H][B(t)].</param>
    /// <exception cref="ArgumentException">The window has no such step, there is too little of a gradient or too little room, or the layer
    /// was not declared for training.</exception>
    public void StepBackward(ParameterBlock parameters, int t, ReadOnlySpan<float> dContext, Span<float> dQuery)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        CheckTraining();
        SlotChecks.Step(t, _rows);
        int count = _rows.At(t), units = _slots.QueryUnits;
        Throw.IfShorter(dContext.Length, count * _slots.MemoryUnits, nameof(dContext));
        Throw.IfShorter(dQuery.Length, count * units, nameof(dQuery));
        StepRows one = StepRows.Even(1, count);
        _ops.ToRows(dContext, one, _slots.MemoryUnits, _contexts.Span, _valueStride);
        Span<float> dQueries = Rows(_dQueries, t), passed = _passed.Span[..(count * units)];
        Span<float> dKeys = _keyRows is null ? _dValues.Span : _dKeys.Span;
        var gradients = new AttentionGradients(dQueries, _dVectors.Span, _dScales.Span, dKeys, _dValues.Span);
        _ops.AttendBackward(Memory, StepOf(t), Vector, _scale, _contexts.Span, _spare.Span, gradients);
        if (_queryRows is null)
        {
            _ops.ToUnits(dQueries, _keyStride, one, units, passed);
        }
        else
        {
            _times.Lap(Pass.CellBackward);
            _products.Backward(_queryRows.Of(parameters), dQueries, count, _products.All(units).At(0), 1f, passed);
            _times.Lap(Pass.RecurrentBackward);
        }

        _ops.AddScaled(passed, 1f, dQuery[..passed.Length]);
        _times.Lap(Pass.CellBackward);
    }

    /// <summary>Ends a gradient: adds those of the layer's tensors, and gives that of the memory.</summary>
    /// <param name="parameters">As in the forward pass.</param>
    /// <param name="gradients">To which it is added.</param>
    /// <param name="memory">As in the forward pass.</param>
    /// <param name="queries">The queries of all steps, [T][H][B]; read by the concat kind only.</param>
    /// <param name="dMemory">Receives that of the memory, [S][M][B'].</param>
    /// <exception cref="ArgumentException">There is too little of something, or too little room, or the layer was not declared for
    /// training.</exception>
    public void AddGradients(
        ParameterBlock parameters, GradientBlock gradients, ReadOnlySpan<float> memory, ReadOnlySpan<float> queries, Span<float> dMemory)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(gradients);
        CheckTraining();
        int units = _slots.MemoryUnits, floats = MemoryFloats;
        Throw.IfShorter(memory.Length, floats, nameof(memory));
        Throw.IfShorter(dMemory.Length, floats, nameof(dMemory));
        if (_queryRows is not null)
        {
            Throw.IfShorter(queries.Length, _rows.Total * _slots.QueryUnits, nameof(queries));
            KeepTable all = _products.All(_slots.QueryUnits);
            _products.WeightGradient(
                queries, _slots.QueryUnits, _slots.QueryUnits, _rows, all, _dQueries.Span, gradients[_slots.Query!]);
            _times.Lap(Pass.RecurrentGradient);
        }

        int queriesOfStep = _rows.Steps == 0 ? 0 : _rows.At(0);
        if (_slots.Vector is { } vector)
            _ops.AddColumnSums(_dVectors.Span, _keyStride, queriesOfStep, _slots.QueryUnits, gradients[vector]);
        if (_slots.Scale is { } scale) _ops.AddColumnSums(_dScales.Span, 1, queriesOfStep, 1, gradients[scale]);
        Span<float> passed = _passed.Span[..floats];
        _ops.ToUnits(_dValues.Span, _valueStride, _memory, units, passed);
        _times.Lap(Pass.CellBackward);
        dMemory = dMemory[..floats];
        if (_keyRows is null)
        {
            dMemory.Clear();
        }
        else
        {
            KeepTable keep = _dropout.Keep(_products);
            _products.BackwardWindow(_keyRows.Of(parameters), _dKeys.Span, _memory, keep, _dropout.GradientScale, dMemory);
            _times.Lap(Pass.InputBackward);
            _products.WeightGradient(
                _dropout.Window(memory), units, _slots.QueryUnits, _memory, keep, _dKeys.Span, gradients[_slots.Key!],
                _slots.KeyBias is { } bias ? gradients[bias] : default);
            _times.Lap(Pass.InputGradient);
            _dropout.BackwardWindow(dMemory);
        }

        _dropout.AddBackward(passed, dMemory);
        _times.Lap(Pass.CellBackward);
    }

    private void CheckTraining()
    {
        if (!_target.Training) Throw.Argument("the layer was not declared for training");
    }
}
