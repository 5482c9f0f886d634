using System.Text.Json;
using TinySD.Formats.Models;
using TinySD.Runtime.Memory;
using TinySD.Tools.Display;

namespace TinySD.Tools.Tests;

/// <summary><c>train</c> of a task that only the tests know, by the code that <c>train lm</c> has.</summary>
public sealed class ParityTrainTests
{
    [Test]
    public async Task Its_result_is_told_as_that_of_every_task_but_the_language_model_is()
    {
        using var folder = new TestFolder();
        CliResult result = Run(folder, null, "--json");
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        JsonElement json = result.Json, recipe = json.GetProperty("recipe");
        await Assert.That(string.Join(' ', json.EnumerateObject().Select(member => member.Name))).IsEqualTo(
            "epochs metric bestEpoch valid validLoss test testLoss parameters model seconds threads recipe");
        JsonElement[] epochs = [.. json.GetProperty("epochs").EnumerateArray()];
        await Assert.That(string.Join(' ', epochs[0].EnumerateObject().Select(member => member.Name))).IsEqualTo(
            "epoch train valid trainLoss validLoss learningRate seconds termsPerSecond steps");
        await Assert.That(string.Join(' ', epochs.Select(epoch => epoch.GetProperty("epoch").GetInt32()))).IsEqualTo("1 2 3 4");
        double[] valid = [.. epochs.Select(epoch => epoch.GetProperty("valid").GetDouble())];
        await Assert.That(json.GetProperty("metric").GetString()).IsEqualTo("accuracy");
        await Assert.That(json.GetProperty("valid").GetDouble()).IsEqualTo(valid.Max());
        await Assert.That(json.GetProperty("bestEpoch").GetInt32()).IsEqualTo(Array.IndexOf(valid, valid.Max()) + 1);
        await Assert.That(epochs[0].GetProperty("train").ValueKind).IsEqualTo(JsonValueKind.Null);
        await Assert.That(epochs[0].GetProperty("steps").GetInt32()).IsEqualTo(30);
        await Assert.That(json.GetProperty("model").GetString()).IsEqualTo(folder.Model);
        await Assert.That((recipe.GetProperty("name").GetString(), recipe.GetProperty("hidden").GetInt32())).IsEqualTo(("parity", 8));

        (TrainingRecord<ParityRecipe, NoData> model, ParameterBlock parameters) = ParityFiles.Load(folder.Model);
        await Assert.That(json.GetProperty("test").GetDouble()).IsEqualTo(model.Test!.Value.Metric);
        await Assert.That(json.GetProperty("parameters").GetInt64()).IsEqualTo(parameters.Layout.ParameterCount);
        await Assert.That(Directory.GetDirectories(folder.Path)).IsEmpty();
    }

    [Test]
    public async Task A_page_and_a_table_tell_it_to_people()
    {
        using var folder = new TestFolder();
        CliResult result = Run(folder, null, "--report", folder["p.html"], "--hidden", "7");
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        await Assert.That(result.Out).Contains("valid accuracy").And.Contains("\ntest accuracy ");
        string page = await File.ReadAllTextAsync(folder["p.html"]);
        await Assert.That(page).Contains("<h1>A parity model with validation accuracy ");
        await Assert.That(page).Contains($"<code>tinysd train parity --out {folder.Model}");
        await Assert.That(page).Contains("<td>--hidden</td><td>7</td>");
    }

    [Test]
    [Arguments("epoch 2/4", 7)]
    [Arguments("epoch 2/4, validation", 1)]
    [Arguments("epoch 4/4: accuracy", 1)]
    public async Task A_run_that_was_stopped_goes_on_to_the_bytes_of_one_that_was_not(string shown, int after)
    {
        using var folder = new TestFolder();
        string[] words = ["--seed", "5", "--dtype", "bf16", "--optimizer", "adam", "--lr", "0.01"];
        CliResult unbroken = Run(folder, null, [.. words, "--out", folder["unbroken.tsd"], "--json"]);
        CliResult stopped = Run(folder, (shown, after), [.. words, "--report", folder["p.html"]]);
        await Assert.That(stopped.Code).IsEqualTo(130).Because(stopped.Error);
        string kept = $"{folder.Model}.checkpoints";
        await Assert.That(stopped.Error).Contains($"go on from it with: tinysd train parity --resume {kept}");
        CliResult resumed = ParityCli.Run(null, "train", "parity", "--resume", kept, "--json");
        await Assert.That(resumed.Code).IsEqualTo(0).Because(resumed.Error);
        await Assert.That(folder.AreEqual("model.tsd", "unbroken.tsd")).IsTrue();
        await Assert.That(File.Exists(folder["p.html"])).IsTrue();
        await Assert.That(Directory.Exists(kept)).IsFalse();
        foreach (string name in new[] { "valid", "test", "bestEpoch", "recipe" })
            await Assert.That(resumed.Json.GetProperty(name).GetRawText()).IsEqualTo(unbroken.Json.GetProperty(name).GetRawText());
    }

    [Test]
    public async Task Its_recipe_is_shown_and_nothing_done()
    {
        using var folder = new TestFolder();
        CliResult text = ParityCli.Run(null, "train", "parity", "--show", "--preset", "parity-long", "--batch", "9");
        await Assert.That(text.Code).IsEqualTo(0).Because(text.Error);
        foreach (string row in new[] { "--steps +12 ", "--batch +9 ", "--preset +parity-long " }) await Assert.That(text.Out).Matches(row);
        JsonElement json = ParityCli.Run(null, "train", "parity", "--show", "--json").Json;
        await Assert.That((json.GetProperty("name").GetString(), json.GetProperty("steps").GetInt32())).IsEqualTo(("parity", 4));
        CliResult help = ParityCli.Run(null, "train", "parity", "--help");
        await Assert.That(help.Out).Contains("one of parity, parity-long; those given beside it win. [default: parity]");
    }

