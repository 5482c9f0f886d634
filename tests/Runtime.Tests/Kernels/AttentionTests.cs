using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Tests;

/// <summary>What an attention's kernels make of odd sizes, between canaries: against their twins, with the same bits at every width of
/// registers and number of threads.</summary>
[NotInParallel]
public sealed class AttentionTests
{
    // Rows of the sequences that the queries look at, which stand in another order; one sequence nobody looks at.
    private static readonly int[] _lengths = [7, 1, 5, 2], _sequences = [2, 0, 1];

    [Test]
    [MatrixDataSource]
    public async Task Contexts_and_all_gradients_are_the_twins(
        [Matrix(1, 16, 37)] int keyUnits, [Matrix(1, 19, 48)] int valueUnits, [Matrix(false, true)] bool hasVector,
        [Matrix(1f, 1.75f)] float scale)
    {
        Inputs inputs = Inputs.Draw(keyUnits, valueUnits, hasVector, scale);
        using var pool = new WorkerPool(3);
        float[]? first = null;
        foreach (int width in Cases.LaneWidths)
        {
            foreach (IParallelRunner runner in (IParallelRunner[])[SingleThread.Instance, pool])
            {
                Outputs found = inputs.Run(new VectorOps(runner, KernelChoice.ForLaneWidth(width)));
                await Assert.That(found.Damage).IsNull();
                float[] flat = [.. found.Contexts, .. found.Weights, .. found.Gradients.SelectMany(gradient => gradient.Values)];
                if (first is null) await Assert.That(inputs.FirstDifference(found)).IsNull();
                first ??= flat;
                await Assert.That(Arrays.FirstDifference(flat, first)).IsNull().Because($"{width} lanes, {runner.ThreadCount} threads");
            }
        }
    }

    [Test]
    [MatrixDataSource]
    public async Task What_is_turned_to_rows_comes_back(
        [Matrix(1, 4, 15, 16, 33)] int units, [Matrix(1, 3, 4, 9)] int batch, [Matrix(1, 3)] int steps)
    {
        int stride = Products.RowStride(units);
        float[] x = Arrays.Uniform(1, steps * units * batch);
        using var pool = new WorkerPool(2);
        foreach (int width in Cases.LaneWidths)
        {
            var ops = new VectorOps(pool, KernelChoice.ForLaneWidth(width));
            using GuardedBuffer from = new("x", x), rows = new("rows", steps * batch * stride, 7f), back = new("back", x.Length, float.NaN);
            ops.ToRows(from.Span, StepRows.Even(steps, batch), units, rows.Span, stride);
            ops.ToUnits(rows.Span, stride, StepRows.Even(steps, batch), units, back.Span);
            await Assert.That(from.Damage() ?? rows.Damage() ?? back.Damage()).IsNull();
            await Assert.That(Arrays.FirstDifference(back.Span, x)).IsNull();
            float[] expected = [.. Enumerable.Range(0, steps * batch * stride).Select(i =>
            {
                (int row, int unit) = int.DivRem(i, stride);
                (int t, int b) = int.DivRem(row, batch);
                return unit < units ? x[(((t * units) + unit) * batch) + b] : 7f;
            })];
            await Assert.That(Arrays.FirstDifference(rows.Span, expected)).IsNull();
        }
    }

