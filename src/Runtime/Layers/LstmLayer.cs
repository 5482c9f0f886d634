using TinySD.Runtime.Memory;

namespace TinySD.Runtime.Layers;

/// <summary>A layer of LSTM cells, <see cref="CellKind.Lstm"/>, with or without peepholes.</summary>
internal sealed class LstmLayer : RecurrentLayer
{
    private readonly Workspace.Slice _tanhCells;

    public LstmLayer(RecurrentSlots slots, WindowShape shape, NetworkPlan plan, RecurrentTraits traits)
        : base(slots, shape, plan, traits) =>
        _tanhCells = plan.Scratch.Reserve((shape.Training ? shape.TimeSteps : 1L) * shape.Batch * CellStride);

    protected override void CellForward(ParameterBlock parameters, int t) => Ops.LstmForward(
        GatesOf(t), GateStride, Hidden, BatchOf(t), CellStates.Before(t), CellStates.After(t), TanhCells(t),
        HiddenStates.After(t), Peepholes(parameters));

    protected override void CellBackward(ParameterBlock parameters, int t, ReadOnlySpan<float> dUp, ReadOnlySpan<float> dRecurrent) =>
        Ops.LstmBackward(
            GatesOf(t), GateStride, Hidden, BatchOf(t), CellStates.Before(t), TanhCells(t), dUp, dRecurrent, Past(t),
            Peepholes(parameters));

    // dp_i = sum of da_i c, dp_f = sum of da_f c, dp_o = sum of da_o c', over sequences and steps.
    protected override void AddVectorGradients(GradientBlock gradients)
    {
        if (Slots.Peephole is not { } slot) return;
        Span<float> sums = gradients[slot].Cleared();
        if (RowCount == 0) return;
        Add(gate: 0, CellStates.AllBefore, sums);
        Add(gate: 1, CellStates.AllBefore, sums[Hidden..]);
        Add(gate: 3, CellStates.AllAfter, sums[(2 * Hidden)..]);
    }

    private void Add(int gate, ReadOnlySpan<float> cells, Span<float> sums) =>
        Ops.AddProductSums(Gates[(gate * Hidden)..], GateStride, cells, CellStride, RowCount, Hidden, sums);

    private ReadOnlySpan<float> Peepholes(ParameterBlock parameters) => Slots.Peephole is { } slot ? parameters[slot] : [];

    private Span<float> TanhCells(int t) => RowsOf(_tanhCells, t, CellStride);
}
