using CommunityToolkit.HighPerformance;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Tests;

/// <summary>The three products against their scalar twins, over sizes of 0 to 3 tiles with remainders, and over patterns
/// of kept units.</summary>
public sealed class ProductTests
{
    // Rows of 1 to 4 tiles or strips and what is left over; one row of several pieces that a backward tile walks apart, with every batch;
    // the last three pass the backward product's column chunk, have rows that would collide, and pass the columns that a forward window
    // walks at once.
    private static readonly (int K, int N)[] _sizes =
    [
        (1, 1), (3, 4), (17, 15), (7, 16), (40, 17), (2, 64), (5, 65), (67, 33), (9, 100), (4, 129), (2, 210), (1, 1300), (3, 3125),
        (2, 4096), (300, 230),
    ];

    private static readonly (int T, int B)[] _windows = [
        (1, 1), (7, 1), (2, 2), (3, 5), (2, 20), (1, 21), (2, 33), (1, 41), (1, 64), (1, 256)];

    [Test]
    [MatrixDataSource]
    public async Task Products_are_the_twins_and_write_nothing_else([Matrix] KeepPattern pattern) =>
        await Assert.That(Failures(pattern, CompareWithTwin)).IsEmpty();

    [Test]
    [MatrixDataSource]
    public async Task Structured_products_equal_dense_ones_with_the_dropped_units_zeroed([Matrix] KeepPattern pattern) =>
        await Assert.That(Failures(pattern, CompareWithDense)).IsEmpty();

    [Test]
    [MatrixDataSource]
    public async Task Dropped_units_are_never_read([Matrix] KeepPattern pattern) =>
        await Assert.That(Failures(pattern, CompareWithPoison)).IsEmpty();

    [Test]
    public async Task A_step_without_sequences_is_no_work()
    {
        foreach (int width in Cases.LaneWidths)
        {
            var products = new Products(SingleThread.Instance, KernelChoice.ForLaneWidth(width));
            products.Announce(3, 20, 1, 1, backward: true);
            float[] c = [7f], dx = [7f];
            products.ForwardStep(new Weights(new float[3 * 32], 3, 20, 32), [], 0, [0, 2], c);
            products.Backward(new Weights(new float[3 * 32], 3, 20, 32), [], 0, [0, 2], 1f, dx);
            await Assert.That((c[0], dx[0])).IsEqualTo((7f, 7f));
        }
    }

    private static List<string> Failures(KeepPattern pattern, Func<ProductRig, string?> check)
    {
        var failures = new List<string>();
        int seed = 0;
        foreach ((int k, int n) in _sizes)
        {
            foreach ((int t, int b) in _windows.Where(window => k * n < 2000 || window.T * window.B < 10))
            {
                // Locked masks and dense products give one list for all steps, which runs another loop.
                foreach (bool same in t > 1 ? new[] { false, true } : [false])
                {
                    var rig = new ProductRig(k, n, t, b, pattern, same, seed += 10);
                    if (check(rig) is { } failure) failures.Add($"{rig} same={same}: {failure}");
                }
            }
        }

        return failures;
    }

    private static string? CompareWithTwin(ProductRig rig)
    {
        const float scale = 1.75f;
        TwinResults twin = Twin(rig, scale);
        foreach (int width in Cases.LaneWidths)
        {
            ProductResults found = rig.Run(width, scale: scale);
            string? failure = found.Damage
                ?? twin.C.FirstFar("window", found.Window, rig.K + 1)
                ?? twin.C.FirstFar("steps", found.Steps, rig.K + 1)
                ?? twin.Dx.FirstFar("dx", found.Dx, rig.N + 2)
                ?? twin.Dx.FirstFar("dx of a window", found.DxWindow, rig.N + 2)
                ?? twin.G.FirstFar("g", found.G, rig.T * rig.B)
                ?? twin.BiasSums.FirstFar("bias", found.BiasSums, rig.T * rig.B);
            if (failure != null) return $"{width} lanes: {failure}";
        }

        return null;
    }

    private static string? CompareWithDense(ProductRig rig)
    {
        foreach (int width in Cases.LaneWidths)
        {
            ProductResults structured = rig.Run(width), dense = rig.Dense().Run(width);
            // A dense backward product computes the dropped rows as well; its mask zeroes them afterwards.
            rig.ForEachDropped((t, k) =>
            {
                dense.Dx.AsSpan(((t * rig.K) + k) * rig.B, rig.B).Clear();
                dense.DxWindow.AsSpan(((t * rig.K) + k) * rig.B, rig.B).Clear();
            });
            foreach (((string name, float[] found), (_, float[] expected)) in structured.All.Zip(dense.All))
            {
                // Equal, not only close: a zero adds nothing to a sum kept in one accumulator in the same order.
                for (int i = 0; i < found.Length; i++)
                {
                    if (found[i] != expected[i]) return $"{width} lanes: {name}[{i}] is {found[i]:R}, dense {expected[i]:R}";
                }
            }
        }

        return null;
    }

