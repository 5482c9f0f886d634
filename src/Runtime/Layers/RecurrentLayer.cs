using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;

namespace TinySD.Runtime.Layers;

/// <summary>One recurrent layer, either way through time, over a window of at most T steps whose sequences may be of unequal length: x
/// [T][I][B], h [T][H][B], both as <see cref="StepRows"/> says. Here is what all cells share: the products, the states, the order of steps;
/// a cell's own elementwise part is <see cref="CellForward"/> and <see cref="CellBackward"/>.</summary>
/// <remarks>A window is run whole or step by step, with the same bits. The reverse way starts at each sequence's own end, and a state that
/// goes on, see <see cref="Carry"/>, is that after each sequence's last step of the walk. No mask ever touches it.</remarks>
internal abstract partial class RecurrentLayer
{
    // Where no backward pass follows, pre-activations are made for some steps at a time: memory does not grow with the number of steps.
    private const int PieceSteps = 64;

    private readonly RecurrentTraits _traits;
    private readonly WeightRows _inputRows;
    private readonly WeightRows? _recurrentRows;
    private readonly DeltaProduct? _inputDelta, _recurrentDelta;
    private readonly StepStates? _cell, _dHidden, _dPast;
    private readonly WindowShape _shape;
    private readonly bool _separate;
    private readonly int _inputs, _columns, _piece;
    private readonly Workspace.Slice _gates, _recurrentGates, _recurrentStart, _spare;
    private StepRows _rows;
    private int _first;

    protected RecurrentLayer(RecurrentSlots slots, WindowShape shape, NetworkPlan plan, RecurrentTraits traits)
    {
        Slots = slots;
        Products = plan.Products;
        Ops = plan.Vectors;
        Times = plan.Times;
        _traits = traits;
        _inputs = slots.Input.Shape[0];
        _columns = slots.Input.Shape[1];
        _shape = shape;
        _piece = shape.Training ? shape.TimeSteps : Math.Min(PieceSteps, shape.TimeSteps);
        Hidden = slots.Recurrent.Shape[0];
        HiddenFloats = Hidden * shape.Batch;
        GateStride = Products.RowStride(_columns);
        CellStride = AlignedBuffer.RoundUp(Hidden);
        plan.Product(slots.Input, shape, traits.InputDropout?.Place, isStepped: false, _piece);
        plan.Product(slots.Recurrent, shape, traits.RecurrentDropout?.Place, isStepped: true, shape.Training ? shape.TimeSteps : 1);

        Workspace workspace = plan.Scratch;
        _inputRows = new WeightRows(slots.Input, Products, workspace, plan.SharesCopies);
        if (!slots.IsResetFirst) _recurrentRows = new WeightRows(slots.Recurrent, Products, workspace, plan.SharesCopies, traits.Drop);
        _inputDelta = plan.DeltaOf(WeightColumns.All(slots.Input), shape.Batch, traits.SeesHidden);
        if (!slots.IsResetFirst) _recurrentDelta = plan.DeltaOf(WeightColumns.All(slots.Recurrent), shape.Batch, isOfHidden: true);
        long steps = (long)shape.Batch * GateStride;
        _gates = workspace.Reserve(_piece * steps);

        // The gate n of a GRU multiplies h U by r before it adds x W, so the two are kept apart, and so are their gradients.
        _separate = slots.RecurrentBias is not null;
        _recurrentGates = _separate ? workspace.Reserve((shape.Training ? shape.TimeSteps : 1) * steps) : _gates;
        if (_separate) _recurrentStart = workspace.Reserve(AlignedBuffer.RoundUp(_columns));
        int all = shape.TimeSteps + 1, slotsOfCell = shape.Training ? all : 2;
        HiddenStates = States(Hidden, 1, shape.Training || traits.Part.Units == 0 ? all : 2, traits.IsReverse);
        if (slots.Kind == CellKind.Lstm) _cell = States(1, CellStride, slotsOfCell, traits.IsReverse);
        if (!shape.Training) return;
        _dHidden = States(Hidden, 1, 1, !traits.IsReverse);
        if (slots.Kind is CellKind.Lstm or CellKind.Gru) _dPast = States(1, CellStride, 1, !traits.IsReverse);
        if (traits is { IsShared: true, Drop: not null }) _spare = workspace.Reserve(slots.Recurrent.Length);

        StepStates States(int units, int width, int blocks, bool isDescending) => new(units, width, shape, isDescending, blocks, workspace);
    }

