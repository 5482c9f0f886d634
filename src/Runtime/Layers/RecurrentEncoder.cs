using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;

namespace TinySD.Runtime.Layers;

/// <summary>A stack of recurrent layers, in one or two directions, with dropout at each layer's input and on each previous hidden state:
/// x [T][I][B] to outputs [T][D H][B], the forward half first, both as <see cref="StepRows"/> says. A bidirectional layer is one of a
/// single layer.</summary>
/// <remarks>Nothing is computed on padding: sequences of unequal length are packed, the reverse direction starts at each one's own end, and
/// a sequence has the bits that it has alone.</remarks>
public sealed class RecurrentEncoder
{
    private readonly RecurrentLayer[] _layers;
    private readonly UnitDropout[] _inputDropouts, _recurrentDropouts;
    private readonly Workspace.Slice[] _joined;
    private readonly Workspace.Slice _last, _spent, _dLower;
    private readonly Workspace.Slice[] _dHidden, _dCell;
    private readonly WindowShape _shape;
    private readonly int _directions, _inputs;
    private StepRows _rows;

    /// <summary>Declares the layers.</summary>
    /// <param name="slots">Their tensors: for each layer its directions one after the other.</param>
    /// <param name="directions">D, 1 or 2.</param>
    /// <param name="isReverse">Whether the only direction is from each sequence's end to its start.</param>
    /// <param name="shape">The window.</param>
    /// <param name="origin">How masks are drawn; the rates of the sites are its case's.</param>
    /// <param name="plan">The network's.</param>
    /// <param name="name">What the names of its mask places begin with, where it is not the network's only stack: these have the lowest
    /// numbers that are free.</param>
    /// <param name="hasStateGradients">Whether the last states of all layers are read, and in training have gradients of their
    /// own: <see cref="LastHiddenGradient"/>.</param>
    /// <param name="hasGivenInputs">Whether the first layer's inputs are numbers from without, of which a smaller model has all, and not
    /// units of an embedding, of which it has the first: nested masks leave them alone.</param>
    /// <exception cref="ArgumentException">Tensors and directions do not fit each other; or there are nested masks, and two directions,
    /// whose first units do not lie side by side.</exception>
    public RecurrentEncoder(
        IReadOnlyList<RecurrentSlots> slots, int directions, bool isReverse, WindowShape shape, MaskOrigin origin, NetworkPlan plan,
        string name = "", bool hasStateGradients = false, bool hasGivenInputs = false)
    {
        ArgumentNullException.ThrowIfNull(slots);
        ArgumentNullException.ThrowIfNull(origin);
        ArgumentNullException.ThrowIfNull(plan);
        if (directions is not (1 or 2) || slots.Count == 0 || slots.Count % directions != 0)
            Throw.Argument($"there are {Throw.Counted(slots.Count, "set")} of tensors for layers of {directions} directions");
        if (shape.Drops && directions == 2 && origin.Spec.IsNested) Throw.NotNested("a bidirectional stack");
        _shape = shape;
        _inputs = slots[0].Input.Shape[0];
        _directions = directions;
        int layers = slots.Count / directions;
        Hidden = slots[0].Recurrent.Shape[0];
        OutputUnits = directions * Hidden;
        _layers = new RecurrentLayer[slots.Count];
        _inputDropouts = new UnitDropout[layers];
        _recurrentDropouts = new UnitDropout[slots.Count];
        _joined = new Workspace.Slice[directions == 2 ? layers : 0];
        long rows = (long)shape.TimeSteps * shape.Batch;
        for (int i = 0; i < slots.Count; i++)
        {
            (int layer, int direction) = int.DivRem(i, directions);
            if (direction == 0)
            {
                DropoutSite site = layer == 0 ? DropoutSite.Embedding : DropoutSite.Layer;
                float rate = layer == 0 && hasGivenInputs && origin.Spec.IsNested ? 0f : origin.Spec.RateOf(site);
                _inputDropouts[layer] = Dropout(MaskPlace.OfStack(site, layer, slots[i].Input.Shape[0], rate));
            }

            var place = MaskPlace.OfStack(DropoutSite.Recurrent, layer, Hidden, origin.Spec.RateOf(DropoutSite.Recurrent));
            _recurrentDropouts[i] = direction == 0
                ? Dropout(place)
                : new UnitDropout(plan.Place($"{name}{place.Name}.reverse", place.Units, place.Rate), origin, shape, plan);
            _layers[i] = RecurrentLayer.Create(slots[i], shape, plan, new RecurrentTraits
            {
                InputDropout = _inputDropouts[layer],
                SeesHidden = layer > 0,
                RecurrentDropout = _recurrentDropouts[i],
                IsReverse = isReverse || direction == 1,
                Part = directions == 1 ? default : new OutputPart(direction * Hidden, OutputUnits),
            });
        }

        (_dHidden, _dCell) = (new Workspace.Slice[slots.Count], new Workspace.Slice[slots.Count]);
        HasStateGradients = hasStateGradients && shape.Training;
        for (int i = 0; i < slots.Count && HasStateGradients; i++)
        {
            _dHidden[i] = plan.Scratch.Reserve(_layers[i].HiddenFloats);
            _dCell[i] = plan.Scratch.Reserve(_layers[i].CellFloats);
        }

        for (int layer = 0; layer < _joined.Length; layer++) _joined[layer] = plan.Scratch.Reserve(rows * OutputUnits);
        if (directions == 2) _last = plan.Scratch.Reserve((long)shape.Batch * OutputUnits);
        if (!shape.Training || layers == 1) return;

        // The gradient of each layer's outputs but the top's: two that take turns.
        _spent = plan.Scratch.Reserve(rows * OutputUnits);
        if (layers > 2) _dLower = plan.Scratch.Reserve(rows * OutputUnits);

        UnitDropout Dropout(MaskPlace place) =>
            new(name.Length == 0 ? plan.Place(place) : plan.Place(name + place.Name, place.Units, place.Rate), origin, shape, plan);
    }

