using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;

namespace TinySD.Runtime.Layers;

/// <summary>A layer of LSTM cells, <see cref="CellKind.Lstm"/>, with or without peepholes.</summary>
internal sealed class LstmLayer : RecurrentLayer
{
    private readonly Workspace.Slice _cells, _tanhCells, _dCell;

    public LstmLayer(RecurrentSlots slots, WindowShape shape, UnitDropout inputDropout, UnitDropout recurrentDropout, NetworkPlan plan, WeightDrop? drop,
        bool isShared)
        : base(slots, separate: false, shape, inputDropout, recurrentDropout, plan, drop, isShared)
    {
        long rows = (long)TimeSteps * Batch;
        _cells = plan.Scratch.Reserve((rows + Batch) * CellStride);
        _tanhCells = plan.Scratch.Reserve(rows * CellStride);
        if (shape.Training) _dCell = plan.Scratch.Reserve((long)Batch * CellStride);
    }

    public override ReadOnlySpan<float> Cells => _cells.Span[(Batch * CellStride)..];

    public override Span<float> CarriedCell => CellsBefore(0);

    public override int CellFloats => Batch * CellStride;

    public override void Carry()
    {
        base.Carry();
        CellsBefore(Steps).CopyTo(CarriedCell);
    }

    protected override void CellForward(ParameterBlock parameters, int t, Span<float> h) => Ops.LstmForward(
        GatesOf(t), GateStride, Hidden, Batch, CellsBefore(t), CellsBefore(t + 1), TanhCells(t), h, Peepholes(parameters));

    protected override void CellBackward(ParameterBlock parameters, int t, ReadOnlySpan<float> dUp, ReadOnlySpan<float> dRecurrent) => Ops.LstmBackward(
        GatesOf(t), GateStride, Hidden, Batch, CellsBefore(t), TanhCells(t), dUp, dRecurrent, _dCell.Span, Peepholes(parameters));

    protected override void ClearCarriedGradient() => _dCell.Span.Clear();

    // dp_i = sum of da_i c, dp_f = sum of da_f c, dp_o = sum of da_o c', over sequences and steps.
    protected override void VectorGradients(GradientBlock gradients)
    {
        if (Slots.Peephole is not { } slot) return;
        ReadOnlySpan<float> before = _cells.Span;
        Span<float> sums = gradients[slot].Cleared();
        Sum(gate: 0, before, sums);
        Sum(gate: 1, before, sums[Hidden..]);
        Sum(gate: 3, Cells, sums[(2 * Hidden)..]);
    }

    private void Sum(int gate, ReadOnlySpan<float> cells, Span<float> sums) =>
        Ops.AddProductSums(Gates[(gate * Hidden)..], GateStride, cells, CellStride, Steps * Batch, Hidden, sums);

    private ReadOnlySpan<float> Peepholes(ParameterBlock parameters) => Slots.Peephole is { } slot ? parameters[slot] : [];

    private Span<float> CellsBefore(int t) => _cells.Part(t, Batch * CellStride);

    private Span<float> TanhCells(int t) => _tanhCells.Part(t, Batch * CellStride);
}
