using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;

namespace TinySD.Runtime.Layers;

/// <summary>How much a decoder drops, beside what the sites of its case say.</summary>
/// <param name="Context">Rate on the memory's units, where attention reads them.</param>
/// <param name="Attention">Rate on context and state, where they enter the attention's output.</param>
public readonly record struct AttentionRates(float Context = 0f, float Attention = 0f);

/// <summary>A stack of recurrent layers that looks at a memory in every step: x [T][E][B] to outputs
/// o_t = tanh([context; h_t] W + b), [T][A][B], the context being an attention's for the top layer's h_t. With input feeding the first
/// layer also reads o of the step before, 0 at first. Luong, Pham and Manning 2015, sections 3.1 and 3.3.</summary>
/// <remarks>Outputs are dropped where they are read, by the classifier and by the step after: <see cref="OutputDropout"/>. A window is run
/// whole, by <see cref="Forward"/>, or as many windows of a step each, whose state <see cref="CarryFrom"/> carries.</remarks>
public sealed partial class AttentionDecoder
{
    private readonly DecoderSlots _slots;
    private readonly WindowShape _target;
    private readonly RecurrentLayer[] _layers;
    private readonly UnitDropout[] _inputDropouts, _recurrentDropouts;
    private readonly UnitDropout _contextDropout, _joinedDropout;
    private readonly AttentionLayer _attention;
    private readonly WeightRows? _feedingRows;
    private readonly WeightRows _outputRows;
    private readonly Products _products;
    private readonly VectorOps _ops;
    private readonly PassTimes _times;
    private readonly int _hidden, _memoryUnits, _joinedUnits, _units, _stride;
    private readonly Workspace.Slice _fed, _joined, _states, _outputs, _initial, _dFed, _dUp, _dJoined, _dHidden, _dLower;
    private StepRows _rows;
    private bool _isFed;

