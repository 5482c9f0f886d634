using System.Diagnostics;
using System.Text.Json;
using TinySD.Formats.Container;
using TinySD.Formats.Models;
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
        TinysdProcess.SkipUnlessItHears(signal);
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
        TinysdProcess.SkipUnlessItHears("TERM");
        using var folder = new TestFolder();
        string elsewhere = Directory.CreateDirectory(folder["elsewhere"]).FullName;
        string[] args = folder.TrainArgs("model.tsd", 1);
        args[Array.IndexOf(args, "--epochs") + 1] = "200";
        using (var process = TinysdProcess.Start(folder.Path, [.. args, .. option.Split(' ', StringSplitOptions.RemoveEmptyEntries)]))
        {
            await process.WaitForAsync("saved to model.tsd");
            await process.SignalAsync("TERM");
            await Assert.That((await process.EndAsync()).Code).IsEqualTo(130);
        }

        CliResult resumed = await TinysdProcess.RunAsync(elsewhere, "train", "lm", "--resume", folder[checkpoints], "--json");
        await Assert.That(resumed.Code).IsEqualTo(0).Because(resumed.Error);
        await Assert.That(resumed.Json.GetProperty("model").GetString()).IsEqualTo(folder.Model);
        await Assert.That(Directory.GetFileSystemEntries(elsewhere)).IsEmpty();
        using TsdFile file = TsdFile.Open(folder.Model);
        await Assert.That(LanguageModelFile.Format.Describe(file).Training.Epochs.Count)
            .IsEqualTo(resumed.Json.GetProperty("bestEpoch").GetInt32());
    }

    [Test]
    public async Task A_part_of_the_program_that_is_missing_is_named_and_no_file_of_the_users()
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        string program = Directory.CreateDirectory(folder["program"]).FullName;
        foreach (string path in Directory.GetFiles(AppContext.BaseDirectory))
        {
            // Without the list of its parts the program starts with those that are there.
            string name = Path.GetFileName(path);
            if ((name.EndsWith(".dll", StringComparison.Ordinal) && name != "System.IO.Hashing.dll") || name == "tinysd.runtimeconfig.json")
                File.Copy(path, Path.Combine(program, name));
        }

        using Process process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(program, "tinysd.dll"), "inspect", folder.Model])
        {
            RedirectStandardError = true,
        })!;
        string error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        await Assert.That(process.ExitCode).IsEqualTo(1);
        await Assert.That(error).Contains("'System.IO.Hashing, Version=");
        await Assert.That(error).DoesNotContain("there is no file");
        await Assert.That(error.Count(c => c == '\n')).IsEqualTo(1);
    }

    [Test]
    public async Task Results_that_cannot_be_written_are_a_failure_and_no_bug()
    {
        using var stop = new StopRequest();
        using var output = new StreamWriter(new FullStream());
        using var error = new StringWriter { NewLine = "\n" };
        int code = Cli.Run(["hw", "show", "systolic-16x16", "--json"], new CliConsole(output, error), stop);
        await Assert.That(code).IsEqualTo(1);
        await Assert.That(error.ToString())
            .IsEqualTo("tinysd hw show: the results could not be written to standard output: the disk is full\n");
    }

    // A shell's number for a program that a closed pipe ended; what the reader does not want is no failure to be told of.
    [Test]
    [Arguments("generate model.tsd --length 2147483647", "head -c 50 > /dev/null")]
    [Arguments("generate bytes.tsd --length 2147483647", "head -c 50 > /dev/null")]
    [Arguments("score model.tsd < train.txt", "true")]
    [Arguments("compare model.tsd bytes.tsd", "true")]
    [Arguments("inspect model.tsd --json", "true")]
    [Arguments("inspect model.tsd", "true")]
    [Arguments("--help", "true")]
    public async Task Who_reads_no_further_ends_the_program_quietly(string command, string reader)
    {
        if (OperatingSystem.IsWindows()) Skip.Test("needs a Unix shell");
        using var folder = new TestFolder();
        folder.TrainModel();
        folder.TrainModelTo(folder["bytes.tsd"], 1, "--level", "byte");
        CliResult result = await ShellAsync(folder, $"{{ sleep 0.2; tinysd {command}; echo $? > code; }} | {reader}");
        await Assert.That(result.Error).IsEqualTo("");
        await Assert.That(await File.ReadAllTextAsync(folder["code"])).IsEqualTo("141\n");
    }

    [Test]
    [Arguments("inspect model.tsd")]
    [Arguments("inspect model.tsd --json")]
    [Arguments("generate model.tsd --length 100000")]
    [Arguments("generate bytes.tsd --length 100000")]
    public async Task A_full_disk_behind_standard_output_is_a_failure(string command)
    {
        if (!OperatingSystem.IsLinux()) Skip.Test("needs /dev/full");
        using var folder = new TestFolder();
        folder.TrainModel();
        folder.TrainModelTo(folder["bytes.tsd"], 1, "--level", "byte");
        CliResult result = await ShellAsync(folder, $"tinysd {command} > /dev/full");
        await Assert.That(result.Code).IsEqualTo(1);
        await Assert.That(result.Error).Contains("No space left on device\n");
        await Assert.That(result.Error.Count(c => c == '\n')).IsEqualTo(1);
    }

    [Test]
    [Arguments(">")]
    [Arguments(">>")]
    public async Task A_file_that_others_write_to_as_well_gets_all_in_turn(string redirection)
    {
        if (OperatingSystem.IsWindows()) Skip.Test("needs a Unix shell");
        using var folder = new TestFolder();
        folder.PutText("both", "before\n");
        CliResult result = await ShellAsync(
            folder, $"{{ echo one; tinysd hw list --quiet; tinysd nonsense; tinysd hw list --quiet; echo two; }} {redirection} both 2>&1");
        await Assert.That(result.Code).IsEqualTo(0);
        string list = Tinysd.Run("hw", "list").Out, error = Tinysd.Run("nonsense").Error;
        await Assert.That(await File.ReadAllTextAsync(folder["both"]))
            .IsEqualTo($"{(redirection == ">" ? "" : "before\n")}one\n{list}{error}{list}two\n");
    }

    /// <summary>Diagnostics that nobody gets stop nothing: not where standard error is closed, whose number a file that is written might
    /// get then, nor where its disk is full or its reader gone.</summary>
    [Test]
    [Arguments("{ COMMAND > out; echo $? > code; } 2>&-")]
    [Arguments("{ COMMAND > out; echo $? > code; } 2>&- <&-")]
    [Arguments("{ COMMAND > out; echo $? > code; } 2> /dev/full")]
    [Arguments("{ COMMAND > out; echo $? > code; } 2< /dev/null")]
    [Arguments("{ { COMMAND > out; echo $? > code; } 2>&1 >&3 3>&- | true; } 3>&1")]
    public async Task Diagnostics_that_nobody_gets_stop_nothing(string line)
    {
        if (!OperatingSystem.IsLinux()) Skip.Test("needs a Unix shell and /dev/full");
        using var folder = new TestFolder();
        folder.TrainModel();
        byte[] expected = await File.ReadAllBytesAsync(folder.Model);
        string[] train = folder.TrainArgs("again.tsd", 1);
        await ShellAsync(folder, line.Replace("COMMAND", $"tinysd {string.Join(' ', train)}", StringComparison.Ordinal));
        await Assert.That(await File.ReadAllTextAsync(folder["code"])).IsEqualTo("0\n");
        await Assert.That((await File.ReadAllBytesAsync(folder["again.tsd"])).AsSpan().SequenceEqual(expected)).IsTrue();
        await Assert.That(await File.ReadAllTextAsync(folder["out"])).Contains("again.tsd holds the model of epoch");
    }

    [Test]
    public async Task Results_for_a_closed_standard_output_are_a_failure_and_go_into_no_file()
    {
        if (!OperatingSystem.IsLinux()) Skip.Test("needs a Unix shell");
        using var folder = new TestFolder();
        folder.TrainModel();
        byte[] expected = await File.ReadAllBytesAsync(folder.Model);
        CliResult inspected = await ShellAsync(folder, "tinysd inspect model.tsd >&-");
        await Assert.That(inspected.Code).IsEqualTo(1);
        await Assert.That(inspected.Error).Contains("standard output is closed\n");
        CliResult trained = await ShellAsync(folder, $"tinysd {string.Join(' ', folder.TrainArgs("again.tsd", 1))} >&-");
        await Assert.That(trained.Code).IsEqualTo(1);
        await Assert.That((await File.ReadAllBytesAsync(folder["again.tsd"])).AsSpan().SequenceEqual(expected)).IsTrue();
    }

    // What a shell makes of a line in which tinysd is the built program.
    private static async Task<CliResult> ShellAsync(TestFolder folder, string line)
    {
        var start =
            new ProcessStartInfo("sh") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder.Path };
        string program = Path.Combine(AppContext.BaseDirectory, "tinysd.dll");
        foreach (string arg in new[] { "-c", $"tinysd() {{ dotnet '{program}' \"$@\"; }}; {line}" }) start.ArgumentList.Add(arg);
        using Process shell = Process.Start(start)!;
        Task<string> output = shell.StandardOutput.ReadToEndAsync(), error = shell.StandardError.ReadToEndAsync();
        try
        {
            await shell.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        }
        catch (TimeoutException)
        {
            shell.Kill(entireProcessTree: true);
            throw;
        }

        return new CliResult(shell.ExitCode, await output, await error);
    }

    private sealed class FullStream : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer) => throw new IOException("the disk is full");

        public override void Write(byte[] buffer, int offset, int count) => throw new IOException("the disk is full");
    }

    /// <summary>As on a file system that knows no locks: only a leftover's age tells it from a living writer's file, and one of the future
    /// begins to age.</summary>
    [Test]
    public async Task Without_locks_a_leftover_goes_when_it_has_some_age()
    {
        using var folder = new TestFolder();
        await Assert.That(folder.TrainModel("--max-steps", "1").Code).IsEqualTo(0);
        string Put(string part, int seconds)
        {
            string path = folder.PutText($"m.onnx.abcdefgh.{part}.tmp", "left");
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddSeconds(seconds));
            return path;
        }

        string old = Put("old", -60), young = Put("new", 3600), future = Put("fut", 86_400);
        File.SetLastWriteTimeUtc(young, DateTime.UtcNow);
        using TinysdProcess process = TinysdProcess.StartWith(
            "DOTNET_SYSTEM_IO_DISABLEFILELOCKING", "1", "export", folder.Model, "--out", folder["m.onnx"]);
        CliResult result = await process.EndAsync();
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        await Assert.That(File.Exists(old)).IsFalse();
        await Assert.That(File.Exists(young) && File.Exists(future)).IsTrue();
        await Assert.That(File.GetLastWriteTimeUtc(future)).IsLessThan(DateTime.UtcNow.AddSeconds(1));
    }
}
