using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Numerics;
using TinySD.Runtime.Ops;

namespace TinySD.Runtime.Layers;

/// <summary>
/// One recurrent layer over a window of at most T steps: forward, and backward through time. Shapes: x [T][I][B], h [T][H][B]. Here is what all cells share: the
/// products, dropout of units, and the state that is carried; a cell's own elementwise part is <see cref="CellForward"/> and <see cref="CellBackward"/>.
/// </summary>
/// <remarks>The state after the window's last step is carried into the next window's first by <see cref="Carry"/>; no mask ever touches it.</remarks>
internal abstract class RecurrentLayer
{
    private readonly WeightRows _inputRows, _recurrentRows;
    private readonly UnitDropout _inputDropout, _recurrentDropout;
    private readonly WeightDrop? _drop;
    private readonly bool _separate;
    private readonly int _inputs, _columns;
    private readonly Workspace.Slice _gates, _recurrentGates, _recurrentStart, _outputs, _dRecurrent, _spare;

    /// <param name="slots">The parameters.</param>
    /// <param name="separate">Whether the cell wants h U apart from x W + b, and not added to it.</param>
    /// <param name="shape">B, T, and whether a backward pass will come.</param>
    /// <param name="inputDropout">Dropout of x.</param>
    /// <param name="recurrentDropout">Dropout of the previous h.</param>
    /// <param name="plan">Products, elementwise passes and memory.</param>
    /// <param name="drop">DropConnect on the recurrent weights, or null.</param>
    /// <param name="isShared">Whether the recurrent weights are used more than once in a step.</param>
    protected RecurrentLayer(
        RecurrentSlots slots, bool separate, WindowShape shape, UnitDropout inputDropout, UnitDropout recurrentDropout, NetworkPlan plan, WeightDrop? drop,
        bool isShared)
    {
        Slots = slots;
        Products = plan.Products;
        Ops = plan.Vectors;
        Times = plan.Times;
        _inputDropout = inputDropout;
        _recurrentDropout = recurrentDropout;
        _separate = separate;
        _inputs = slots.Input.Shape[0];
        _columns = slots.Input.Shape[1];
        Hidden = slots.Recurrent.Shape[0];
        Batch = shape.Batch;
        TimeSteps = Steps = shape.TimeSteps;
        _drop = drop;
        GateStride = Products.RowStride(_columns);
        CellStride = AlignedBuffer.RoundUp(Hidden);
        plan.Product(slots.Input, shape, inputDropout.Place, isStepped: false);
        plan.Product(slots.Recurrent, shape, recurrentDropout.Place, isStepped: true);

        Workspace workspace = plan.Scratch;
        _inputRows = new WeightRows(slots.Input, Products, workspace);
        _recurrentRows = new WeightRows(slots.Recurrent, Products, workspace, drop);
        long rows = (long)TimeSteps * Batch;
        _gates = workspace.Reserve(rows * GateStride);
        _recurrentGates = separate ? workspace.Reserve(rows * GateStride) : _gates;
        if (separate) _recurrentStart = workspace.Reserve(AlignedBuffer.RoundUp(_columns));
        _outputs = workspace.Reserve((rows + Batch) * Hidden);
        if (shape.Training) _dRecurrent = workspace.Reserve((long)Hidden * Batch);
        if (shape.Training && isShared && drop is not null) _spare = workspace.Reserve(slots.Recurrent.Length);
    }

    /// <summary>The outputs of all steps, [T][H][B].</summary>
    public ReadOnlySpan<float> Outputs => _outputs.Span[(Hidden * Batch)..];

    /// <summary>The cell states c after each step, [T][B][<see cref="CellStride"/>]; empty for cells that have none.</summary>
    public virtual ReadOnlySpan<float> Cells => [];

    /// <summary>The carried h, [H][B]: what the next window starts from. May be written.</summary>
    public Span<float> CarriedHidden => _outputs.Part(0, Hidden * Batch);

    /// <summary>The carried c, [B][<see cref="CellStride"/>]; empty for cells that have none. May be written; what lies beyond H in a row is never used.</summary>
    public virtual Span<float> CarriedCell => [];

    /// <summary>Floats of the carried h.</summary>
    public int HiddenFloats => Hidden * Batch;