    /// <summary>Declares the layers.</summary>
    /// <param name="slots">Their tensors.</param>
    /// <param name="source">The memory's window.</param>
    /// <param name="target">The window.</param>
    /// <param name="origin">How masks are drawn.</param>
    /// <param name="rates">Of the attention's sites.</param>
    /// <param name="plan">The network's.</param>
    /// <param name="name">What the names of its mask places begin with.</param>
    /// <exception cref="ArgumentException">Tensors are not of shapes that fit each other.</exception>
    public AttentionDecoder(
        DecoderSlots slots, WindowShape source, WindowShape target, MaskOrigin origin, AttentionRates rates, NetworkPlan plan,
        string name = "")
    {
        ArgumentNullException.ThrowIfNull(slots);
        ArgumentNullException.ThrowIfNull(origin);
        ArgumentNullException.ThrowIfNull(plan);
        slots.Validate();
        (_slots, _target) = (slots, target);
        (_products, _ops, _times) = (plan.Products, plan.Vectors, plan.Times);
        _hidden = slots.Layers[0].Recurrent.Shape[0];
        _memoryUnits = slots.Attention.MemoryUnits;
        _joinedUnits = _memoryUnits + _hidden;
        _units = slots.OutputWeight.Shape[1];
        _stride = Products.RowStride(_units);
        int layers = slots.Layers.Count;
        (_layers, _inputDropouts, _recurrentDropouts) = (new RecurrentLayer[layers], new UnitDropout[layers], new UnitDropout[layers]);
        for (int layer = 0; layer < layers; layer++)
        {
            DropoutSite site = layer == 0 ? DropoutSite.Embedding : DropoutSite.Layer;
            RecurrentSlots own = slots.Layers[layer];
            _inputDropouts[layer] = Dropout($"layer.{layer}.input", own.Input.Shape[0], origin.Spec.RateOf(site), target);
            _recurrentDropouts[layer] = Dropout($"layer.{layer}.recurrent", _hidden, origin.Spec.RateOf(DropoutSite.Recurrent), target);
            _layers[layer] = RecurrentLayer.Create(own, target, plan, new RecurrentTraits
            {
                InputDropout = _inputDropouts[layer],
                RecurrentDropout = _recurrentDropouts[layer],
                HasStateGradient = true,
            });
        }

        bool drops = origin.Spec.Kind != DropoutKind.None;
        _contextDropout = Dropout("attention.context", _memoryUnits, drops ? rates.Context : 0f, source);
        _joinedDropout = Dropout("attention.joined", _joinedUnits, drops ? rates.Attention : 0f, target);
        OutputDropout = Dropout("output", _units, origin.Spec.RateOf(DropoutSite.Output), target);
        _attention = new AttentionLayer(slots.Attention, source, target, _contextDropout, plan);
        int together = target.Training ? target.TimeSteps : 1;
        Workspace workspace = plan.Scratch;
        long rows = (long)target.TimeSteps * target.Batch;
        _outputRows = new WeightRows(slots.OutputWeight, _products, workspace, plan.SharesCopies);
        plan.Product(slots.OutputWeight, target, _joinedDropout.Place, isStepped: true, together);
        if (slots.Feeding is { } feeding)
        {
            _feedingRows = new WeightRows(feeding, _products, workspace, plan.SharesCopies);
            plan.Product(feeding, target, OutputDropout.Place, isStepped: true, together);
            _fed = workspace.Reserve(rows * _units);
            _initial = workspace.Reserve((long)target.Batch * _units);
        }

        _joined = workspace.Reserve(rows * _joinedUnits);
        _states = workspace.Reserve(rows * _stride);
        _outputs = workspace.Reserve(rows * _units);
        if (!target.Training) return;
        _dFed = workspace.Reserve((long)target.Batch * _units);
        _dUp = workspace.Reserve((long)target.Batch * _units);
        _dJoined = workspace.Reserve((long)target.Batch * _joinedUnits);
        _dHidden = workspace.Reserve((long)target.Batch * _hidden);
        _dLower = workspace.Reserve((long)target.Batch * _hidden);

        UnitDropout Dropout(string place, int units, float rate, WindowShape shape) =>
            new(plan.Place(name + place, units, rate), origin, shape, plan);
    }

    /// <summary>Dropout of the outputs; its masks are drawn with the others.</summary>
    public UnitDropout OutputDropout { get; }

    /// <summary>Width A of an output.</summary>
    public int OutputUnits => _units;

    /// <summary>The outputs of the last window, nothing of them dropped, [T][A][B].</summary>
    public ReadOnlySpan<float> Outputs => _outputs.Span[..(_rows.Total * _units)];

    /// <summary>What is fed back to a window's first step, [A][B], where that is not 0; may be written before
    /// <see cref="Forward"/>.</summary>
    public Span<float> CarriedOutput => _initial.Span;

    /// <summary>Its recurrent layers.</summary>
    public int LayerCount => _layers.Length;

    /// <summary>Floats from one sequence's c to the next: H rounded up.</summary>
    public int CellStride => _layers[0].CellStride;

    /// <summary>h that a layer starts a window from, [H][B]: to be written before <see cref="Forward"/>, or 0. It stays until it is written
    /// anew, or <see cref="CarryFrom"/> does.</summary>
    /// <param name="layer">The layer, the lowest being 0.</param>
    /// <exception cref="ArgumentException">There is no such layer.</exception>
    public Span<float> FirstHidden(int layer) => Layer(layer).CarriedHidden;

    /// <summary>The same of c, [B][<see cref="CellStride"/>]; empty for cells that have none.</summary>
    /// <inheritdoc cref="FirstHidden"/>
    public Span<float> FirstCell(int layer) => Layer(layer).CarriedCell;

    /// <summary>The gradient of <see cref="FirstHidden"/>, after <see cref="Backward"/>, [H][B].</summary>
    /// <inheritdoc cref="FirstHidden"/>
    public ReadOnlySpan<float> FirstHiddenGradient(int layer) => Layer(layer).InitialHiddenGradient;

