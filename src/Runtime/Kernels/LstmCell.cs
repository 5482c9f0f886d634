using System.Runtime.CompilerServices;
using TinySD.Runtime.Kernels.Lanes;

namespace TinySD.Runtime.Kernels;

/// <summary>The LSTM cell's elementwise part, forward and backward, for up to a register of neighbouring units of one sequence.</summary>
/// <remarks>
/// i, f, o = sigmoid(a), g = tanh(a), c' = f c + i g, h = o tanh(c'): Hochreiter and Schmidhuber 1997 with the forget gate of Gers et al. 2000.
/// Gates lie as four runs of H floats, i, f, g, o; a lane is a unit.
/// </remarks>
internal static unsafe class LstmCell
{
    /// <summary>Turns pre-activations into gates in place; writes c', tanh(c') and h. c' may not be c.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Forward<TLanes, TVector>(float* gates, int hidden, float* c, float* cNext, float* tanhC, float* h)
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

    /// <summary>Turns gates into the gradient of the pre-activations in place; dc goes in for c' and comes out for c.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Backward<TLanes, TVector>(float* gates, int hidden, float* c, float* tanhC, float* dh, float* dc)
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
