using System.Text.Json;
using TinySD.Formats;
using TinySD.Tools.Display;

namespace TinySD.Tools.Tests;

/// <summary>The built program as a process: what only a process has, exit codes, streams and signals.</summary>
public sealed class ProcessTests
{
    [Test]
    public async Task With_json_standard_output_holds_one_object_and_nothing_else()
    {
        using var folder = new TestFolder();
        CliResult result = await TinysdProcess.RunAsync(folder.Path, folder.TrainArgs("model.tsd", 1, "--json"));
        await Assert.That(result.Code).IsEqualTo(0);
        await Assert.That(result.Json.ValueKind).IsEqualTo(JsonValueKind.Object);
        await Assert.That(result.Out).StartsWith("{");
        await Assert.That(result.Error).Contains("epoch 3/3: ");
        await Assert.That(result.Error).DoesNotContain("\u001b");
        await Assert.That(File.Exists(folder.Model)).IsTrue();
    }

    [Test]
    public async Task Exit_codes_reach_the_shell()
    {
        using var folder = new TestFolder();
        await Assert.That((await TinysdProcess.RunAsync(folder.Path, "--version")).Code).IsEqualTo(0);
        await Assert.That((await TinysdProcess.RunAsync(folder.Path, "verify", "none.tsd")).Code).IsEqualTo(1);
        CliResult wrong = await TinysdProcess.RunAsync(folder.Path, "train", "lm", "--hidden", "0");
        await Assert.That(wrong.Code).IsEqualTo(2);
        await Assert.That(wrong.Out).IsEqualTo("");
    }

    [Test]
    [Arguments("INT")]
    [Arguments("TERM")]
    public async Task A_signal_stops_training_with_130_and_the_best_model_is_whole(string signal)
    {
        if (OperatingSystem.IsWindows()) Skip.Test("Windows has no such signals");
        using var folder = new TestFolder();
        string[] args = folder.TrainArgs("model.tsd", 1);
        args[Array.IndexOf(args, "--epochs") + 1] = "65536";
        using var process = TinysdProcess.Start(folder.Path, args);
        await process.WaitForAsync("saved to model.tsd");
        await process.SignalAsync(signal);
        CliResult result = await process.EndAsync();
        await Assert.That(result.Code).IsEqualTo(130);
        await Assert.That(result.Error).Contains("model.tsd holds the best model so far, of epoch ");
        await Assert.That(result.Out).IsEqualTo("");
        await Assert.That(Tinysd.Run("verify", folder.Model).Code).IsEqualTo(0);
        await Assert.That(folder.ModelFiles()).IsEquivalentTo([folder.Model]);
    }

    [Test]
    public async Task A_signal_stops_a_command_that_only_reads_with_130()
    {
        if (!OperatingSystem.IsLinux()) Skip.Test("which files a process has open is looked up as Linux tells it");
        using var folder = new TestFolder();
        using (var text = new StreamWriter(folder["long.txt"]))
        {
            for (int line = 0; line < 4_000_000; line++) text.WriteLine("one two three four five");
        }

        string[] args = folder.TrainArgs("model.tsd", 1);
        args[Array.IndexOf(args, "--train") + 1] = "long.txt";
        using var process = TinysdProcess.Start(folder.Path, args);
        await process.WaitForOpenAsync(folder["long.txt"]);
        await process.SignalAsync("TERM");
        await Assert.That((await process.EndAsync()).Code).IsEqualTo(130);
        await Assert.That(folder.ModelFiles()).IsEmpty();
    }

    [Test]
    [Arguments("--checkpoint ck", "ck")]
    [Arguments("", "model.tsd.checkpoints")]
    public async Task A_run_resumed_from_another_folder_writes_its_own_model(string option, string checkpoints)
    {
        if (OperatingSystem.IsWindows()) Skip.Test("Windows has no such signals");
        using var folder = new TestFolder();
        string elsewhere = Directory.CreateDirectory(folder["elsewhere"]).FullName;
        string[] args = folder.TrainArgs("model.tsd", 1);
        args[Array.IndexOf(args, "--epochs") + 1] = "200";
        using (var process = TinysdProcess.Start(folder.Path, [.. args, .. option.Split(' ', StringSplitOptions.RemoveEmptyEntries)]))
        {
            await process.WaitForAsync("saved to model.tsd");
            await process.SignalAsync("INT");
            await Assert.That((await process.EndAsync()).Code).IsEqualTo(130);
        }

        CliResult resumed = await TinysdProcess.RunAsync(elsewhere, "train", "lm", "--resume", folder[checkpoints], "--json");
        await Assert.That(resumed.Code).IsEqualTo(0).Because(resumed.Error);
        await Assert.That(resumed.Json.GetProperty("model").GetString()).IsEqualTo(folder.Model);
        await Assert.That(Directory.GetFileSystemEntries(elsewhere)).IsEmpty();
        using TsdFile file = TsdFile.Open(folder.Model);
        await Assert.That(LanguageModelFile.Describe(file).Training.Epochs.Count).IsEqualTo(resumed.Json.GetProperty("bestEpoch").GetInt32());
    }

    [Test]
    public async Task Results_that_cannot_be_written_are_a_failure_and_no_bug()
    {
        using var stop = new StopRequest();
        using var output = new StreamWriter(new FullStream());
        using var error = new StringWriter { NewLine = "\n" };
        int code = Cli.Run(["hw", "show", "systolic-16x16", "--json"], new CliConsole(output, error), stop);
        await Assert.That(code).IsEqualTo(1);
        await Assert.That(error.ToString()).IsEqualTo("tinysd hw show: the results could not be written to standard output: the disk is full\n");
    }

    private sealed class FullStream : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer) => throw new IOException("the disk is full");

        public override void Write(byte[] buffer, int offset, int count) => throw new IOException("the disk is full");
    }
}
