using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;

namespace TinySD.Runtime.Layers;

/// <summary>A layer of gated recurrent units, <see cref="CellKind.Gru"/>.</summary>
/// <remarks>
/// The gate n multiplies h U by r before it adds x W, so the two are kept apart, and so are their gradients. The mask of the recurrent site acts inside the
/// product only: z h is state that goes on, and state is never masked.
/// </remarks>
internal sealed class GruLayer : RecurrentLayer
{
    private readonly Workspace.Slice _dCarried;

    public GruLayer(RecurrentSlots slots, WindowShape shape, UnitDropout inputDropout, UnitDropout recurrentDropout, NetworkPlan plan, WeightDrop? drop,
        bool isShared)
        : base(slots, separate: true, shape, inputDropout, recurrentDropout, plan, drop, isShared)
    {
        if (shape.Training) _dCarried = plan.Scratch.Reserve((long)Batch * CellStride);
    }

    public override void Update(ParameterBlock parameters)
    {
        base.Update(parameters);
        parameters[Slots.RecurrentBias!].CopyTo(RecurrentStart[(2 * Hidden)..]);
    }

    protected override void CellForward(ParameterBlock parameters, int t, Span<float> h) =>
        Ops.GruForward(GatesOf(t), RecurrentStep(t), GateStride, Hidden, Batch, Hiddens(t), h);

    protected override void CellBackward(ParameterBlock parameters, int t, ReadOnlySpan<float> dUp, ReadOnlySpan<float> dRecurrent) =>
        Ops.GruBackward(GatesOf(t), RecurrentStep(t), GateStride, Hidden, Batch, Hiddens(t), dUp, dRecurrent, _dCarried.Span);

    protected override void ClearCarriedGradient() => _dCarried.Span.Clear();

    protected override void VectorGradients(GradientBlock gradients) =>
        Ops.AddColumnSums(RecurrentGates[(2 * Hidden)..], GateStride, Steps * Batch, Hidden, gradients[Slots.RecurrentBias!]);
}
