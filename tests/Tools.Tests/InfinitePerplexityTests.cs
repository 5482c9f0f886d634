using System.Text.Json;
using TinySD.Formats.Models;
using TinySD.Runtime.Training;
using TinySD.Tools.Reproduce;
using TinySD.Tools.Tasks.LanguageModeling;

namespace TinySD.Tools.Tests;

/// <summary>Runs whose losses are finite and whose perplexities no number holds: they are runs like any other.</summary>
public sealed class InfinitePerplexityTests
{
    // Weights so large that a wrong token costs hundreds or thousands of nats.
    private static readonly string[] s_wild = ["--init", "900", "--lr", "0.01", "--cell", "rnn-tanh"];

    [Test]
    public async Task Such_epochs_are_compared_by_their_losses_and_told_as_infinite()
    {
        using var folder = new TestFolder();
        string report = folder["report.html"];
        CliResult result = folder.TrainModel([.. s_wild, "--test", folder.Test, "--report", report, "--json"]);
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        JsonElement[] epochs = [.. result.Json.GetProperty("epochs").EnumerateArray()];
        await Assert.That(epochs.Length).IsEqualTo(3);
        foreach (JsonElement epoch in epochs)
        {
            await Assert.That(epoch.GetProperty("validLoss").GetDouble()).IsGreaterThan(710);
            await Assert.That(epoch.GetProperty("validPerplexity").ValueKind).IsEqualTo(JsonValueKind.Null);
            await Assert.That(epoch.GetProperty("trainPerplexity").ValueKind).IsEqualTo(JsonValueKind.Null);
        }

        double[] losses = [.. epochs.Select(epoch => epoch.GetProperty("validLoss").GetDouble())];
        await Assert.That(losses.Distinct().Count()).IsEqualTo(3);
        await Assert.That(result.Json.GetProperty("bestEpoch").GetInt32()).IsEqualTo(Array.IndexOf(losses, losses.Min()) + 1);
        await Assert.That(result.Json.GetProperty("validLoss").GetDouble()).IsEqualTo(losses.Min());
        await Assert.That(result.Json.GetProperty("testPerplexity").ValueKind).IsEqualTo(JsonValueKind.Null);
        await Assert.That(result.Json.GetProperty("testLoss").GetDouble()).IsGreaterThan(710);
        await Assert.That(result.Error).Contains("epoch 1/3: perplexity train ∞, valid ∞;");
        string html = await File.ReadAllTextAsync(report);
        await Assert.That(html.Length).IsLessThan(50_000);
        await Assert.That(html).Contains("<h1>A language model with validation perplexity ∞, test perplexity ∞</h1>");
        await Assert.That(html).Contains("<polyline");

        LoadedLanguageModel loaded = LanguageModelFile.Load(folder.Model);
        await Assert.That(loaded.Training.Epochs[^1].Valid.Loss).IsEqualTo(losses.Min());
        await Assert.That(loaded.Training.Test!.Value.Loss).IsEqualTo(result.Json.GetProperty("testLoss").GetDouble());
        await Assert.That(Tinysd.Run("inspect", folder.Model).Out).Contains("∞");
        await Assert.That(Tinysd.Run("inspect", folder.Model, "--json").Code).IsEqualTo(0);

        CliResult eval = Tinysd.Run("eval", folder.Model, "--data", folder.Test, "--json", "--cache", "20", "--mc-samples", "2",
            "--dropout", "random", "--rate", "0.2");
        await Assert.That(eval.Code).IsEqualTo(0).Because(eval.Error);
        await Assert.That(eval.Json.GetProperty("loss").GetDouble()).IsGreaterThan(710);
        foreach (JsonElement part in new[] { eval.Json, eval.Json.GetProperty("monteCarlo"), eval.Json.GetProperty("cache") })
        {
            double loss = part.GetProperty("loss").GetDouble();
            await Assert.That(part.GetProperty("perplexity").ValueKind).IsEqualTo(loss > 709.8 ? JsonValueKind.Null : JsonValueKind.Number);
        }

        await Assert.That(Tinysd.Run("eval", folder.Model, "--data", folder.Test).Out).StartsWith("perplexity ∞ over ");
        CliResult table = folder.TrainModel([.. s_wild, "--test", folder.Test]);
        await Assert.That(table.Out).Contains("test perplexity ∞\n");
    }

    [Test]
    public async Task Such_a_run_goes_on_to_the_same_bytes()
    {
        using var folder = new TestFolder();
        string[] options = [.. s_wild, "--lr-schedule", "plateau", "--patience", "2"];
        await Assert.That(folder.TrainModelTo(folder["whole.tsd"], 1, options).Code).IsEqualTo(0);
        CliResult cut = folder.TrainModelTo(folder["cut.tsd"], 1, [.. options, "--checkpoint", folder["ck"], "--max-steps", "150"]);
        await Assert.That(cut.Code).IsEqualTo(0).Because(cut.Error);
        CliResult resumed = Tinysd.Run("train", "lm", "--resume", folder["ck"], "--max-steps", "10000", "--threads", "1");
        await Assert.That(resumed.Code).IsEqualTo(0).Because(resumed.Error);
        await Assert.That(folder.AreEqual("cut.tsd", "whole.tsd")).IsTrue();
        await Assert.That(Tinysd.Run("inspect", Directory.GetFiles(folder["ck"], "*.tsd")[0]).Out).Contains("∞");
    }

