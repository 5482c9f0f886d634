using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Tests;

/// <summary>Passes over windows of sequences of unequal length: each sequence has the bits that it has alone.</summary>
public sealed class UnevenStepsTests
{
    private const int Units = 21, Words = 9;

    private static readonly int[] _lengths = [9, 7, 7, 3, 1, 1];

    private delegate void Work(VectorOps ops, StepRows rows, int[] tokens, float[] x, float[] y);

    private static readonly Dictionary<string, Work> _works = new()
    {
        ["slowness"] = (ops, rows, _, x, y) => ops.AddSlowness(x, rows, Units, 0.3f, y),
        ["gathering"] = (ops, rows, _, x, y) => ops.Gather(x, new KeepTable([1, 4, 20]), rows, Units, 1.5f, y),
        ["scattering"] = (ops, rows, _, x, y) => ops.ScatterAdd(x, new KeepTable([1, 4, 20]), rows, Units, 1.5f, y),
        ["rows of a table"] = (ops, rows, tokens, _, y) => ops.Embed(Arrays.Uniform(8, Words * Units), Units, 1, tokens, rows, Units, y),
        ["columns of a table"] = (ops, rows, tokens, _, y) => ops.Embed(Arrays.Uniform(8, Words * Units), 1, Words, tokens, rows, Units, y),
        ["word factors"] = (ops, rows, tokens, _, y) => ops.ScaleTokens(Arrays.Uniform(9, Words), 0, tokens, rows, Units, y),
    };

    public static IEnumerable<string> Names() => _works.Keys;

    [Test]
    [NotInParallel]
    [MethodDataSource(nameof(Names))]
    public async Task A_sequence_has_the_bits_that_it_has_alone(string name)
    {
        StepRows rows = new SequencePacking(_lengths.Length, 9).Pack(_lengths, 9);
        int[] tokens = Arrays.Tokens(1, rows.Total, Words);
        float[] x = Arrays.Uniform(2, rows.Total * Units), y = Arrays.Uniform(3, x.Length), found = [.. y];
        using var pool = new WorkerPool(3);
        foreach (int width in Cases.LaneWidths)
        {
            var ops = new VectorOps(pool, KernelChoice.ForLaneWidth(width));
            y.CopyTo(found, 0);
            _works[name](ops, rows, tokens, x, found);
            for (int b = 0; b < _lengths.Length; b++)
            {
                float[] alone = Of(rows, y, b);
                int[] own = [.. Enumerable.Range(0, _lengths[b]).Select(t => tokens[rows.Before(t) + b])];
                _works[name](ops, StepRows.Even(_lengths[b], 1), own, Of(rows, x, b), alone);
                await Assert.That(Arrays.FirstDifference(Of(rows, found, b), alone)).IsNull().Because($"sequence {b}, {width} lanes");
            }
        }
    }

    private static float[] Of(StepRows rows, float[] all, int b) =>
        [
            .. from t in Enumerable.Range(0, _lengths[b])
            from unit in Enumerable.Range(0, Units)
            select all[(rows.Before(t) * Units) + (unit * rows.At(t)) + b],
        ];
}