    /// <summary>The outputs of all steps, [T][H][B]; where no backward pass follows, only if the layer stands alone.</summary>
    public ReadOnlySpan<float> Outputs => HiddenStates.AllAfter;

    /// <summary>The cell states c after each step, [T][B][<see cref="CellStride"/>], in training; empty for cells that have none.</summary>
    public ReadOnlySpan<float> Cells => _cell is null ? [] : _cell.AllAfter;

    /// <summary>The carried h, [H][B]: what the next window starts from. May be written.</summary>
    public Span<float> CarriedHidden => HiddenStates.Initial;

    /// <summary>The carried c, [B][<see cref="CellStride"/>]; empty for cells that have none. May be written; what lies beyond H in a row
    /// is never used.</summary>
    public Span<float> CarriedCell => _cell is null ? [] : _cell.Initial;

    /// <summary>h after the last window, at each sequence's own end: [H][B]. What <see cref="Carry"/> carries.</summary>
    public ReadOnlySpan<float> LastHidden => HiddenStates.Last;

    /// <summary>c after the last window, [B][<see cref="CellStride"/>]; empty for cells that have none.</summary>
    public ReadOnlySpan<float> LastCell => _cell is null ? [] : _cell.Last;

    /// <summary>Floats of the carried h.</summary>
    public int HiddenFloats { get; }

    /// <summary>Floats of the carried c; 0 for cells that have none.</summary>
    public int CellFloats => _cell is null ? 0 : _shape.Batch * CellStride;

    /// <summary>H.</summary>
    public int HiddenUnits => Hidden;

    /// <summary>H rounded up to 16: the row length of cell states.</summary>
    public int CellStride { get; }

    /// <summary>h of every step, [H][B].</summary>
    protected StepStates HiddenStates { get; }

    /// <summary>c of every step, [B][<see cref="CellStride"/>].</summary>
    protected StepStates CellStates => _cell!;

    protected RecurrentSlots Slots { get; }

    protected Products Products { get; }

    protected VectorOps Ops { get; }

    protected PassTimes Times { get; }

    protected int Hidden { get; }

    /// <summary>Row length of pre-activations.</summary>
    public int GateStride { get; }

    /// <summary>The layer of a kind of cell.</summary>
    public static RecurrentLayer Create(RecurrentSlots slots, WindowShape shape, NetworkPlan plan, RecurrentTraits? traits = null)
    {
        traits ??= RecurrentTraits.None;
        if (traits.Variant is not null) return new VariantLayer(slots, shape, plan, traits);
        return slots.Kind switch
        {
            CellKind.Lstm => new LstmLayer(slots, shape, plan, traits),
            CellKind.Gru => new GruLayer(slots, shape, plan, traits),
            _ => new RnnLayer(slots, shape, plan, traits),
        };
    }

    /// <summary>Makes the carried state 0.</summary>
    public void Reset()
    {
        CarriedHidden.Clear();
        CarriedCell.Clear();
    }

    /// <summary>Begins the window of an update: draws what masks there are on weights.</summary>
    public void Begin(Draw draw) => _traits.Drop?.Begin(draw);

    /// <summary>Takes notice of new parameters; needed before the first window and after every change of them.</summary>
    public virtual void Update(ParameterBlock parameters)
    {
        _inputRows.Update(parameters);
        _recurrentRows?.Update(parameters);
        if (Slots.RecurrentBias is { } bias) parameters[bias].CopyTo(_recurrentStart.Span[(2 * Hidden)..]);
    }

