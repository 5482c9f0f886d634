using TinySD.Runtime.Memory;

namespace TinySD.Runtime.Layers;

/// <summary>A decoder layer's first state, from the last one of an encoder's layer: as it is, both directions side by side, or through a
/// map and a tanh. Sequences may stand in another order on the two sides.</summary>
/// <remarks>h [units][B] and c [B][stride] lie as a <see cref="RecurrentLayer"/>'s do.</remarks>
internal sealed class StateBridge
{
    private readonly RecurrentEncoder _encoder;
    private readonly RecurrentLayer _to;
    private readonly TanhMap? _hiddenMap, _cellMap;
    private readonly int _first, _directions, _units;
    private readonly Workspace.Slice _hidden, _cell, _dJoined, _mapped;

    /// <param name="encoder">Gives the states; of one direction or two.</param>
    /// <param name="layer">Which of its layers.</param>
    /// <param name="to">The decoder's layer.</param>
    /// <param name="maps">Weight and bias for h and, where there is one, c; empty for a copy.</param>
    /// <param name="shape">The decoder's window.</param>
    /// <param name="plan">The network's.</param>
    public StateBridge(
        RecurrentEncoder encoder, int layer, RecurrentLayer to, IReadOnlyList<(TensorSlot Weight, TensorSlot Bias)> maps, WindowShape shape,
        NetworkPlan plan)
    {
        (_encoder, _to, _units) = (encoder, to, encoder.Hidden);
        _directions = encoder.OutputUnits / encoder.Hidden;
        _first = layer * _directions;
        long joined = (long)encoder.OutputUnits * shape.Batch;
        _hidden = plan.Scratch.Reserve(joined);
        if (to.CellFloats > 0) _cell = plan.Scratch.Reserve(joined);
        if (shape.Training) _dJoined = plan.Scratch.Reserve(joined);
        if (maps.Count > 0) _hiddenMap = new TanhMap(maps[0].Weight, maps[0].Bias, shape, plan);
        if (maps.Count > 1) _cellMap = new TanhMap(maps[1].Weight, maps[1].Bias, shape, plan);
        if (to.CellFloats > 0) _mapped = plan.Scratch.Reserve(to.HiddenFloats);
    }

    /// <summary>Takes notice of new parameters.</summary>
    public void Update(ParameterBlock parameters)
    {
        _hiddenMap?.Update(parameters);
        _cellMap?.Update(parameters);
    }

    /// <summary>Writes the first state of the decoder's layer.</summary>
    /// <param name="parameters">The model's.</param>
    /// <param name="places">For each of its sequences the place among the encoder's, [B].</param>
    public void Forward(ParameterBlock parameters, ReadOnlySpan<int> places)
    {
        int batch = places.Length;
        for (int direction = 0; direction < _directions; direction++)
        {
            RecurrentLayer from = _encoder.Layers[_first + direction];
            int all = from.LastHidden.Length / _units;
            for (int unit = 0; unit < _units; unit++)
            {
                Span<float> row = Row(_hidden, direction, unit, batch);
                for (int b = 0; b < batch; b++) row[b] = from.LastHidden[(unit * all) + places[b]];
                if (_cell.Length == 0) continue;
                row = Row(_cell, direction, unit, batch);
                for (int b = 0; b < batch; b++) row[b] = from.LastCell[(places[b] * from.CellStride) + unit];
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

        ToRows(cells, batch, _to.CarriedCell);
    }

    /// <summary>Back from the gradient of the decoder's first state: added to that of the encoder's last, which several may read.</summary>
    /// <param name="parameters">As in the forward pass.</param>
    /// <param name="gradients">To which those of the maps are added.</param>
    /// <param name="places">As in the forward pass.</param>
    public void Backward(ParameterBlock parameters, GradientBlock gradients, ReadOnlySpan<int> places)
    {
        int batch = places.Length;
        ReadOnlySpan<float> dHidden = _to.InitialHiddenGradient;
        if (_hiddenMap is not null)
        {
            _hiddenMap.Backward(parameters, gradients, _hidden.Span, batch, dHidden, _dJoined.Span);
            dHidden = _dJoined.Span;
        }

        for (int direction = 0; direction < _directions; direction++)
        {
            Span<float> own = _encoder.LastHiddenGradient(_first + direction);
            int all = own.Length / _units;
            for (int unit = 0; unit < _units; unit++)
            {
                ReadOnlySpan<float> row = dHidden.Slice(((direction * _units) + unit) * batch, batch);
                for (int b = 0; b < batch; b++) own[(unit * all) + places[b]] += row[b];
            }
        }

        if (_cell.Length == 0) return;
        ToUnits(_to.InitialCellGradient, batch, _mapped.Span);
        ReadOnlySpan<float> dCell = _mapped.Span;
        if (_cellMap is not null)
        {
            _cellMap.Backward(parameters, gradients, _cell.Span, batch, dCell, _dJoined.Span);
            dCell = _dJoined.Span;
        }

        for (int direction = 0; direction < _directions; direction++)
        {
            Span<float> own = _encoder.LastCellGradient(_first + direction);
            int stride = _encoder.Layers[_first + direction].CellStride;
            for (int unit = 0; unit < _units; unit++)
            {
                ReadOnlySpan<float> row = dCell.Slice(((direction * _units) + unit) * batch, batch);
                for (int b = 0; b < batch; b++) own[(places[b] * stride) + unit] += row[b];
            }
        }
    }

    private Span<float> Row(Workspace.Slice joined, int direction, int unit, int batch) =>
        joined.Span.Slice(((direction * _units) + unit) * batch, batch);

    // c of the decoder's layer [B][stride] from [H][B], and back.
    private void ToRows(ReadOnlySpan<float> units, int batch, Span<float> rows)
    {
        int width = _to.HiddenUnits, stride = _to.CellStride;
        for (int unit = 0; unit < width; unit++)
        {
            for (int b = 0; b < batch; b++) rows[(b * stride) + unit] = units[(unit * batch) + b];
        }
    }

    private void ToUnits(ReadOnlySpan<float> rows, int batch, Span<float> units)
    {
        int width = _to.HiddenUnits, stride = _to.CellStride;
        for (int unit = 0; unit < width; unit++)
        {
            for (int b = 0; b < batch; b++) units[(unit * batch) + b] = rows[(b * stride) + unit];
        }
    }
}
