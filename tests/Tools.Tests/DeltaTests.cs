using System.Globalization;
using System.Text.Json;
using TinySD.Formats.Models;
using TinySD.Runtime.Inference;

namespace TinySD.Tools.Tests;

/// <summary><c>--delta</c>: what is left out, what it saves, and what it costs.</summary>
public sealed class DeltaTests
{
    [Test]
    public async Task Eval_measures_a_language_model_in_one_stream_exactly_and_with_thresholds()
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        string[] command = ["eval", folder.Model, "--data", folder.Test];
        JsonElement json = Tinysd.Run([.. command, "--delta", "0.05,0.1", "--json"]).Json, delta = json.GetProperty("delta");
        JsonElement plain = Tinysd.Run([.. command, "--streams", "1", "--json"]).Json;
        await Assert.That(Number(delta, "inputThreshold")).IsEqualTo(0.05).Within(1e-6);
        await Assert.That(Number(delta, "hiddenThreshold")).IsEqualTo(0.1).Within(1e-6);
        await Assert.That(Number(delta.GetProperty("exact"), "perplexity")).IsEqualTo(Number(plain, "perplexity")).Within(1e-9);
        await Assert.That(Number(delta.GetProperty("exact"), "loss")).IsEqualTo(Number(plain, "loss")).Within(1e-9);
        await Assert.That(Number(delta.GetProperty("delta"), "perplexity")).IsNotEqualTo(Number(plain, "perplexity"));
        await Assert.That(Number(delta.GetProperty("delta"), "perplexity")).IsEqualTo(Number(plain, "perplexity")).Within(1);
        await Assert.That(Number(delta, "largestError")).IsBetween(1e-6, 1).And.IsGreaterThan(Number(delta, "meanError"));
        await Assert.That(Number(delta, "skippedShare")).IsBetween(0.01, 0.99);
        await Assert.That(Number(delta, "seconds")).IsGreaterThan(0);
        JsonElement[] products = [.. delta.GetProperty("products").EnumerateArray()];
        await Assert.That(products[0].GetProperty("product").GetString()).IsEqualTo("lstm.0.input");
        await Assert.That(products[^1].GetProperty("product").GetString()).IsEqualTo("classifier");
        double skipped = 0, all = 0;
        foreach (JsonElement product in products)
        {
            double size = Number(product, "inputs") * Number(product, "columns");
            (skipped, all) = (skipped + (size * Number(product, "skippedShare")), all + size);
        }