    /// <summary>Runs a window.</summary>
    /// <param name="parameters">The numbers.</param>
    /// <param name="x">[T][I][B], the input place's output.</param>
    /// <param name="rows">T and B(t).</param>
    /// <param name="joined">Receives the outputs where other layers stand beside this one, [T][<see cref="OutputPart.Units"/>][B].</param>
    public void Forward(ParameterBlock parameters, ReadOnlySpan<float> x, StepRows rows, Span<float> joined = default)
    {
        Start(rows);
        if (_inputDelta is not null)
        {
            for (int t = 0; t < rows.Steps; t++) Step(parameters, t, x[(rows.Before(t) * _inputs)..], joined);
            return;
        }

        KeepTable keep = Keep(_traits.InputDropout, _inputs);
        int pieces = (rows.Steps + _piece - 1) / _piece;
        for (int i = 0; i < pieces; i++)
        {
            _first = _piece * (_traits.IsReverse ? pieces - 1 - i : i);
            StepRows piece = rows.Slice(_first, Math.Min(_piece, rows.Steps - _first));
            ReadOnlySpan<float> input = x[(rows.Before(_first) * _inputs)..];
            Products.ForwardWindow(_inputRows.Of(parameters), input, piece, keep.From(_first), parameters.Padded(Slots.Bias), _gates.Span);
            Times.Lap(Pass.InputForward);
            for (int j = 0; j < piece.Steps; j++) Advance(parameters, _first + (_traits.IsReverse ? piece.Steps - 1 - j : j), joined);
        }
    }

    /// <summary>Begins a window that is run step by step, by <see cref="Step"/> in the layer's own order.</summary>
    public void Start(StepRows rows)
    {
        if (rows.Steps > _shape.TimeSteps || rows.Batch > _shape.Batch || (!rows.IsEven && !_shape.IsUneven))
        {
            string made = $"at most {_shape.TimeSteps} of {_shape.Batch} of {(_shape.IsUneven ? "any" : "equal")} length";
            Throw.Argument($"'{Slots.Recurrent.Name}' is run for {rows}; it was made for {made}");
        }

        _rows = rows;
        HiddenStates.Begin(rows);
        _cell?.Begin(rows);
    }

    /// <summary>Runs step <paramref name="t"/>, x [I][B], whose output is then that of <see cref="OutputOf"/>.</summary>
    public void Step(ParameterBlock parameters, int t, ReadOnlySpan<float> x, Span<float> joined = default)
    {
        Project(parameters, t, x);
        Advance(parameters, t, joined);
    }

    /// <summary>The product of the inputs of all steps, after <see cref="Start"/>, for a window that goes on by <see
    /// cref="Proceed"/>.</summary>
    /// <remarks>Only in training: else there is room for some steps alone.</remarks>
    public void Project(ParameterBlock parameters, ReadOnlySpan<float> x)
    {
        KeepTable keep = Keep(_traits.InputDropout, _inputs);
        Products.ForwardWindow(_inputRows.Of(parameters), x, _rows, keep, parameters.Padded(Slots.Bias), _gates.Span);
        Times.Lap(Pass.InputForward);
    }

    /// <summary>The same of step <paramref name="t"/>, x [I][B].</summary>
    public void Project(ParameterBlock parameters, int t, ReadOnlySpan<float> x)
    {
        if (!_shape.Training) _first = t;
        StepRows one = StepRows.Even(1, _rows.At(t));
        KeepTable keep = new(Keep(_traits.InputDropout, _inputs).At(t));
        Weights weights = _inputRows.Of(parameters);
        ReadOnlySpan<float> bias = parameters.Padded(Slots.Bias);
        if (_inputDelta is not null) _inputDelta.Step(weights, x, one.Batch, bias, GatesOf(t), adds: false);
        else Products.ForwardWindow(weights, x, one, keep, bias, GatesOf(t));
        Times.Lap(Pass.InputForward);
    }

    /// <summary>Runs step <paramref name="t"/> from what <see cref="Project(ParameterBlock, int, ReadOnlySpan{float})"/> made and others
    /// have added to it.</summary>
    public void Proceed(ParameterBlock parameters, int t) => Advance(parameters, t, default);

    /// <summary>The pre-activations of step <paramref name="t"/>, [B][<see cref="GateStride"/>], those of its input where a GRU has two;
    /// the gates after the step, and after the step backward the gradient of the pre-activations.</summary>
    public Span<float> PreActivations(int t) => GatesOf(t);

    /// <summary>The same of all steps.</summary>
    public ReadOnlySpan<float> AllPreActivations => _gates.Span;

    /// <summary>h after step <paramref name="t"/>, [H][B].</summary>
    public ReadOnlySpan<float> OutputOf(int t) => HiddenStates.After(t);

