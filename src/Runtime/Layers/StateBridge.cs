using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;

namespace TinySD.Runtime.Layers;

/// <summary>Where the maps from an encoder layer's last state to a decoder layer's first lie.</summary>
/// <param name="HiddenWeight">[D H', H], of h.</param>
/// <param name="HiddenBias">[H].</param>
/// <param name="CellWeight">[D H', H], of c; null for cells that have none.</param>
/// <param name="CellBias">[H], or null.</param>
public sealed record BridgeSlots(TensorSlot HiddenWeight, TensorSlot HiddenBias, TensorSlot? CellWeight, TensorSlot? CellBias)
{
    /// <summary>The matrices that products read.</summary>
    internal IEnumerable<TensorSlot> Weights => CellWeight is null ? [HiddenWeight] : [HiddenWeight, CellWeight];

    /// <summary>Appends the maps to a layout: <c>hidden.weight</c> and <c>hidden.bias</c> and, of an LSTM, <c>cell.weight</c> and
    /// <c>cell.bias</c>.</summary>
    /// <param name="layout">The model's.</param>
    /// <param name="kind">The cell of both layers.</param>
    /// <param name="from">Width D H' of the encoder's output.</param>
    /// <param name="to">Hidden size H of the decoder's layer.</param>
    /// <param name="prefix">What names begin with.</param>
    /// <exception cref="ArgumentException">A width is below 1, or a name is taken.</exception>
    public static BridgeSlots Add(ParameterLayout layout, CellKind kind, int from, int to, string prefix = "")
    {
        ArgumentNullException.ThrowIfNull(layout);
        Throw.IfUndefined(kind);
        bool hasCell = kind == CellKind.Lstm;
        return new BridgeSlots(
            layout.AddMatrix($"{prefix}hidden.weight", from, to), layout.Add($"{prefix}hidden.bias", to),
            hasCell ? layout.AddMatrix($"{prefix}cell.weight", from, to) : null, hasCell ? layout.Add($"{prefix}cell.bias", to) : null);
    }
}

/// <summary>A decoder layer's first state, from the last one of an encoder's layer: as it is, both directions side by side, or through a
/// map and a tanh. Sequences may stand in another order on the two sides.</summary>
/// <remarks>A window is: the encoder's <see cref="RecurrentEncoder.Forward"/>, this one's, the decoder's; then, for a gradient, the
/// decoder's <see cref="AttentionDecoder.Backward"/>, the encoder's <see cref="RecurrentEncoder.ClearStateGradients"/>, this one's
/// <see cref="Backward"/>, and the encoder's.</remarks>
public sealed class StateBridge
{
    private readonly RecurrentEncoder _encoder;
    private readonly RecurrentLayer _to;
    private readonly VectorOps _ops;
    private readonly TanhMap? _hiddenMap, _cellMap;
    private readonly int _from, _directions, _units, _batch;
    private readonly Workspace.Slice _hidden, _cell, _dJoined, _mapped;