    /// <summary>Hidden size H of a direction.</summary>
    public int Hidden { get; }

    /// <summary>D H.</summary>
    public int OutputUnits { get; }

    /// <summary>Layers, each of all directions.</summary>
    public int LayerCount => _layers.Length / _directions;

    /// <summary>D.</summary>
    public int DirectionCount => _directions;

    /// <summary>Floats from one sequence's c to the next: H rounded up.</summary>
    public int CellStride => _layers[0].CellStride;

    /// <summary>Whether the last states of all layers have gradients of their own.</summary>
    public bool HasStateGradients { get; }

    /// <summary>h of a layer at each sequence's own end of the last window's walk, [H][B]; the initial one of a sequence without
    /// steps.</summary>
    /// <param name="layer">The layer, from 0.</param>
    /// <param name="direction">0, or 1 for the reverse direction where there are two.</param>
    /// <exception cref="ArgumentException">There is no such layer or direction.</exception>
    public ReadOnlySpan<float> LastHidden(int layer, int direction = 0) => _layers[IndexOf(layer, direction)].LastHidden;

    /// <summary>The same of c, [B][<see cref="CellStride"/>]; empty for cells that have none.</summary>
    /// <inheritdoc cref="LastHidden"/>
    public ReadOnlySpan<float> LastCell(int layer, int direction = 0) => _layers[IndexOf(layer, direction)].LastCell;

    /// <summary>Where the gradient of <see cref="LastHidden"/> is to be written, or added, before every backward pass; what is there stays
    /// until <see cref="ClearStateGradients"/>.</summary>
    /// <inheritdoc cref="LastHidden"/>
    /// <exception cref="ArgumentException">There is no such layer or direction, or the stack was not declared to have these
    /// gradients.</exception>
    public Span<float> LastHiddenGradient(int layer, int direction = 0) => _dHidden[IndexOfGradient(layer, direction)].Span;

    /// <summary>The same of <see cref="LastCell"/>.</summary>
    /// <inheritdoc cref="LastHiddenGradient"/>
    public Span<float> LastCellGradient(int layer, int direction = 0) => _dCell[IndexOfGradient(layer, direction)].Span;

    /// <summary>Makes the gradients of all last states 0.</summary>
    public void ClearStateGradients()
    {
        foreach (Workspace.Slice gradient in _dHidden) gradient.Span.Clear();
        foreach (Workspace.Slice gradient in _dCell) gradient.Span.Clear();
    }

    /// <summary>The layers, for each its directions one after the other.</summary>
    internal RecurrentLayer[] Layers => _layers;

    /// <summary>Whether its cells have a c.</summary>
    internal bool HasCells => _layers[0].CellFloats > 0;

    /// <summary>Sequences that it was declared for.</summary>
    internal int Batch => _shape.Batch;

    /// <summary>The top layer's outputs of the last window, [T][D H][B].</summary>
    public ReadOnlySpan<float> Outputs => OutputsOf((_layers.Length / _directions) - 1);

    /// <summary>The top layer's state at each sequence's own end of the walk, [D H][B]; the initial one of a sequence without
    /// steps.</summary>
    public ReadOnlySpan<float> LastOutputs
    {
        get
        {
            if (_directions == 1) return _layers[^1].LastHidden;
            ReadOnlySpan<float> forward = _layers[^2].LastHidden, reverse = _layers[^1].LastHidden;
            forward.CopyTo(_last.Span);
            reverse.CopyTo(_last.Span[forward.Length..]);
            return _last.Span[..(forward.Length + reverse.Length)];
        }
    }

    /// <summary>Takes notice of new parameters; needed before the first window and after every change of them.</summary>
    public void Update(ParameterBlock parameters)
    {
        foreach (RecurrentLayer layer in _layers) layer.Update(parameters);
    }

    /// <summary>Draws the masks of a window.</summary>
    public void Draw(Draw draw, StepRows rows)
    {
        foreach (UnitDropout dropout in _inputDropouts) dropout.Draw(draw, rows);
        foreach (UnitDropout dropout in _recurrentDropouts) dropout.Draw(draw, rows);
    }