    /// <summary>The gradient of <see cref="FirstCell"/>, after <see cref="Backward"/>, [B][<see cref="CellStride"/>].</summary>
    /// <inheritdoc cref="FirstHidden"/>
    public ReadOnlySpan<float> FirstCellGradient(int layer) => Layer(layer).InitialCellGradient;

    /// <summary>The window that it was declared for.</summary>
    internal WindowShape Shape => _target;

    /// <summary>One of the layers.</summary>
    internal RecurrentLayer Layer(int layer)
    {
        if ((uint)layer >= (uint)_layers.Length) Throw.OutOfRange(nameof(layer), layer, $"0 to {_layers.Length - 1}");
        return _layers[layer];
    }

    /// <summary>Takes notice of new parameters; needed before the first window and after every change of them.</summary>
    public void Update(ParameterBlock parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        foreach (RecurrentLayer layer in _layers) layer.Update(parameters);
        _attention.Update(parameters);
        _feedingRows?.Update(parameters);
        _outputRows.Update(parameters);
    }

    /// <summary>Draws the masks of a window.</summary>
    public void Draw(Draw draw, StepRows source, StepRows target)
    {
        foreach (UnitDropout dropout in _inputDropouts) dropout.Draw(draw, target);
        foreach (UnitDropout dropout in _recurrentDropouts) dropout.Draw(draw, target);
        _contextDropout.Draw(draw, source);
        _joinedDropout.Draw(draw, target);
        OutputDropout.Draw(draw, target);
    }

    /// <summary>Makes what attention looks at, [S][M][B'].</summary>
    /// <inheritdoc cref="AttentionLayer.Remember"/>
    public void Remember(ParameterBlock parameters, ReadOnlySpan<float> memory, StepRows rows) =>
        _attention.Remember(parameters, memory, rows);