    [Test]
    [Arguments("--hidden 9", "--hidden is 9, and the run in CK has 8; leave it out to go on with that run, or start a new one.")]
    [Arguments("--lr 0.5", "--lr is 0.5, and the run in CK has 0.3;")]
    [Arguments("--dropout none", "--dropout is none, and the run in CK has structured;")]
    [Arguments("--preset parity-long", "--preset is parity-long, and the run in CK has parity;")]
    [Arguments("--preset other", "--preset is 'other'; expected one of parity, parity-long.")]
    [Arguments("--dtype f16", "--dtype is f16, and the run in CK has f32;")]
    [Arguments("--epochs 1", "--epochs is 1, and the run in CK has begun 2 epochs already; give as many or more.")]
    [Arguments("--report CK/checkpoint-0000000037.tsd", "is a file of the run whose checkpoints are kept there")]
    public async Task What_contradicts_the_run_is_refused(string options, string message)
    {
        using var folder = new TestFolder();
        string kept = folder["ck"];
        await Assert.That(Run(folder, ("epoch 2/4", 7), "--checkpoint", kept).Code).IsEqualTo(130);
        string[] words = options.Replace("CK", kept, StringComparison.Ordinal).Split(' ');
        CliResult refused = ParityCli.Run(null, ["train", "parity", "--resume", kept, .. words]);
        await Assert.That(refused.Code).IsEqualTo(2);
        await Assert.That(refused.Error).Contains(message.Replace("CK", kept, StringComparison.Ordinal));

        // What may be otherwise.
        CliResult more = ParityCli.Run(null, "train", "parity", "--resume", kept, "--epochs", "5", "--out", folder["o.tsd"], "--json");
        await Assert.That(more.Code).IsEqualTo(0).Because(more.Error);
        await Assert.That(more.Json.GetProperty("epochs").GetArrayLength()).IsEqualTo(5);
        await Assert.That(File.Exists(folder["o.tsd"])).IsTrue();
    }

    [Test]
    public async Task A_new_run_needs_a_model_to_write_and_no_task_takes_the_run_of_another()
    {
        using var folder = new TestFolder();
        CliResult missing = ParityCli.Run(null, "train", "parity", "--checkpoint", folder["ck"]);
        await Assert.That(missing.Code).IsEqualTo(2);
        await Assert.That(missing.Error).StartsWith("tinysd train parity: --out is missing; it is required.\n");
        await Assert.That(Directory.Exists(folder["ck"])).IsFalse();
        CliResult same = Run(folder, null, "--report", folder.Model);
        await Assert.That(same.Code).IsEqualTo(2);
        await Assert.That(same.Error).Contains($"--report and --out are the same file, {folder.Model}");

        await Assert.That(Run(folder, ("epoch 2/4", 7), "--checkpoint", folder["ck"]).Code).IsEqualTo(130);
        CliResult other = Tinysd.Run("train", "lm", "--resume", folder["ck"]);
        await Assert.That(other.Code).IsEqualTo(1);
        await Assert.That(other.Error).Contains("is a checkpoint of the task 'parity'; 'language-model' was expected");
    }

    [Test]
    public async Task Its_models_are_measured_by_what_their_file_says_and_options_of_other_kinds_have_no_effect()
    {
        using var folder = new TestFolder();
        JsonElement trained = Run(folder, null, "--json").Json;
        string[] eval = ["eval", folder.Model, "--data", folder.Test, "--batches"];
        CliResult own = ParityCli.Run(null, [.. eval, "4"]);
        await Assert.That(own.Error).IsEqualTo("");
        await Assert.That(own.Out).IsEqualTo($"accuracy {Figures.Fixed(trained.GetProperty("test").GetDouble(), 4)} in 4 batches\n");
        CliResult foreign = ParityCli.Run(null, [.. eval, "4", "--mc-samples", "3", "--cache", "5"]);
        await Assert.That(foreign.Out).IsEqualTo(own.Out);
        await Assert.That(foreign.Error).IsEqualTo(
            "tinysd eval: warning: --mc-samples and --cache have no effect: about language models only, and " +
            $"{folder.Model} is of kind 'parity-model'.\n");

        await Assert.That(folder.TrainModel().Code).IsEqualTo(0);
        CliResult text = ParityCli.Run(null, [.. eval, "4"]);
        await Assert.That(text.Out).StartsWith("perplexity ");
        await Assert.That(text.Error).IsEqualTo(
            $"tinysd eval: warning: --batches has no effect: about parity models only, and {folder.Model} is of kind 'language-model'.\n");

        string example = folder.Put("example.tsd", ForeignKind.File());
        CliResult neither = ParityCli.Run(null, "eval", example, "--data", folder.Test);
        await Assert.That(neither.Code).IsEqualTo(1);
        await Assert.That(neither.Error).StartsWith(
            $"tinysd eval: {example} is of kind 'example'; 'language-model' was expected, or 'parity-model'\n");
    }

    private static CliResult Run(TestFolder folder, (string Wanted, int After)? stopAt, params string[] more)
    {
        string[] output = more.Contains("--out") ? [] : ["--out", folder.Model];
        return ParityCli.Run(stopAt, ["train", "parity", .. output, "--threads", "1", .. more]);
    }
}
