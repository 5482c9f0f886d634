using TinySD.Formats.Checkpoints;
using TinySD.Runtime.Tasks;

namespace TinySD.Formats.Tests;

/// <summary>The folder of a run's checkpoints: who holds it, what is in it, what goes.</summary>
public sealed class CheckpointFolderTests
{
    [Test]
    public async Task One_run_at_a_time_and_a_lock_file_left_behind_blocks_nobody()
    {
        using var folder = new TestFolder();
        string path = folder["a/b"];
        using (CheckpointFolder.Hold(path))
        {
            FileProblem problem = Refused.By(() => CheckpointFolder.Hold(path));
            await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.InUse);
            await Assert.That(problem.Message)
                .IsEqualTo($"another run keeps its checkpoints in {path} now; wait for its end, or choose another folder");
        }

        await Assert.That(File.Exists(Path.Combine(path, "lock"))).IsTrue();
        CheckpointFolder.Hold(path).Dispose();
        await Assert.That(Refused.By(() => CheckpointFolder.Hold(folder.Put("file", []))).Message)
            .IsEqualTo($"{folder["file"]} is a file; a folder for checkpoints was expected");
    }

    [Test]
    public async Task The_newest_stay_and_other_files_are_left_alone()
    {
        using var folder = new TestFolder();
        foreach (string name in new[]
        {
            "checkpoint-00000009.tsd", "checkpoint-00000010.tsd", "checkpoint-99999999.tsd", "checkpoint-100000000.tsd", "checkpoint-1.tsd",
            "checkpoint-0000001x.tsd", "model.tsd", "checkpoint-00000011.tsd.damaged",
        })
        {
            folder.Put(name, []);
        }

        string[] newestFirst = ["checkpoint-100000000.tsd", "checkpoint-99999999.tsd", "checkpoint-00000010.tsd",
            "checkpoint-00000009.tsd"];
        await Assert.That(CheckpointFolder.List(folder.Path).Select(file => Path.GetFileName(file)!))
            .IsEquivalentTo(newestFirst, CollectionOrdering.Matching);
        using CheckpointFolder held = CheckpointFolder.Hold(folder.Path);
        held.Prune(2);
        await Assert.That(folder.Names()).IsEquivalentTo(
            [
                "checkpoint-00000011.tsd.damaged", "checkpoint-0000001x.tsd", "checkpoint-1.tsd", "checkpoint-100000000.tsd",
                "checkpoint-99999999.tsd", "lock",
                "model.tsd",
            ]);
        await Assert.That(held.FileOf(1234)).IsEqualTo(folder["checkpoint-00001234.tsd"]);
        await Assert.That(CheckpointFolder.List(folder.Path)[0]).IsEqualTo(held.FileOf(100_000_000));
    }

    [Test]
    public async Task What_killed_writers_left_goes_and_what_is_being_written_stays()
    {
        using var folder = new TestFolder();
        string left = folder.Put("checkpoint-00000009.tsd.abcdefgh.ijk.tmp", [1]), foreign = folder.Put("x.tsd.abcdefgh.ijk.tmp", [1]);
        string future = folder.Put("checkpoint-00000011.tsd.abcdefgh.ijk.tmp", [1]);
        File.SetLastWriteTimeUtc(future, DateTime.UtcNow.AddDays(1));
        string near = folder.Put("checkpoint-00000009.tsd.tmp", [1]), busy = folder["checkpoint-00000010.tsd.abcdefgh.ijk.tmp"];
        using (new FileStream(busy, FileMode.CreateNew, FileAccess.Write, FileShare.None))
        using (CheckpointFolder.Hold(folder.Path))
        {
            await Assert.That(File.Exists(left) || File.Exists(future)).IsFalse();
            await Assert.That(new[] { foreign, near, busy }.All(File.Exists)).IsTrue();
        }
    }

    [Test]
    public async Task A_checkpoint_of_a_newer_version_is_not_passed_over()
    {
        using var folder = new TestFolder();
        FileProblem Problem(FileProblemKind kind, string path) => new(kind, path, $"{path}: {kind}");
        string? Open(FileProblemKind newest, out IReadOnlyList<FileProblem> damaged) => CheckpointFolder.OpenNewest(
            ["c", "b", "a"],
            (string path, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out string? opened,
                [System.Diagnostics.CodeAnalysis.NotNullWhen(false)] out FileProblem? problem) =>
            {
                opened = path == "a" ? path : null;
                problem = path == "a" ? null : Problem(path == "c" ? newest : FileProblemKind.Truncated, path);
                return opened is not null && problem is null;
            },
            out damaged);

        await Assert.That(Open(FileProblemKind.TensorDamaged, out IReadOnlyList<FileProblem> damaged)).IsEqualTo("a");
        await Assert.That(damaged.Select(problem => problem.File)).IsEquivalentTo(["c", "b"], CollectionOrdering.Matching);
        foreach (FileProblemKind kind in new[] { FileProblemKind.NewerVersion, FileProblemKind.AccessDenied })
            await Assert.That(Refused.By(() => Open(kind, out _)).Kind).IsEqualTo(kind);
    }

    [Test]
    public async Task A_checkpoint_that_another_program_holds_is_not_passed_over_and_can_be_opened_later()
    {
        using var folder = new TestFolder();
        string path = CheckpointFileTests.Put(folder, "checkpoint-00000002.tsd");
        File.Copy(path, folder["checkpoint-00000001.tsd"]);
        string? Open(out IReadOnlyList<FileProblem> damaged)
        {
            using CheckpointFile<LanguageModelRecipe, RunTexts>? file =
                CheckpointFolder.OpenNewest<CheckpointFile<LanguageModelRecipe, RunTexts>>(CheckpointFolder.List(folder.Path),
                    LanguageModelCheckpoint.Format.TryOpen, out damaged);
            return file?.Path;
        }

        using (new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            FileProblem problem = Refused.By(() => Open(out _));
            await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.ReadFailed);
            await Assert.That(problem.File).IsEqualTo(path);
            await Assert.That(problem.Message).Contains(path).And.Contains("Try again").And.Contains("move it away");
        }

        await Assert.That(Open(out IReadOnlyList<FileProblem> none)).IsEqualTo(path);
        await Assert.That(none).IsEmpty();
    }
}
