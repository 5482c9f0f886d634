using System.Text.Json;
using System.Text.RegularExpressions;
using TinySD.Formats.Container;
using TinySD.Runtime.Threading;
using TinySD.Tools.Display;
using TinySD.Tools.Machines;
using TinySD.Tools.Training;

namespace TinySD.Tools.Tests;

/// <summary>A grid and a report of a task that only the tests know, by the code that <c>reproduce lm</c> and <c>train lm</c>
/// have.</summary>
public sealed class ParityGridTests
{
    private static readonly string[] s_runs = ["random-seed1", "nr-st-seed1", "random-seed2", "nr-st-seed2"];

    [Test]
    public async Task A_grid_stopped_in_training_and_between_runs_goes_on_to_the_bytes_of_an_unbroken_one()
    {
        using var folder = new TestFolder();
        CliResult first = Run(folder, "broken", stopAt: ("run 1/4 random-seed1, epoch 2/4", 7), "--no-timing");
        await Assert.That(first.Code).IsEqualTo(130).Because(first.Error);
        await Assert.That(first.Error).Contains("is kept, go on from it with: tinysd reproduce parity --dir ");
        await Assert.That(first.Error).Contains(", validation accuracy ");
        await Assert.That(Directory.GetFiles(folder["broken/random-seed1"], "checkpoint-*")).IsNotEmpty();
        CliResult second = Run(folder, "broken", stopAt: ("run 2/4 nr-st-seed1: finished", 1), "--no-timing");
        await Assert.That(second.Code).IsEqualTo(130).Because(second.Error);
        await Assert.That(second.Error).Contains("going on after 37 updates, in epoch 2, after 7 steps of it");
        await Assert.That(second.Error).Contains("stopped before random, seed 2. Go on with: tinysd reproduce parity");
        CliResult last = Run(folder, "broken", null, "--no-timing"), unbroken = Run(folder, "unbroken", null, "--no-timing");
        await Assert.That((last.Code, unbroken.Code)).IsEqualTo((0, 0)).Because(last.Error + unbroken.Error);
        foreach (string run in s_runs)
        {
            await Assert.That(folder.AreEqual($"broken/{run}/result.json", $"unbroken/{run}/result.json")).IsTrue();
            await Assert.That(folder.AreEqual($"broken/{run}/model.tsd", $"unbroken/{run}/model.tsd")).IsTrue();
            await Assert.That(Directory.GetFiles(folder[$"broken/{run}"], "checkpoint-*")).IsEmpty();
        }
    }

