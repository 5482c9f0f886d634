using CommunityToolkit.HighPerformance;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Tests;

/// <summary>Gates, softmax and embedding against their scalar twins.</summary>
public sealed class CellTests
{
    // A gate is within a few units (6e-8) of its magnitude, at most 1, and a few of those are multiplied and added.
    private const double Tolerance = 1e-6;

    [Test]
    [MatrixDataSource]
    public async Task Gates_forward_and_backward_are_the_twins(
        [Matrix(1, 3, 17, 40, 67, 531)] int hidden, [Matrix(1, 2, 5, 33, 65)] int batch, [Matrix] bool peepholes)
    {
        foreach (int width in Cases.LaneWidths)
        {
            CellResults found = VectorRig.Cell(hidden, batch, width, SingleThread.Instance, peepholes);
            int ld = Products.RowStride(4 * hidden), cStride = AlignedBuffer.RoundUp(hidden);
            double[,] gates = new double[batch, 4 * hidden], cNext = new double[batch, hidden], h = new double[hidden, batch],
                da = new double[batch, 4 * hidden];
            double[,] c = Columns(found.C, batch, cStride, hidden), dc = Columns(found.Dc, batch, cStride, hidden),
                dh = new double[hidden, batch];
            for (int i = 0; i < dh.Length; i++) dh.AsFlat()[i] = (double)found.DUp[i] + found.DRecurrent[i];
            ReferenceLstmCell.Forward(Columns(found.A, batch, ld, 4 * hidden), found.P.ToDoubles(), c, gates, cNext, h);
            ReferenceLstmCell.Backward(gates, found.P.ToDoubles(), c, cNext, dh, dc, da);
            await Assert.That(found.Damage).IsNull();
            await Assert.That(Furthest(Columns(found.Gates, batch, ld, 4 * hidden), gates)).IsLessThan(Tolerance);
            await Assert.That(Furthest(Columns(found.CNext, batch, cStride, hidden), cNext)).IsLessThan(Tolerance);
            await Assert.That(Furthest(Columns(found.H, hidden, batch, batch), h)).IsLessThan(Tolerance);
            await Assert.That(Furthest(Columns(found.Da, batch, ld, 4 * hidden), da)).IsLessThan(Tolerance);
            await Assert.That(Furthest(Columns(found.DcOut, batch, cStride, hidden), dc)).IsLessThan(Tolerance);
            // The padding of a row belongs to the products: the cell leaves it alone.
            for (int b = 0; b < batch; b++)
            {
                int padding = (b * ld) + (4 * hidden), end = (b + 1) * ld;
                await Assert.That(Arrays.FirstDifference(found.Da.AsSpan(padding..end), found.A.AsSpan(padding..end))).IsNull();
            }
        }
    }

    [Test]
    [MatrixDataSource]
    public async Task The_GRU_forward_and_backward_is_the_twin(
        [Matrix(1, 3, 17, 40, 67, 531)] int hidden, [Matrix(1, 2, 5, 33, 65)] int batch)
    {
        int ld = Products.RowStride(3 * hidden), stride = AlignedBuffer.RoundUp(hidden), columns = 3 * hidden;
        foreach (int width in Cases.LaneWidths)
        {
            GruResults found = VectorRig.Gru(hidden, batch, width, SingleThread.Instance);
            double[,] gates = new double[batch, columns], hNext = new double[hidden, batch], dx = new double[batch, columns],
                du = new double[batch, columns];
            double[,] u = Columns(found.U, batch, ld, columns), h = Columns(found.H, hidden, batch, batch);
            double[,] dh = new double[hidden, batch], dPast = new double[hidden, batch],
                carried = Columns(found.DPast, batch, stride, hidden);
            for (int j = 0; j < hidden; j++)
            {
                for (int b = 0; b < batch; b++)
                    dh[j, b] = (double)found.DUp[(j * batch) + b] + found.DRecurrent[(j * batch) + b] + carried[b, j];
            }

            ReferenceGruCell.Forward(Columns(found.X, batch, ld, columns), u, h, gates, hNext);
            ReferenceGruCell.Backward(gates, u, h, dh, dx, du, dPast);
            await Assert.That(found.Damage).IsNull();
            await Assert.That(Furthest(Columns(found.Gates, batch, ld, columns), gates)).IsLessThan(Tolerance);
            await Assert.That(Furthest(Columns(found.HNext, hidden, batch, batch), hNext)).IsLessThan(Tolerance);
            await Assert.That(Furthest(Columns(found.Dx, batch, ld, columns), dx)).IsLessThan(2 * Tolerance);
            await Assert.That(Furthest(Columns(found.Du, batch, ld, columns), du)).IsLessThan(2 * Tolerance);
            await Assert.That(Furthest(Columns(found.DPastOut, batch, stride, hidden), dPast.Transposed())).IsLessThan(2 * Tolerance);
            for (int b = 0; b < batch; b++)
            {
                int padding = (b * ld) + columns, end = (b + 1) * ld;
                await Assert.That(Arrays.FirstDifference(found.Dx.AsSpan(padding..end), found.X.AsSpan(padding..end))).IsNull();
                await Assert.That(Arrays.FirstDifference(found.Du.AsSpan(padding..end), found.U.AsSpan(padding..end))).IsNull();
            }
        }
    }

