using System.Runtime.CompilerServices;
using TinySD.Runtime.Kernels.Lanes;

namespace TinySD.Runtime.Kernels;

/// <summary>The LSTM cell's elementwise part, forward and backward, for some neighbouring units of every sequence.</summary>
/// <remarks>
/// <para>
/// i, f, o = sigmoid(a), g = tanh(a), c' = f c + i g, h = o tanh(c'): Hochreiter and Schmidhuber 1997 with the forget gate of Gers et al. 2000.
/// </para>
/// <para>
/// Pointers stand at the first of <c>units</c> units. A row of gates [B][gateStride] holds four runs of H floats, i, f, g, o; c, c', tanh(c') and dc are
/// [B][cStride]; h, dUp and dRecurrent are unit-major, [unit][B]. A lane is a unit. c' may not be c.
/// </para>
/// <para>
/// Memory is walked along the rows, a sequence at a time, because that is what the CPU fetches ahead; h and dh, which lie the other way, are turned
/// four sequences at a time.
/// </para>
/// </remarks>
internal static unsafe class LstmCell
{
    private const int TurnedSequences = 4;

    // Units whose h or dh is turned at once; 8 KiB of stack, a multiple of every width.
    private const int TurnedUnits = 512;

    /// <summary>Turns pre-activations into gates in place; writes c', tanh(c') and h.</summary>
    [SkipLocalsInit]
    public static void Forward<TLanes, TVector>(
        float* gates, int gateStride, int hidden, int batch, int units, float* c, float* cNext, float* tanhC, int cStride, float* h)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        float* turned = stackalloc float[TurnedSequences * TurnedUnits];
        for (int unit = 0; unit < units; unit += TurnedUnits)
        {
            int count = Math.Min(TurnedUnits, units - unit), whole = count / TLanes.Width * TLanes.Width;
            for (int b = 0; b < batch; b += TurnedSequences)
            {
                int sequences = Math.Min(TurnedSequences, batch - b);
                for (int s = 0; s < sequences; s++)
                {
                    // A single sequence needs no turning.
                    float* row = gates + ((nint)(b + s) * gateStride) + unit, turnedRow = batch == 1 ? h + unit : turned + (s * TurnedUnits);
                    nint at = ((nint)(b + s) * cStride) + unit;
                    ForwardRow<TLanes, TVector, WholeRegister<TLanes, TVector>>(default, row, hidden, whole, c + at, cNext + at, tanhC + at, turnedRow);
                    if (whole == count) continue;
                    at += whole;
                    ForwardRow<TLanes, TVector, FirstLanes<TLanes, TVector>>(
                        new(count - whole), row + whole, hidden, 1, c + at, cNext + at, tanhC + at, turnedRow + whole);
                }

                if (batch > 1) TurnOut<TLanes, TVector>(turned, h + ((nint)unit * batch) + b, batch, count, sequences);
            }
        }
    }

    /// <summary>Turns gates into the gradient of the pre-activations in place, for dh = dUp + dRecurrent; dc goes in for c' and comes out for c.</summary>
    [SkipLocalsInit]
    public static void Backward<TLanes, TVector>(
        float* gates, int gateStride, int hidden, int batch, int units, float* c, float* tanhC, int cStride, float* dUp, float* dRecurrent, float* dc)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        float* turned = stackalloc float[TurnedSequences * TurnedUnits];
        for (int unit = 0; unit < units; unit += TurnedUnits)
        {
            int count = Math.Min(TurnedUnits, units - unit), whole = count / TLanes.Width * TLanes.Width;
            for (int b = 0; b < batch; b += TurnedSequences)
            {
                int sequences = Math.Min(TurnedSequences, batch - b);
                nint from = ((nint)unit * batch) + b;
                TurnIn<TLanes, TVector>(dUp + from, dRecurrent + from, batch, turned, count, sequences);
                for (int s = 0; s < sequences; s++)
                {
                    float* row = gates + ((nint)(b + s) * gateStride) + unit, turnedRow = turned + (s * TurnedUnits);
                    nint at = ((nint)(b + s) * cStride) + unit;
                    BackwardRow<TLanes, TVector, WholeRegister<TLanes, TVector>>(default, row, hidden, whole, c + at, tanhC + at, turnedRow, dc + at);
                    if (whole == count) continue;
                    at += whole;
                    BackwardRow<TLanes, TVector, FirstLanes<TLanes, TVector>>(
                        new(count - whole), row + whole, hidden, 1, c + at, tanhC + at, turnedRow + whole, dc + at);
                }
            }
        }
    }

    // One sequence; h is a row of the scratch. In two passes, because h hangs on c' and c' on the gates: as one chain that is longer than the CPU can
    // overlap with the next register's.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ForwardRow<TLanes, TVector, TRun>(TRun run, float* gates, int hidden, int units, float* c, float* cNext, float* tanhC, float* h)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
        where TRun : struct, IRun<TVector>
    {
        float* forget = gates + hidden, candidate = forget + hidden, output = candidate + hidden;
        for (int j = 0; j < units; j += TLanes.Width)
        {
            TVector i = Activations.Sigmoid<TLanes, TVector>(run.Load(gates + j));
            TVector f = Activations.Sigmoid<TLanes, TVector>(run.Load(forget + j));
            TVector g = Activations.Tanh<TLanes, TVector>(run.Load(candidate + j));
            run.Store(cNext + j, TLanes.MultiplyAdd(f, run.Load(c + j), TLanes.Multiply(i, g)));
            run.Store(gates + j, i);
            run.Store(forget + j, f);
            run.Store(candidate + j, g);
        }

        for (int j = 0; j < units; j += TLanes.Width)
        {
            TVector o = Activations.Sigmoid<TLanes, TVector>(run.Load(output + j));
            TVector squashed = Activations.Tanh<TLanes, TVector>(run.Load(cNext + j));
            run.Store(output + j, o);
            run.Store(tanhC + j, squashed);
            run.Store(h + j, TLanes.Multiply(o, squashed));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void BackwardRow<TLanes, TVector, TRun>(TRun run, float* gates, int hidden, int units, float* c, float* tanhC, float* dh, float* dc)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
        where TRun : struct, IRun<TVector>
    {
        float* forget = gates + hidden, candidate = forget + hidden, output = candidate + hidden;
        TVector one = TLanes.Create(1f);
        for (int j = 0; j < units; j += TLanes.Width)
        {
            TVector i = run.Load(gates + j), f = run.Load(forget + j), g = run.Load(candidate + j), o = run.Load(output + j);
            TVector squashed = run.Load(tanhC + j), dOut = run.Load(dh + j);
            TVector slope = TLanes.Subtract(one, TLanes.Multiply(squashed, squashed));
            TVector dCell = TLanes.MultiplyAdd(TLanes.Multiply(dOut, o), slope, run.Load(dc + j));
            run.Store(gates + j, TLanes.Multiply(TLanes.Multiply(dCell, g), TLanes.Multiply(i, TLanes.Subtract(one, i))));
            run.Store(forget + j, TLanes.Multiply(TLanes.Multiply(dCell, run.Load(c + j)), TLanes.Multiply(f, TLanes.Subtract(one, f))));
            run.Store(candidate + j, TLanes.Multiply(TLanes.Multiply(dCell, i), TLanes.Subtract(one, TLanes.Multiply(g, g))));
            run.Store(output + j, TLanes.Multiply(TLanes.Multiply(dOut, squashed), TLanes.Multiply(o, TLanes.Subtract(one, o))));
            run.Store(dc + j, TLanes.Multiply(dCell, f));
        }
    }

    // Rows of the scratch, a sequence each, to columns of h.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TurnOut<TLanes, TVector>(float* turned, float* h, int batch, int units, int sequences)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        int whole = sequences == TurnedSequences ? units / TLanes.Width * TLanes.Width : 0;
        for (int j = 0; j < whole; j += TLanes.Width)
        {
            float* from = turned + j;
            TLanes.StoreQuads(
                h + ((nint)j * batch), batch,
                TLanes.Load(from), TLanes.Load(from + TurnedUnits), TLanes.Load(from + (2 * TurnedUnits)), TLanes.Load(from + (3 * TurnedUnits)));
        }

        for (int j = whole; j < units; j++)
        {
            for (int s = 0; s < sequences; s++) h[((nint)j * batch) + s] = turned[(s * TurnedUnits) + j];
        }
    }

    // Columns of dUp and dRecurrent, added, to rows of the scratch.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TurnIn<TLanes, TVector>(float* dUp, float* dRecurrent, int batch, float* turned, int units, int sequences)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        int whole = sequences == TurnedSequences ? units / TLanes.Width * TLanes.Width : 0;
        for (int j = 0; j < whole; j += TLanes.Width)
        {
            float* to = turned + j;
            TLanes.LoadQuads(dUp + ((nint)j * batch), batch, out TVector u0, out TVector u1, out TVector u2, out TVector u3);
            TLanes.LoadQuads(dRecurrent + ((nint)j * batch), batch, out TVector r0, out TVector r1, out TVector r2, out TVector r3);
            TLanes.Store(to, TLanes.Add(u0, r0));
            TLanes.Store(to + TurnedUnits, TLanes.Add(u1, r1));
            TLanes.Store(to + (2 * TurnedUnits), TLanes.Add(u2, r2));
            TLanes.Store(to + (3 * TurnedUnits), TLanes.Add(u3, r3));
        }

        for (int j = whole; j < units; j++)
        {
            nint at = (nint)j * batch;
            for (int s = 0; s < sequences; s++) turned[(s * TurnedUnits) + j] = dUp[at + s] + dRecurrent[at + s];
        }
    }
}
