using System.Runtime.CompilerServices;
using TinySD.Runtime.Kernels.Lanes;

namespace TinySD.Runtime.Kernels;

/// <summary>The LSTM cell's elementwise part, forward and backward, for one register of neighbouring units of every sequence.</summary>
/// <remarks>
/// <para>
/// i, f, o = sigmoid(a), g = tanh(a), c' = f c + i g, h = o tanh(c'): Hochreiter and Schmidhuber 1997 with the forget gate of Gers et al. 2000.
/// </para>
/// <para>
/// Pointers stand at the first unit of the block. A row of gates [B][gateStride] holds four runs of H floats, i, f, g, o; c, c', tanh(c') and dc are
/// [B][cStride]; h, dUp and dRecurrent are unit-major, [unit][B]. A lane is a unit. c' may not be c.
/// </para>
/// </remarks>
internal static unsafe class LstmCell
{
    private const int MaxWidth = 16;

    // Sequences whose h or dh is turned between units-in-a-register and sequences-in-a-row at once; at most 2 KiB of stack.
    private const int TurnedSequences = 32;

    /// <summary>Turns pre-activations into gates in place; writes c', tanh(c') and h.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward<TLanes, TVector>(
        float* gates, int gateStride, int hidden, int batch, float* c, float* cNext, float* tanhC, int cStride, float* h)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        float* turned = stackalloc float[TurnedSequences * MaxWidth];
        for (int first = 0; first < batch; first += TurnedSequences)
        {
            int end = Math.Min(batch, first + TurnedSequences);
            for (int b = first; b < end; b++)
            {
                nint row = (nint)b * gateStride, at = (nint)b * cStride;
                Forward<TLanes, TVector>(gates + row, hidden, c + at, cNext + at, tanhC + at, turned + ((b - first) * TLanes.Width));
            }

            // A register holds many units of one sequence, memory many sequences of one unit.
            for (int lane = 0; lane < TLanes.Width; lane++)
            {
                for (int b = first; b < end; b++) h[((nint)lane * batch) + b] = turned[((b - first) * TLanes.Width) + lane];
            }
        }
    }

    /// <summary>Turns gates into the gradient of the pre-activations in place, for dh = dUp + dRecurrent; dc goes in for c' and comes out for c.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward<TLanes, TVector>(
        float* gates, int gateStride, int hidden, int batch, float* c, float* tanhC, int cStride, float* dUp, float* dRecurrent, float* dc)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        float* turned = stackalloc float[TurnedSequences * MaxWidth];
        for (int first = 0; first < batch; first += TurnedSequences)
        {
            int end = Math.Min(batch, first + TurnedSequences);
            for (int lane = 0; lane < TLanes.Width; lane++)
            {
                nint unit = (nint)lane * batch;
                for (int b = first; b < end; b++) turned[((b - first) * TLanes.Width) + lane] = dUp[unit + b] + dRecurrent[unit + b];
            }

            for (int b = first; b < end; b++)
            {
                nint row = (nint)b * gateStride, at = (nint)b * cStride;
                Backward<TLanes, TVector>(gates + row, hidden, c + at, tanhC + at, turned + ((b - first) * TLanes.Width), dc + at);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Forward<TLanes, TVector>(float* gates, int hidden, float* c, float* cNext, float* tanhC, float* h)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        TVector i = Activations.Sigmoid<TLanes, TVector>(TLanes.Load(gates));
        TVector f = Activations.Sigmoid<TLanes, TVector>(TLanes.Load(gates + hidden));
        TVector g = Activations.Tanh<TLanes, TVector>(TLanes.Load(gates + (2 * (nint)hidden)));
        TVector o = Activations.Sigmoid<TLanes, TVector>(TLanes.Load(gates + (3 * (nint)hidden)));
        TVector next = TLanes.MultiplyAdd(f, TLanes.Load(c), TLanes.Multiply(i, g));
        TVector squashed = Activations.Tanh<TLanes, TVector>(next);
        TLanes.Store(gates, i);
        TLanes.Store(gates + hidden, f);
        TLanes.Store(gates + (2 * (nint)hidden), g);
        TLanes.Store(gates + (3 * (nint)hidden), o);
        TLanes.Store(cNext, next);
        TLanes.Store(tanhC, squashed);
        TLanes.Store(h, TLanes.Multiply(o, squashed));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Backward<TLanes, TVector>(float* gates, int hidden, float* c, float* tanhC, float* dh, float* dc)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        TVector one = TLanes.Create(1f);
        TVector i = TLanes.Load(gates);
        TVector f = TLanes.Load(gates + hidden);
        TVector g = TLanes.Load(gates + (2 * (nint)hidden));
        TVector o = TLanes.Load(gates + (3 * (nint)hidden));
        TVector squashed = TLanes.Load(tanhC), dOut = TLanes.Load(dh);
        TVector slope = TLanes.Subtract(one, TLanes.Multiply(squashed, squashed));
        TVector dCell = TLanes.MultiplyAdd(TLanes.Multiply(dOut, o), slope, TLanes.Load(dc));
        TVector dI = TLanes.Multiply(TLanes.Multiply(dCell, g), TLanes.Multiply(i, TLanes.Subtract(one, i)));
        TVector dF = TLanes.Multiply(TLanes.Multiply(dCell, TLanes.Load(c)), TLanes.Multiply(f, TLanes.Subtract(one, f)));
        TVector dG = TLanes.Multiply(TLanes.Multiply(dCell, i), TLanes.Subtract(one, TLanes.Multiply(g, g)));
        TVector dO = TLanes.Multiply(TLanes.Multiply(dOut, squashed), TLanes.Multiply(o, TLanes.Subtract(one, o)));
        TLanes.Store(gates, dI);
        TLanes.Store(gates + hidden, dF);
        TLanes.Store(gates + (2 * (nint)hidden), dG);
        TLanes.Store(gates + (3 * (nint)hidden), dO);
        TLanes.Store(dc, TLanes.Multiply(dCell, f));
    }
}