    [Test]
    public async Task Its_results_verdict_and_page_are_of_its_own_metric_of_which_more_is_better()
    {
        using var folder = new TestFolder();
        string page = folder["page.html"];
        CliResult result = Run(folder, "grid", null, "--json", "--report", page);
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        await Assert.That(result.Out).DoesNotContain("erplexity");
        await Assert.That(result.Json.GetProperty("metric").GetString()).IsEqualTo("accuracy");
        await Assert.That(result.Json.GetProperty("recipe").GetProperty("hidden").GetInt32()).IsEqualTo(8);
        JsonElement[] cells = [.. result.Json.GetProperty("cells").EnumerateArray()];
        await Assert.That(cells.Select(cell => cell.GetProperty("cell").GetString()!)).IsEquivalentTo(["random", "nr-st"]);
        double[][] tests =
        [
            .. cells.Select(cell => cell.GetProperty("runs").EnumerateArray().Select(run => run.GetProperty("test").GetDouble()).ToArray()),
        ];
        foreach (JsonElement run in cells.SelectMany(cell => cell.GetProperty("runs").EnumerateArray()))
        {
            JsonElement[] epochs = [.. run.GetProperty("epochs").EnumerateArray()];
            double[] valid = [.. epochs.Select(epoch => epoch.GetProperty("valid").GetDouble())];
            await Assert.That(valid.Length).IsEqualTo(4);

            // Accuracy is not measured while training, and the best epoch is the one with most.
            await Assert.That(epochs[0].GetProperty("train").ValueKind).IsEqualTo(JsonValueKind.Null);
            await Assert.That(epochs[0].GetProperty("trainLoss").GetDouble()).IsBetween(0.3, 1.5);
            await Assert.That(run.GetProperty("bestEpoch").GetInt32()).IsEqualTo(Array.IndexOf(valid, valid.Max()) + 1);
            await Assert.That(run.GetProperty("valid").GetDouble()).IsEqualTo(valid.Max());
            await Assert.That(run.TryGetProperty("streams", out _)).IsFalse();
        }

        // What the claim allows is lost accuracy.
        double[] differences = [.. tests[1].Zip(tests[0], (own, dense) => own - dense)];
        JsonElement comparison = result.Json.GetProperty("comparisons")[0];
        await Assert.That(comparison.GetProperty("testDifference").GetProperty("mean").GetDouble())
            .IsEqualTo(differences.Average()).Within(1e-12);
        await Assert.That(comparison.GetProperty("seedsWithinClaim").GetInt32()).IsEqualTo(differences.Count(d => d >= -0.05));
        await Assert.That(comparison.GetProperty("holds").GetBoolean()).IsEqualTo(differences.Average() >= -0.05);
        string verdict = result.Json.GetProperty("verdict").GetString()!;
        await Assert.That(verdict).StartsWith(
            "The claim: structured masks cost at most 0.05 accuracy against random masks at the same rates.");
        string amount = Figures.Fixed(Math.Abs(differences.Average()), 4), way = differences.Average() > 0 ? "higher" : "lower";
        await Assert.That(verdict).Contains($"the test accuracy of nr-st is {amount} {way} than that of random");
        await Assert.That(verdict).Contains("How many times as fast as with random a whole training step is: nr-st ");

        string html = await File.ReadAllTextAsync(page);
        await Assert.That(html).Contains("<h1>Structured dropout for the parity of bits: what it costs and what it gains</h1>");
        await Assert.That(html).Contains(
            "<h2>Accuracy and speed</h2>").And.Contains("Accuracies are means over the seeds").And.Contains("Validation accuracy by time");
        await Assert.That(html).Contains(
            "test of the same model.\n").And.Contains("<td>sequences</td><td>drawn</td>").And.Contains("<h3>The recipe");
        await Assert.That(html).DoesNotContain("erplexity").And.DoesNotContain("NaN").And.DoesNotContain("tokens");
        await Assert.That(html).Contains($"<td>{Figures.Fixed(tests[0].Average(), 4)} ({Figures.Fixed(tests[0].Min(), 4)}..");
        CliResult text = Run(folder, "grid", null, "--report-only");
        await Assert.That(text.Out).Contains(
            "Accuracies are means over seeds; min, max and the difference are of the test data; batch size 6.\n");
        await Assert.That(text.Out).Contains(Figures.Fixed(tests[1].Average(), 4));
    }

    [Test]
    [Arguments("\"valid\": [^,]*,|\"valid\": \"high\",", "random-seed1/result.json is not as 'reproduce parity' wrote it")]
    [Arguments("\"validLoss\": [^,]*,|", "validLoss is missing; a finite number was expected")]
    [Arguments("\"test\": [^,]*,|\"test\": null,", "test is NaN; a finite number was expected")]
    [Arguments("\"seed\": [^,]*,|\"seed\": -1,", "seed is -1; a whole number of at least 0 was expected")]
    [Arguments("\"cell\": [^,]*,|", "result.json is not as 'reproduce parity' wrote it: cell is missing.")]
    [Arguments("\"steps\": [^,]*,|\"steps\": 1.5,", "steps is 1.5; a whole number was expected")]
    [Arguments("\"epochs\"|\"more\"", "epochs is missing")]
    public async Task Its_damaged_results_are_refused(string change, string message)
    {
        using var folder = new TestFolder();
        await Assert.That(Run(folder, "grid", null, "--no-timing").Code).IsEqualTo(0);
        string file = folder["grid/random-seed1/result.json"], text = await File.ReadAllTextAsync(file);
        string[] parts = change.Split('|');
        MatchCollection places = Regex.Matches(text, parts[0]);
        string changed = text.Remove(places[^1].Index, places[^1].Length).Insert(places[^1].Index, parts[1]);
        await File.WriteAllTextAsync(file, changed);
        CliResult result = Run(folder, "grid", null, "--report-only");
        await Assert.That(result.Code).IsEqualTo(1);
        await Assert.That(result.Error).Contains(message);
    }

