using TinySD.Runtime.Memory;

namespace TinySD.Runtime.Layers;

/// <summary>A layer of gated recurrent units, <see cref="CellKind.Gru"/>.</summary>
/// <remarks>The mask of the recurrent place acts inside the product only: z h is state that goes on, and state is never masked.</remarks>
internal sealed class GruLayer(RecurrentSlots slots, WindowShape shape, NetworkPlan plan, RecurrentTraits traits)
    : RecurrentLayer(slots, shape, plan, traits)
{
    protected override void CellForward(ParameterBlock parameters, int t) =>
        Ops.GruForward(GatesOf(t), RecurrentStep(t), GateStride, Hidden, BatchOf(t), HiddenStates.Before(t), HiddenStates.After(t));

    protected override void CellBackward(ParameterBlock parameters, int t, ReadOnlySpan<float> dUp, ReadOnlySpan<float> dRecurrent) =>
        Ops.GruBackward(GatesOf(t), RecurrentStep(t), GateStride, Hidden, BatchOf(t), HiddenStates.Before(t), dUp, dRecurrent, Past(t));

    protected override void AddVectorGradients(GradientBlock gradients) =>
        Ops.AddColumnSums(RecurrentGates[(2 * Hidden)..], GateStride, RowCount, Hidden, gradients[Slots.RecurrentBias!]);
}
