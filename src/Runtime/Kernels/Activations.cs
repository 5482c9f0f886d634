using TinySD.Runtime.Kernels.Lanes;

namespace TinySD.Runtime.Kernels;

/// <summary>exp, sigmoid and tanh, our own polynomials, the same bits at every lane width. Not a number in, not a number out.</summary>
/// <remarks>
/// <para>
/// e^x: x = n ln 2 + r with |r| at most ln(2)/2, ln 2 in two parts so that r is exact to the last bit (Cody and Waite); e^r - 1 is a
/// minimax polynomial of degree 6 (Remez), 0.03 units in the last place from the truth.
/// </para>
/// <para>
/// All three never fall where their argument rises. A rounded sum, or a quotient of a constant, is monotone in its argument, so everything
/// follows from the two polynomials: each ends in a fused x + x * (something small), whose small part wobbles by less than neighbouring
/// arguments differ. The places where pieces meet, and all the rest, were tried for all 2^32 floats: ExhaustiveActivationTests.
/// </para>
/// </remarks>
internal static class Activations<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
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

    /// <summary>From 9.02 on the nearest float to tanh is 1.</summary>
    private const float HighestTanh = 10f;

    /// <summary>Where tanh turns from its polynomial to the exponential; above a half there, so that 1 - 2 / (e^2x + 1) is close.</summary>
    private const float TanhSwitch = 0.55f;

    /// <summary>e^x; x is clamped to [-87, 88].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Exp(TVector x) =>
        ExpInRange(TLanes.Max(TLanes.Create(LowestExponent), TLanes.Min(TLanes.Create(HighestExponent), x)));

    /// <summary>1 / (1 + e^-x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Sigmoid(TVector x)
    {
        TVector one = TLanes.Create(1f);
        return TLanes.Divide(one, TLanes.Add(one, Exp(TLanes.Subtract(TLanes.Create(0f), x))));
    }

    /// <summary>tanh |x| = x + x^3 p(x^2) near 0, 1 - 2 / (e^(2|x|) + 1) elsewhere, with the sign of x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Tanh(TVector x)
    {
        TVector one = TLanes.Create(1f);
        TVector magnitude = TLanes.Min(TLanes.Create(HighestTanh), TLanes.Abs(x));
        TVector power = ExpInRange(TLanes.Add(magnitude, magnitude));
        TVector far = TLanes.Subtract(one, TLanes.Divide(TLanes.Create(2f), TLanes.Add(power, one)));
        TVector square = TLanes.Multiply(magnitude, magnitude);
        TVector p = TLanes.MultiplyAdd(square, TLanes.Create(0.0164348073f), TLanes.Create(-0.0526702441f));
        p = TLanes.MultiplyAdd(p, square, TLanes.Create(0.133206978f));
        p = TLanes.MultiplyAdd(p, square, TLanes.Create(-0.333329439f));
        TVector near = TLanes.MultiplyAdd(TLanes.Multiply(p, square), magnitude, magnitude);
        return TLanes.CopySign(TLanes.IfLess(magnitude, TLanes.Create(TanhSwitch), near, far), x);
    }

    /// <summary>e^x for x in [-87, 88] or not a number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector ExpInRange(TVector x)
    {
        TVector shifted = TLanes.MultiplyAdd(x, TLanes.Create(Log2E), TLanes.Create(RoundingShift));
        TVector n = TLanes.Subtract(shifted, TLanes.Create(RoundingShift));
        TVector r = TLanes.MultiplyAdd(n, TLanes.Create(-Ln2High), x);
        r = TLanes.MultiplyAdd(n, TLanes.Create(-Ln2Low), r);
        TVector q = TLanes.MultiplyAdd(r, TLanes.Create(0.00138145941f), TLanes.Create(0.00836871658f));
        q = TLanes.MultiplyAdd(q, r, TLanes.Create(0.041668389f));
        q = TLanes.MultiplyAdd(q, r, TLanes.Create(0.166665211f));
        q = TLanes.MultiplyAdd(q, r, TLanes.Create(0.49999994f));
        TVector fraction = TLanes.MultiplyAdd(TLanes.Multiply(q, r), r, r);
        TVector power = TLanes.PowerOfTwo(shifted);
        return TLanes.MultiplyAdd(fraction, power, power);
    }
}