    /// <summary>Makes the last state the next window's initial one.</summary>
    public void Carry()
    {
        HiddenStates.Carry();
        _cell?.Carry();
    }

    /// <summary>The same for a next window of other sequences, each of which goes on from the one that is named.</summary>
    public void CarryFrom(ReadOnlySpan<int> from)
    {
        HiddenStates.CarryFrom(from);
        _cell?.CarryFrom(from);
    }

    /// <summary>The one place where a layer chooses its cell's elementwise function: the pre-activations of step <paramref name="t"/>
    /// become its gates, and its state is made.</summary>
    protected abstract void CellForward(ParameterBlock parameters, int t);

    /// <summary>Its gradient: the gates of step <paramref name="t"/> become the gradient of its pre-activations, for dh = dUp + dRecurrent,
    /// both [H][B], and what the cell itself carries back.</summary>
    protected abstract void CellBackward(ParameterBlock parameters, int t, ReadOnlySpan<float> dUp, ReadOnlySpan<float> dRecurrent);

    /// <summary>The recurrent product of step <paramref name="t"/>.</summary>
    protected virtual void Recur(ParameterBlock parameters, int t)
    {
        ReadOnlySpan<float> previous = HiddenStates.Before(t);
        if (_traits.RecurrentDropout is { } dropout) previous = dropout.Apply(t, previous);
        Weights weights = _recurrentRows!.Of(parameters);
        ReadOnlySpan<int> keep = Keep(_traits.RecurrentDropout, Hidden).At(t);
        StepRows one = StepRows.Even(1, BatchOf(t));
        if (_recurrentDelta is not null)
            _recurrentDelta.Step(weights, previous, one.Batch, _recurrentStart.Span, RecurrentStep(t), adds: !_separate);
        else if (!_separate) Products.ForwardStep(weights, previous, BatchOf(t), keep, GatesOf(t));
        else Products.ForwardWindow(weights, previous, one, new KeepTable(keep), _recurrentStart.Span, RecurrentStep(t));
    }

    /// <summary>B(t).</summary>
    protected int BatchOf(int t) => _rows.At(t);

    /// <summary>The rows of step <paramref name="t"/>, [B][<see cref="GateStride"/>].</summary>
    protected Span<float> GatesOf(int t) => RowsOf(_gates, t, _first, GateStride);

    /// <summary>Those that the recurrent product of step <paramref name="t"/> is made in.</summary>
    protected Span<float> RecurrentStep(int t) => _separate ? RowsOf(_recurrentGates, t, GateStride) : GatesOf(t);

    /// <summary>The rows of step <paramref name="t"/> in memory that is kept for all steps in training, and else for one.</summary>
    protected Span<float> RowsOf(Workspace.Slice rows, int t, int stride) => RowsOf(rows, t, _shape.Training ? 0 : t, stride);

    private Span<float> RowsOf(Workspace.Slice rows, int t, int first, int stride) =>
        rows.Span.Slice((_rows.Before(t) - _rows.Before(first)) * stride, _rows.At(t) * stride);

    // From the pre-activations x W + b of step t, and the state before it, to the state after it.
    private void Advance(ParameterBlock parameters, int t, Span<float> joined)
    {
        HiddenStates.Enter(t);
        _cell?.Enter(t);
        Recur(parameters, t);
        Times.Lap(Pass.RecurrentForward);
        CellForward(parameters, t);
        HiddenStates.Leave(t);
        _cell?.Leave(t);
        if (!joined.IsEmpty) HiddenStates.After(t).CopyTo(joined[PartOf(t)]);
        Times.Lap(Pass.CellForward);
    }

    private KeepTable Keep(UnitDropout? dropout, int units) => dropout is null ? Products.All(units) : dropout.Keep(Products);

    // Where step t of this layer lies among the outputs, or their gradients, of the layers that stand side by side.
    private Range PartOf(int t)
    {
        (int first, int units) = _traits.Part.Units == 0 ? new OutputPart(0, Hidden) : _traits.Part;
        int start = (_rows.Before(t) * units) + (first * _rows.At(t));
        return start..(start + (Hidden * _rows.At(t)));
    }
}
