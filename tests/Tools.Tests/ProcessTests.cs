using System.Text.Json;

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
        args[Array.IndexOf(args, "--epochs") + 1] = "1000000";
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
}
