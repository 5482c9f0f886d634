using TinySD.Tools.Training;

namespace TinySD.Tools.Tests;

/// <summary>When a checkpoint is due, on a clock that the test sets.</summary>
public sealed class CheckpointKeeperTests
{
    [Test]
    public async Task By_the_clock_one_is_due_after_epochs_and_minutes_but_never_for_more_than_a_twentieth_of_the_time()
    {
        using var folder = new TestFolder();
        var clock = new Clock();
        using var keeper = CheckpointKeeper.Hold(new CheckpointRequest(folder["ck"], null, null, null), "tinysd train lm", clock);
        await Assert.That(keeper.Keep).IsEqualTo(3);
        await Assert.That(keeper.IsDueAfterEpoch(10)).IsTrue();
        clock.Seconds += 299;
        await Assert.That(keeper.IsDue(10)).IsFalse();
        clock.Seconds += 1;
        await Assert.That(keeper.IsDue(10)).IsTrue();

        keeper.Write(10, _ => clock.Seconds += 4);
        await Assert.That(keeper.IsDueAfterEpoch(20)).IsFalse();
        clock.Seconds += 75;
        await Assert.That(keeper.IsDueAfterEpoch(20)).IsFalse();
        clock.Seconds += 1;
        await Assert.That(keeper.IsDueAfterEpoch(20)).IsTrue();
        await Assert.That(keeper.IsDue(20)).IsFalse();

        // 20 seconds a write: five minutes would be too often.
        keeper.Write(20, _ => clock.Seconds += 20);
        clock.Seconds += 379;
        await Assert.That(keeper.IsDue(30)).IsFalse();
        clock.Seconds += 1;
        await Assert.That(keeper.IsDue(30)).IsTrue();
    }

    [Test]
    public async Task By_updates_the_clock_has_no_say()
    {
        using var folder = new TestFolder();
        var clock = new Clock();
        using var keeper = CheckpointKeeper.Hold(new CheckpointRequest(folder["ck"], null, 50, null), "tinysd train lm", clock);
        clock.Seconds += 1e6;
        await Assert.That(Enumerable.Range(1, 150).Where(update => keeper.IsDue(update)))
            .IsEquivalentTo([50, 100, 150], CollectionOrdering.Matching);
        await Assert.That(keeper.IsDueAfterEpoch(120)).IsFalse();
    }

    [Test]
    public async Task Asking_whether_one_is_due_allocates_nothing()
    {
        using var folder = new TestFolder();
        using var keeper = CheckpointKeeper.Hold(new CheckpointRequest(folder["ck"], null, null, null), "tinysd train lm");
        bool any = keeper.IsDue(1);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int update = 0; update < 1000; update++) any |= keeper.IsDue(update);
        await Assert.That(GC.GetAllocatedBytesForCurrentThread() - before).IsEqualTo(0);
        await Assert.That(any).IsFalse();
    }
}
