using TinySD.Runtime.Kernels.Lanes;

namespace TinySD.Runtime.Kernels;

/// <summary>What a step of the GRU works on.</summary>
/// <remarks>
/// Rows of Input and Recurrent [B][GateStride] hold three runs of H floats, r, z, n; h is unit-major, [H][B]; Dh is [B][DhStride]. Forward:
/// Input holds x W + b and becomes the gates, Recurrent holds h U + b and is left as it is. Backward: both become the gradient of what they
/// held at first; Dh goes in for the part of dL/dh' that came through z h' of the step after, and comes out for h.
/// </remarks>
internal unsafe struct GruStep
{
    public float* Input, Recurrent, H, Dh;
    public int GateStride, Hidden, Batch, DhStride;
}

/// <summary>The GRU's elementwise part, forward and backward.</summary>
/// <remarks>
/// <para>
/// r = sigmoid(x_r + h_r), z = sigmoid(x_z + h_z), n = tanh(x_n + r h_n), h' = (1 - z) n + z h: Cho et al. 2014 in the form of cuDNN and
/// PyTorch, where the reset gate acts after the recurrent product and not before it.
/// </para>
/// <para>A lane is a unit; <see cref="CellRows{TLanes, TVector}"/> walks the rows.</para>
/// </remarks>
internal readonly unsafe struct GruCell<TLanes, TVector>(GruStep step) : ICellStep<TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    public int Batch => step.Batch;

    public float* Previous => step.H;

    // In two passes, because n hangs on r: one chain of it is longer than the CPU can overlap with the next.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void ForwardRow<TRun>(TRun run, int b, int unit, int units, float* previous, float* h)
        where TRun : struct, IRun<TVector>
    {
        int hidden = step.Hidden;
        nint at = ((nint)b * step.GateStride) + unit;
        float* input = step.Input + at, update = input + hidden, candidate = update + hidden;
        float* recurrent = step.Recurrent + at, recurrentUpdate = recurrent + hidden, recurrentCandidate = recurrentUpdate + hidden;
        for (int j = 0; j < units; j += TLanes.Width)
        {
            run.Store(input + j, Activations<TLanes, TVector>.Sigmoid(TLanes.Add(run.Load(input + j), run.Load(recurrent + j))));
            run.Store(update + j, Activations<TLanes, TVector>.Sigmoid(TLanes.Add(run.Load(update + j), run.Load(recurrentUpdate + j))));
        }

        for (int j = 0; j < units; j += TLanes.Width)
        {
            TVector a = TLanes.MultiplyAdd(run.Load(input + j), run.Load(recurrentCandidate + j), run.Load(candidate + j));
            TVector n = Activations<TLanes, TVector>.Tanh(a);
            run.Store(candidate + j, n);
            run.Store(h + j, TLanes.MultiplyAdd(run.Load(update + j), TLanes.Subtract(run.Load(previous + j), n), n));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void BackwardRow<TRun>(TRun run, int b, int unit, int units, float* previous, float* dh)
        where TRun : struct, IRun<TVector>
    {
        int hidden = step.Hidden;
        nint at = ((nint)b * step.GateStride) + unit;
        float* input = step.Input + at, update = input + hidden, candidate = update + hidden;
        float* recurrent = step.Recurrent + at, recurrentUpdate = recurrent + hidden, recurrentCandidate = recurrentUpdate + hidden;
        float* dCarried = step.Dh + ((nint)b * step.DhStride) + unit;
        TVector one = TLanes.Create(1f);
        for (int j = 0; j < units; j += TLanes.Width)
        {
            TVector r = run.Load(input + j), z = run.Load(update + j), n = run.Load(candidate + j), q = run.Load(recurrentCandidate + j);
            TVector dOut = TLanes.Add(run.Load(dh + j), run.Load(dCarried + j)), rest = TLanes.Subtract(one, z);
            TVector dCandidate = TLanes.Multiply(TLanes.Multiply(dOut, rest), TLanes.Subtract(one, TLanes.Multiply(n, n)));
            TVector dUpdate = TLanes.Multiply(TLanes.Multiply(dOut, TLanes.Subtract(run.Load(previous + j), n)), TLanes.Multiply(z, rest));
            TVector dReset = TLanes.Multiply(TLanes.Multiply(dCandidate, q), TLanes.Multiply(r, TLanes.Subtract(one, r)));
            run.Store(input + j, dReset);
            run.Store(update + j, dUpdate);
            run.Store(candidate + j, dCandidate);
            run.Store(recurrent + j, dReset);
            run.Store(recurrentUpdate + j, dUpdate);
            run.Store(recurrentCandidate + j, TLanes.Multiply(dCandidate, r));
            run.Store(dCarried + j, TLanes.Multiply(dOut, z));
        }
    }
}
