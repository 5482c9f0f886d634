using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;

namespace TinySD.Runtime.Layers;

/// <summary>A layer of simple recurrent cells, <see cref="CellKind.RnnTanh"/> or <see cref="CellKind.RnnRelu"/>.</summary>
internal sealed class RnnLayer : RecurrentLayer
{
    private readonly bool _rectified;

    public RnnLayer(RecurrentSlots slots, WindowShape shape, UnitDropout inputDropout, UnitDropout recurrentDropout, NetworkPlan plan, WeightDrop? drop,
        bool isShared)
        : base(slots, separate: false, shape, inputDropout, recurrentDropout, plan, drop, isShared) => _rectified = slots.Kind == CellKind.RnnRelu;

    protected override void CellForward(ParameterBlock parameters, int t, Span<float> h) =>
        Ops.RnnForward(_rectified, GatesOf(t), GateStride, Hidden, Batch, h);

    protected override void CellBackward(ParameterBlock parameters, int t, ReadOnlySpan<float> dUp, ReadOnlySpan<float> dRecurrent) =>
        Ops.RnnBackward(_rectified, GatesOf(t), GateStride, Hidden, Batch, dUp, dRecurrent);
}