    private sealed record Inputs(
        int KeyUnits, int ValueUnits, float[] Keys, float[] Values, float[] Queries, float[] Vector, float Scale, float[] DContexts)
    {
        private int KeyStride => Products.RowStride(KeyUnits);

        private int ValueStride => Products.RowStride(ValueUnits);

        private static int Stride => AlignedBuffer.RoundUp(_lengths.Max());

        public static Inputs Draw(int keyUnits, int valueUnits, bool hasVector, float scale)
        {
            int rows = _lengths.Sum(), queries = _sequences.Length;
            return new(
                keyUnits, valueUnits, Rows(1, rows, keyUnits), Rows(2, rows, valueUnits), Rows(3, queries, keyUnits),
                hasVector ? Rows(4, 1, keyUnits) : [], scale, Rows(5, queries, valueUnits));
        }

        public Outputs Run(VectorOps ops)
        {
            int queries = _sequences.Length, rows = _lengths.Sum();
            (int[] numbers, int[] starts) = Numbers();
            GuardedBuffer keys = new("keys", Keys), values = new("values", Values), q = new("queries", Queries), v = new("vector", Vector),
                scores = new("scores", queries * Stride, float.NaN), weights = new("weights", queries * Stride),
                contexts = new("contexts", queries * ValueStride, float.NaN), d = new("dContexts", DContexts),
                spare = new("spare", queries * Stride, float.NaN), dQueries = new("dQueries", queries * KeyStride, float.NaN),
                dVectors = new("dVectors", Vector.Length == 0 ? 0 : queries * KeyStride), dScales = new("dScales", queries),
                dKeys = new("dKeys", rows * KeyStride), dValues = new("dValues", rows * ValueStride);
            var memory = new AttentionMemory(keys.Span, KeyStride, values.Span, ValueStride, numbers, starts);
            var step = new AttentionStep(q.Span, _sequences, scores.Span, weights.Span, Stride);
            ops.Attend(memory, step, v.Span, Scale, contexts.Span);
            float[] forward = contexts.Span.ToArray(), found = weights.Span.ToArray();
            ops.AttendBackward(
                memory, step, v.Span, Scale, d.Span, spare.Span,
                new AttentionGradients(dQueries.Span, dVectors.Span, dScales.Span, dKeys.Span, dValues.Span));
            GuardedBuffer[] all = [keys, values, q, v, scores, weights, contexts, d, spare, dQueries, dVectors, dScales, dKeys, dValues];
            var outputs = new Outputs(
                forward, found,
                [
                    ("queries", dQueries.Span.ToArray()), ("vector", dVectors.Span.ToArray()), ("scale", dScales.Span.ToArray()),
                    ("keys", dKeys.Span.ToArray()), ("values", dValues.Span.ToArray()),
                ],
                all.Select(buffer => buffer.Damage()).FirstOrDefault(damage => damage is not null));
            foreach (GuardedBuffer buffer in all) buffer.Dispose();
            return outputs;
        }

        /// <summary>The first number that is not the twins', or null.</summary>
        public string? FirstDifference(Outputs found)
        {
            (int[] numbers, int[] starts) = Numbers();
            var gradients = found.Gradients.ToDictionary(gradient => gradient.Name, gradient => gradient.Values);
            var looked = new HashSet<int>();
            for (int b = 0; b < _sequences.Length; b++)
            {
                int[] rows = numbers[starts[_sequences[b]]..starts[_sequences[b] + 1]];
                looked.UnionWith(rows);
                ReferenceAttention twin = new(
                    Row(Queries, b, KeyUnits), [.. rows.Select(row => Row(Keys, row, KeyUnits))],
                    [.. rows.Select(row => Row(Values, row, ValueUnits))], Vector.Length == 0 ? [] : Row(Vector, 0, KeyUnits), Scale);
                double[] d = Row(DContexts, b, ValueUnits);
                string? difference = Compare("context", Row(found.Contexts, b, ValueUnits), twin.Context)
                    ?? Compare("weights", found.Weights.AsSpan(b * Stride, rows.Length).ToArray().ToDoubles(), twin.Weights)
                    ?? Compare("query", Row(gradients["queries"], b, KeyUnits), Slopes(
                        KeyUnits, (j, by) => twin with { Query = Moved(twin.Query, j, by) }))
                    ?? Compare("scale", [gradients["scale"][b]], Slopes(1, (_, by) => twin with { Scale = twin.Scale + by }));
                if (Vector.Length > 0)
                {
                    difference ??= Compare("vector", Row(gradients["vector"], b, KeyUnits), Slopes(
                        KeyUnits, (j, by) => twin with { Vector = Moved(twin.Vector, j, by) }));
                }

                for (int i = 0; i < rows.Length; i++)
                {
                    int at = i;
                    difference ??= Compare($"key {i}", Row(gradients["keys"], rows[i], KeyUnits), Slopes(
                        KeyUnits, (j, by) => twin with { Keys = MovedRow(twin.Keys, at, j, by) }));
                    difference ??= Compare($"value {i}", Row(gradients["values"], rows[i], ValueUnits), Slopes(
                        ValueUnits, (j, by) => twin with { Values = MovedRow(twin.Values, at, j, by) }));
                }

                if (difference is not null) return $"query {b}: {difference}";

                double[] Slopes(int count, Func<int, double, ReferenceAttention> moved) =>
                    [.. Enumerable.Range(0, count).Select(j => ReferenceAttention.Slope(d, by => moved(j, by)))];
            }

            // Rows that nobody looks at have no gradient.
            for (int row = 0; row < numbers.Length; row++)
            {
                if (!looked.Contains(row) && Row(gradients["keys"], row, KeyUnits).Any(value => value != 0)) return $"row {row}";
            }

            return null;
        }

        // Step by step, as a packed memory's rows lie: those of each sequence one batch apart.
        private static (int[] Numbers, int[] Starts) Numbers()
        {
            var numbers = new List<int>();
            var starts = new List<int> { 0 };
            for (int sequence = 0; sequence < _lengths.Length; sequence++)
            {
                for (int s = 0; s < _lengths[sequence]; s++)
                {
                    int before = Enumerable.Range(0, s).Sum(step => _lengths.Count(length => length > step));
                    numbers.Add(before + Enumerable.Range(0, sequence).Count(other => _lengths[other] > s));
                }

                starts.Add(numbers.Count);
            }

            return ([.. numbers], [.. starts]);
        }

        private static float[] Rows(int seed, int rows, int units)
        {
            int stride = Products.RowStride(units);
            float[] all = Arrays.Uniform(seed, rows * stride);
            for (int i = 0; i < all.Length; i++) all[i] = i % stride < units ? all[i] : 0f;
            return all;
        }

        private static double[] Row(float[] rows, int row, int units)
        {
            int start = row * Products.RowStride(units);
            return rows[start..(start + units)].ToDoubles();
        }

        private static double[] Moved(double[] values, int at, double by) => [.. values.Select((value, j) => j == at ? value + by : value)];

        private static double[][] MovedRow(double[][] rows, int row, int at, double by) =>
            [.. rows.Select((values, i) => i == row ? Moved(values, at, by) : values)];

        private static string? Compare(string name, double[] found, double[] expected)
        {
            for (int i = 0; i < expected.Length; i++)
            {
                if (!(Math.Abs(found[i] - expected[i]) <= 1e-5)) return $"{name}[{i}] is {found[i]}, not {expected[i]}";
            }

            return null;
        }
    }

    private sealed record Outputs(float[] Contexts, float[] Weights, (string Name, float[] Values)[] Gradients, string? Damage);
}
