using System.Runtime.Intrinsics;
using TinySD.Runtime.Kernels;
using TinySD.Runtime.Kernels.Lanes;
using TinySD.Runtime.Kernels.Reference;

namespace TinySD.Runtime.Tests;

/// <summary>exp, sigmoid and tanh over the whole range of floats, against double precision, at every lane width.</summary>
public sealed class ActivationTests
{
    public enum Curve
    {
        Exp,
        Sigmoid,
        Tanh,
    }

    // The issue that asked for these kernels allows 4.
    private const double UlpLimit = 4;

    [Test]
    [MatrixDataSource]
    public async Task Errors_stay_within_units_in_the_last_place_over_the_whole_range([Matrix] Curve function)
    {
        float[] x = Samples(function);
        (double worst, float at) = Worst(function, x, Apply(function, x, Cases.LaneWidths[^1]));
        TestContext.Current!.OutputWriter.WriteLine($"{function}: at most {worst:F3} ulp, at {at:R}");
        await Assert.That(worst).IsLessThan(UlpLimit).Because($"at {at:R}");
    }

    [Test]
    [MatrixDataSource]
    public async Task Every_width_gives_the_same_bits([Matrix] Curve function)
    {
        float[] x = [.. Samples(function), .. Special];
        float[] expected = Apply(function, x, 1);
        foreach (int width in Cases.LaneWidths)
        {
            float[] found = Apply(function, x, width);
            // A not-a-number has many bit patterns; all stand for the same.
            for (int i = 0; i < x.Length; i++) if (float.IsNaN(found[i]) && float.IsNaN(expected[i])) found[i] = expected[i];
            await Assert.That(Arrays.FirstDifference(found, expected)).IsNull().Because($"{width} lanes");
        }
    }

    public static IEnumerable<(Curve Function, float X, float Expected)> Exact() =>
    [
        (Curve.Exp, 0f, 1f),
        (Curve.Exp, -0f, 1f),
        (Curve.Sigmoid, 0f, 0.5f),
        (Curve.Sigmoid, -0f, 0.5f),
        (Curve.Sigmoid, 100f, 1f),
        (Curve.Sigmoid, float.MaxValue, 1f),
        (Curve.Sigmoid, float.PositiveInfinity, 1f),
        (Curve.Tanh, 0f, 0f),
        (Curve.Tanh, -0f, -0f),
        (Curve.Tanh, float.Epsilon, float.Epsilon),
        (Curve.Tanh, -1e-40f, -1e-40f),
        (Curve.Tanh, 20f, 1f),
        (Curve.Tanh, -20f, -1f),
        (Curve.Tanh, float.MaxValue, 1f),
        (Curve.Tanh, float.PositiveInfinity, 1f),
        (Curve.Tanh, float.NegativeInfinity, -1f),
        (Curve.Exp, float.NaN, float.NaN),
        (Curve.Sigmoid, float.NaN, float.NaN),
        (Curve.Tanh, float.NaN, float.NaN),
        (Curve.Tanh, -float.NaN, float.NaN),
    ];

    [Test]
    [MethodDataSource(nameof(Exact))]
    public async Task Zero_saturation_and_not_a_number_are_exact(Curve function, float x, float expected)
    {
        foreach (int width in (int[])[1, .. Cases.LaneWidths])
        {
            float found = Apply(function, [x], width)[0];
            await Assert.That(float.IsNaN(expected) ? float.IsNaN(found) : BitConverter.SingleToInt32Bits(found) == BitConverter.SingleToInt32Bits(expected))
                .IsTrue().Because($"{function}({x}) is {found} with {width} lanes");
        }
    }

    [Test]
    public async Task Exp_is_clamped_where_floats_end_and_stays_finite()
    {
        float[] found = Apply(Curve.Exp, [88f, 89f, float.MaxValue, float.PositiveInfinity, -87f, -88f, float.MinValue, float.NegativeInfinity], Cases.LaneWidths[^1]);
        await Assert.That(found[..4].All(value => value == found[0] && float.IsFinite(value))).IsTrue();
        await Assert.That(found[4..].All(value => value == found[4] && value > 0f && float.IsNormal(value))).IsTrue();
    }

    [Test]
    public async Task Sigmoid_of_a_large_negative_number_is_next_to_nothing_and_never_negative()
    {
        float[] found = Apply(Curve.Sigmoid, [-87f, -88f, -89f, -1000f, float.MinValue, float.NegativeInfinity], Cases.LaneWidths[^1]);
        await Assert.That(found.All(value => value >= 0f && value < 2e-38f)).IsTrue();
        await Assert.That(found.Zip(found.Skip(1)).All(pair => pair.Second <= pair.First)).IsTrue();
    }