    private static string? CompareWithPoison(ProductRig rig)
    {
        ProductResults[] clean = [.. Cases.LaneWidths.Select(width => rig.Run(width))];
        rig.PoisonDropped();
        for (int i = 0; i < clean.Length; i++)
        {
            if (rig.Run(Cases.LaneWidths[i]).FirstDifference(clean[i]) is { } difference)
                return $"{Cases.LaneWidths[i]} lanes: {difference}";
        }

        return null;
    }

    private static TwinResults Twin(ProductRig rig, float scale)
    {
        var results = new TwinResults(
            new Twins(rig.T * rig.B * rig.Stride), new Twins(rig.T * rig.K * rig.B), new Twins(rig.K * rig.N), new Twins(rig.N));
        double[,] w = ((ReadOnlySpan<float>)rig.W).ToMatrix(rig.K, rig.N);
        var gradient = (Values: new double[rig.K, rig.N], Terms: new double[rig.K, rig.N]);
        double[] sums = new double[rig.N], sumTerms = new double[rig.N];
        for (int t = 0; t < rig.T; t++)
        {
            double[,] x = ((ReadOnlySpan<float>)rig.X.AsSpan(t * rig.K * rig.B)).ToMatrix(rig.K, rig.B);
            double[,] c = Rows(rig, _ => rig.Bias), d = Rows(rig, b => rig.D.AsSpan(((t * rig.B) + b) * rig.Stride));
            double[,] dx = new double[rig.K, rig.B], dxTerms = new double[rig.K, rig.B], cTerms = Magnitudes(c);
            ReferenceProducts.Forward(x, w, rig.Keep[t], c);
            ReferenceProducts.Forward(Magnitudes(x), Magnitudes(w), rig.Keep[t], cTerms);
            ReferenceProducts.Backward(w, d, rig.Keep[t], scale, dx);
            ReferenceProducts.Backward(Magnitudes(w), Magnitudes(d), rig.Keep[t], scale, dxTerms);
            ReferenceProducts.WeightGradient(x, d, rig.Keep[t], gradient.Values);
            ReferenceProducts.WeightGradient(Magnitudes(x), Magnitudes(d), rig.Keep[t], gradient.Terms);
            for (int b = 0; b < rig.B; b++) results.C.Set(
                ((t * rig.B) + b) * rig.Stride, c.GetRowSpan(b), cTerms.GetRowSpan(b)); // padding stays 0
            results.Dx.Set(t * rig.K * rig.B, dx.AsFlat(), dxTerms.AsFlat());
            for (int i = 0; i < d.Length; i++)
            {
                sums[i % rig.N] += d.AsFlat()[i];
                sumTerms[i % rig.N] += Math.Abs(d.AsFlat()[i]);
            }
        }

        results.BiasSums.Set(0, sums, sumTerms);

        results.G.Set(0, gradient.Values.AsFlat(), gradient.Terms.AsFlat());
        return results;
    }

    private static double[,] Magnitudes(double[,] values)
    {
        var magnitudes = new double[values.GetLength(0), values.GetLength(1)];
        for (int i = 0; i < values.Length; i++) magnitudes.AsFlat()[i] = Math.Abs(values.AsFlat()[i]);
        return magnitudes;
    }

    private static double[,] Rows(ProductRig rig, RowOf row)
    {
        var rows = new double[rig.B, rig.N];
        for (int b = 0; b < rig.B; b++) row(b)[..rig.N].ToDoubles().CopyTo(rows.GetRowSpan(b));
        return rows;
    }

    private delegate ReadOnlySpan<float> RowOf(int b);

    private sealed record TwinResults(Twins C, Twins Dx, Twins G, Twins BiasSums);

    /// <summary>What a result should be, and the sum of its terms' magnitudes.</summary>
    private sealed class Twins(int length)
    {
        private readonly double[] _values = new double[length], _terms = new double[length];

        public void Set(int at, ReadOnlySpan<double> values, ReadOnlySpan<double> terms)
        {
            values.CopyTo(_values.AsSpan(at));
            terms.CopyTo(_terms.AsSpan(at));
        }

        /// <summary>The first float further off than the bound, or null. Summing n products in any order, each step rounded, errs by at
        /// most n units (2^-24) times the sum of the terms' magnitudes: Higham, "Accuracy and Stability of Numerical Algorithms", 3.1. No
        /// term means exactly 0.</summary>
        public string? FirstFar(string name, float[] found, int terms)
        {
            for (int i = 0; i < found.Length; i++)
            {
                // Written so that not-a-number is far as well.
                if (!(Math.Abs(found[i] - _values[i]) <= terms * _terms[i] * Math.Pow(2, -24)))
                    return $"{name}[{i}] is {found[i]:R}, not {_values[i]:R}";
            }

            return null;
        }
    }
}
