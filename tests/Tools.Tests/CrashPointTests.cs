using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace TinySD.Tools.Tests;

/// <summary>A command is killed once at every call it makes that changes a file system. Taken up again, or given again where there is
/// nothing to take up, it comes to the bytes that it comes to undisturbed and leaves nothing else: with room enough, and on a disk that
/// just holds the undisturbed run. The latter needs root.</summary>
[NotInParallel]
public sealed partial class CrashPointTests
{
    // What it takes to just hold a run may come out a page more the next time: the time spent, in a checkpoint's header, has not always as
    // many digits.
    private const int SlackKibibytes = 4, LargestKibibytes = 16 << 10;

    // Other threads of the runtime may open a file earlier or later than the last time, so that a call is not always the same in number.
    private const int MostTries = 12;

    [Test]
    public async Task A_training_run_with_checkpoints_and_a_page()
    {
        using var folder = new TestFolder();
        await KillEverywhereAsync(folder, ["model.tsd"],
            disk => Train(folder, disk, ["--epochs", "2", "--checkpoint", In(disk, "ck"), "--checkpoint-keep", "1", .. Page(disk)]),
            disk => Holds(disk, "ck") ? ["train", "lm", "--resume", In(disk, "ck"), "--out", In(disk, "model.tsd"), .. Page(disk)] : null,
            async (disk, unbroken) => await Assert.That(Curves(disk)).IsEqualTo(Curves(unbroken)));

        static string[] Page(string disk) => ["--report", In(disk, "r.html")];

        static string Curves(string disk)
        {
            string page = File.ReadAllText(In(disk, "r.html"));
            return page.TrimEnd().EndsWith("</html>", StringComparison.Ordinal) ? Picture().Match(page).Value : "";
        }
    }

    [Test]
    public async Task A_training_run_whose_checkpoints_go_at_its_end()
    {
        using var folder = new TestFolder();
        const string Beside = "model.tsd.checkpoints";
        await KillEverywhereAsync(folder, ["model.tsd"],
            disk => Train(folder, disk, "--epochs", "1", "--checkpoint-keep", "2"),
            disk => Holds(disk, Beside) ? ["train", "lm", "--resume", In(disk, Beside)] : null);
    }

    [Test]
    public async Task A_schedule_and_its_page()
    {
        using var folder = new TestFolder();
        await KillEverywhereAsync(folder, ["m.tss", "m.html"],
            disk => Schedule(disk, "120", "--report", In(disk, "m.html")),
            disk => Schedule(disk, "120", "--report", In(disk, "m.html"), "--resume"));
    }

    [Test]
    public async Task A_schedule_that_is_made_longer()
    {
        using var folder = new TestFolder();
        await Assert.That(Tinysd.Run(Schedule(folder.Path, "50")).Code).IsEqualTo(0);
        await KillEverywhereAsync(folder, ["m.tss"], disk => Schedule(disk, "90", "--resume"), _ => null, start: "m.tss");
    }

    [Test]
    [Arguments("m.onnx", false)]
    [Arguments("m.safetensors", true)]
    public async Task An_export(string name, bool replacesAnother)
    {
        using var folder = new TestFolder();
        await Assert.That(folder.TrainModel("--max-steps", "1").Code).IsEqualTo(0);
        folder.Put(name, new byte[20_000]);
        await KillEverywhereAsync(
            folder, [name], disk => ["export", folder.Model, "--out", In(disk, name)], _ => null, start: replacesAnother ? name : null);
    }

    private static string In(string disk, string name) => Path.Combine(disk, name);

    // 17 updates an epoch; files of some ten pages.
    private static string[] Train(TestFolder folder, string disk, params string[] more) =>
    [
        "train", "lm", "--train", folder.Train, "--valid", folder.Valid, "--out", In(disk, "model.tsd"), "--hidden", "24", "--batch", "20",
        "--bptt", "6", "--threads", "1", "--checkpoint-every", "12", .. more,
    ];

    // A little more than a mebibyte of masks, so that they are written in more than one go.
    private static string[] Schedule(string disk, string steps, params string[] more) =>
        ["schedule", "--hidden", "1000", "--bptt", "30", "--rate", "0.5", "--steps", steps, "--out", In(disk, "m.tss"), .. more];

    private static bool Holds(string disk, string checkpoints) =>
        Directory.Exists(In(disk, checkpoints)) && Directory.GetFiles(In(disk, checkpoints), "checkpoint-*.tsd").Length > 0;

