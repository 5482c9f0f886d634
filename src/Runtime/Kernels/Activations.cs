using System.Runtime.CompilerServices;
using TinySD.Runtime.Kernels.Lanes;

namespace TinySD.Runtime.Kernels;

/// <summary>exp, sigmoid and tanh, our own polynomials, the same bits at every lane width. Not a number in, not a number out.</summary>
/// <remarks>
/// The argument is split as x = n ln 2 + r, |r| at most ln(2)/2, with ln 2 in two parts so that r is exact to the last bit (Cody and Waite);
/// exp(r) - 1 is Taylor's polynomial of degree 7, whose remainder, r^8/8!, stays below a tenth of a unit in the last place.
/// </remarks>
internal static class Activations
{
    // 1.5 * 2^23: adding it rounds to the nearest whole number and leaves that number in the low mantissa bits.
    private const float RoundingShift = 12582912f;
    private const float Log2E = 1.44269504f;

    // The high part has 9 trailing zero bits, so n times it is exact.
    private const float Ln2High = 0.693359375f;
    private const float Ln2Low = -2.12194440e-4f;

    /// <summary>Arguments of exp are clamped here: below, the result is less than the smallest normal float's double.</summary>
    private const float LowestExponent = -87f;

    /// <summary>exp overflows above 88.72.</summary>
    private const float HighestExponent = 88f;

    /// <summary>e^x; x is clamped to [-87, 88].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Exp<TLanes, TVector>(TVector x)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        x = TLanes.Max(TLanes.Create(LowestExponent), TLanes.Min(TLanes.Create(HighestExponent), x));
        TVector power = SplitExponent<TLanes, TVector>(x, out TVector fraction);
        return TLanes.MultiplyAdd(fraction, power, power);
    }

    /// <summary>1 / (1 + e^-x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Sigmoid<TLanes, TVector>(TVector x)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        TVector one = TLanes.Create(1f);
        return TLanes.Divide(one, TLanes.Add(one, Exp<TLanes, TVector>(TLanes.Subtract(TLanes.Create(0f), x))));
    }

    /// <summary>tanh x = m / (m + 2) with m = e^(2|x|) - 1, which keeps its relative precision near 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Tanh<TLanes, TVector>(TVector x)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        // From 9.02 on the nearest float to tanh is 1; the clamp keeps e^(2|x|) far from overflow.
        TVector magnitude = TLanes.Min(TLanes.Create(10f), TLanes.Abs(x));
        TVector power = SplitExponent<TLanes, TVector>(TLanes.Add(magnitude, magnitude), out TVector fraction);
        TVector m = TLanes.MultiplyAdd(fraction, power, TLanes.Subtract(power, TLanes.Create(1f)));
        return TLanes.CopySign(TLanes.Divide(m, TLanes.Add(m, TLanes.Create(2f))), x);
    }

    /// <summary>Returns 2^n and, in <paramref name="fraction"/>, e^r - 1, where x = n ln 2 + r.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector SplitExponent<TLanes, TVector>(TVector x, out TVector fraction)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        TVector shifted = TLanes.MultiplyAdd(x, TLanes.Create(Log2E), TLanes.Create(RoundingShift));
        TVector n = TLanes.Subtract(shifted, TLanes.Create(RoundingShift));
        TVector r = TLanes.MultiplyAdd(n, TLanes.Create(-Ln2High), x);
        r = TLanes.MultiplyAdd(n, TLanes.Create(-Ln2Low), r);
        TVector q = TLanes.MultiplyAdd(r, TLanes.Create(1f / 5040f), TLanes.Create(1f / 720f));
        q = TLanes.MultiplyAdd(q, r, TLanes.Create(1f / 120f));
        q = TLanes.MultiplyAdd(q, r, TLanes.Create(1f / 24f));
        q = TLanes.MultiplyAdd(q, r, TLanes.Create(1f / 6f));
        q = TLanes.MultiplyAdd(q, r, TLanes.Create(0.5f));
        fraction = TLanes.MultiplyAdd(TLanes.Multiply(q, r), r, r);
        return TLanes.PowerOfTwo(shifted);
    }
}
