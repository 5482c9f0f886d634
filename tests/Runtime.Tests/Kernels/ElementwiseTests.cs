using TinySD.Runtime.Memory;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Tests;

/// <summary>Plain passes over arrays against their scalar twins, with the same bits at every width and thread count.</summary>
/// <remarks>The optimizers' updates are OptimizerTests' part.</remarks>
[NotInParallel]
public sealed class ElementwiseTests
{
    [Test]
    [Arguments(16)]
    [Arguments(4096)]
    [Arguments(4096 + 48)]
    [Arguments(100_000)]
    public async Task Sum_of_squares_is_the_twins(int length)
    {
        float[] x = Arrays.Uniform(1, length, 3f);
        double expected = ReferenceElementwise.SumOfSquares(x.ToDoubles());
        await Same(ops =>
        {
            int[] starts = [.. Enumerable.Range(0, (length + 4095) / 4096).Select(block => block * 4096)];
            float[] sums = new float[starts.Length];
            double sum = ops.SumOfSquares(x, starts, [.. starts.Select(start => Math.Min(4096, length - start))], sums);
            return (null, [.. sums, (float)sum]);
        }, found => Math.Abs(found[^1] - expected) <= 1e-6 * expected);
    }

    [Test]
    [MatrixDataSource]
    public async Task Column_sums_are_the_twins_or_add_them(
        [Matrix(1, 3, 4, 7, 64)] int rows, [Matrix(1, 15, 16, 50, 300)] int columns, [Matrix] bool isNew)
    {
        int ld = Products.RowStride(columns) + 16;
        float[] d = Arrays.Uniform(1, rows * ld);
        var matrix = new double[rows, columns];
        for (int row = 0; row < rows; row++)
        {
            for (int j = 0; j < columns; j++) matrix[row, j] = d[(row * ld) + j];
        }

        double[] expected = new double[columns];
        ReferenceElementwise.ColumnSums(matrix, expected);
        for (int j = 0; j < columns && !isNew; j++) expected[j] += 0.5;
        await Same(ops =>
        {
            var sums = new GuardedBuffer("sums", columns, isNew ? float.NaN : 0.5f);
            ops.AddColumnSums(d, ld, rows, columns, new GradientSpan(sums.Span, isNew));
            return (sums.Damage(), sums.Span.ToArray());
        }, found => Near(found, expected, 1e-6 * rows));
    }

    [Test]
    [MatrixDataSource]
    public async Task Gathered_rows_are_the_twins([Matrix(1, 5, 40)] int units, [Matrix(1, 7, 20, 33)] int batch)
    {
        float[] x = Arrays.Uniform(1, units * batch);
        int[] keep = [.. Enumerable.Range(0, units).Where(unit => unit % 3 != 1)];
        double[] expected = new double[keep.Length * batch];
        ReferenceElementwise.Scale([.. keep.SelectMany(unit => x[(unit * batch)..((unit + 1) * batch)].ToDoubles())], expected, 1.5);
        await Same(ops =>
        {
            var y = new GuardedBuffer("y", units * batch, float.NaN);
            ops.Gather(x, new KeepTable(keep), StepRows.Even(1, batch), units, 1.5f, y.Span);
            return (y.Damage(), y.Span[..expected.Length].ToArray());
        }, found => Near(found, expected, 1e-7));
    }

    [Test]
    [Arguments(1)]
    [Arguments(31)]
    [Arguments(20_000)]
    public async Task Masked_copies_are_the_twins(int length)
    {
        float[] x = Arrays.Uniform(1, length), m = Arrays.Uniform(2, length);
        double[] expected = new double[length];
        ReferenceElementwise.Multiply(x.ToDoubles(), m.ToDoubles(), expected);
        await Same(ops =>
        {
            var y = new GuardedBuffer("y", x);
            ops.Multiply(y.Span, m, y.Span);
            return (y.Damage(), y.Span.ToArray());
        }, found => Near(found, expected, 1e-7));
    }

    [Test]
    [Arguments(1)]
    [Arguments(31)]
    [Arguments(20_000)]
    public async Task Scaled_sums_and_differences_are_the_twins(int length)
    {
        float[] a = Arrays.Uniform(1, length), b = Arrays.Uniform(2, length), y = Arrays.Uniform(3, length);
        double[] scaled = y.ToDoubles(), averaged = y.ToDoubles();
        ReferenceElementwise.AddScaled(a.ToDoubles(), scaled, 1.5);
        await Same(ops =>
        {
            var found = new GuardedBuffer("y", y);
            ops.AddScaled(a, 1.5f, found.Span);
            return (found.Damage(), found.Span.ToArray());
        }, found => Near(found, scaled, 3e-7));

        ReferenceElementwise.AddDifference(a.ToDoubles(), averaged.ToArray(), averaged, 0.25);
        await Same(ops =>
        {
            var found = new GuardedBuffer("y", y);
            ops.Average(a, 0.25f, found.Span);
            return (found.Damage(), found.Span.ToArray());
        }, found => Near(found, averaged, 3e-7));
    }

    [Test]
    [Arguments(16)]
    [Arguments(8192 + 48)]
    public async Task Descent_with_decay_is_the_twins(int length)
    {
        float[] p = Arrays.Uniform(1, length), g = Arrays.Uniform(2, length);
        double[] expected = p.ToDoubles();
        ReferenceElementwise.DescendAndDecay(expected, g.ToDoubles(), 0.75, 0.01);
        await Same(ops =>
        {
            var found = new GuardedBuffer("p", p);
            ops.DescendAndDecay(found.Span, g, 0.75f, 0.01f);
            return (found.Damage(), found.Span.ToArray());
        }, found => Near(found, expected, 3e-7));
    }

    [Test]
    [Arguments(1, 0f)]
    [Arguments(3, 2f)]
    [Arguments(64, 0.5f)]
    [Arguments(501, 3f)]
    public async Task Exponentials_are_the_twins(int length, float factor)
    {
        float[] x = Arrays.Uniform(1, length, 4f);
        double[] y = new double[length], p = new double[length];
        ReferenceElementwise.Scale(x.ToDoubles(), y, factor);
        ReferenceSoftmaxCrossEntropy.Row(y, 0, 1, p);
        p[0] += 1; // the one-hot of the gradient
        await Same(ops =>
        {
            var row = new GuardedBuffer("row", x);
            float sum = ops.Exponentials(row.Span, factor);
            return (row.Damage(), [.. row.Span.ToArray().Select(e => e / sum)]);
        }, found => Near(found, p, 2e-6));
    }

    private static bool Near(float[] found, double[] expected, double tolerance) =>
        found.Zip(expected).All(pair => Math.Abs(pair.First - pair.Second) <= tolerance);

    private static async Task Same(Func<VectorOps, (string? Damage, float[] Found)> run, Func<float[], bool> isTwins)
    {
        float[] first = run(new VectorOps(SingleThread.Instance, KernelChoice.ForLaneWidth(Cases.LaneWidths[0]))).Found;
        await Assert.That(isTwins(first)).IsTrue();
        using var pool = new WorkerPool(3);
        foreach (int width in Cases.LaneWidths)
        {
            foreach (IParallelRunner runner in (IParallelRunner[])[SingleThread.Instance, pool])
            {
                (string? damage, float[] found) = run(new VectorOps(runner, KernelChoice.ForLaneWidth(width)));
                await Assert.That(damage).IsNull();
                await Assert.That(Arrays.FirstDifference(found, first)).IsNull().Because($"{width} lanes, {runner.ThreadCount} threads");
            }
        }
    }
}