    /// <summary>Runs a window of at least one step: x [T][I][B].</summary>
    /// <exception cref="ArgumentException">It is not what the layers were declared for, or there is too little of x.</exception>
    public void Forward(ParameterBlock parameters, ReadOnlySpan<float> x, StepRows rows)
    {
        if (rows.Batch != _shape.Batch || rows.Steps > _shape.TimeSteps || rows.Steps < 1)
            Throw.Argument($"a window of {rows}; the layers were declared for {_shape.Batch} and 1 to {_shape.TimeSteps} steps");
        Throw.IfShorter(x.Length, rows.Total * _inputs, nameof(x));
        foreach (UnitDropout dropout in _inputDropouts) dropout.CheckDrawn(rows);
        foreach (UnitDropout dropout in _recurrentDropouts) dropout.CheckDrawn(rows);
        _rows = rows;
        for (int i = 0; i < _layers.Length; i++)
        {
            (int layer, int direction) = int.DivRem(i, _directions);
            if (direction == 0) x = _inputDropouts[layer].ApplyWindow(layer == 0 ? x : OutputsOf(layer - 1));
            _layers[i].Forward(parameters, x, rows, _directions == 1 ? default : _joined[layer].Span);
        }
    }

    /// <summary>Back through the last window: adds to the gradients of all layers. Where last states have gradients of their own, those are
    /// taken in, too.</summary>
    /// <param name="parameters">As in the forward pass.</param>
    /// <param name="gradients">To which it is added.</param>
    /// <param name="x">As in the forward pass.</param>
    /// <param name="dOutputs">The gradient of <see cref="Outputs"/>, [T][D H][B].</param>
    /// <param name="dLast">That of <see cref="LastOutputs"/> beside it, [D H][B], or empty; empty where last states have gradients of their
    /// own.</param>
    /// <param name="dx">Receives that of x, [T][I][B]; empty where nobody wants it.</param>
    public void Backward(
        ParameterBlock parameters, GradientBlock gradients, ReadOnlySpan<float> x, ReadOnlySpan<float> dOutputs,
        ReadOnlySpan<float> dLast, Span<float> dx)
    {
        Throw.IfShorter(x.Length, _rows.Total * _inputs, nameof(x));
        Throw.IfShorter(dOutputs.Length, _rows.Total * OutputUnits, nameof(dOutputs));
        if (!dLast.IsEmpty) Throw.IfShorter(dLast.Length, _rows.Batch * OutputUnits, nameof(dLast));
        if (!dLast.IsEmpty && HasStateGradients) Throw.Argument($"{nameof(dLast)} belongs into {nameof(LastHiddenGradient)}");
        if (!dx.IsEmpty) Throw.IfShorter(dx.Length, _rows.Total * _inputs, nameof(dx));
        for (int layer = _inputDropouts.Length - 1; layer >= 0; layer--)
        {
            Span<float> lower = layer == 0 ? dx : layer % 2 == 1 || _dLower.Length == 0 ? _spent.Span : _dLower.Span;
            ReadOnlySpan<float> input = _inputDropouts[layer].Window(layer == 0 ? x : OutputsOf(layer - 1));
            for (int direction = 0; direction < _directions; direction++)
            {
                int half = dLast.Length / _directions, index = (layer * _directions) + direction;
                ReadOnlySpan<float> last = dLast.Slice(direction * half, half), cell = default;
                if (HasStateGradients)
                {
                    last = _dHidden[index].Span;
                    cell = _dCell[index].Span;
                }

                _layers[index].Backward(parameters, gradients, input, dOutputs, lower, adds: direction > 0, last, cell);
            }

            if (!lower.IsEmpty) _inputDropouts[layer].BackwardWindow(lower);
            dOutputs = lower;
            dLast = default;
        }
    }

    /// <summary>Makes the last states the next window's initial ones.</summary>
    public void Carry()
    {
        foreach (RecurrentLayer layer in _layers) layer.Carry();
    }

    /// <summary>Makes the carried states 0.</summary>
    public void Reset()
    {
        foreach (RecurrentLayer layer in _layers) layer.Reset();
    }

    private int IndexOf(int layer, int direction)
    {
        if ((uint)layer >= (uint)LayerCount) Throw.OutOfRange(nameof(layer), layer, $"0 to {LayerCount - 1}");
        if ((uint)direction >= (uint)_directions) Throw.OutOfRange(nameof(direction), direction, $"0 to {_directions - 1}");
        return (layer * _directions) + direction;
    }

    private int IndexOfGradient(int layer, int direction)
    {
        if (!HasStateGradients) Throw.Argument("the stack was not declared to have gradients of its last states");
        return IndexOf(layer, direction);
    }

    private ReadOnlySpan<float> OutputsOf(int layer) =>
        _directions == 1 ? _layers[layer].Outputs : _joined[layer].Span[..(_rows.Total * OutputUnits)];
}
