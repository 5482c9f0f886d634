using System.Diagnostics;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;

namespace TinySD.Runtime.Layers;

/// <summary>A layer of the cells that only ONNX knows, for inference: sums kept within a limit, other functions, coupled gates, a
/// reset gate on h.</summary>
internal sealed class VariantLayer : RecurrentLayer
{
    private readonly VariantOps _variant;
    private readonly bool _isResetFirst;
    private readonly int _gatesStride, _candidateStride;
    private readonly WeightRows? _gateRows, _candidateRows;
    private readonly DeltaProduct? _gateDelta, _candidateDelta;
    private readonly Workspace.Slice _gateSums, _candidateSums, _resetHidden;

    public VariantLayer(RecurrentSlots slots, WindowShape shape, NetworkPlan plan, RecurrentTraits traits)
        : base(slots, shape, plan, traits)
    {
        if (shape.Training) Throw.Argument($"'{slots.Recurrent.Name}' is of a kind of cell that does not train");
        _variant = traits.Variant!;
        _isResetFirst = slots.IsResetFirst;
        if (!_isResetFirst) return;

        _gatesStride = Products.RowStride(2 * Hidden);
        _candidateStride = Products.RowStride(Hidden);
        _gateRows = new WeightRows(slots.ResetColumns, Products, plan.Scratch, plan.SharesCopies);
        _candidateRows = new WeightRows(slots.CandidateColumns, Products, plan.Scratch, plan.SharesCopies);
        _gateDelta = plan.DeltaOf(slots.ResetColumns, shape.Batch, isOfHidden: true, ".gates");
        _candidateDelta = plan.DeltaOf(slots.CandidateColumns, shape.Batch, isOfHidden: true, ".candidate");
        _gateSums = plan.Scratch.Reserve((long)shape.Batch * _gatesStride);
        _candidateSums = plan.Scratch.Reserve((long)shape.Batch * _candidateStride);
        _resetHidden = plan.Scratch.Reserve((long)Hidden * shape.Batch);
    }

    public override void Update(ParameterBlock parameters)
    {
        base.Update(parameters);
        _gateRows?.Update(parameters);
        _candidateRows?.Update(parameters);
    }

    protected override void Recur(ParameterBlock parameters, int t)
    {
        if (!_isResetFirst)
        {
            base.Recur(parameters, t);
            return;
        }

        Product(_gateRows!.Of(parameters), HiddenStates.Before(t), t, _gateSums.Span, _gateDelta);
        _variant.GruGates(GatesOf(t), GateStride, _gateSums.Span, _gatesStride, BatchOf(t), HiddenStates.Before(t), _resetHidden.Span);
        Product(_candidateRows!.Of(parameters), _resetHidden.Span, t, _candidateSums.Span, _candidateDelta);
    }

    protected override void CellForward(ParameterBlock parameters, int t)
    {
        int batch = BatchOf(t);
        Span<float> gates = GatesOf(t), after = HiddenStates.After(t);
        ReadOnlySpan<float> before = HiddenStates.Before(t), peepholes = Slots.Peephole is { } slot ? parameters[slot] : [];
        if (Slots.Kind == CellKind.Lstm)
            _variant.Lstm(gates, GateStride, batch, peepholes, CellStates.Before(t), CellStates.After(t), after);
        else if (Slots.Kind != CellKind.Gru)
            _variant.Rnn(gates, GateStride, batch, after);
        else if (_isResetFirst)
            _variant.GruCandidate(gates, GateStride, _candidateSums.Span, _candidateStride, batch, before, after);
        else
            _variant.GruResetAfter(gates, GateStride, RecurrentStep(t), batch, before, after);
    }

    protected override void CellBackward(ParameterBlock parameters, int t, ReadOnlySpan<float> dUp, ReadOnlySpan<float> dRecurrent) =>
        throw new UnreachableException();

    private void Product(Weights weights, ReadOnlySpan<float> h, int t, Span<float> sums, DeltaProduct? delta)
    {
        if (delta is not null)
        {
            delta.Step(weights, h, BatchOf(t), start: [], sums, adds: false);
            return;
        }

        sums.Clear();
        Products.ForwardStep(weights, h, BatchOf(t), Products.All(Hidden).At(0), sums);
    }
}
