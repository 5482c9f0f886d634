using System.Globalization;
using System.Text.Json;
using TinySD.Formats.Models;
using TinySD.Runtime.Inference;
using TinySD.Runtime.Models;
using TinySD.Runtime.Tasks;

namespace TinySD.Tools.Tests;

/// <summary><c>--share</c>: the smaller models that the first units of one in a file are.</summary>
public sealed class ShareTests
{
    [Test]
    public async Task Eval_at_a_share_measures_the_model_that_is_cut_out()
    {
        using var folder = new TestFolder();
        await Assert.That(folder.TrainModel("--dropout", "nested-locked", "--keep-multiple", "4").Code).IsEqualTo(0);
        LoadedLanguageModel loaded = LanguageModelFile.Load(folder.Model);
        foreach (float share in (float[])[0.25f, 0.5f, 1f])
        {
            LanguageModel cut = loaded.Model.AtShare(share, 4);
            LanguageModelRecipe recipe = loaded.Training.Recipe with
            {
                HiddenSize = cut.Config.HiddenSize,
                EmbeddingSize = cut.Config.EmbeddingSize,
            };
            LanguageModelFile.Save(folder["cut.tsd"], cut, loaded.Vocabulary, loaded.Training with { Recipe = recipe });
            CliResult result = Tinysd.Run(
                "eval", folder.Model, "--data", folder.Test, "--json", "--share", share.ToString(CultureInfo.InvariantCulture));
            await Assert.That(result.Error).DoesNotContain("nested");
            JsonElement expected = Tinysd.Run("eval", folder["cut.tsd"], "--data", folder.Test, "--json").Json;
            await Assert.That(result.Json.GetProperty("perplexity").GetDouble())
                .IsEqualTo(expected.GetProperty("perplexity").GetDouble());
        }
    }

    [Test]
    public async Task Inspect_tells_the_shares_and_what_was_never_a_model_is_said()
    {
        using var folder = new TestFolder();
        await Assert.That(folder.TrainModel("--dropout", "nested", "--least-share", "0.5", "--share-count", "3").Code).IsEqualTo(0);
        await Assert.That(Tinysd.Run("inspect", folder.Model).Out).Matches("runs at +--share 0.5, 0.75, 1 ");
        CliResult below = Tinysd.Run("eval", folder.Model, "--data", folder.Test, "--share", "0.25");
        await Assert.That(below.Error).IsEqualTo(
            $"tinysd eval: {folder.Model} was trained with shares from 0.5 on, and --share 0.25 is below them: it is to be expected to " +
            "do badly.\n");
        await Assert.That(folder.TrainModelTo(folder["plain.tsd"], 1).Code).IsEqualTo(0);
        CliResult plain = Tinysd.Run("generate", folder["plain.tsd"], "--share", "0.5", "--length", "5");
        await Assert.That((plain.Code, plain.Error)).IsEqualTo((0,
            $"tinysd generate: {folder["plain.tsd"]} was not trained with nested masks (--dropout nested or nested-locked): its first " +
            "units are no model of their own, and --share 0.5 is to be expected to do badly.\n"));
        foreach (string share in (string[])["0", "1.5", "nan", "-1"])
        {
            await Assert.That(Tinysd.Run("eval", folder.Model, "--data", folder.Test, "--share", share).Error)
                .StartsWith($"tinysd eval: --share is '{share}'; expected a number above 0 and at most 1.");
        }
    }

    [Test]
    public async Task Predict_and_eval_of_a_regressor_run_the_share_that_is_asked_for()
    {
        using var folder = new SeriesFolder();
        string table = folder.Put("t.csv", SeriesFolder.Sums(120));
        CliResult trained = folder.Train(table, "y", "--split", "80,20,20", "--dropout", "nested-locked");
        await Assert.That(trained.Code).IsEqualTo(0).Because(trained.Error);
        Regressor regressor = RegressorFile.Load(folder.Model).Regressor;
        string[] answers = [.. ((string[])["1", "0.5"]).Select(share => Predicted(folder.Model, share))];
        double[] expected = [.. ((float[])[1f, 0.5f]).Select(share => new RegressorSession(regressor.AtShare(share)).Step([1.5, 2.5])[0])];
        for (int i = 0; i < 2; i++)
            await Assert.That(double.Parse(answers[i], CultureInfo.InvariantCulture)).IsEqualTo(expected[i]);
        JsonElement half = Tinysd.Run("eval", folder.Model, "--data", table, "--share", "0.5", "--json").Json;
        JsonElement whole = Tinysd.Run("eval", folder.Model, "--data", table, "--json").Json;
        await Assert.That(half.GetProperty("mse").GetDouble()).IsNotEqualTo(whole.GetProperty("mse").GetDouble());

        static string Predicted(string model, string share) =>
            Tinysd.RunOn("a,b\n1.5,2.5\n", "predict", model, "--share", share).Out.Split('\n')[1];
    }

    [Test]
    [Arguments("tagger", "a tagger")]
    [Arguments("translator", "a translator")]
    [Arguments("classifier --direction bidirectional", "a bidirectional stack")]
    public async Task What_cannot_have_nested_masks_says_so_before_it_reads_anything(string task, string what)
    {
        CliResult result = Tinysd.Run(["train", .. task.Split(' '), "--dropout", "nested", "--show"]);
        await Assert.That(result.Code).IsEqualTo(2);
        await Assert.That(result.Error).Contains(
            $"--dropout is nested, and {what} cannot have nested masks: these are for stacks of one direction under one head; give " +
            "another kind, for example --dropout structured.");
    }
}
