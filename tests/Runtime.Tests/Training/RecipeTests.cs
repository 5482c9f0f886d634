using TinySD.Runtime.Masks;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tests;

/// <summary>Presets, the learning-rate schedule, and what a recipe refuses.</summary>
public sealed class RecipeTests
{
    // The table of Zaremba's recipe: hidden, layers, init, T, B, drop, clip, epochs, full-rate epochs, decay.
    [Test]
    [Arguments("zaremba-small", 200, 2, 0.1f, 20, 20, 0f, 5f, 13, 4, 2f)]
    [Arguments("zaremba-medium", 650, 2, 0.05f, 35, 20, 0.5f, 5f, 39, 6, 1.2f)]
    [Arguments("zaremba-large", 1500, 2, 0.04f, 35, 20, 0.65f, 10f, 55, 14, 1.15f)]
    public async Task Presets_are_the_published_figures(
        string name, int hidden, int layers, float init, int timeSteps, int batch, float drop, float clip, int epochs, int fullRateEpochs, float decay)
    {
        LanguageModelRecipe recipe = LanguageModelRecipe.FindPreset(name)!;
        recipe.Validate();
        await Assert.That((recipe.HiddenSize, recipe.ToConfig(10_000).EmbeddingSize, recipe.LayerCount)).IsEqualTo((hidden, hidden, layers));
        await Assert.That((recipe.InitRange, recipe.Bptt, recipe.BatchSize, recipe.ClipNorm)).IsEqualTo((init, timeSteps, batch, clip));
        await Assert.That((recipe.Epochs, recipe.FullRateEpochs, recipe.Decay, recipe.LearningRate)).IsEqualTo((epochs, fullRateEpochs, decay, 1f));
        await Assert.That(recipe.Optimizer).IsEqualTo(OptimizerKind.Sgd);
        DropoutSpec dropout = recipe.Dropout;
        // Zaremba's dropout acts on what flows upward only.
        foreach (DropoutSite site in new[] { DropoutSite.Embedding, DropoutSite.Layer, DropoutSite.Output }) await Assert.That(dropout.RateOf(site)).IsEqualTo(drop);
        await Assert.That(dropout.RateOf(DropoutSite.Recurrent)).IsEqualTo(0f);
        await Assert.That(dropout.Kind).IsEqualTo(drop == 0f ? DropoutKind.None : DropoutKind.Random);
    }

    [Test]
    public async Task Every_preset_is_valid_and_found_by_its_name()
    {
        foreach (LanguageModelRecipe preset in LanguageModelRecipe.Presets)
        {
            preset.Validate();
            await Assert.That(LanguageModelRecipe.FindPreset(preset.Name)).IsSameReferenceAs(preset);
        }

        await Assert.That(LanguageModelRecipe.FindPreset("zaremba-huge")).IsNull();
    }

    [Test]
    [Arguments("zaremba-small", 0, 1.0)]
    [Arguments("zaremba-small", 3, 1.0)]
    [Arguments("zaremba-small", 4, 0.5)]
    [Arguments("zaremba-small", 12, 1.0 / 512)]
    [Arguments("zaremba-medium", 5, 1.0)]
    [Arguments("zaremba-medium", 6, 1 / 1.2)]
    [Arguments("zaremba-large", 13, 1.0)]
    [Arguments("zaremba-large", 15, 1 / (1.15 * 1.15))]
    public async Task The_learning_rate_stays_full_and_then_falls_once_an_epoch(string preset, int epoch, double expected)
    {
        await Assert.That((double)LanguageModelRecipe.FindPreset(preset)!.LearningRateAt(epoch)).IsEqualTo(expected).Within(1e-6 * expected);
    }

    public static IEnumerable<Func<(LanguageModelRecipe Recipe, string Message)>> Wrong()
    {
        var good = new LanguageModelRecipe { Name = "test" };
        DropoutSpec random = new() { Kind = DropoutKind.Random };
        (LanguageModelRecipe, string)[] cases =
        [
            (good with { HiddenSize = 0 }, "HiddenSize must be at least 1"),
            (good with { EmbeddingSize = -1 }, "EmbeddingSize must be at least 1"),
            (good with { LayerCount = 0 }, "LayerCount must be 1 to 64"),
            (good with { LayerCount = 65 }, "LayerCount must be 1 to 64"),
            (good with { TieWeights = true, EmbeddingSize = 3 }, "tied weights need an embedding as wide as the hidden layer; found 3 and 200"),
            (good with { InitRange = 0 }, "InitRange must be above 0 and finite"),
            (good with { InitRange = float.NaN }, "InitRange must be above 0 and finite"),
            (good with { ForgetBias = float.PositiveInfinity }, "ForgetBias must be finite"),
            (good with { BatchSize = 0 }, "BatchSize must be 1 to 65536"),
            (good with { Bptt = 0 }, "Bptt must be 1 to 65536"),
            (good with { Bptt = 65537 }, "Bptt must be 1 to 65536"),
            (good with { LearningRate = 0 }, "LearningRate must be above 0 and finite"),
            (good with { LearningRate = float.PositiveInfinity }, "LearningRate must be above 0 and finite"),
            (good with { ClipNorm = -1 }, "ClipNorm must be 0 (no clipping) or above, and finite"),
            (good with { Epochs = 0 }, "Epochs must be at least 1"),
            (good with { FullRateEpochs = -1 }, "FullRateEpochs must be 0 or above"),
            (good with { Decay = 0.9f }, "Decay must be at least 1 and finite"),
            (good with { Dropout = random with { Embedding = 1f } }, "the embedding drop rate must be at least 0 and below 1"),
            (good with { Dropout = random with { Layer = -0.1f } }, "the layer drop rate must be at least 0 and below 1"),
            (good with { Dropout = random with { Recurrent = float.NaN } }, "the recurrent drop rate must be at least 0 and below 1"),
            (good with { Dropout = random with { Output = 2f } }, "the output drop rate must be at least 0 and below 1"),
        ];
        foreach ((LanguageModelRecipe, string) wrong in cases) yield return () => wrong;
    }

    [Test]
    [MethodDataSource(nameof(Wrong))]
    public async Task A_value_out_of_range_is_named_with_its_range(LanguageModelRecipe recipe, string message) =>
        await Assert.That(Messages.Of<ArgumentException>(recipe.Validate)).Contains(message);
}