    [Test]
    [MatrixDataSource]
    public async Task The_simple_cell_forward_and_backward_is_the_twin(
        [Matrix] bool rectified, [Matrix(1, 3, 17, 40, 67, 531)] int hidden, [Matrix(1, 2, 5, 33, 65)] int batch)
    {
        int ld = Products.RowStride(hidden);
        foreach (int width in Cases.LaneWidths)
        {
            RnnResults found = VectorRig.Rnn(rectified, hidden, batch, width, SingleThread.Instance);
            double[,] h = new double[hidden, batch], dh = new double[hidden, batch], da = new double[batch, hidden];
            for (int i = 0; i < dh.Length; i++) dh.AsFlat()[i] = (double)found.DUp[i] + found.DRecurrent[i];
            ReferenceRnnCell.Forward(Columns(found.A, batch, ld, hidden), rectified, h);
            ReferenceRnnCell.Backward(h, dh, rectified, da);
            await Assert.That(found.Damage).IsNull();
            await Assert.That(Furthest(Columns(found.H, hidden, batch, batch), h)).IsLessThan(Tolerance);
            await Assert.That(Furthest(Columns(found.Da, batch, ld, hidden), da)).IsLessThan(Tolerance);
            for (int b = 0; b < batch; b++)
            {
                int padding = (b * ld) + hidden, end = (b + 1) * ld;
                await Assert.That(Arrays.FirstDifference(found.Da.AsSpan(padding..end), found.A.AsSpan(padding..end))).IsNull();
            }
        }
    }

    [Test]
    public async Task A_rectified_unit_hands_not_a_number_on()
    {
        foreach (int width in Cases.LaneWidths)
        {
            var ops = new VectorOps(SingleThread.Instance, KernelChoice.ForLaneWidth(width));
            float[] a = new float[32], h = new float[17];
            float[] values = [float.NaN, -1f, 2f, float.PositiveInfinity, float.NegativeInfinity, 0f];
            for (int j = 0; j < h.Length; j++) a[j] = values[j % values.Length];
            ops.RnnForward(rectified: true, a, 32, h.Length, 1, h);
            float[] expected = [float.NaN, 0f, 2f, float.PositiveInfinity, 0f, 0f];
            for (int j = 0; j < h.Length; j++)
                await Assert.That(h[j]).IsEqualTo(expected[j % values.Length]).Because($"unit {j}, {width} lanes");
        }
    }

    [Test]
    [MatrixDataSource]
    public async Task Sums_of_products_are_the_twins([Matrix(1, 15, 16, 67, 300)] int columns, [Matrix(1, 4, 9)] int rows)
    {
        const int dStride = 320, xStride = 304;
        float[] d = Arrays.Uniform(1, rows * dStride), x = Arrays.Uniform(2, rows * xStride);
        double[] expected = new double[columns];
        ReferenceElementwise.ProductSums(Columns(d, rows, dStride, columns), Columns(x, rows, xStride, columns), expected);
        for (int j = 0; j < columns; j++) expected[j] += 0.5;
        using var pool = new WorkerPool(2);
        float[]? first = null;
        foreach (int width in Cases.LaneWidths)
        {
            using GuardedBuffer sums = new("sums", columns, 0.5f);
            new VectorOps(pool, KernelChoice.ForLaneWidth(width)).AddProductSums(d, dStride, x, xStride, rows, columns, sums.Span);
            await Assert.That(Furthest(Columns(sums.Span.ToArray(), 1, columns, columns), Row(expected))).IsLessThan(Tolerance);
            await Assert.That(sums.Damage()).IsNull();
            first ??= sums.Span.ToArray();
            await Assert.That(Arrays.FirstDifference(sums.Span, first)).IsNull().Because($"{width} lanes");
        }
    }

