using TinySD.Runtime.Memory;

namespace TinySD.Runtime.Layers;

/// <summary>A layer of simple recurrent cells, <see cref="CellKind.RnnTanh"/> or <see cref="CellKind.RnnRelu"/>.</summary>
internal sealed class RnnLayer(RecurrentSlots slots, WindowShape shape, NetworkPlan plan, RecurrentTraits traits)
    : RecurrentLayer(slots, shape, plan, traits)
{
    private bool IsRectified => Slots.Kind == CellKind.RnnRelu;

    protected override void CellForward(ParameterBlock parameters, int t) =>
        Ops.RnnForward(IsRectified, GatesOf(t), GateStride, Hidden, BatchOf(t), HiddenStates.After(t));

    protected override void CellBackward(ParameterBlock parameters, int t, ReadOnlySpan<float> dUp, ReadOnlySpan<float> dRecurrent) =>
        Ops.RnnBackward(IsRectified, GatesOf(t), GateStride, Hidden, BatchOf(t), dUp, dRecurrent);
}
