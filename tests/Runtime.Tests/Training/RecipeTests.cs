using TinySD.Runtime.Masks;
using TinySD.Runtime.Tasks;
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
        string name, int hidden, int layers, float init, int timeSteps, int batch, float drop, float clip, int epochs, int fullRateEpochs,
        float decay)
    {
        LanguageModelRecipe recipe = LanguageModelRecipe.FindPreset(name)!;
        recipe.Validate();
        await Assert.That((recipe.HiddenSize, recipe.ToConfig(10_000).EmbeddingSize, recipe.LayerCount))
            .IsEqualTo((hidden, hidden, layers));
        await Assert.That((recipe.InitRange, recipe.Bptt, recipe.BatchSize, recipe.ClipNorm)).IsEqualTo((init, timeSteps, batch, clip));
        await Assert.That((recipe.Epochs, recipe.FullRateEpochs, recipe.Decay, recipe.LearningRate))
            .IsEqualTo((epochs, fullRateEpochs, decay, 1f));
        await Assert.That(recipe.Optimizer).IsEqualTo(OptimizerKind.Sgd);
        DropoutSpec dropout = recipe.Dropout;
        // Zaremba's dropout acts on what flows upward only.
        foreach (DropoutSite site in new[] { DropoutSite.Embedding, DropoutSite.Layer, DropoutSite.Output })
            await Assert.That(dropout.RateOf(site)).IsEqualTo(drop);
        await Assert.That(dropout.RateOf(DropoutSite.Recurrent)).IsEqualTo(0f);
        await Assert.That(dropout.Kind).IsEqualTo(drop == 0f ? DropoutKind.None : DropoutKind.Random);
    }

    // Gal and Ghahramani 2016 and the large model's published code; Merity et al. 2017 and the published code's command for the Penn
    // Treebank.
    [Test]
    public async Task Variational_presets_are_case_II_at_every_site_with_dropped_words_and_weight_decay()
    {
        foreach ((string name, string of, float embedding, float recurrent) in new[]
        {
            ("gal-medium", "zaremba-medium", 0.35f, 0.2f), ("gal-large", "zaremba-large", 0.5f, 0.3f),
        })
        {
            LanguageModelRecipe recipe = LanguageModelRecipe.FindPreset(name)!, base_ = LanguageModelRecipe.FindPreset(of)!;
            DropoutSpec dropout =
                new() { Kind = DropoutKind.Locked, Embedding = embedding, Layer = embedding, Recurrent = recurrent, Output = embedding };

            // The large model's published log decays for the first time after epoch 11.
            int fullRateEpochs = name == "gal-large" ? 11 : base_.FullRateEpochs;

            // All else is Zaremba's.
            await Assert.That(recipe).IsEqualTo(base_ with
            {
                Name = name,
                Dropout = dropout,
                WordDrop = recurrent,
                WordDropBySequence = true,
                WeightDecay = 1e-7f,
                DecoupledDecay = true,
                FullRateEpochs = fullRateEpochs,
            });
        }
    }

    [Test]
    public async Task The_awd_lstm_preset_has_the_published_figures()
    {
        LanguageModelRecipe recipe = LanguageModelRecipe.FindPreset("awd-lstm")!;
        await Assert.That((recipe.LayerCount, recipe.EmbeddingSize, recipe.HiddenSize, recipe.LastHiddenSize, recipe.TieWeights))
            .IsEqualTo((3, 400, 1150, 400, true));
        await Assert.That((recipe.BatchSize, recipe.Bptt, recipe.VariableBptt, recipe.Epochs)).IsEqualTo((20, 70, true, 500));
        await Assert.That((recipe.Optimizer, recipe.LearningRate, recipe.ClipNorm, recipe.NonMonotone))
            .IsEqualTo((OptimizerKind.NtAsgd, 30f, 0.25f, 5));
        await Assert.That(recipe.Dropout)
            .IsEqualTo(new DropoutSpec { Kind = DropoutKind.Locked, Embedding = 0.4f, Layer = 0.25f, Output = 0.4f });
        await Assert.That((recipe.WordDrop, recipe.WeightDrop, recipe.ActivationPenalty, recipe.TemporalPenalty))
            .IsEqualTo((0.1f, 0.5f, 2f, 1f));
        await Assert.That((recipe.WeightDecay, recipe.DecoupledDecay, recipe.LossReduction))
            .IsEqualTo((1.2e-6f, false, LossReduction.Mean));
        await Assert.That(recipe.LearningRateAt(499)).IsEqualTo(30f);

        // 10,000 x 400 shared, 4 (400 + 1150) 1150, 4 (1150 + 1150) 1150, 4 (1150 + 400) 400, biases: 24 million in the paper, two biases a
        // gate there.
        await Assert.That(new Models.LanguageModel(recipe.ToConfig(10_000)).Layout.ParameterCount)
            .IsEqualTo(4_000_000L + 7_130_000 + 10_580_000 + 2_480_000 + (4 * (1150 + 1150 + 400)) + 10_000);
    }

    [Test]
    [Arguments("zaremba-medium", 0.5f, 0f)]
    [Arguments("zaremba-large", 0.65f, 0f)]
    [Arguments("gal-medium", 0.2f, 0f)]
    [Arguments("gal-large", 0.3f, 0f)]
    [Arguments("awd-lstm", 0.5f, 0.5f)]
    public async Task Presets_with_dropout_have_structured_forms(string name, float recurrent, float weightDrop)
    {
        LanguageModelRecipe plain = LanguageModelRecipe.FindPreset(name)!;
        DropoutSpec upward = plain.Dropout with { Kind = DropoutKind.Structured, Recurrent = 0f };
        LanguageModelRecipe first = LanguageModelRecipe.FindPreset(name + "+nr-st")!,
            second = LanguageModelRecipe.FindPreset(name + "+nr-rh-st")!;
        first.Validate();
        second.Validate();
        await Assert.That(first).IsEqualTo(plain with { Name = name + "+nr-st", Dropout = upward });
        await Assert.That(first.WeightDrop).IsEqualTo(weightDrop);
        await Assert.That(second)
            .IsEqualTo(plain with { Name = name + "+nr-rh-st", Dropout = upward with { Recurrent = recurrent }, WeightDrop = 0f });
    }

    [Test]
    [Arguments("zaremba-small+nr-st")]
    [Arguments("char-small+nr-rh-st")]
    [Arguments("awd-lstm+st")]
    [Arguments("awd-lstm+nr-st+nr-st")]
    public async Task Other_endings_name_nothing(string name) => await Assert.That(LanguageModelRecipe.FindPreset(name)).IsNull();

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
        await Assert.That((double)LanguageModelRecipe.FindPreset(preset)!.LearningRateAt(epoch))
            .IsEqualTo(expected).Within(1e-6 * expected);
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
            (
                good with { TieWeights = true, EmbeddingSize = 3 },
                "tied weights need an embedding as wide as the hidden layer; found 3 and 200"),
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
            (good with { LastHiddenSize = -1 }, "LastHiddenSize must be 0 (as the others) or above"),
            (
                good with { TieWeights = true, LastHiddenSize = 3 },
                "tied weights need an embedding as wide as the last layer; found 200 and 3"),
            (good with { VariableBptt = true, Bptt = 65517 }, "Bptt must be 5 to 65516 where it varies"),
            (good with { VariableBptt = true, Bptt = 4 }, "Bptt must be 5 to 65516 where it varies"),
            (good with { WordDrop = 1f }, "the word drop rate must be at least 0 and below 1"),
            (good with { WeightDrop = -0.1f }, "the weight drop rate must be at least 0 and below 1"),
            (good with { ActivationPenalty = -1f }, "ActivationPenalty must be 0 or above, and finite"),
            (good with { TemporalPenalty = float.NaN }, "TemporalPenalty must be 0 or above, and finite"),
            (good with { WeightDecay = float.PositiveInfinity }, "WeightDecay must be 0 or above, and finite"),
            (good with { WeightDecay = 1f }, "WeightDecay must be below 1"),
            (good with { Optimizer = OptimizerKind.AdamW, WeightDecay = 0.1f, DecoupledDecay = true },
                "AdamW's weight decay is decoupled and goes with the learning rate; DecoupledDecay needs another rule, such as Adam"),
            (good with { Momentum = 1f }, "Momentum must be at least 0 and below 1"),
            (good with { Momentum = -0.1f }, "Momentum must be at least 0 and below 1"),
            (good with { Momentum = 0.9f, Optimizer = OptimizerKind.AdamW }, "momentum needs the optimizer Sgd; found AdamW"),
            (good with { Momentum = 0.9f, Optimizer = OptimizerKind.NtAsgd }, "momentum needs the optimizer Sgd; found NtAsgd"),
            (good with { Nesterov = true, Optimizer = OptimizerKind.Adagrad }, "momentum needs the optimizer Sgd; found Adagrad"),
            (good with { Nesterov = true }, "Nesterov's momentum must be above 0; found 0"),
            (good with { Beta1 = 1f }, "Beta1 must be at least 0 and below 1"),
            (good with { Beta2 = float.NaN }, "Beta2 must be at least 0 and below 1"),
            (good with { Epsilon = 0f }, "Epsilon must be above 0 and finite"),
            (good with { Epsilon = float.PositiveInfinity }, "Epsilon must be above 0 and finite"),
            (good with { NonMonotone = -1 }, "NonMonotone must be 0 or above"),
            (good with { WarmUpUpdates = -1 }, "WarmUpUpdates must be 0 or above"),
            (good with { Patience = -1 }, "Patience must be 0 or above"),
            (good with { Optimizer = (OptimizerKind)9 }, "Optimizer must be one of its names"),
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
