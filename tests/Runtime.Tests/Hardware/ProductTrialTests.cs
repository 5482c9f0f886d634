using TinySD.Runtime.Hardware;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Tests;

/// <summary>The products that a search for tiles times are the runtime's: done, repeatable, the same bits under all tiles,
/// without allocation.</summary>
public sealed class ProductTrialTests
{
    private static readonly ProductTiles[] _tilings =
    [
        new() { ForwardRows = 3, WindowColumns = 32, StreamedFloats = 1, StreamedUnits = 7, StreamedAhead = 16, GradientSteps = 1 },
        new() { ForwardRows = 2, WindowColumns = 512, StreamedFloats = 1 << 30, GradientSteps = 65536 },
        new()
        {
            ForwardRows = 1, ForwardColumns = 4 * 4, WindowColumns = 16, StreamedFloats = 1, StreamedUnits = 65536,
            StreamedAhead = 4096, GradientSteps = 3,
        },
    ];

    [Test]
    [Arguments(ProductKind.ForwardStep)]
    [Arguments(ProductKind.ForwardWindow)]
    [Arguments(ProductKind.WeightGradient)]
    public async Task All_tiles_give_the_same_bits(ProductKind kind)
    {
        using var pool = new WorkerPool(2);
        foreach ((int units, int columns, int timeSteps, int batch) in new[] { (37, 100, 5, 20), (64, 96, 4, 17), (5, 16, 1, 3) })
        {
            float[] expected = Run(new ProductTrial(kind, units, columns, timeSteps, batch), _tilings[0]);
            await Assert.That(expected.Any(value => value != 0)).IsTrue();
            await Assert.That(expected.All(float.IsFinite)).IsTrue();
            foreach (ProductTiles tiles in _tilings)
            {
                float[] found = Run(new ProductTrial(kind, units, columns, timeSteps, batch, pool), tiles);
                await Assert.That(found.AsSpan().SequenceEqual(expected))
                    .IsTrue().Because($"{units} units, {columns} columns under {tiles}");
            }
        }
    }

    [Test]
    public async Task A_size_below_one_is_refused()
    {
        await Assert.That(() => new ProductTrial(ProductKind.ForwardStep, 0, 4, 1, 1)).Throws<ArgumentOutOfRangeException>();
        await Assert.That(() => new ProductTrial(ProductKind.ForwardStep, 4, 4, 1, -1)).Throws<ArgumentOutOfRangeException>();
    }

    [Test]
    [Arguments(ProductKind.ForwardStep)]
    [Arguments(ProductKind.ForwardWindow)]
    [Arguments(ProductKind.WeightGradient)]
    public async Task Repeating_it_allocates_nothing(ProductKind kind)
    {
        Action run = new ProductTrial(kind, 40, 64, 6, 20).Under(Profile(_tilings[0]));
        run();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10; i++) run();
        await Assert.That(GC.GetAllocatedBytesForCurrentThread() - before).IsEqualTo(0);
    }

    private static float[] Run(ProductTrial trial, ProductTiles tiles)
    {
        trial.Under(Profile(tiles))();
        return trial.Output.ToArray();
    }

    // The narrowest registers that any x64 or Arm machine runs.
    private static HardwareProfile Profile(ProductTiles tiles) => new()
    {
        Name = "test",
        Description = "A test's.",
        Simd = new()
        {
            Instructions = SimdInstructions.Scalar,
            LaneWidth = 4,
            VectorRegisters = 16,
            L1Bytes = 32 << 10,
            L2Bytes = 0,
            L3Bytes = 0,
            Cores = 1,
            Tiles = tiles,
        },
    };
}
