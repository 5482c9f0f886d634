using TinySD.Formats.Hardware;
using TinySD.Runtime.Hardware;
using TinySD.Tools.Systolic;

namespace TinySD.Tools.Tests;

/// <summary>The array, register by register, against the plain product and the closed forms.</summary>
public sealed class ArraySimulatorTests
{
    // Sizes below, at, just above and far above the arrays' edges.
    private static readonly int[] s_sizes = [1, 2, 3, 5, 8, 17];

    [Test]
    [Arguments(1, 1)]
    [Arguments(2, 3)]
    [Arguments(3, 2)]
    [Arguments(4, 4)]
    [Arguments(5, 7)]
    [Arguments(8, 8)]
    public async Task Cycles_equal_the_closed_form_and_results_the_plain_product(int rows, int columns)
    {
        var problems = new List<string>();
        int runs = 0;
        foreach (SystolicArray array in Arrays(rows, columns))
        {
            foreach (int m in s_sizes)
            {
                foreach (int n in s_sizes)
                {
                    foreach (int k in s_sizes)
                    {
                        runs++;
                        Check(array, Enumerable.Range(0, m).ToArray(), Enumerable.Range(0, n).ToArray(), Enumerable.Range(0, k).ToArray(),
                            problems);
                    }
                }
            }
        }

        await Assert.That(runs).IsEqualTo(4 * 216);
        await Assert.That(problems).IsEmpty();
    }

    /// <summary>Dropped units are a part of K in a forward product, of N in a backward one, of M in a weight gradient.</summary>
    [Test]
    [Arguments(2, 3)]
    [Arguments(4, 4)]
    [Arguments(8, 8)]
    public async Task Dropped_rows_and_columns_take_no_time_and_leave_the_others_as_they_are(int rows, int columns)
    {
        var random = new Random(7);
        var problems = new List<string>();
        int[] all = [.. Enumerable.Range(0, 19)];
        foreach (SystolicArray array in Arrays(rows, columns))
        {
            foreach (int kept in new[] { 0, 1, 4, 8, 9, 18 })
            {
                int[] keep = [.. all.OrderBy(_ => random.Next()).Take(kept).Order()];
                Check(array, all, all[..11], keep, problems);
                Check(array, all, keep, all[..11], problems);
                Check(array, keep, all, all[..11], problems);
                Check(array, keep, keep, keep, problems);
            }
        }

        await Assert.That(problems).IsEmpty();
    }

    [Test]
    public async Task Operands_that_do_not_fit_each_other_are_refused()
    {
        var simulator = new ArraySimulator(Arrays(2, 2).First());
        var two = new GatheredMatrix(new float[4], 2, [0, 1], [0, 1]);
        var one = new GatheredMatrix(new float[4], 2, [0], [0, 1]);
        await Assert.That(() => simulator.Run(two, one)).Throws<ArgumentException>();
    }

    private static IEnumerable<SystolicArray> Arrays(int rows, int columns)
    {
        SystolicArray array = BuiltInProfiles.Find("systolic-8x8")[0].Systolic! with { Rows = rows, Columns = columns };
        yield return array with { Dataflow = SystolicDataflow.OutputStationary };
        yield return array with { Dataflow = SystolicDataflow.OutputStationary, DrainOverlaps = false };
        yield return array with { Dataflow = SystolicDataflow.WeightStationary };
        yield return array with { Dataflow = SystolicDataflow.InputStationary };
    }

    /// <summary>The product of the kept parts of two matrices of 19 rows and columns.</summary>
    private static void Check(SystolicArray array, int[] m, int[] n, int[] k, List<string> problems)
    {
        const int edge = 19;
        var random = new Random(1);
        float[] x = [.. Enumerable.Range(0, edge * edge).Select(_ => random.NextSingle() - 0.5f)];
        float[] w = [.. Enumerable.Range(0, edge * edge).Select(_ => random.NextSingle() - 0.5f)];
        ArrayRun run = new ArraySimulator(array).Run(new GatheredMatrix(x, edge, m, k), new GatheredMatrix(w, edge, k, n));
        var shape = new GemmShape(m.Length, n.Length, k.Length);
        string name = $"{array.Rows}x{array.Columns} {array.Dataflow} {shape}";
        if (run.Cycles != FoldModel.Cycles(array, shape))
            problems.Add($"{name}: {run.Cycles} cycles, expected {FoldModel.Cycles(array, shape)}");
        if (run.MultiplyAdds != shape.MultiplyAdds)
            problems.Add($"{name}: {run.MultiplyAdds} multiply-adds, expected {shape.MultiplyAdds}");
        for (int i = 0; i < m.Length; i++)
        {
            for (int j = 0; j < n.Length; j++)
            {
                double expected = k.Sum(unit => (double)x[(m[i] * edge) + unit] * w[(unit * edge) + n[j]]);
                if (!(Math.Abs(run.Output[i, j] - expected) < 1e-5))
                    problems.Add($"{name}: output {i},{j} is {run.Output[i, j]}, expected {expected}");
            }
        }
    }
}