    [Test]
    public async Task A_grid_of_such_runs_has_a_report()
    {
        using var folder = new TestFolder();
        string page = folder["grid.html"];
        string[] args =
        [
            "reproduce", "lm", "--train", folder.Train, "--valid", folder.Valid, "--test", folder.Test, "--dir", folder["grid"], "--preset",
            "zaremba-medium", "--hidden", "12",
            "--batch", "5", "--bptt", "6", "--epochs", "2", "--full-rate-epochs", "2", "--cells", "random,nr-st", "--seeds", "1",
            "--threads", "1", "--no-timing",
            "--report", page, .. s_wild,
        ];
        CliResult result = Tinysd.Run([.. args, "--json"]);
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        JsonElement cell = result.Json.GetProperty("cells")[0];
        await Assert.That(cell.GetProperty("testPerplexity").GetProperty("mean").ValueKind).IsEqualTo(JsonValueKind.Null);
        JsonElement run = cell.GetProperty("runs")[0];
        await Assert.That(run.GetProperty("testPerplexity").ValueKind).IsEqualTo(JsonValueKind.Null);
        await Assert.That(run.GetProperty("testLoss").GetDouble()).IsGreaterThan(710);
        await Assert.That(result.Json.GetProperty("verdict").GetString()!).Contains("the test perplexity of nr-st is ∞ ");
        CliResult again = Tinysd.Run([.. args[..^(s_wild.Length)], .. s_wild, "--report-only"]);
        await Assert.That(again.Code).IsEqualTo(0).Because(again.Error);
        await Assert.That(again.Out).Contains("∞");
        string html = await File.ReadAllTextAsync(page);
        await Assert.That(html.Length).IsLessThan(100_000);
        await Assert.That(html).DoesNotContain("NaN");

        CliResult noise = Tinysd.Run("reproduce", "noise", folder["grid/random-seed1/model.tsd"], "--data", folder.Train, "--windows", "2",
            "--draws", "2", "--json");
        await Assert.That(noise.Code).IsEqualTo(0).Because(noise.Error);
        await Assert.That(noise.Json.GetProperty("cells")[0].GetProperty("loss").GetDouble()).IsGreaterThan(0);
    }

    [Test]
    public async Task Results_of_a_grid_that_are_extreme_or_impossible_make_a_report_of_bounded_size()
    {
        using var folder = new TestFolder();
        string page = folder["grid.html"];
        string[] args =
        [
            "reproduce", "lm", "--train", folder.Train, "--valid", folder.Valid, "--test", folder.Test, "--dir", folder["grid"], "--preset",
            "zaremba-medium", "--hidden", "4",
            "--batch", "5", "--bptt", "6", "--epochs", "2", "--cells", "random,nr-st", "--seeds", "1", "--threads", "1", "--no-timing",
            "--report", page,
        ];
        await Assert.That(Tinysd.Run(args).Code).IsEqualTo(0);
        string file = folder["grid/random-seed1/result.json"], was = await File.ReadAllTextAsync(file);
        foreach (string number in new[] { "1e308", "1.7976931348623157e308", "1e-320", "0", "-1", "1e999", "null" })
        {
            string changed = System.Text.RegularExpressions.Regex.Replace(
                was, "\"(valid|test|train)Perplexity\": [^,\n]*", $"\"$1Perplexity\": {number}");
            changed = System.Text.RegularExpressions.Regex.Replace(changed, ",\\s*\"(valid|test|train)Loss\": [^,\n}]*", "");
            await File.WriteAllTextAsync(file, changed);
            CliResult result = Tinysd.Run([.. args, "--report-only", "--json"]);
            bool isPossible = number is not ("0" or "-1");
            await Assert.That(result.Code).IsEqualTo(isPossible ? 0 : 1).Because($"{number}: {result.Error}");
            if (!isPossible)
            {
                await Assert.That(result.Error).Contains($"Perplexity is {number}; a number above 0 was expected");
                continue;
            }

            await Assert.That(new FileInfo(page).Length).IsLessThan(100_000).Because(number);
            await Assert.That(await File.ReadAllTextAsync(page)).DoesNotContain("NaN").Because(number);
        }
    }

    [Test]
    [Arguments(1e300, 690.0, 1e280, 644.0, 1e300)]
    [Arguments(double.PositiveInfinity, 921.0, double.PositiveInfinity, 800.0, double.PositiveInfinity)]
    [Arguments(double.PositiveInfinity, 800.0, double.PositiveInfinity, 921.0, double.NegativeInfinity)]
    [Arguments(double.PositiveInfinity, 800.0, double.PositiveInfinity, 800.0, 0.0)]
    [Arguments(double.PositiveInfinity, 800.0, 5.0, 1.6, double.PositiveInfinity)]
    [Arguments(5.0, 1.6, double.PositiveInfinity, 800.0, double.NegativeInfinity)]
    public async Task Differences_of_what_no_number_holds_are_those_of_their_losses(
        double one, double oneLoss, double other, double otherLoss, double expected) =>
        await Assert
            .That(GridVerdict.Difference(new Measurement(oneLoss, one), new Measurement(otherLoss, other), LanguageModelTraining.Told))
            .IsEqualTo(expected);

    [Test]
    public async Task The_best_model_at_a_time_may_be_one_of_infinite_perplexity()
    {
        const double Infinite = double.PositiveInfinity;
        GridEpochEntry[] entries = [new(1, 100, Infinite, Infinite, 1), new(2, 100, 5, 5, 1)];
        EpochOutcome[] epochs = [.. entries.Select(entry => entry.ToOutcome())];
        await Assert.That(LearningCurve.BestAt(LanguageModelTraining.Told, epochs, 10, 1)).IsEqualTo(double.PositiveInfinity);
        await Assert.That(LearningCurve.BestAt(LanguageModelTraining.Told, epochs, 10, 2)).IsEqualTo(5);
    }
}