    /// <summary>Runs a window of at least one step: x [T][E][B].</summary>
    /// <param name="parameters">The model's.</param>
    /// <param name="x">What is written so far, embedded.</param>
    /// <param name="rows">How its sequences lie.</param>
    /// <param name="sequences">Which sequence of the memory each looks at, [B].</param>
    /// <param name="isFed">Whether <see cref="CarriedOutput"/> is fed to the first step.</param>
    /// <exception cref="ArgumentException">It is not what the layers were declared for, or there is too little of x.</exception>
    public void Forward(ParameterBlock parameters, ReadOnlySpan<float> x, StepRows rows, ReadOnlySpan<int> sequences, bool isFed = false)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        if (rows.Steps is < 1 || rows.Steps > _target.TimeSteps || rows.Batch > _target.Batch)
            Throw.Argument($"a window of {rows}; the layers were declared for {_target.Batch} and 1 to {_target.TimeSteps} steps");
        Throw.IfShorter(x.Length, rows.Total * _slots.Layers[0].Input.Shape[0], nameof(x));
        foreach (UnitDropout dropout in _inputDropouts) dropout.CheckDrawn(rows);
        foreach (UnitDropout dropout in _recurrentDropouts) dropout.CheckDrawn(rows);
        _joinedDropout.CheckDrawn(rows);
        OutputDropout.CheckDrawn(rows);
        _attention.Follow(rows, sequences);
        (_rows, _isFed) = (rows, isFed && _feedingRows is not null);
        foreach (RecurrentLayer layer in _layers) layer.Start(rows);
        x = _inputDropouts[0].ApplyWindow(x);
        int inputs = _slots.Layers[0].Input.Shape[0];
        if (_target.Training) _layers[0].Project(parameters, x);
        for (int t = 0; t < rows.Steps; t++)
        {
            if (!_target.Training) _layers[0].Project(parameters, t, x[(rows.Before(t) * inputs)..]);
            Advance(parameters, t);
        }
    }

    /// <summary>The attention's weights of a sequence's step: one for each position of its memory.</summary>
    /// <param name="t">A step of the last window; where nothing is trained, its last.</param>
    /// <param name="sequence">The sequence.</param>
    /// <exception cref="ArgumentException">There is no such sequence, or the weights are not kept.</exception>
    public ReadOnlySpan<float> WeightsOf(int t, int sequence) => _attention.WeightsOf(t, sequence);

    /// <summary>Makes the last state of a window of one step the first one of the next, whose sequences may be others: each goes on from
    /// the one of the last window that is named.</summary>
    /// <param name="from">For each sequence of the next window, the sequence of the last.</param>
    /// <exception cref="ArgumentException">There are too many, one is none of the last window's, or it had more steps than one.</exception>
    public void CarryFrom(ReadOnlySpan<int> from)
    {
        if (_rows.Steps != 1) Throw.Argument($"a window of {_rows} is not of one step");
        if (from.Length > _target.Batch) Throw.Argument($"there are {from.Length} sequences; the layers were declared for {_target.Batch}");
        foreach (int sequence in from)
        {
            if ((uint)sequence >= (uint)_rows.Batch) Throw.OutOfRange("a sequence", sequence, $"0 to {_rows.Batch - 1}");
        }

        foreach (RecurrentLayer layer in _layers) layer.CarryFrom(from);
        if (_feedingRows is not null) StepStates.Pick(_outputs.Span, _rows.Batch, from, _initial.Span, _units, 1);
    }

    private void Advance(ParameterBlock parameters, int t)
    {
        int count = _rows.At(t);
        if (_feedingRows is not null && (t > 0 || _isFed))
        {
            Span<float> fed = Of(_fed, t, _units);
            ReadOnlySpan<int> keep = _products.All(_units).At(0);
            if (t == 0)
            {
                _initial.Span[..fed.Length].CopyTo(fed);
            }
            else
            {
                Pick(OutputDropout.Window(_outputs.Span).Slice(_rows.Before(t - 1) * _units), _rows.At(t - 1), fed, count);
                keep = OutputDropout.Keep(_products).At(t - 1);
            }

            _products.ForwardStep(_feedingRows.Of(parameters), fed, count, keep, _layers[0].PreActivations(t));
            _times.Lap(Pass.RecurrentForward);
        }

        _layers[0].Proceed(parameters, t);
        for (int layer = 1; layer < _layers.Length; layer++)
            _layers[layer].Step(parameters, t, _inputDropouts[layer].Apply(t, _layers[layer - 1].OutputOf(t)));
        Span<float> joined = Of(_joined, t, _joinedUnits), states = Of(_states, t, _stride), output = Of(_outputs, t, _units);
        ReadOnlySpan<float> hidden = _layers[^1].OutputOf(t);
        hidden[..(count * _hidden)].CopyTo(joined[(count * _memoryUnits)..]);
        _attention.Step(parameters, t, hidden, joined);
        _products.ForwardWindow(
            _outputRows.Of(parameters), _joinedDropout.Apply(t, joined), StepRows.Even(1, count),
            new KeepTable(_joinedDropout.Keep(_products).At(t)), parameters.Padded(_slots.OutputBias), states);
        _times.Lap(Pass.RecurrentForward);
        _ops.RnnForward(rectified: false, states, _stride, _units, count, output);
        OutputDropout.Apply(t, output);
        _times.Lap(Pass.CellForward);
    }

    private Span<float> Of(Workspace.Slice all, int t, int floats) => all.Span.Slice(_rows.Before(t) * floats, _rows.At(t) * floats);

    // The first sequences of a block, side by side for fewer or more of them; what is not there is left alone.
    private void Pick(ReadOnlySpan<float> from, int sequences, Span<float> to, int others)
    {
        int both = Math.Min(sequences, others);
        if (sequences == others)
        {
            from[..(sequences * _units)].CopyTo(to);
            return;
        }

        for (int unit = 0; unit < _units; unit++) from.Slice(unit * sequences, both).CopyTo(to[(unit * others)..]);
    }
}
