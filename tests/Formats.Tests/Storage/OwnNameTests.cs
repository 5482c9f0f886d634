using TinySD.Formats.Checkpoints;
using TinySD.Formats.Schedules;
using TinySD.Formats.Storage;
using TinySD.Runtime.Masks;

namespace TinySD.Formats.Tests;

/// <summary>Files whose names can be guessed are never made or written through a link that stands there.</summary>
public sealed class OwnNameTests
{
    private static readonly byte[] s_victim = [.. "somebody's work, and long enough to be cut short by a header"u8];

    private static readonly DropoutSpec s_dropout = new() { Kind = DropoutKind.Structured, Recurrent = 0.5f };

    private static MaskScheduleInfo Info => new()
    {
        Seed = 1,
        Dropout = s_dropout,
        TimeSteps = 3,
        Updates = 2,
        Places = [MaskPlace.OfStack(DropoutSite.Recurrent, 0, 67, 0.5f)],
    };

    [Test]
    [Arguments(false)]
    [Arguments(true)]
    public async Task An_unfinished_schedule_is_not_written_through_a_link(bool resume)
    {
        if (OperatingSystem.IsWindows()) Skip.Test("links need a privilege on Windows");
        using var folder = new TestFolder();
        string victim = folder.Put("victim", s_victim);
        File.CreateSymbolicLink(folder["m.tss.partial"], "victim");
        FileProblem problem = Refused.By(() => MaskScheduleWriter.Start(folder["m.tss"], Info, resume).Dispose());
        await Assert.That(problem.Message).IsEqualTo(
            $"cannot write {folder["m.tss.partial"]}: it is a symbolic link, to victim, and files under names of TinySD's own are never " +
            "written through a link; remove the link, or give another name");
        await Assert.That(File.ReadAllBytes(victim)).IsEquivalentTo(s_victim, CollectionOrdering.Matching);

        File.Delete(victim);
        problem = Refused.By(() => MaskScheduleWriter.Start(folder["m.tss"], Info, resume).Dispose());
        await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.NotRegularFile);
        await Assert.That(folder.Names()).IsEquivalentTo(["m.tss.partial"]);
    }

    [Test]
    [Arguments(false)]
    [Arguments(true)]
    public async Task Nor_in_place_under_two_names(bool resume)
    {
        if (OperatingSystem.IsWindows()) Skip.Test("links need a privilege on Windows");
        using var folder = new TestFolder();
        string victim = folder.Put("victim", s_victim);
        Links.Hard(victim, folder["m.tss.partial"]);
        FileProblem problem = Refused.By(() => MaskScheduleWriter.Start(folder["m.tss"], Info, resume).Dispose());
        await Assert.That(problem.Message).Contains("has another name too, by a hard link");
        await Assert.That(File.ReadAllBytes(victim)).IsEquivalentTo(s_victim, CollectionOrdering.Matching);
    }

    [Test]
    public async Task A_schedule_begun_anew_keeps_nothing_of_the_unfinished_one()
    {
        using var folder = new TestFolder();
        folder.Put("m.tss.partial", new byte[10_000]);
        using (MaskScheduleWriter.Start(folder["m.tss"], Info, resume: false))
            await Assert.That(new FileInfo(folder["m.tss.partial"]).Length).IsLessThan(1000);
    }

    [Test]
    [Arguments("lock")]
    [Arguments("checkpoint-00000001.tsd")]
    public async Task A_lock_and_a_checkpoint_are_not_made_through_a_link(string name)
    {
        if (OperatingSystem.IsWindows()) Skip.Test("links need a privilege on Windows");
        using var folder = new TestFolder();
        Directory.CreateDirectory(folder["run"]);
        string link = Path.Combine(folder["run"], name);
        File.CreateSymbolicLink(link, folder["victim"]);
        if (name == "lock")
        {
            FileProblem problem = Refused.By(() => CheckpointFolder.Hold(folder["run"]).Dispose());
            await Assert.That(problem.Message).Contains($"{link}: it is a symbolic link, to {folder["victim"]}");
            folder.Put("victim", s_victim);
            await Assert.That(Refused.By(() => CheckpointFolder.Hold(folder["run"]).Dispose()).Kind)
                .IsEqualTo(FileProblemKind.NotRegularFile);
            await Assert.That(File.ReadAllBytes(folder["victim"])).IsEquivalentTo(s_victim, CollectionOrdering.Matching);
            return;
        }

        // A run is not stopped for it: the link goes, and what it led to stays.
        AtomicFile.WriteOwn(link, stream => stream.WriteByte(1));
        await Assert.That(File.Exists(folder["victim"])).IsFalse();
        await Assert.That(new FileInfo(link).LinkTarget).IsNull();
        await Assert.That(File.ReadAllBytes(link)).IsEquivalentTo(new byte[] { 1 });
    }

    [Test]
    [Arguments(false)]
    [Arguments(true)]
    public async Task What_a_link_with_a_leftovers_name_leads_to_is_not_touched(bool inCheckpoints)
    {
        if (OperatingSystem.IsWindows()) Skip.Test("links need a privilege on Windows");
        using var folder = new TestFolder();
        string victim = folder.Put("victim", s_victim), name = inCheckpoints ? "checkpoint-00000009.tsd" : "m.tsd";
        DateTime future = DateTime.UtcNow.AddDays(1);
        File.SetLastWriteTimeUtc(victim, future);
        File.CreateSymbolicLink(folder[$"{name}.abcdefgh.ijk.tmp"], victim);
        if (inCheckpoints) CheckpointFolder.Hold(folder.Path).Dispose();
        else AtomicFile.Write(folder[name], s_victim);
        await Assert.That(File.GetLastWriteTimeUtc(victim)).IsEqualTo(future);
        await Assert.That(File.ReadAllBytes(victim)).IsEquivalentTo(s_victim, CollectionOrdering.Matching);
        await Assert.That(new FileInfo(folder[$"{name}.abcdefgh.ijk.tmp"]).LinkTarget).IsEqualTo(victim);
    }

    [Test]
    public async Task A_link_to_nothing_is_no_folder_for_checkpoints()
    {
        if (OperatingSystem.IsWindows()) Skip.Test("links need a privilege on Windows");
        using var folder = new TestFolder();
        Directory.CreateSymbolicLink(folder["run"], "gone");
        await Assert.That(Refused.By(() => CheckpointFolder.Hold(folder["run"])).Message)
            .IsEqualTo($"{folder["run"]} is a symbolic link to gone, where there is nothing; a folder for checkpoints was expected");
        await Assert.That(folder.Names()).IsEquivalentTo(["run"]);
    }

    [Test]
    public async Task A_linked_folder_is_one_for_checkpoints_all_the_same()
    {
        if (OperatingSystem.IsWindows()) Skip.Test("links need a privilege on Windows");
        using var folder = new TestFolder();
        Directory.CreateDirectory(folder["disk"]);
        Directory.CreateSymbolicLink(folder["run"], "disk");
        using (CheckpointFolder.Hold(folder["run"]))
            await Assert.That(Refused.By(() => CheckpointFolder.Hold(folder["disk"])).Kind).IsEqualTo(FileProblemKind.InUse);
    }
}
