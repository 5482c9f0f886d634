using System.Globalization;
using TinySD.Formats;
using TinySD.Formats.Checkpoints;
using TinySD.Formats.Models;
using TinySD.Runtime.Tasks;

namespace TinySD.Tools.Tests;

/// <summary>A training process that is killed at random moments, on a disk of its own that is filled up now and then. Ten kills;
/// <c>TINYSD_KILLS=200</c> asks for more.</summary>
public sealed class CrashTests
{
    private const string KillsVariable = "TINYSD_KILLS", SeedVariable = "TINYSD_KILLS_SEED";
    private const int DiskKibibytes = 224;

    // A process that is not killed in time ends by itself, or by a full disk; most are killed.
    private const int MostStarts = 20, FewestStarts = 200;

    [Test]
    [NotInParallel]
    public async Task Killed_again_and_again_a_run_loses_no_checkpoint_and_ends_with_the_unbroken_ones_bytes()
    {
        if (OperatingSystem.IsWindows()) Skip.Test("Windows has no kill -9");
        int kills = Number(KillsVariable, 10), seed = Number(SeedVariable, Environment.TickCount & 0xFFFF);
        using var folder = new TestFolder();
        string diskPath = folder["disk"];
        using SmallDisk disk = SmallDisk.Mount(diskPath, DiskKibibytes);
        string[] Args(string output, params string[] more)
        {
            string[] args = folder.TrainArgs(
                output, 1,
                    ["--dropout", "structured", "--rate", "0.5", "--optimizer", "adam", "--lr", "0.01", "--test", folder.Test, .. more]);
            args[Array.IndexOf(args, "--epochs") + 1] = "12";
            return args;
        }

        await Assert.That(Tinysd.Run(Args(folder["unbroken.tsd"])).Code).IsEqualTo(0);

        var random = new Random(seed);
        int killed = 0, full = 0, finished = 0, starts = 0, most = FewestStarts + (MostStarts * kills);
        while (killed < kills || finished == 0)
        {
            string checkpoints = Path.Combine(diskPath, $"run{finished}"), model = Path.Combine(diskPath, "model.tsd");
            string[] start = Args(model, "--checkpoint", checkpoints, "--checkpoint-every", "7", "--checkpoint-keep", "2");
            long newest = -1;
            for (bool isDone = false; !isDone;)
            {
                await Assert.That(starts++).IsLessThan(most)
                    .Because($"seed {seed}: {killed} kills, {full} times a full disk and {finished} ends are too few by now");

                // A third of the times the disk has too little room for another checkpoint, from some moment on.
                bool isResumed = newest >= 0;
                string ballast = Path.Combine(diskPath, "ballast");
                using TinysdProcess process =
                    TinysdProcess.Start(folder.Path, isResumed ? ["train", "lm", "--resume", checkpoints] : start);
                if (random.Next(4) > 0) await process.WaitForAsync(isResumed ? "going on after" : "parameters;");
                bool fill = random.Next(3) == 0;
                await Task.Delay(random.Next(250));
                if (fill) Fill(ballast);
                bool kill = killed < kills;
                if (kill)
                {
                    if (fill) await Task.Delay(random.Next(100));
                    await process.SignalAsync("KILL");
                }

                CliResult result = await process.EndAsync();
                File.Delete(ballast);
                string because = $"seed {seed}, kill {killed}, code {result.Code}: {result.Error}";
                isDone = result.Code == 0;
                if (result.Code == 137) killed++;
                else if (result.Code == 1) full++;
                else await Assert.That(result.Code).IsEqualTo(0).Because(because);
                if (result.Code == 1)
                {
                    await Assert.That(fill).IsTrue().Because($"nothing else is on the disk; {because}");
                    await Assert.That(result.Error).Contains("no space left on the disk").Because(because);
                }

                long now = CheckWhole(checkpoints, because);
                await Assert.That(now).IsGreaterThanOrEqualTo(newest).Because(because);
                newest = now;
                if (File.Exists(model))
                {
                    await Assert.That(LanguageModelFile.TryLoad(model, out _, out FileProblem? problem)).IsTrue()
                        .Because($"{problem?.Message} {because}");
                }
            }

            finished++;
            await Assert.That(folder.AreEqual("disk/model.tsd", "unbroken.tsd")).IsTrue().Because($"seed {seed}");
            await Assert.That(Directory.GetFiles(diskPath, "*.tmp", SearchOption.AllDirectories)).IsEmpty().Because($"seed {seed}");
            Directory.Delete(checkpoints, recursive: true);
            File.Delete(model);
        }

        Console.WriteLine($"{killed} kills and {full} times a full disk (seed {seed}): {finished} runs ended with the unbroken one's " +
            "bytes, no checkpoint lost");
    }

    // Every file that has a checkpoint's name is whole; the updates of the newest, or -1.
    private static long CheckWhole(string folder, string because)
    {
        long newest = -1;
        if (!Directory.Exists(folder)) return newest;
        foreach (string file in Directory.GetFiles(folder))
        {
            string name = Path.GetFileName(file);
            if (name == "lock" || name.EndsWith(".tmp", StringComparison.Ordinal)) continue;
            if (!LanguageModelCheckpoint.Format.TryOpen(
                file, out CheckpointFile<LanguageModelRecipe, RunTexts>? open, out FileProblem? problem))
                throw new InvalidOperationException($"{problem.Message} {because}");
            using (open) newest = Math.Max(newest, open.Content.State.Updates);
        }

        return newest;
    }

    // Writes until there is no room.
    private static void Fill(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite, 0);
            byte[] block = new byte[4096];
            while (true) file.Write(block);
        }
        catch (IOException)
        {
            // Full.
        }
    }

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : otherwise;
}