    /// <param name="folder">The test's own.</param>
    /// <param name="same">Files that come out byte for byte.</param>
    /// <param name="command">The command line for a disk.</param>
    /// <param name="resume">The one that goes on with what is on a disk; null for the same again.</param>
    /// <param name="check">Compares what is not to be equal byte for byte, on two disks.</param>
    /// <param name="start">A file of the test's folder that is on the disk before.</param>
    private static async Task KillEverywhereAsync(
        TestFolder folder, string[] same, Func<string, string[]> command, Func<string, string[]?> resume, Func<string, string,
            Task>? check = null,
        string? start = null)
    {
        SystemCalls.SkipUnlessTraceable();
        string unbroken = Prepare("unbroken");
        IReadOnlyList<SystemCall> calls = await SystemCalls.TraceAsync(unbroken, command(unbroken));
        string[] left = List(unbroken);
        int kibibytes = FindRoom();
        var failures = new ConcurrentQueue<string>();
        await Parallel.ForAsync(
            0, calls.Count, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, async (point, _) =>
        {
            try
            {
                await KillAtAsync(point);
            }
            catch (Exception exception)
            {
                failures.Enqueue($"killed at call {point}, {calls[point]}: {exception.Message}");
            }
        });
        await Assert.That(failures).IsEmpty().Because(string.Join('\n', failures) + "\nof\n" + string.Join('\n', calls));
        string room = kibibytes > 0 ? $"a disk of {kibibytes} KiB just holds the run" : "SKIPPED: a small disk, which takes root";
        Console.WriteLine($"{calls.Count} calls, killed at each; {room}");

        async Task KillAtAsync(int point)
        {
            string ample = folder[$"ample{point}"], small = folder[$"small{point}"];
            for (int tries = 1; ; tries++)
            {
                using SmallDisk? disk = kibibytes == 0 ? null : SmallDisk.TryMount(small, kibibytes);
                Prepare($"small{point}");
                IReadOnlyList<SystemCall> made = await SystemCalls.KillAtAsync(small, calls[point], command(small));
                bool isThere = made.Count == point + 1 && made.Zip(calls).All(pair => pair.First.IsSameStep(pair.Second));
                if (!isThere && tries < MostTries)
                {
                    if (disk is null) Directory.Delete(small, recursive: true);
                    continue;
                }

                await Assert.That(isThere).IsTrue().Because($"it came to {made.Count} calls in {tries} tries");
                Copy(small, ample);
                await GoOnAsync(ample);
                if (disk is not null) await GoOnAsync(small);
                break;
            }

            Directory.Delete(ample, recursive: true);
        }

        async Task GoOnAsync(string disk)
        {
            string before = string.Join(' ', List(disk));
            CliResult result = Tinysd.Run(resume(disk) ?? command(disk));
            string because = $"{before} was left, and then {result.Error}";
            await Assert.That(result.Code).IsEqualTo(0).Because(because);
            await Assert.That(List(disk)).IsEquivalentTo(left).Because(because);
            foreach (string file in same)
            {
                bool isSame = File.ReadAllBytes(In(disk, file)).AsSpan().SequenceEqual(File.ReadAllBytes(In(unbroken, file)));
                await Assert.That(isSame).IsTrue().Because($"{file} is another; {because}");
            }

            if (check is not null) await check(disk, unbroken);
        }

        // The smallest disk, to a page; 0 where none can be mounted.
        int FindRoom()
        {
            int from = 0, to = LargestKibibytes;
            while (to - from > 4)
            {
                int middle = (from + to) / 8 * 4;
                string name = $"room{middle}";
                using SmallDisk? disk = SmallDisk.TryMount(folder[name], middle);
                if (disk is null) return 0;
                bool fits = true;
                try
                {
                    Prepare(name);
                    fits = Tinysd.Run(command(folder[name])).Code == 0;
                }
                catch (IOException)
                {
                    fits = false;
                }

                if (fits) to = middle;
                else from = middle;
            }

            return to + SlackKibibytes;
        }

        string Prepare(string name)
        {
            Directory.CreateDirectory(folder[name]);
            if (start is not null) File.Copy(folder[start], folder[$"{name}/{start}"]);
            return folder[name];
        }
    }

    private static string[] List(string folder) =>
        [
            .. Directory.GetFileSystemEntries(folder, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(folder, path))
                .Order(StringComparer.Ordinal),
        ];

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string name in List(from))
        {
            if (Directory.Exists(In(from, name))) Directory.CreateDirectory(In(to, name));
            else File.Copy(In(from, name), In(to, name));
        }
    }

    [GeneratedRegex("<svg.*?</svg>", RegexOptions.Singleline)]
    private static partial Regex Picture();
}