    [Test]
    public async Task Tanh_is_odd_to_the_bit()
    {
        float[] x = Samples(Curve.Tanh);
        float[] found = Apply(Curve.Tanh, x, Cases.LaneWidths[^1]), mirrored = Apply(Curve.Tanh, [.. x.Select(value => -value)], Cases.LaneWidths[^1]);
        await Assert.That(Arrays.FirstDifference([.. mirrored.Select(value => -value)], found)).IsNull();
    }

    [Test]
    [Arguments(Curve.Exp, 0)]
    [Arguments(Curve.Sigmoid, 0)]
    [Arguments(Curve.Tanh, 1)] // near 0 the slope is 1: neighbours lie one unit apart, less than the polynomial's error
    public async Task Values_rise_with_their_arguments(Curve function, int fallUnits)
    {
        // 20,000 neighbouring floats around places where the polynomial's piece changes (odd multiples of ln 2 / 2, halved for tanh), and elsewhere.
        foreach (float centre in new[] { 0.17328680f, 0.34657359f, 0.5f, 0.51986039f, 1.03972077f, 2.5f, 7.9f, 11f, -0.34657359f, -1.03972077f, -5f })
        {
            int bits = BitConverter.SingleToInt32Bits(centre);
            float[] x = [.. Enumerable.Range(bits - 10_000, 20_000).Select(BitConverter.Int32BitsToSingle).Order()];
            float[] y = Apply(function, x, Cases.LaneWidths[^1]);
            double fall = y.Zip(y.Skip(1)).Max(pair => (pair.First - pair.Second) / Unit(pair.First));
            await Assert.That(fall).IsLessThanOrEqualTo(fallUnits).Because($"around {centre}");
        }
    }

    // Every 9973rd of all bit patterns, finite ones and in the function's range, and a fine grid where networks live.
    private static float[] Samples(Curve function)
    {
        var samples = new List<float>();
        for (ulong bits = 0; bits <= uint.MaxValue; bits += 9973) samples.Add(BitConverter.UInt32BitsToSingle((uint)bits));
        for (int i = -90_000; i <= 90_000; i++) samples.Add(i / 1000f);
        float lowest = function == Curve.Tanh ? float.MinValue : -87f, highest = function == Curve.Exp ? 88f : float.MaxValue;
        return [.. samples.Where(x => x >= lowest && x <= highest)];
    }

    private static float[] Special => [0f, -0f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.Epsilon, float.MaxValue, float.MinValue, -100f, 100f];

    private static (double Ulp, float At) Worst(Curve function, float[] x, float[] found)
    {
        (double worst, float at) = (0, 0f);
        for (int i = 0; i < x.Length; i++)
        {
            double exact = function switch
            {
                Curve.Exp => Math.Exp(x[i]),
                Curve.Sigmoid => ReferenceLstmCell.Sigmoid(x[i]),
                _ => Math.Tanh(x[i]),
            };
            double error = Math.Abs(found[i] - exact) / Unit(exact);
            if (!(error <= worst)) (worst, at) = (error, x[i]);
        }

        return (worst, at);
    }

    // The distance between floats around a value; the smallest is 2^-149.
    private static double Unit(double value) => Math.ScaleB(1, Math.Max(value == 0 ? -126 : Math.ILogB(value), -126) - 23);

    private static float[] Apply(Curve function, float[] x, int width) => width switch
    {
        1 => Apply<Lanes1, float>(function, x),
        4 => Apply<Lanes128, Vector128<float>>(function, x),
        8 => Apply<Lanes256, Vector256<float>>(function, x),
        _ => Apply<Lanes512, Vector512<float>>(function, x),
    };

    private static unsafe float[] Apply<TLanes, TVector>(Curve function, float[] x)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        int padded = (x.Length + TLanes.Width - 1) / TLanes.Width * TLanes.Width;
        float[] from = new float[padded], to = new float[padded];
        x.CopyTo(from, 0);
        fixed (float* pf = from, pt = to)
        {
            for (int i = 0; i < padded; i += TLanes.Width)
            {
                TVector v = TLanes.Load(pf + i);
                TLanes.Store(pt + i, function switch
                {
                    Curve.Exp => Activations.Exp<TLanes, TVector>(v),
                    Curve.Sigmoid => Activations.Sigmoid<TLanes, TVector>(v),
                    _ => Activations.Tanh<TLanes, TVector>(v),
                });
            }
        }

        return to[..x.Length];
    }
}