    [Test]
    [MatrixDataSource]
    public async Task Softmax_and_its_gradient_are_the_twins(
        [Matrix(2, 3, 16, 19, 67, 100)] int vocabulary, [Matrix(0.1f, 10f, 1000f)] float range, [Matrix(0f, 0.1f, 0.9f)] float smoothing)
    {
        const int rows = 6;
        const float scale = 0.125f;
        float[]? first = null;
        foreach (int width in Cases.LaneWidths)
        {
            SoftmaxResults found = VectorRig.Softmax(vocabulary, rows, width, SingleThread.Instance, scale, range, smoothing);
            first ??= found.Flat;
            await Assert.That(Arrays.FirstDifference(found.Flat, first)).IsNull().Because($"{width} lanes");
            int ld = Products.RowStride(vocabulary);
            await Assert.That(found.Damage).IsNull();
            for (int row = 0; row < rows; row++)
            {
                double[] dy = new double[vocabulary];
                double loss = found.Targets[row] < 0
                    ? 0
                    : ReferenceSoftmaxCrossEntropy.Row(
                        found.Y.AsSpan(row * ld, vocabulary).ToArray().ToDoubles(), found.Targets[row], scale, dy, smoothing);

                // The loss is a float and a difference of logits: it is no closer than a unit of either.
                await Assert.That((double)found.Losses[row]).IsEqualTo(loss).Within(Tolerance * Math.Max(1, loss));
                await Assert.That(Furthest(Columns(found.Dy[(row * ld)..], 1, ld, vocabulary), Row(dy))).IsLessThan(scale * Tolerance);
                await Assert.That(Arrays.FirstDifference(
                    found.Dy.AsSpan((row * ld) + vocabulary, ld - vocabulary),
                    found.Y.AsSpan((row * ld) + vocabulary, ld - vocabulary))).IsNull();
            }
        }
    }

    [Test]
    [MatrixDataSource]
    public async Task Embedding_forward_and_backward_are_the_twins(
        [Matrix(1, 16, 33, 130)] int units, [Matrix(1, 4, 5, 8)] int batch, [Matrix(true, false)] bool tied)
    {
        const int vocabulary = 7, timeSteps = 4;
        using var pool = new WorkerPool(2);
        float[] table = Arrays.Uniform(1, vocabulary * units), dx = Arrays.Uniform(2, timeSteps * units * batch);
        int[] tokens = Arrays.Tokens(3, timeSteps * batch, vocabulary);
        StepRows rows = StepRows.Even(timeSteps, batch);
        float[]? first = null;
        foreach (int width in Cases.LaneWidths)
        {
            var ops = new VectorOps(pool, KernelChoice.ForLaneWidth(width));
            GuardedBuffer x = new("x", dx.Length, float.NaN), gradient = new("gradient", Arrays.Uniform(4, table.Length));
            double[,] expectedGradient = View(gradient.Span);
            (int tokenStride, int unitStride) = tied ? (1, vocabulary) : (units, 1);
            ops.Embed(table, tokenStride, unitStride, tokens, rows, units, x.Span);
            ops.EmbedBackward(dx, tokens, rows, units, gradient.Span, tokenStride, unitStride);
            for (int t = 0; t < timeSteps; t++)
            {
                int[] step = tokens[(t * batch)..((t + 1) * batch)];
                var expected = new double[units, batch];
                ReferenceEmbedding.Forward(View(table), step, expected);
                ReferenceEmbedding.Backward(
                    step, ((ReadOnlySpan<float>)dx.AsSpan(t * units * batch)).ToMatrix(units, batch), expectedGradient);
                await Assert.That(Furthest(Columns(x.Span[(t * units * batch)..].ToArray(), units, batch, batch), expected)).IsEqualTo(0);
            }

            await Assert.That(Furthest(View(gradient.Span), expectedGradient)).IsLessThan(Tolerance);
            await Assert.That(x.Damage() ?? gradient.Damage()).IsNull();
            first ??= gradient.Span.ToArray();
            await Assert.That(Arrays.FirstDifference(gradient.Span, first)).IsNull().Because($"{width} lanes");
        }

        // The table as [V, E]; a tied one lies as [E, V].
        double[,] View(ReadOnlySpan<float> values) =>
            tied ? values.ToMatrix(units, vocabulary).Transposed() : values.ToMatrix(vocabulary, units);
    }

    private static double[,] Columns(float[] values, int rows, int stride, int columns)
    {
        var matrix = new double[rows, columns];
        for (int row = 0; row < rows; row++) values.AsSpan(row * stride, columns).ToArray().ToDoubles().CopyTo(matrix.GetRowSpan(row));
        return matrix;
    }

    private static double[,] Row(double[] values)
    {
        var row = new double[1, values.Length];
        values.CopyTo(row.AsFlat());
        return row;
    }

    private static double Furthest(double[,] found, double[,] expected) =>
        Closeness.Furthest<double, double>(found.AsFlat(), expected.AsFlat());
}
