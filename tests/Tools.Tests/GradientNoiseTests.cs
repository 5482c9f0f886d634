using System.Text.Json;
using TinySD.Formats.Models;
using TinySD.Formats.Text;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Threading;
using TinySD.Tools.Json;
using TinySD.Tools.Tasks.LanguageModeling;

namespace TinySD.Tools.Tests;

/// <summary><c>reproduce noise</c>: its sums against the definitions, and what must come out where masks do not vary.</summary>
public sealed class GradientNoiseTests
{
    private const int Windows = 5, Draws = 3;

    [Test]
    [Arguments(DropoutKind.None)]
    [Arguments(DropoutKind.Structured)]
    public async Task Its_figures_are_those_of_the_definitions(DropoutKind kind)
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        LoadedLanguageModel loaded = LanguageModelFile.Load(folder.Model);
        var dropout = new DropoutSpec { Kind = kind, Layer = 0.3f, Recurrent = 0.4f, Output = 0.5f };
        LanguageModelRecipe recipe = loaded.Training.Recipe with { Dropout = dropout, ClipNorm = 1.2f };
        float[] before = loaded.Model.Parameters.Values.ToArray();
        var windows = new TokenWindows(Corpus.Store(folder.Train, loaded.Vocabulary), recipe.BatchSize, recipe.Bptt);
        NoiseRow found = new GradientNoise(windows, Windows, Draws).Measure(
            "cell", loaded.Model, recipe, SingleThread.Instance, null, _ => { }, default);
        await Assert.That(loaded.Model.Parameters.Values.ToArray().SequenceEqual(before)).IsTrue();

        // Every gradient kept, and each figure from all of them.
        double[,][] gradients = new double[Windows, Draws][];
        double losses = 0;
        var trainer = new LanguageModelTrainer(loaded.Model, recipe) { LearningRate = 0f };
        int[] inputs = new int[recipe.BatchSize * recipe.Bptt], targets = new int[inputs.Length];
        for (int draw = 0; draw < Draws; draw++)
        {
            trainer.ResetState();
            for (int window = 0; window <= Windows; window++)
            {
                windows.Fill(window, inputs, targets);
                double loss = trainer.Step(inputs, targets, new Draw(window, draw)).Loss;
                if (window == 0) continue;
                losses += loss;
                gradients[window - 1, draw] = [.. trainer.Gradients.Values.ToArray().Select(value => (double)value)];
            }
        }

        double[][] means =
            [.. Enumerable.Range(0, Windows).Select(w => Mean([.. Enumerable.Range(0, Draws).Select(d => gradients[w, d])]))];
        double[] mean = Mean(means);
        double byMasks = 0, byText = 0, norms = 0, clipped = 0;
        for (int w = 0; w < Windows; w++)
        {
            byText += SquaredDistance(means[w], mean) / (Windows - 1);
            for (int d = 0; d < Draws; d++)
            {
                byMasks += SquaredDistance(gradients[w, d], means[w]) / (Draws - 1) / Windows;
                double norm = Math.Sqrt(SquaredDistance(gradients[w, d], new double[mean.Length]));
                norms += norm / (Windows * Draws);
                if (norm > recipe.ClipNorm) clipped += 1.0 / (Windows * Draws);
            }
        }

