using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tests;

/// <summary>What is said of how many batches every epoch has is what it has, whatever is trained.</summary>
public sealed class BatchCountTests
{
    [Test]
    public async Task Epochs_have_as_many_batches_as_is_said_of_all_and_only_lengths_that_vary_tell_none()
    {
        var untold = new List<string>();
        foreach (TrainingCase @case in TrainingCase.All)
        {
            (int? said, int[] laidOut) = @case.Make(null, null).BatchCounts(5);
            if (said is { } count) await Assert.That(laidOut.SequenceEqual(Enumerable.Repeat(count, 5))).IsTrue().Because(@case.Name);
            else untold.Add(@case.Name);
        }

        await Assert.That(untold.Distinct().Count()).IsGreaterThan(1);
        await Assert.That(untold.All(name => name.Contains("VariableBptt = True", StringComparison.Ordinal)
            || (name.Contains("RegressorRecipe", StringComparison.Ordinal) && name.Contains("Window = 0", StringComparison.Ordinal))))
            .IsTrue().Because(string.Join('\n', untold));
    }

    [Test]
    public async Task Many_epochs_are_counted_without_laying_them_out()
    {
        var task = new ParityTask(new() { Name = "parity", Epochs = 60000, BatchesPerEpoch = 50000 });
        await Assert.That(new TrainingRun<ParityBatch>(task).CountUpdates()).IsEqualTo(3_000_000_000);

        // The first, for the run, before and after.
        await Assert.That(((ParityBatches)task.Batches).LaidOut).IsEqualTo(2);
    }
}