        await Assert.That(Number(delta, "skippedShare")).IsEqualTo(skipped / all).Within(1e-9);
        string text = Tinysd.Run([.. command, "--delta", "0.1"]).Out;
        await Assert.That(text).Matches(
            @"\nwith delta thresholds of 0\.1: perplexity in one stream \d+\.\d\d instead of \d+\.\d\d; \d+\.\d % of multiply-adds " +
            @"skipped; probabilities differ by \S+ on average, by \S+ at most\n");
        await Assert.That(text).Contains("lstm.0.recurrent");
    }

    [Test]
    public async Task Thresholds_of_0_are_exact_and_skip_nothing()
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        JsonElement delta = Tinysd.Run("eval", folder.Model, "--data", folder.Test, "--delta", "0", "--json").Json.GetProperty("delta");
        await Assert.That(Number(delta, "largestError")).IsEqualTo(0);
        await Assert.That(Number(delta, "skippedShare")).IsEqualTo(0);
        await Assert.That(delta.GetProperty("delta").GetRawText()).IsEqualTo(delta.GetProperty("exact").GetRawText());
        string[] command = ["generate", folder.Model, "--length", "40", "--seed", "3"];
        string exact = Tinysd.Run(command).Out;
        await Assert.That(Tinysd.Run([.. command, "--delta", "0"]).Out).IsEqualTo(exact);
        CliResult other = Tinysd.Run([.. command, "--delta", "0.5"]);
        await Assert.That(other.Code).IsEqualTo(0).Because(other.Error);
        await Assert.That(other.Out).IsNotEqualTo(exact);
    }

    [Test]
    public async Task A_regressor_is_measured_as_it_streams_and_predicts_as_a_session_does()
    {
        using var folder = new SeriesFolder();
        string wave = SeriesFolder.Column("y", Enumerable.Range(0, 400).Select(i => 20 + (5 * Math.Sin(i * 0.2))));
        string table = folder.Put("t.csv", wave);
        await Assert.That(folder.Train(table, "y", "--horizon", "2", "--epochs", "5").Code).IsEqualTo(0);
        JsonElement json = Tinysd.Run("eval", folder.Model, "--data", table, "--rows", "100,250", "--delta", "0.03", "--json").Json;
        JsonElement delta = json.GetProperty("delta");
        await Assert.That(Number(delta.GetProperty("exact"), "mse")).IsEqualTo(Number(json, "mse"));
        await Assert.That(Number(delta.GetProperty("delta"), "mse")).IsNotEqualTo(Number(json, "mse"));
        await Assert.That(Number(delta, "skippedShare")).IsBetween(0.05, 0.99);
        await Assert.That(Number(delta, "largestError")).IsBetween(1e-5, 0.5);

        CliResult predicted = folder.Predict(wave, "--delta", "0.02,0.03");
        await Assert.That(predicted.Code).IsEqualTo(0).Because(predicted.Error);
        var session = new RegressorSession(RegressorFile.Load(folder.Model).Regressor, delta: new(0.02f, 0.03f));
        string[] rows = wave.Split('\n')[1..], lines = predicted.Out.Split('\n')[1..];
        for (int i = 0; i < 400; i++)
        {
            double[] expected = session.Step([double.Parse(rows[i], CultureInfo.InvariantCulture)]).ToArray();
            string line = string.Join(',', expected.Select(value => value.ToString("R", CultureInfo.InvariantCulture)));
            if (lines[i] != line) Assert.Fail($"row {i} is {lines[i]}, not {line}");
        }
    }

    [Test]
    public async Task A_classifier_is_measured_as_its_steps_come()
    {
        using var folder = new TestFolder();
        await Assert.That(folder.TrainClassifier("--direction", "forward").Code).IsEqualTo(0);
        string test = folder.PutTexts("test.txt", 60, 3);
        string[] command = ["eval", folder.Model, "--data", test, "--delta", "0.1"];
        JsonElement json = Tinysd.Run([.. command, "--json"]).Json, delta = json.GetProperty("delta");
        await Assert.That(Number(delta.GetProperty("exact"), "accuracy")).IsEqualTo(Number(json, "accuracy"));
        await Assert.That(Number(delta.GetProperty("exact"), "loss")).IsEqualTo(Number(json, "loss"));
        await Assert.That(Number(delta.GetProperty("delta"), "macroF1")).IsBetween(0, 1);
        await Assert.That(Number(delta, "largestError")).IsBetween(1e-7, 1);
        await Assert.That(Number(delta, "skippedShare")).IsBetween(0.001, 0.99);
        await Assert.That(Tinysd.Run(command).Out).Contains("with delta thresholds of 0.1: accuracy");
    }

    [Test]
    public async Task Models_without_a_step_before_the_next_are_refused()
    {
        using var folder = new SeriesFolder();
        string table = folder.Put("t.csv", SeriesFolder.Column("y", Enumerable.Range(0, 200).Select(i => Math.Sin(i * 0.2))));
        await Assert.That(folder.Train(table, "y", "--horizon", "1", "--window", "12", "--epochs", "1").Code).IsEqualTo(0);
        string why = $"--delta leaves out what has hardly changed since the step before, and {folder.Model} reads a window of 12 rows " +
            "anew at every step; leave it out.";
        CliResult eval = Tinysd.Run("eval", folder.Model, "--data", table, "--delta", "0.1");
        CliResult predict = folder.Predict("y\n1\n", "--delta", "0.1");
        await Assert.That((eval.Code, predict.Code)).IsEqualTo((2, 2));
        await Assert.That(eval.Error).Contains(why);
        await Assert.That(predict.Error).Contains(why);
        await Assert.That(Tinysd.Run("eval", folder.Model, "--data", table, "--delta", "0").Code).IsEqualTo(0);
        using var texts = new TestFolder();
        await Assert.That(texts.TrainClassifier("--direction", "bidirectional", "--epochs", "1").Code).IsEqualTo(0);
        CliResult both = Tinysd.Run("eval", texts.Model, "--data", texts.PutTexts("test.txt", 20, 3), "--delta", "0.1");
        await Assert.That(both.Code).IsEqualTo(2);
        await Assert.That(both.Error).Contains($"{texts.Model} reads a sequence from its end too; leave it out.");
    }

    [Test]
    [Arguments("-0.1")]
    [Arguments("nan")]
    [Arguments("inf")]
    [Arguments("1,2,3")]
    [Arguments("0.1,")]
    [Arguments("much")]
    public async Task What_is_no_threshold_is_refused(string word)
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        CliResult result = Tinysd.Run("eval", folder.Model, "--data", folder.Test, $"--delta={word}");
        await Assert.That(result.Code).IsEqualTo(2);
        await Assert.That(result.Error).Contains(
            $"--delta is '{word}'; expected a number of at least 0, or two with a comma between them, of inputs and of hidden units.");
    }

    private static double Number(JsonElement element, string name) => element.GetProperty(name).GetDouble();
}