        await Assert.That(found.MaskVariance).IsEqualTo(byMasks).Within(1e-6 * found.MeanNorm);
        await Assert.That(found.TextVariance).IsEqualTo(byText - (byMasks / Draws)).Within(1e-6);
        await Assert.That(found.Gradient).IsEqualTo(SquaredDistance(mean, new double[mean.Length]) - (byText / Windows)).Within(1e-6);
        await Assert.That(found.MeanNorm).IsEqualTo(norms).Within(1e-6);
        await Assert.That(found.ClippedShare).IsEqualTo(clipped).Within(1e-9);
        await Assert.That(found.ClippedShare).IsGreaterThan(0);
        await Assert.That(found.Loss).IsEqualTo(losses / (Windows * Draws)).Within(1e-9);
        if (kind == DropoutKind.None) await Assert.That(found.MaskVariance).IsEqualTo(0).Within(1e-6);
        else await Assert.That(found.MaskVariance).IsGreaterThan(1e-3);
    }

    [Test]
    public async Task Every_cell_of_a_grid_has_its_row()
    {
        using var folder = new TestFolder();
        folder.TrainModel("--dropout", "random", "--rate", "0.5");
        JsonElement json = Tinysd.Run(
            "reproduce", "noise", folder.Model, "--data", folder.Train, "--windows", "4", "--draws", "3", "--json",
            "--draw", "bernoulli").Json;
        JsonElement[] cells = [.. json.GetProperty("cells").EnumerateArray()];
        await Assert.That(cells.Select(cell => cell.GetProperty("cell").GetString()!))
            .IsEquivalentTo(["random", "locked", "nr-st", "nr-rh-st", "nr-rh-st-locked", "nr-rh-random"], CollectionOrdering.Matching);
        await Assert.That(cells.All(cell => cell.GetProperty("maskVariance").GetDouble() > 0)).IsTrue();
        CliResult text = Tinysd.Run(
            "reproduce", "noise", folder.Model, "--data", folder.Train, "--windows", "4", "--draws", "3", "--batch", "2");
        await Assert.That(text.Out).Matches("random .* 1.00 ");
        await Assert.That(text.Out).Contains("4 windows of 6 time steps and 2 sequences, 3 masks of each");
    }

    [Test]
    public async Task Masks_that_stay_are_measured_against_themselves_and_counts_by_chance_need_no_multiple()
    {
        using var folder = new TestFolder();
        string[] measure = ["reproduce", "noise", folder.Model, "--data", folder.Train, "--windows", "3", "--draws", "2", "--json"];
        folder.TrainModel("--preset", "gal-medium");
        JsonElement json = Tinysd.Run(measure).Json;
        await Assert.That(json.GetProperty("baseline").GetString()).IsEqualTo("nr-rh-locked");
        await Assert.That(json.GetProperty("cells").EnumerateArray().Last().GetProperty("cell").GetString()).IsEqualTo("nr-rh-locked");
        CliResult text = Tinysd.Run(measure[..^1]);
        await Assert.That(text.Out).Contains("variance to nr-rh-locked");
        await Assert.That(text.Out).Matches("nr-rh-locked .* 1.00 ");

        folder.TrainModel("--dropout", "structured", "--rate", "0.5", "--keep-multiple", "4");
        CliResult bernoulli = Tinysd.Run([.. measure, "--draw", "bernoulli"]);
        await Assert.That(bernoulli.Code).IsEqualTo(0).Because(bernoulli.Error);
        CliResult nothing = Tinysd.Run([.. measure, "--rate", "0"]);
        await Assert.That(nothing.Code).IsEqualTo(2);
        await Assert.That(nothing.Error).Contains(
            "there is nothing to measure without dropout between layers; give --rate, for example --rate 0.5.");
    }

    [Test]
    public async Task A_model_without_dropout_and_a_text_that_is_too_short_are_refused()
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        CliResult without = Tinysd.Run("reproduce", "noise", folder.Model, "--data", folder.Train);
        await Assert.That(without.Code).IsEqualTo(2);
        await Assert.That(without.Error).Contains("trained without dropout between layers; give --rate, for example --rate 0.5.");
        CliResult tooShort = Tinysd.Run("reproduce", "noise", folder.Model, "--data", folder.Valid, "--rate", "0.5");
        await Assert.That(tooShort.Code).IsEqualTo(1);
        await Assert.That(tooShort.Error).Contains(
            "has 13 windows of 5 sequences and 6 steps, and 41 are needed; lower --windows or --batch.");
        CliResult single = Tinysd.Run("reproduce", "noise", folder.Model, "--data", folder.Valid, "--rate", "0.5", "--batch", "400");
        await Assert.That(single.Code).IsEqualTo(1);
        await Assert.That(single.Error).Contains("has 0 windows of 400 sequences");
        CliResult stopped = Tinysd.RunUntilShown("nr-st", 1, "reproduce", "noise", folder.Model, "--data", folder.Train, "--rate", "0.5");
        await Assert.That(stopped.Code).IsEqualTo(130);
    }

    private static double[] Mean(double[][] vectors) =>
        [.. Enumerable.Range(0, vectors[0].Length).Select(i => vectors.Average(vector => vector[i]))];

    private static double SquaredDistance(double[] a, double[] b) =>
        a.Zip(b).Sum(pair => (pair.First - pair.Second) * (pair.First - pair.Second));
}
