using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using TinySD.Runtime.Kernels;
using TinySD.Runtime.Kernels.Lanes;

namespace TinySD.Runtime.Tests;

/// <summary>The activations under test.</summary>
public enum Curve
{
    Exp,
    Sigmoid,
    Tanh,
}

/// <summary>The activations at a lane width, their truth in double precision, and the order of floats.</summary>
internal static class Curves
{
    /// <summary>Where a curve is held to its truth; outside, exp and sigmoid stay at the value they have at the end.</summary>
    public static (float Lowest, float Highest) Range(Curve curve) => curve switch
    {
        Curve.Exp => (-87f, 88f),
        Curve.Sigmoid => (-88f, float.PositiveInfinity),
        _ => (float.NegativeInfinity, float.PositiveInfinity),
    };

    public static double Exact(Curve curve, float x) => curve switch
    {
        Curve.Exp => Math.Exp(x),
        Curve.Sigmoid => ReferenceLstmCell.Sigmoid(x),
        _ => Math.Tanh(x),
    };

    /// <summary>The distance between floats around a value; the smallest is 2^-149.</summary>
    public static double Unit(double value)
    {
        long exponent = ((BitConverter.DoubleToInt64Bits(value) >> 52) & 0x7FF) - 1023;
        return BitConverter.Int64BitsToDouble((Math.Max(exponent, -126) - 23 + 1023) << 52);
    }

    /// <summary>The float at a place in the order of all floats: 0 at 0, infinity at 0x7F800000, negative ones at
    /// negative places.</summary>
    public static float At(int place) => place >= 0 ? BitConverter.Int32BitsToSingle(place) : -BitConverter.Int32BitsToSingle(-place);

    /// <summary>A float's place; both zeros have the same.</summary>
    public static int Place(float x) => x < 0 ? -BitConverter.SingleToInt32Bits(-x) : BitConverter.SingleToInt32Bits(MathF.Abs(x));

    /// <summary>y = curve(x) at 1, 4, 8 or 16 lanes; lengths are a multiple of that.</summary>
    public static void Apply(Curve curve, ReadOnlySpan<float> x, Span<float> y, int width)
    {
        switch (width)
        {
            case 1: Apply<Lanes1, float>(curve, x, y); break;
            case 4: Apply<Lanes128, Vector128<float>>(curve, x, y); break;
            case 8: Apply<Lanes256, Vector256<float>>(curve, x, y); break;
            default: Apply<Lanes512, Vector512<float>>(curve, x, y); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe void Apply<TLanes, TVector>(Curve curve, ReadOnlySpan<float> x, Span<float> y)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        fixed (float* px = x, py = y)
        {
            for (int i = 0; i < x.Length; i += TLanes.Width)
            {
                TVector v = TLanes.Load(px + i);
                TLanes.Store(py + i, curve switch
                {
                    Curve.Exp => Activations<TLanes, TVector>.Exp(v),
                    Curve.Sigmoid => Activations<TLanes, TVector>.Sigmoid(v),
                    _ => Activations<TLanes, TVector>.Tanh(v),
                });
            }
        }
    }
}
