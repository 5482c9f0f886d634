using TinySD.Runtime.Kernels.Reference;
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
            float[] sums = new float[VectorOps.NormBlocks(length)];
            double sum = ops.SumOfSquares(x, sums);
            return (null, [.. sums, (float)sum]);
        }, found => Math.Abs(found[^1] - expected) <= 1e-6 * expected);
    }

    [Test]
    [MatrixDataSource]
    public async Task Column_sums_are_the_twins([Matrix(1, 3, 4, 7, 64)] int rows, [Matrix(1, 15, 16, 50, 300)] int columns)
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
        await Same(ops =>
        {
            var sums = new GuardedBuffer("sums", columns, float.NaN);
            ops.ColumnSums(d, rows, columns, ld, sums.Span);
            return (sums.Damage(), sums.Span.ToArray());
        }, found => Near(found, expected, 1e-6 * rows));
    }

    [Test]
    [Arguments(1)]
    [Arguments(31)]
    [Arguments(20_000)]
    public async Task Scaled_and_multiplied_copies_are_the_twins(int length)
    {
        float[] x = Arrays.Uniform(1, length), m = Arrays.Uniform(2, length);
        double[] scaled = new double[length], multiplied = new double[length];
        ReferenceElementwise.Scale(x.ToDoubles(), scaled, 1.5);
        ReferenceElementwise.Multiply(x.ToDoubles(), m.ToDoubles(), multiplied);
        await Same(ops =>
        {
            GuardedBuffer y = new("y", length, float.NaN), z = new("z", x);
            ops.Scale(x, y.Span, 1.5f);
            ops.Multiply(z.Span, m, z.Span);
            return (y.Damage() ?? z.Damage(), [.. y.Span, .. z.Span]);
        }, found => Near(found, [.. scaled, .. multiplied], 1e-7));
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