    /// <summary>Declares it.</summary>
    /// <param name="encoder">Gives the states; for a gradient it must have been declared to have those of its last states.</param>
    /// <param name="from">Which of its layers.</param>
    /// <param name="decoder">Starts from them; of the same cell.</param>
    /// <param name="to">Which of its layers.</param>
    /// <param name="slots">The maps; <see langword="null"/> for a copy.</param>
    /// <param name="plan">The network's.</param>
    /// <exception cref="ArgumentException">There are no such layers, or they, or the maps, do not fit each other.</exception>
    public StateBridge(RecurrentEncoder encoder, int from, AttentionDecoder decoder, int to, BridgeSlots? slots, NetworkPlan plan)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(decoder);
        ArgumentNullException.ThrowIfNull(plan);
        (_encoder, _from, _to, _units, _directions) = (encoder, from, decoder.Layer(to), encoder.Hidden, encoder.DirectionCount);
        _ops = plan.Vectors;
        WindowShape shape = decoder.Shape;
        Check(encoder, from, slots, shape);
        _batch = shape.Batch;
        long joined = (long)encoder.OutputUnits * shape.Batch;
        _hidden = plan.Scratch.Reserve(joined);
        if (_to.CellFloats > 0) _cell = plan.Scratch.Reserve(joined);
        if (shape.Training) _dJoined = plan.Scratch.Reserve(joined);
        if (slots is not null) _hiddenMap = new TanhMap(slots.HiddenWeight, slots.HiddenBias, shape, plan);
        if (slots?.CellWeight is { } weight) _cellMap = new TanhMap(weight, slots.CellBias!, shape, plan);
        if (_to.CellFloats > 0) _mapped = plan.Scratch.Reserve(_to.HiddenFloats);
    }

    /// <summary>Takes notice of new parameters.</summary>
    public void Update(ParameterBlock parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        _hiddenMap?.Update(parameters);
        _cellMap?.Update(parameters);
    }

    /// <summary>Writes the first state of the decoder's layer.</summary>
    /// <param name="parameters">The model's.</param>
    /// <param name="places">For each of its sequences the place among the encoder's, [B].</param>
    /// <exception cref="ArgumentException">There are too many, or one is none of the encoder's.</exception>
    public void Forward(ParameterBlock parameters, ReadOnlySpan<int> places)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        int batch = places.Length, all = _encoder.LastHidden(_from).Length / _units, stride = _encoder.CellStride;
        if (batch > _batch) Throw.Argument($"there are {Throw.Counted(batch, "place")}; the decoder was declared for {_batch}");
        CheckPlaces(places, all);
        for (int direction = 0; direction < _directions; direction++)
        {
            ReadOnlySpan<float> hidden = _encoder.LastHidden(_from, direction), cell = _encoder.LastCell(_from, direction);
            for (int unit = 0; unit < _units; unit++)
            {
                Span<float> row = Row(_hidden, direction, unit, batch);
                for (int b = 0; b < batch; b++) row[b] = hidden[(unit * all) + places[b]];
                if (_cell.Length == 0) continue;
                row = Row(_cell, direction, unit, batch);
                for (int b = 0; b < batch; b++) row[b] = cell[(places[b] * stride) + unit];
            }
        }

        if (_hiddenMap is null) _hidden.Span[..(_directions * _units * batch)].CopyTo(_to.CarriedHidden);
        else _hiddenMap.Forward(parameters, _hidden.Span, batch, _to.CarriedHidden);
        if (_cell.Length == 0) return;
        ReadOnlySpan<float> cells = _cell.Span;
        if (_cellMap is not null)
        {
            _cellMap.Forward(parameters, cells, batch, _mapped.Span);
            cells = _mapped.Span;
        }

        _ops.ToRows(cells, StepRows.Even(1, batch), _to.HiddenUnits, _to.CarriedCell, _to.CellStride);
    }

    /// <summary>Back from the gradient of the decoder's first state: added to that of the encoder's last, which several may read.</summary>
    /// <param name="parameters">As in the forward pass.</param>
    /// <param name="gradients">To which those of the maps are added.</param>
    /// <param name="places">As in the forward pass.</param>
    /// <exception cref="ArgumentException">There are others, or neither was declared for training.</exception>
    public void Backward(ParameterBlock parameters, GradientBlock gradients, ReadOnlySpan<int> places)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(gradients);
        if (_dJoined.Length == 0) Throw.Argument("the decoder was not declared for training");
        int batch = places.Length;
        ReadOnlySpan<float> dHidden = _to.InitialHiddenGradient;
        if (dHidden.Length != batch * _to.HiddenUnits)
            Throw.Argument($"there are {Throw.Counted(batch, "place")} for a window of {dHidden.Length / _to.HiddenUnits}");
        CheckPlaces(places, _encoder.Batch);
        if (_hiddenMap is not null)
        {
            _hiddenMap.Backward(parameters, gradients, _hidden.Span, batch, dHidden, _dJoined.Span);
            dHidden = _dJoined.Span;
        }

        for (int direction = 0; direction < _directions; direction++)
        {
            Span<float> own = _encoder.LastHiddenGradient(_from, direction);
            int all = own.Length / _units;
            for (int unit = 0; unit < _units; unit++)
            {
                ReadOnlySpan<float> row = dHidden.Slice(((direction * _units) + unit) * batch, batch);
                for (int b = 0; b < batch; b++) own[(unit * all) + places[b]] += row[b];
            }
        }

        if (_cell.Length == 0) return;
        _ops.ToUnits(_to.InitialCellGradient, _to.CellStride, StepRows.Even(1, batch), _to.HiddenUnits, _mapped.Span);
        ReadOnlySpan<float> dCell = _mapped.Span;
        if (_cellMap is not null)
        {
            _cellMap.Backward(parameters, gradients, _cell.Span, batch, dCell, _dJoined.Span);
            dCell = _dJoined.Span;
        }

        for (int direction = 0; direction < _directions; direction++)
        {
            Span<float> own = _encoder.LastCellGradient(_from, direction);
            int stride = _encoder.CellStride;
            for (int unit = 0; unit < _units; unit++)
            {
                ReadOnlySpan<float> row = dCell.Slice(((direction * _units) + unit) * batch, batch);
                for (int b = 0; b < batch; b++) own[(places[b] * stride) + unit] += row[b];
            }
        }
    }

    private void Check(RecurrentEncoder encoder, int from, BridgeSlots? slots, WindowShape shape)
    {
        if ((uint)from >= (uint)encoder.LayerCount) Throw.OutOfRange(nameof(from), from, $"0 to {encoder.LayerCount - 1}");
        int hidden = _to.HiddenUnits, given = encoder.OutputUnits;
        bool hasCell = _to.CellFloats > 0;
        if (encoder.HasCells != hasCell) Throw.Argument("the encoder's cells are others than the decoder's");
        if (shape.Training && !encoder.HasStateGradients)
            Throw.Argument("the encoder was not declared to have gradients of its last states, which training needs");
        if (slots is null)
        {
            if (given != hidden) Throw.Argument($"a state of {given} cannot be copied to a layer of {hidden}; it needs a map");
            return;
        }

        if (slots.CellWeight is null == hasCell)
            Throw.Argument($"the decoder's cells {(hasCell ? "need" : "have no")} {nameof(slots.CellWeight)}");
        SlotChecks.Shape(slots.HiddenWeight, given, hidden);
        SlotChecks.Shape(slots.HiddenBias, hidden);
        if (slots.CellWeight is null) return;
        SlotChecks.Shape(slots.CellWeight, given, hidden);
        SlotChecks.Shape(slots.CellBias!, hidden);
    }

    private static void CheckPlaces(ReadOnlySpan<int> places, int all)
    {
        foreach (int place in places)
        {
            if ((uint)place >= (uint)all) Throw.Argument($"there is no sequence {place} among the encoder's {all}");
        }
    }

    private Span<float> Row(Workspace.Slice joined, int direction, int unit, int batch) =>
        joined.Span.Slice(((direction * _units) + unit) * batch, batch);
}
