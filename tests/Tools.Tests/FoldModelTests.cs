using TinySD.Runtime.Hardware;
using TinySD.Tools.Systolic;

namespace TinySD.Tools.Tests;

/// <summary>Closed forms: cycles against SCALE-Sim v3, bytes and stalls against sums by hand.</summary>
public sealed class FoldModelTests
{
    private static readonly SystolicArray s_small = new()
    {
        Rows = 2,
        Columns = 2,
        Dataflow = SystolicDataflow.OutputStationary,
        InputBytes = 1000,
        WeightBytes = 1000,
        OutputBytes = 1000,
        WordsPerCycle = 1,
        ClockMegahertz = 1,
        Number = SystolicNumber.Integer8,
        DrainOverlaps = true,
    };

    /// <summary>Figures of SCALE-Sim v3, as folds times cycles; its own last line counts cycles from 0.</summary>
    [Test]
    [Arguments(16, 20, 650, 2600, 221680, 441078, 216972)]
    [Arguments(16, 20, 325, 2600, 115730, 225918, 111132)]
    [Arguments(32, 20, 1500, 6000, 293656, 1007304, 286418)]
    [Arguments(32, 20, 525, 6000, 110356, 364344, 103598)]
    [Arguments(128, 700, 650, 2600, 113904, 136332, 107352)]
    [Arguments(128, 700, 325, 2600, 72954, 68166, 53676)]
    public async Task Compute_cycles_are_those_of_scale_sim(int edge, int m, int k, int n, long os, long ws, long input)
    {
        SystolicArray array = s_small with { Rows = edge, Columns = edge };
        var shape = new GemmShape(m, n, k);
        await Assert.That(FoldModel.Cycles(array, shape)).IsEqualTo(os);
        await Assert.That(FoldModel.Cycles(array with { Dataflow = SystolicDataflow.WeightStationary }, shape)).IsEqualTo(ws);
        await Assert.That(FoldModel.Cycles(array with { Dataflow = SystolicDataflow.InputStationary }, shape)).IsEqualTo(input);

        // A fold that drains before the next begins takes R cycles more; the other dataflows have nothing to drain.
        SystolicArray serial = array with { DrainOverlaps = false };
        await Assert.That(FoldModel.Cycles(serial, shape)).IsEqualTo(os + (edge * FoldModel.Folds(serial, shape)));
        await Assert.That(FoldModel.Cycles(serial with { Dataflow = SystolicDataflow.WeightStationary }, shape)).IsEqualTo(ws);
        await Assert.That(FoldModel.Cycles(serial with { Dataflow = SystolicDataflow.InputStationary }, shape)).IsEqualTo(input);
    }

    [Test]
    public async Task Utilisation_is_the_share_of_multiply_adds_that_are_of_use()
    {
        // One fold of 4 + 2 + 2 - 2 = 6 cycles on 4 elements does 2 * 2 * 4 of 24 multiply-adds.
        var shape = new GemmShape(2, 2, 4);
        await Assert.That(FoldModel.Utilisation(s_small, shape.MultiplyAdds, FoldModel.Cycles(s_small, shape))).IsEqualTo(16.0 / 24)
            .Within(1e-12);
    }

    [Test]
    [Arguments(0, 5, 5)]
    [Arguments(5, 0, 5)]
    [Arguments(5, 5, 0)]
    public async Task Nothing_takes_no_time(int m, int n, int k)
    {
        foreach (SystolicDataflow dataflow in Enum.GetValues<SystolicDataflow>())
            await Assert.That(MemoryModel.Cost(s_small with { Dataflow = dataflow }, new GemmShape(m, n, k))).IsEqualTo(default(GemmCost));
    }

    [Test]
    public async Task What_fits_on_chip_is_moved_once()
    {
        foreach (SystolicDataflow dataflow in Enum.GetValues<SystolicDataflow>())
        {
            GemmCost cost =
                MemoryModel.Cost(s_small with { Dataflow = dataflow, Number = SystolicNumber.Binary16 }, new GemmShape(5, 7, 6));
            await Assert.That(cost.MovedBytes).IsEqualTo(2 * ((5 * 6) + (6 * 7) + (5 * 7)));
        }
    }

    /// <summary>Output-stationary, 4 x 4 x 4 on 2 x 2: four folds of 6 cycles, blocks of 8 words for each operand and 4 of
    /// results.</summary>
    [Test]
    public async Task A_fold_waits_for_what_takes_longer_than_the_fold_before_computes()
    {
        // All fits: loads of 16, 8, 8 and 0 words. First load 16; then 8 - 6, 8 + 4 - 6, 0, 0; the last results 4.
        GemmCost resident = MemoryModel.Cost(s_small, new GemmShape(4, 4, 4));
        await Assert.That(resident).IsEqualTo(new GemmCost(24, 16 + 2 + 6 + 0 + 0 + 4, 48));

        // The filter of 16 words no longer fits, and a block of 8 is more than half of 15, so it is streamed while its own fold computes.
        // First load 8; then 8 - 6, 8 + 8 + 4 - 6, 8 + 4 - 6, 8 + 4 - 6; the last results 4.
        GemmCost small = MemoryModel.Cost(s_small with { WeightBytes = 15 }, new GemmShape(4, 4, 4));
        await Assert.That(small.MovedBytes).IsEqualTo(64);
        await Assert.That(small.StallCycles).IsEqualTo(8 + 2 + 14 + 6 + 6 + 4);
    }

    /// <summary>Weight-stationary, 3 x 2 x 4 on 2 x 2: one block of N, two of K; output block 3 x 2.</summary>
    [Test]
    public async Task Partial_sums_that_do_not_fit_are_written_and_read_back()
    {
        SystolicArray array = s_small with { Dataflow = SystolicDataflow.WeightStationary };
        var shape = new GemmShape(3, 2, 4);
        await Assert.That(MemoryModel.Cost(array, shape).MovedBytes).IsEqualTo(12 + 8 + 6);
        await Assert.That(MemoryModel.Cost(array with { OutputBytes = 5 }, shape).MovedBytes).IsEqualTo(12 + 8 + (3 * 6));
    }

    [Test]
    public async Task More_bandwidth_and_more_memory_never_cost_time()
    {
        foreach (SystolicDataflow dataflow in Enum.GetValues<SystolicDataflow>())
        {
            var shape = new GemmShape(20, 130, 65);
            long last = long.MaxValue;
            foreach (int factor in new[] { 1, 2, 4, 8, 64 })
            {
                SystolicArray array = s_small with { Rows = 16, Columns = 16, Dataflow = dataflow, WordsPerCycle = factor };
                long stalls = MemoryModel.Cost(array, shape).StallCycles;
                await Assert.That(stalls).IsLessThanOrEqualTo(last);
                last = stalls;
            }
        }
    }
}
