namespace TinySD.Runtime.Tests;

/// <summary>exp, sigmoid and tanh over the whole range of floats, against double precision, at every lane width.</summary>
public sealed class ActivationTests
{
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
            await Assert.That(float.IsNaN(expected)
                ? float.IsNaN(found)
                : BitConverter.SingleToInt32Bits(found) == BitConverter.SingleToInt32Bits(expected))
                .IsTrue().Because($"{function}({x}) is {found} with {width} lanes");
        }
    }

    [Test]
    public async Task Exp_is_clamped_where_floats_end_and_stays_finite()
    {
        float[] found = Apply(
            Curve.Exp, [88f, 89f, float.MaxValue, float.PositiveInfinity, -87f, -88f, float.MinValue, float.NegativeInfinity],
            Cases.LaneWidths[^1]);
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
        float[] found = Apply(Curve.Tanh, x, Cases.LaneWidths[^1]),
            mirrored = Apply(Curve.Tanh, [.. x.Select(value => -value)], Cases.LaneWidths[^1]);
        await Assert.That(Arrays.FirstDifference([.. mirrored.Select(value => -value)], found)).IsNull();
    }

    [Test]
    [MatrixDataSource]
    public async Task Values_never_fall_where_arguments_rise([Matrix] Curve function)
    {
        // Dense runs around every place where the polynomial's piece changes (odd multiples of ln 2 / 2, halved for tanh), around tanh's
        // switch, where it saturates, around 0 and the clamps of exp. ExhaustiveActivationTests tries all floats.
        const int neighbours = 20_000;
        double piece = function == Curve.Tanh ? Math.Log(2) / 4 : Math.Log(2) / 2;
        float[] centres = [0f, 0.55f, 9.0109f, 10f, 87f, 88f, .. Enumerable.Range(0, 33).Select(n => (float)(((2 * n) + 1) * piece))];
        float[] x = new float[neighbours], y = new float[neighbours];
        foreach (float centre in (float[])[.. centres, .. centres.Select(centre => -centre)])
        {
            int first = Curves.Place(centre) - (neighbours / 2);
            for (int i = 0; i < neighbours; i++) x[i] = Curves.At(first + i);
            Curves.Apply(function, x, y, Cases.LaneWidths[^1]);
            int fall = 1;
            while (fall < neighbours && y[fall] >= y[fall - 1]) fall++;
            await Assert.That(fall)
                .IsEqualTo(neighbours).Because($"{function}({x[Math.Min(fall, neighbours - 1)]:R}) is less than at the float below");
        }
    }

    [Test]
    [MatrixDataSource]
    public async Task Values_never_fall_over_the_whole_range([Matrix] Curve function)
    {
        float[] x = [.. Samples(function).Order()];
        float[] y = Apply(function, x, Cases.LaneWidths[^1]);
        await Assert.That(y.Zip(y.Skip(1)).All(pair => pair.First <= pair.Second)).IsTrue();
    }

    // Every 9973rd of all bit patterns, finite ones and in the function's range, and a fine grid where networks live.
    private static float[] Samples(Curve function)
    {
        var samples = new List<float>();
        for (ulong bits = 0; bits <= uint.MaxValue; bits += 9973) samples.Add(BitConverter.UInt32BitsToSingle((uint)bits));
        for (int i = -90_000; i <= 90_000; i++) samples.Add(i / 1000f);
        (float lowest, float highest) = Curves.Range(function);
        return [.. samples.Where(x => x >= lowest && x <= highest)];
    }

    private static float[] Special =>
        [0f, -0f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.Epsilon, float.MaxValue, float.MinValue, -100f, 100f];

    private static (double Ulp, float At) Worst(Curve function, float[] x, float[] found)
    {
        (double worst, float at) = (0, 0f);
        for (int i = 0; i < x.Length; i++)
        {
            double exact = Curves.Exact(function, x[i]);
            double error = Math.Abs(found[i] - exact) / Curves.Unit(exact);
            if (!(error <= worst)) (worst, at) = (error, x[i]);
        }

        return (worst, at);
    }

    private static float[] Apply(Curve function, float[] x, int width)
    {
        float[] from = new float[(x.Length + width - 1) / width * width], to = new float[from.Length];
        x.CopyTo(from, 0);
        Curves.Apply(function, from, to, width);
        return to[..x.Length];
    }
}
