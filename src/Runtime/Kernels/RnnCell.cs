using TinySD.Runtime.Kernels.Lanes;

namespace TinySD.Runtime.Kernels;

/// <summary>What a step of the simple recurrent cell works on.</summary>
/// <remarks>
/// A row of Gates [B][GateStride] holds H floats. Forward: pre-activations become h'. Backward: h' becomes their gradient.
/// </remarks>
internal unsafe struct RnnStep
{
    public float* Gates;
    public int GateStride, Batch;
}

/// <summary>The simple recurrent cell's elementwise part, forward and backward: h' = tanh(a), or max(a, 0) where it is rectified (Elman
/// 1990; Le et al. 2015).</summary>
/// <remarks>A lane is a unit; <see cref="CellRows{TLanes, TVector}"/> walks the rows. Not a number in, not a number out.</remarks>
internal readonly unsafe struct RnnCell<TLanes, TVector, TRectified>(RnnStep step) : ICellStep<TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
    where TRectified : struct, IFlag
{
    public int Batch => step.Batch;

    public float* Previous => null;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void ForwardRow<TRun>(TRun run, int b, int unit, int units, float* previous, float* h)
        where TRun : struct, IRun<TVector>
    {
        float* row = step.Gates + ((nint)b * step.GateStride) + unit;
        TVector zero = TLanes.Create(0f);
        for (int j = 0; j < units; j += TLanes.Width)
        {
            TVector a = run.Load(row + j);
            TVector value = TRectified.Value ? TLanes.IfLess(a, zero, zero, a) : Activations<TLanes, TVector>.Tanh(a);
            run.Store(row + j, value);
            run.Store(h + j, value);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void BackwardRow<TRun>(TRun run, int b, int unit, int units, float* previous, float* dh)
        where TRun : struct, IRun<TVector>
    {
        float* row = step.Gates + ((nint)b * step.GateStride) + unit;
        TVector zero = TLanes.Create(0f), one = TLanes.Create(1f);
        for (int j = 0; j < units; j += TLanes.Width)
        {
            TVector value = run.Load(row + j), dOut = run.Load(dh + j);
            run.Store(row + j, TRectified.Value
                ? TLanes.IfLess(zero, value, dOut, zero)
                : TLanes.Multiply(dOut, TLanes.Subtract(one, TLanes.Multiply(value, value))));
        }
    }
}
