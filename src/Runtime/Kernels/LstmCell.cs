using TinySD.Runtime.Kernels.Lanes;

namespace TinySD.Runtime.Kernels;

/// <summary>What a step of the LSTM cell works on.</summary>
/// <remarks>
/// A row of gates [B][GateStride] holds four runs of H floats, i, f, g, o; c, c', tanh(c') and dc are [B][CStride]; peepholes are three
/// runs of H floats, for i, f, o, or null. c' may not be c. Forward: pre-activations become gates, c', tanh(c') are written. Backward:
/// gates become the gradient of the pre-activations; dc goes in for c' and comes out for c.
/// </remarks>
internal unsafe struct LstmStep
{
    public float* Gates, C, CNext, TanhC, Dc, Peepholes;
    public int GateStride, Hidden, Batch, CStride;
}

/// <summary>The LSTM cell's elementwise part, forward and backward.</summary>
/// <remarks>
/// <para>
/// i, f, o = sigmoid(a), g = tanh(a), c' = f c + i g, h = o tanh(c'): Hochreiter and Schmidhuber 1997 with the forget gate of Gers et al.
/// 2000. With peepholes (Gers and Schmidhuber 2000) a_i and a_f gain p_i c and p_f c, a_o gains p_o c'.
/// </para>
/// <para>A lane is a unit; <see cref="CellRows{TLanes, TVector}"/> walks the rows.</para>
/// </remarks>
internal readonly unsafe struct LstmCell<TLanes, TVector, TPeepholes>(LstmStep step) : ICellStep<TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
    where TPeepholes : struct, IFlag
{
    public int Batch => step.Batch;

    public float* Previous => null;

    // In two passes, because h hangs on c' and c' on the gates: one chain of it is longer than the CPU can overlap with the next.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void ForwardRow<TRun>(TRun run, int b, int unit, int units, float* previous, float* h)
        where TRun : struct, IRun<TVector>
    {
        int hidden = step.Hidden;
        nint at = ((nint)b * step.CStride) + unit;
        float* c = step.C + at, cNext = step.CNext + at, tanhC = step.TanhC + at, peepholes = step.Peepholes + unit;
        float* gates = step.Gates + ((nint)b * step.GateStride) + unit;
        float* forget = gates + hidden, candidate = forget + hidden, output = candidate + hidden;
        for (int j = 0; j < units; j += TLanes.Width)
        {
            TVector i = Activations<TLanes, TVector>.Sigmoid(Peep(run, gates + j, peepholes + j, c + j));
            TVector f = Activations<TLanes, TVector>.Sigmoid(Peep(run, forget + j, peepholes + hidden + j, c + j));
            TVector g = Activations<TLanes, TVector>.Tanh(run.Load(candidate + j));
            run.Store(cNext + j, TLanes.MultiplyAdd(f, run.Load(c + j), TLanes.Multiply(i, g)));
            run.Store(gates + j, i);
            run.Store(forget + j, f);
            run.Store(candidate + j, g);
        }

        for (int j = 0; j < units; j += TLanes.Width)
        {
            TVector o = Activations<TLanes, TVector>.Sigmoid(Peep(run, output + j, peepholes + (2 * hidden) + j, cNext + j));
            TVector squashed = Activations<TLanes, TVector>.Tanh(run.Load(cNext + j));
            run.Store(output + j, o);
            run.Store(tanhC + j, squashed);
            run.Store(h + j, TLanes.Multiply(o, squashed));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void BackwardRow<TRun>(TRun run, int b, int unit, int units, float* previous, float* dh)
        where TRun : struct, IRun<TVector>
    {
        int hidden = step.Hidden;
        nint at = ((nint)b * step.CStride) + unit;
        float* c = step.C + at, tanhC = step.TanhC + at, dc = step.Dc + at, peepholes = step.Peepholes + unit;
        float* gates = step.Gates + ((nint)b * step.GateStride) + unit;
        float* forget = gates + hidden, candidate = forget + hidden, output = candidate + hidden;
        TVector one = TLanes.Create(1f);
        for (int j = 0; j < units; j += TLanes.Width)
        {
            TVector i = run.Load(gates + j), f = run.Load(forget + j), g = run.Load(candidate + j), o = run.Load(output + j);
            TVector squashed = run.Load(tanhC + j), dOut = run.Load(dh + j);
            TVector slope = TLanes.Subtract(one, TLanes.Multiply(squashed, squashed));
            TVector dCell = TLanes.MultiplyAdd(TLanes.Multiply(dOut, o), slope, run.Load(dc + j));
            TVector dOutput = TLanes.Multiply(TLanes.Multiply(dOut, squashed), TLanes.Multiply(o, TLanes.Subtract(one, o)));
            run.Store(output + j, dOutput);
            if (TPeepholes.Value) dCell = TLanes.MultiplyAdd(run.Load(peepholes + (2 * hidden) + j), dOutput, dCell);
            run.Store(gates + j, TLanes.Multiply(TLanes.Multiply(dCell, g), TLanes.Multiply(i, TLanes.Subtract(one, i))));
            run.Store(forget + j, TLanes.Multiply(TLanes.Multiply(dCell, run.Load(c + j)), TLanes.Multiply(f, TLanes.Subtract(one, f))));
            run.Store(candidate + j, TLanes.Multiply(TLanes.Multiply(dCell, i), TLanes.Subtract(one, TLanes.Multiply(g, g))));
            TVector dBefore = TLanes.Multiply(dCell, f);
            if (TPeepholes.Value)
            {
                dBefore = TLanes.MultiplyAdd(run.Load(peepholes + j), run.Load(gates + j), dBefore);
                dBefore = TLanes.MultiplyAdd(run.Load(peepholes + hidden + j), run.Load(forget + j), dBefore);
            }

            run.Store(dc + j, dBefore);
        }
    }

    // A pre-activation, with what the cell adds to it through a peephole.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Peep<TRun>(TRun run, float* a, float* peephole, float* c)
        where TRun : struct, IRun<TVector> =>
        TPeepholes.Value ? TLanes.MultiplyAdd(run.Load(peephole), run.Load(c), run.Load(a)) : run.Load(a);
}
