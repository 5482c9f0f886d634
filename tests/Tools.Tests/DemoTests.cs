using System.Text.Json;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Tasks;
using TinySD.Tools.Demo;
using TinySD.Tools.Display;
using TinySD.Tools.Training;

namespace TinySD.Tools.Tests;

/// <summary><c>demo</c>, in fewer steps than it usually makes.</summary>
public sealed class DemoTests
{
    [Test]
    public async Task It_compares_both_and_writes_a_model_that_generate_can_use()
    {
        using var folder = new TestFolder();
        CliResult result = Tinysd.Run("demo", "--out", folder.Model, "--steps", "1", "--json", "--threads", "2");
        await Assert.That(result.Code).IsEqualTo(0);
        JsonElement json = result.Json;
        foreach (string side in new[] { "dense", "structured" })
        {
            await Assert.That(json.GetProperty(side).GetProperty("validPerplexity").GetDouble()).IsGreaterThan(1);
            await Assert.That(json.GetProperty(side).GetProperty("medianStepMs").GetDouble()).IsGreaterThan(0);
            await Assert.That(json.GetProperty(side).GetProperty("curve").GetArrayLength()).IsEqualTo(1);
        }

        await Assert.That(json.GetProperty("speedup").GetDouble()).IsGreaterThan(0);
        await Assert.That(json.GetProperty("idealSpeedup").GetDouble()).IsGreaterThan(1);
        await Assert.That(json.GetProperty("sample").GetString()!.Length).IsGreaterThan(100);
        await Assert.That(json.GetProperty("model").GetString()).IsEqualTo(folder.Model);
        await Assert.That(Tinysd.Run("verify", folder.Model).Code).IsEqualTo(0);
        CliResult generated = Tinysd.Run("generate", folder.Model, "--prompt", "public ", "--length", "20");
        await Assert.That(generated.Code).IsEqualTo(0);
        await Assert.That(generated.Out).StartsWith("public ");

        // The same once more, for people and on one thread: the same bits.
        CliResult text = Tinysd.Run("demo", "--out", folder["model2.tsd"], "--steps", "1", "--quiet", "--threads", "1");
        await Assert.That(text.Error).IsEqualTo("");
        await Assert.That(text.Out).Contains("training loss, nats per character");
        await Assert.That(text.Out).Matches(@"structured +\d+\.\d\d +\d+\.\d ms +\d+\.\d\d");
        await Assert.That(text.Out).Contains("times as fast as the");
        await Assert.That(text.Out).Contains($"tinysd generate {folder["model2.tsd"]}");
        await Assert.That(text.Out).DoesNotContain("\u001b");
        await Assert.That(File.ReadAllBytes(folder["model2.tsd"]).AsSpan().SequenceEqual(File.ReadAllBytes(folder.Model))).IsTrue();
    }

    [Test]
    public async Task A_stop_leaves_nothing_half_done()
    {
        using var folder = new TestFolder();
        using var stop = new StopRequest();
        stop.Watch();
        stop.TryRequest();
        using var error = new StringWriter();
        int code = Cli.Run(["demo", "--out", folder.Model], new CliConsole(TextWriter.Null, error), stop);
        await Assert.That(code).IsEqualTo(130);
        await Assert.That(error.ToString()).Contains($"stopped before the end; nothing was written to {folder.Model}.");
        await Assert.That(folder.ModelFiles()).IsEmpty();
    }

    [Test]
    public async Task The_text_is_this_repository_s_own()
    {
        var text = BuiltInText.Read();
        string train = text.Vocabulary.Decode(text.Train);
        await Assert.That(text.Files).IsGreaterThan(50);
        await Assert.That(train).Contains("namespace TinySD.Runtime");
        await Assert.That(text.Train.Length).IsGreaterThan(10 * 16_384);
        await Assert.That(text.Valid.Length).IsGreaterThan(16_384);
    }

    /// <summary>Limits as the method's authors count them: medium at 0.5 and large at 0.65 on every site, all products.</summary>
    [Test]
    [Arguments(650, 0.5f, 0f, 1.59)]
    [Arguments(650, 0.5f, 0.5f, 2.00)]
    [Arguments(1500, 0.65f, 0f, 1.73)]
    [Arguments(1500, 0.65f, 0.65f, 2.86)]
    public async Task The_ideal_ratio_is_that_of_the_multiply_adds(int hidden, float rate, float recurrent, double expected)
    {
        var dropout =
            new DropoutSpec { Kind = DropoutKind.Structured, Embedding = rate, Layer = rate, Recurrent = recurrent, Output = rate };
        var recipe = new LanguageModelRecipe { Name = "two layers", HiddenSize = hidden, LayerCount = 2, Dropout = dropout };
        await Assert.That(IdealSpeedup.Of(LanguageModelTrainer.PlanOf(recipe, 10_000), dropout)).IsEqualTo(expected).Within(0.005);
    }

    [Test]
    public async Task A_plot_has_labelled_axes_and_marks_both_series()
    {
        double[] falling = [4, 3, 2, 1], flat = [4, 4, 4, 4];
        string plot = TextPlot.Draw(new('o', "one", falling), new('+', "two", flat), 40, 4, "loss", "step");
        await Assert.That(plot).IsEqualTo(
            "loss    o one   + two   * both\n" +
            "  4.00 ┤*+++\n" +
            "       │ o\n" +
            "       │  o\n" +
            "  1.00 ┤   o\n" +
            "       └────\n" +
            "        1step4\n");
    }

    // Hand-counted in the method's table of ideal limits.
    [Test]
    [Arguments("awd-lstm+nr-st", 1.205)]
    [Arguments("awd-lstm+nr-rh-st", 1.673)]
    public async Task The_ideal_ratio_counts_every_layer_by_its_own_size(string preset, double expected)
    {
        LanguageModelRecipe recipe = LanguageModelRecipe.FindPreset(preset)!;
        await Assert.That(IdealSpeedup.Of(LanguageModelTrainer.PlanOf(recipe, 10_000), recipe.Dropout)).IsEqualTo(expected).Within(0.002);
    }

    [Test]
    public async Task A_plot_of_few_values_spreads_them_out_where_it_is_asked_to()
    {
        string plot = TextPlot.Draw(new('o', "one", [3, 2, 1]), new('+', "two", [3, 3, 1]), 40, 3, "loss", "epoch", spread: true);
        await Assert.That(plot).IsEqualTo(
            "loss    o one   + two   * both\n" +
            "  3.00 ┤*   +\n" +
            "       │    o\n" +
            "  1.00 ┤        *\n" +
            "       └─────────\n" +
            "        1  epoch3\n");
    }
}