    /// <summary>Floats of the carried c; 0 for cells that have none.</summary>
    public virtual int CellFloats => 0;

    /// <summary>H rounded up to 16: the row length of cell states.</summary>
    public int CellStride { get; }

    protected RecurrentSlots Slots { get; }

    protected Products Products { get; }

    protected VectorOps Ops { get; }

    protected PassTimes Times { get; }

    protected int Hidden { get; }

    protected int Batch { get; }

    /// <summary>The most steps of a window.</summary>
    protected int TimeSteps { get; }

    /// <summary>Steps of the last window.</summary>
    protected int Steps { get; private set; }

    /// <summary>Row length of pre-activations.</summary>
    protected int GateStride { get; }

    /// <summary>Pre-activations, gates or their gradients of all steps, [T*B][<see cref="GateStride"/>].</summary>
    protected ReadOnlySpan<float> Gates => _gates.Span;

    /// <summary>The same of the recurrent products where the cell wants them apart.</summary>
    protected ReadOnlySpan<float> RecurrentGates => _recurrentGates.Span;

    /// <summary>What a recurrent product that stands apart starts from, for each column; zero unless the cell writes a bias there.</summary>
    protected Span<float> RecurrentStart => _recurrentStart.Span;

    /// <summary>The layer of a kind of cell.</summary>
    public static RecurrentLayer Create(
        RecurrentSlots slots, WindowShape shape, UnitDropout inputDropout, UnitDropout recurrentDropout, NetworkPlan plan, WeightDrop? drop = null,
        bool isShared = false) =>
        slots.Kind switch
        {
            CellKind.Lstm => new LstmLayer(slots, shape, inputDropout, recurrentDropout, plan, drop, isShared),
            CellKind.Gru => new GruLayer(slots, shape, inputDropout, recurrentDropout, plan, drop, isShared),
            _ => new RnnLayer(slots, shape, inputDropout, recurrentDropout, plan, drop, isShared),
        };

    /// <summary>Begins the window of an update: draws what masks there are on weights.</summary>
    public void Begin(Draw draw) => _drop?.Begin(draw);

    /// <summary>Takes notice of new parameters; needed before the first window and after every change of them.</summary>
    public virtual void Update(ParameterBlock parameters)
    {
        _inputRows.Update(parameters);
        _recurrentRows.Update(parameters);
    }

    /// <summary>Runs a window of <paramref name="steps"/> steps; x is the input dropout's output.</summary>
    public void Forward(ParameterBlock parameters, ReadOnlySpan<float> x, int steps)
    {
        Steps = steps;
        Products.ForwardWindow(
            _inputRows.Of(parameters), x, steps, Batch, _inputDropout.Keep(Products), parameters.Padded(Slots.Bias), _gates.Span);
        Times.Lap(Pass.InputForward);
        Weights recurrent = _recurrentRows.Of(parameters);
        KeepTable keep = _recurrentDropout.Keep(Products);
        for (int t = 0; t < steps; t++)
        {
            Span<float> step = RecurrentStep(t);
            ReadOnlySpan<float> previous = _recurrentDropout.Apply(t, Hiddens(t));
            if (_separate) Products.ForwardWindow(recurrent, previous, 1, Batch, new KeepTable(keep.At(t)), RecurrentStart, step);
            else Products.ForwardStep(recurrent, previous, Batch, keep.At(t), step);
            Times.Lap(Pass.RecurrentForward);
            CellForward(parameters, t, Hiddens(t + 1));
            Times.Lap(Pass.CellForward);
        }
    }