    [Test]
    public async Task Another_setting_makes_another_grid_and_no_other_task_goes_on_with_it()
    {
        using var folder = new TestFolder();
        await Assert.That(Run(folder, "grid", null, "--no-timing").Code).IsEqualTo(0);
        CliResult other = Run(folder, "grid", null, "--no-timing", "--lr", "0.4");
        await Assert.That(other.Code).IsEqualTo(2);
        await Assert.That(other.Error).Contains("--lr is 0.4, and the grid in ").And.Contains(" has 0.3 (both after --scale)");
        CliResult foreign = Tinysd.Run(
            "reproduce", "lm", "--train", folder.Train, "--valid", folder.Valid, "--test", folder.Test, "--dir", folder["grid"], "--rate",
            "0.5");
        await Assert.That(foreign.Code).IsEqualTo(1);
        await Assert.That(foreign.Error).Contains("is not as 'reproduce lm' wrote it");
    }

    [Test]
    public async Task A_training_report_tells_its_metric_in_its_words()
    {
        using var folder = new TestFolder();
        ParityRecipe recipe = new()
        {
            Name = "parity", HiddenSize = 8, TimeSteps = 4, BatchesPerEpoch = 20, BatchSize = 6, Epochs = 3, LearningRate = 0.3f,
        };
        var task = new ParityTraining(recipe, new(folder["m.tsd"], TensorStorage.F32, SingleThread.Instance, null));
        var progress = new Notes();
        TrainingOutcome outcome = new TrainingDriver<ParityBatch>(task, null, 1, null).Run(progress, default);
        string best = Figures.Fixed(outcome.Best.Valid.Metric, 4), test = Figures.Fixed(outcome.Test!.Value.Metric, 4);
        await Assert.That(progress.Lines[0]).StartsWith(
            $"epoch 1/3: accuracy valid {Figures.Fixed(outcome.Epochs[0].Valid.Metric, 4)}; learning rate 0.3; ");

        using var output = new StringWriter { NewLine = "\n" };
        TrainingReport.Write(new CliConsole(output, output), task, outcome);
        string text = output.ToString();
        await Assert.That(text).Contains(
            "valid accuracy").And.Contains("bits/s").And.Contains($"\ntest accuracy {test}\n").And.Contains(best);
        await Assert.That(text).Contains(
            $"{folder["m.tsd"]} holds the model of epoch {outcome.Best.Epoch}: ").And.DoesNotContain("erplexity");
        TrainingPage.Save(folder["p.html"], task, ParityFiles.Recipe.Rows(recipe), outcome, "tinysd", Surroundings.Here(null, 1));
        string page = await File.ReadAllTextAsync(folder["p.html"]);
        await Assert.That(page).Contains($"<h1>A parity model with validation accuracy {best}, test accuracy {test}</h1>");
        await Assert.That(page).Contains(
            "validation data</span>, after each epoch</p>").And.Contains("<td>sequences</td><td>drawn</td>").And.Contains("--hidden");
        await Assert.That(page).DoesNotContain("NaN").And.DoesNotContain("erplexity").And.DoesNotContain("tokens");
        await Assert.That(page).Contains($"<title>validation: {best}</title>");
    }

    private static CliResult Run(TestFolder folder, string name, (string Wanted, int After)? stopAt, params string[] more) => ParityCli.Run(
        stopAt,
        ["reproduce", "parity", "--dir", folder[name], "--cells", "random,nr-st", "--seeds", "2", "--threads", "1", .. more]);

    private sealed class Notes : IProgressDisplay
    {
        public List<string> Lines { get; } = [];

        public bool IsDue => true;

        public void Show(string label, double share, string detail)
        {
        }

        public void Note(string line) => Lines.Add(line);
    }
}
