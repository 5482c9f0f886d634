using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Numerics;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Tests;

/// <summary>Plain passes over arrays against their scalar twins, with the same bits at every width and thread count.</summary>
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
    [MatrixDataSource]
    public async Task Updates_are_the_twins(
        [Matrix(16, 16384 + 48)] int length, [Matrix(0f, 0.1f)] float decay, [Matrix(0f, 0.01f)] float shrink)
    {
        foreach (UpdateForm form in Enum.GetValues<UpdateForm>())
        {
            UpdateRule rule = new(form)
            {
                Scale = 0.5f, Decay = decay, Rate = 0.75f, Shrink = shrink, Beta1 = 0.8f, Beta2 = 0.9f, Correction = 1.25f,
                Epsilon = 0.125f,
            };
            float[] p = Arrays.Uniform(1, length), g = Arrays.Uniform(2, length), first = Arrays.Uniform(3, length),
                second = Arrays.Uniform(4, length);
            for (int i = 0; i < length; i++)
                (first[i], second[i]) = (form == UpdateForm.Adagrad ? first[i] * first[i] : first[i], second[i] * second[i]);
            double[] pExpected = p.ToDoubles(), firstExpected = first.ToDoubles(), secondExpected = second.ToDoubles();
            ReferenceUpdates.Update(pExpected, g.ToDoubles(), firstExpected, secondExpected, rule);
            await Same(ops =>
            {
                int[] starts = [.. Enumerable.Range(0, (length + 4095) / 4096).Select(block => block * 4096)];
                GuardedBuffer found = new("p", p), one = new("first", first), two = new("second", second);
                ops.Update(found.Span, g, one.Span, two.Span, starts, [.. starts.Select(start => Math.Min(4096, length - start))], rule);
                return (found.Damage() ?? one.Damage() ?? two.Damage(), [.. found.Span, .. one.Span, .. two.Span]);
            }, found => Near(found, [.. pExpected, .. firstExpected, .. secondExpected], 2e-6));
        }
    }

    [Test]
    public async Task Only_a_rule_that_leaves_alone_what_has_no_gradient_keeps_to_its_blocks()
    {
        foreach (UpdateForm form in Enum.GetValues<UpdateForm>())
        {
            foreach ((float decay, float shrink) in new[] { (0f, 0f), (0.1f, 0f), (0f, 0.1f) })
            {
                // Descent has its decay in what it shrinks by.
                if (form == UpdateForm.Descent && decay > 0f) continue;
                UpdateRule rule = new(form)
                {
                    Scale = 1f, Decay = decay, Rate = 1f, Shrink = shrink, Beta1 = 0.5f, Beta2 = 0.5f, Correction = 1f, Epsilon = 1f,
                };
                float[] p = Arrays.Uniform(1, 64), g = new float[64], first = new float[64], second = new float[64];
                first.AsSpan().Fill(1f);
                g[20] = 1f;
                float[] all = p.ToArray(), before = p.ToArray(), firstOfAll = first.ToArray();
                var ops = new VectorOps(SingleThread.Instance, KernelChoice.Best);
                ops.Update(p, g, first, second, [16], [16], rule);
                ops.Update(all, g, firstOfAll, new float[64], [0], [64], rule);

                // Blocks are a way to save work, and change no bit.
                await Assert.That(Arrays.FirstDifference(p, all)).IsNull().Because($"{rule}");
                await Assert.That(Arrays.FirstDifference(first, firstOfAll)).IsNull().Because($"{rule}");
                await Assert.That(Arrays.FirstDifference(p.AsSpan(32), before.AsSpan(32)) is null)
                    .IsEqualTo(rule.IsLocal).Because($"{rule}");
            }
        }
    }

    [Test]
    public async Task State_that_decays_ends_at_zero_and_is_never_a_subnormal_number()
    {
        foreach (UpdateForm form in new[] { UpdateForm.Momentum, UpdateForm.Nesterov, UpdateForm.Adam })
        {
            UpdateRule rule = new(form) { Scale = 1f, Rate = 0.1f, Beta1 = 0.5f, Beta2 = 0.5f, Correction = 1f, Epsilon = 1e-8f };
            await Same(
                ops =>
                {
                    float[] p = Arrays.Uniform(1, 16), none = new float[16], first = Arrays.Uniform(2, 16);
                    float[] second = [.. Arrays.Uniform(3, 16, 0.5f).Select(value => 1f + value)];
                    string? damage = null;
                    for (int update = 0; update < 200; update++)
                    {
                        ops.Update(p, none, first, second, [0], [16], rule);
                        if (first.Concat(second).Any(float.IsSubnormal)) damage ??= $"a subnormal number after update {update}";
                    }

                    return (damage, [.. first, .. form == UpdateForm.Adam ? second : []]);
                },
                found => found.All(value => value == 0f));
        }
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