    /// <summary>Back through the window: adds to this layer's gradients and writes, in <paramref name="dx"/>, the gradient of its input.</summary>
    /// <param name="parameters">As in the forward pass.</param>
    /// <param name="gradients">To which those of the layer's tensors are added.</param>
    /// <param name="x">As in the forward pass.</param>
    /// <param name="dOutputs">[T][H][B].</param>
    /// <param name="dx">[T][I][B].</param>
    public void Backward(ParameterBlock parameters, GradientBlock gradients, ReadOnlySpan<float> x, ReadOnlySpan<float> dOutputs, Span<float> dx)
    {
        int state = Hidden * Batch;
        Weights w = _inputRows.Of(parameters), u = _recurrentRows.Of(parameters);
        KeepTable keep = _inputDropout.Keep(Products), keepRecurrent = _recurrentDropout.Keep(Products);
        Span<float> dRecurrent = _dRecurrent.Span;
        dRecurrent.Clear();
        ClearCarriedGradient();
        for (int t = Steps - 1; t >= 0; t--)
        {
            CellBackward(parameters, t, dOutputs.Slice(t * state, state), dRecurrent);
            Times.Lap(Pass.CellBackward);
            if (t > 0)
            {
                Products.Backward(u, RecurrentStep(t), Batch, keepRecurrent.At(t), _recurrentDropout.GradientScale, dRecurrent);
                Times.Lap(Pass.RecurrentBackward);
                _recurrentDropout.Backward(t, dRecurrent);
            }
        }

        Products.BackwardWindow(w, _gates.Span, Steps, Batch, keep, _inputDropout.GradientScale, dx);
        Times.Lap(Pass.InputBackward);
        _inputDropout.BackwardWindow(dx);

        ReadOnlySpan<float> previous = _recurrentDropout.Window(_outputs.Span[..(Steps * state)]);
        Products.WeightGradient(x, _inputs, _columns, Steps, Batch, keep, _gates.Span, gradients[Slots.Input]);
        Times.Lap(Pass.InputGradient);
        RecurrentGradient(gradients[Slots.Recurrent], previous, keepRecurrent);

        Ops.AddColumnSums(_gates.Span, GateStride, Steps * Batch, _columns, gradients[Slots.Bias]);
        VectorGradients(gradients);
        Times.Lap(Pass.BiasSums);
    }

    // With DropConnect the mask is taken back to this use's gradient alone, which needs room of its own where another use came before.
    private void RecurrentGradient(GradientSpan gradient, ReadOnlySpan<float> previous, KeepTable keep)
    {
        bool isApart = _drop is not null && !gradient.IsNew;
        if (isApart && _spare.Length == 0) Throw.Argument($"'{Slots.Recurrent.Name}' has DropConnect and is used twice in a step, for which the layer was not made");
        GradientSpan own = isApart ? new GradientSpan(_spare.Span, isNew: true) : gradient;
        Products.WeightGradient(previous, Hidden, _columns, Steps, Batch, keep, _recurrentGates.Span, own);
        Times.Lap(Pass.RecurrentGradient);
        if (_drop is null) return;
        _recurrentRows.MaskGradient(own.Values);
        if (isApart) Ops.AddScaled(own.Values, 1f, gradient.Values);
        Times.Lap(Pass.Masks);
    }

    /// <summary>Makes the last step's state the next window's first.</summary>
    public virtual void Carry() => Hiddens(Steps).CopyTo(CarriedHidden);

    /// <summary>
    /// The one place where a layer chooses its cell's elementwise function: the pre-activations of step <paramref name="t"/> become its gates, and
    /// <paramref name="h"/> [H][B] its output.
    /// </summary>
    protected abstract void CellForward(ParameterBlock parameters, int t, Span<float> h);

    /// <summary>
    /// Its gradient: the gates of step <paramref name="t"/> become the gradient of its pre-activations, for dh = dUp + dRecurrent, both [H][B], and what the
    /// cell itself carries back.
    /// </summary>
    protected abstract void CellBackward(ParameterBlock parameters, int t, ReadOnlySpan<float> dUp, ReadOnlySpan<float> dRecurrent);

    /// <summary>Nothing comes from behind the window's end: zeroes the gradient that the cell carries back past the products, if it does.</summary>
    protected virtual void ClearCarriedGradient()
    {
    }

    /// <summary>The gradients of tensors that only this cell has, from those of all steps' pre-activations.</summary>
    protected virtual void VectorGradients(GradientBlock gradients)
    {
    }

    /// <summary>h before step <paramref name="t"/>, [H][B].</summary>
    protected Span<float> Hiddens(int t) => _outputs.Part(t, Hidden * Batch);

    /// <summary>The rows of step <paramref name="t"/>, [B][<see cref="GateStride"/>].</summary>
    protected Span<float> GatesOf(int t) => _gates.Part(t, Batch * GateStride);

    /// <summary>Those that the recurrent product of step <paramref name="t"/> is made in.</summary>
    protected Span<float> RecurrentStep(int t) => _recurrentGates.Part(t, Batch * GateStride);
}
