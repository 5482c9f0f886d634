using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;

namespace TinySD.Runtime.Layers;

/// <summary>Where a decoder's tensors lie.</summary>
/// <param name="Layers">Its recurrent layers, forward in time.</param>
/// <param name="Feeding">[A, GH], the first layer's weights of what is fed back to it; null for no input feeding.</param>
/// <param name="Attention">The attention's, whose query is the top layer's h.</param>
/// <param name="OutputWeight">[M + H, A]: the context's rows first.</param>
/// <param name="OutputBias">[A].</param>
public sealed record DecoderSlots(
    IReadOnlyList<RecurrentSlots> Layers, TensorSlot? Feeding, AttentionSlots Attention, TensorSlot OutputWeight, TensorSlot OutputBias);

/// <summary>How much a decoder drops, beside what the sites of its case say.</summary>
/// <param name="Context">Rate on the memory's units, where attention reads them.</param>
/// <param name="Attention">Rate on context and state, where they enter the attention's output.</param>
public readonly record struct AttentionRates(float Context = 0f, float Attention = 0f);

/// <summary>A stack of recurrent layers that looks at a memory in every step: x [T][E][B] to outputs
/// o_t = tanh([context; h_t] W + b), [T][A][B], the context being an attention's for the top layer's h_t. With input feeding the first
/// layer also reads o of the step before, 0 at first. Luong, Pham and Manning 2015, sections 3.1 and 3.3.</summary>
/// <remarks>Outputs are dropped where they are read, by the classifier and by the step after: <see cref="OutputDropout"/>. A window is run
/// whole, by <see cref="Forward"/>, or as many windows of a step each, whose state <see cref="CarryFrom"/> carries.</remarks>
public sealed class AttentionDecoder
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
    public AttentionDecoder(
        DecoderSlots slots, WindowShape source, WindowShape target, MaskOrigin origin, AttentionRates rates, NetworkPlan plan,
        string name = "")
    {
        ArgumentNullException.ThrowIfNull(slots);
        ArgumentNullException.ThrowIfNull(origin);
        ArgumentNullException.ThrowIfNull(plan);
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

    /// <summary>The layers, the lowest first.</summary>
    internal RecurrentLayer[] Layers => _layers;

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
        (_rows, _isFed) = (rows, isFed && _feedingRows is not null);
        _attention.Follow(rows, sequences);
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

    /// <summary>Back through the last window, which was not fed at first: adds to the gradients of all layers. Each layer then has that of
    /// its first state.</summary>
    /// <param name="parameters">As in the forward pass.</param>
    /// <param name="gradients">To which it is added.</param>
    /// <param name="x">As in the forward pass.</param>
    /// <param name="memory">As it was remembered.</param>
    /// <param name="dOutputs">The gradient of <see cref="Outputs"/>, [T][A][B], without what comes back through the steps.</param>
    /// <param name="dx">Receives that of x, [T][E][B].</param>
    /// <param name="dMemory">Receives that of the memory, [S][M][B'].</param>
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
