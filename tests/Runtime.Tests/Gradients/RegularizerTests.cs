using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Threading;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tests;

/// <summary>What regularises beside dropout on units, each alone and all together with every case of dropout: the twin's gradients against
/// central differences of its loss, the fast path against the twin, and the fast path's bits against themselves.</summary>
public sealed class RegularizerTests
{
    private const int Batch = 3, Sample = 2;

    // As in FastPathTests; a survivor is scaled by 2 at most.
    private const double Tolerance = 1e-6;

    // A draw that leaves a unit or two makes of a gradient the small difference of terms further up, which the magnitudes of the last sum's
    // terms do not show: at most 3.9e-6 on this grid.
    private const double BernoulliTolerance = 1e-5;

    private static readonly LanguageModelRecipe _none = new() { Name = "none" };

    private static readonly LanguageModelRecipe _all = _none with
    {
        Name = "all",
        WeightDrop = 0.4f,
        WordDrop = 0.3f,
        ActivationPenalty = 2f,
        TemporalPenalty = 3f,
        LossReduction = LossReduction.Mean,
    };

    private static readonly LanguageModelRecipe[] _regularizers =
    [
        _none with { Name = "weights", WeightDrop = 0.5f },
        _none with { Name = "words", WordDrop = 0.4f },
        _none with { Name = "words by sequence", WordDrop = 0.4f, WordDropBySequence = true },
        _none with { Name = "AR", ActivationPenalty = 2f },
        _none with { Name = "TAR", TemporalPenalty = 3f },
        _none with { Name = "mean", LossReduction = LossReduction.Mean },
        _all,
    ];

    // A last layer of its own size; one piece of a row and several, the last one short.
    private static readonly LanguageModelConfig _small =
        new() { VocabularySize = 9, EmbeddingSize = 4, HiddenSize = 5, LastHiddenSize = 3, LayerCount = 3 };
    private static readonly LanguageModelConfig _tied = _small with { LastHiddenSize = 4, TieWeights = true };
    private static readonly LanguageModelConfig _wide =
        _small with { HiddenSize = 290, LastHiddenSize = 17, LayerCount = 2, EmbeddingSize = 17, TieWeights = true };

    public static IEnumerable<Func<(LanguageModelRecipe Regularizers, DropoutSpec Dropout)>> Grid()
    {
        foreach (DropoutSpec dropout in Cases.Dropouts)
        {
            DropoutSpec rates = dropout with { Embedding = 0.3f, Layer = 0.5f, Recurrent = 0.4f, Output = 0.25f };
            bool isPlain = dropout.Kind is DropoutKind.None or DropoutKind.Structured;
            foreach (LanguageModelRecipe regularizers in isPlain ? _regularizers : [_all]) yield return () => (regularizers, rates);
        }
    }

    [Test]
    [MethodDataSource(nameof(Grid))]
    public async Task The_twins_gradient_is_the_slope_of_its_loss(LanguageModelRecipe regularizers, DropoutSpec dropout)
    {
        const double h = 1e-5;
        foreach (LanguageModelConfig config in new[] { _small, _tied, _tied with { Cell = CellKind.Gru } })
        {
            LanguageModelRecipe recipe = Recipe(regularizers, config, timeSteps: 4, dropout);
            var twin = new ReferenceLanguageModel(Cases.Model(config, seed: 3, range: 0.9f))
            {
                Regularizers = ReferenceRegularizers.Of(recipe, config, new Draw(5)),
            };
            ReferenceMasks masks = ReferenceMasks.From(dropout, recipe.Seed, config, 4, Batch, new Draw(5));
            int[] tokens = Arrays.Tokens(1, Batch * 4, config.VocabularySize), targets = Arrays.Tokens(2, Batch * 4, config.VocabularySize);
            double Loss() => twin.Forward(tokens, targets, masks, twin.NewState(Batch)).Loss;
            Dictionary<string, double[,]> gradients = twin.Backward(twin.Forward(tokens, targets, masks, twin.NewState(Batch)));
            foreach ((string tensor, double[,] values) in twin.Parameters)
            {
                double[] slopes = new double[values.Length];
                for (int i = 0; i < slopes.Length; i++)
                {
                    double was = values.AsFlat()[i];
                    values.AsFlat()[i] = was + h;
                    double above = Loss();
                    values.AsFlat()[i] = was - h;
                    slopes[i] = (above - Loss()) / (2 * h);
                    values.AsFlat()[i] = was;
                }

                await Assert.That(Arrays.RelativeDistance(slopes, gradients[tensor].AsFlat()))
                    .IsLessThan(1e-6).Because($"{tensor} of {config}");
            }
        }
    }

    [Test]
    [MethodDataSource(nameof(Grid))]
    public async Task Losses_and_gradients_are_the_twins_over_windows_of_several_lengths(
        LanguageModelRecipe regularizers, DropoutSpec dropout)
    {
        double tolerance = dropout.Draw == MaskDraw.Bernoulli ? BernoulliTolerance : Tolerance;
        LanguageModelConfig[] configs = [_small, _tied, _small with { Cell = CellKind.Gru }, _tied with { Peepholes = true }];
        foreach (LanguageModelConfig config in regularizers == _all ? [.. configs, _wide] : configs)
        {
            LanguageModelRecipe recipe = Recipe(regularizers, config, timeSteps: 5, dropout) with { VariableBptt = true };
            List<Expected> windows = Expect(recipe, config);
            foreach (int width in Cases.LaneWidths)
            {
                LanguageModel model = NewModel(config);
                var trainer = new LanguageModelTrainer(
                    model, recipe, SingleThread.Instance, KernelChoice.ForLaneWidth(width))
                { LearningRate = 0f };
                foreach (Expected window in windows)
                {
                    StepResult result = trainer.Step(window.Tokens, window.Targets, new Draw(window.Step, Sample));
                    string where = $"{window.Tokens.Length / Batch} steps, {width} lanes, {config}";
                    await Assert.That(result.Loss).IsEqualTo(window.Loss).Within(tolerance * window.Loss).Because(where);
                    foreach (TensorSlot slot in model.Layout.Tensors)
                    {
                        double distance = Arrays.RelativeDistance(
                            trainer.Gradients[slot].ToArray().ToDoubles(), window.Gradients[slot.Name].AsFlat(),
                            window.Terms[slot.Name].AsFlat());
                        await Assert.That(distance).IsLessThan(tolerance).Because($"{slot.Name}, {where}");
                    }
                }
            }
        }
    }

    // The twin's windows, one after another; the loss is without the penalties, what perplexity is made of.
    private static List<Expected> Expect(LanguageModelRecipe recipe, LanguageModelConfig config)
    {
        var twin = new ReferenceLanguageModel(NewModel(config));
        ReferenceState state = twin.NewState(Batch);
        var windows = new List<Expected>();
        int step = 3;
        foreach (int timeSteps in new[] { 7, 2, 1, 5 })
        {
            int[] tokens = Arrays.Tokens(step, Batch * timeSteps, config.VocabularySize),
                targets = Arrays.Tokens(step + 50, tokens.Length, config.VocabularySize);
            twin.Regularizers = ReferenceRegularizers.Of(recipe, config, new Draw(step, Sample));
            ReferenceMasks masks = ReferenceMasks.From(recipe.Dropout, recipe.Seed, config, timeSteps, Batch, new Draw(step, Sample));
            ReferenceWindow window = twin.Forward(tokens, targets, masks, state);
            windows.Add(new Expected(
                tokens, targets, step++, window.TokenLosses.Average(), twin.Backward(window), twin.TermMagnitudes(window)));
            state = window.FinalState!;
        }

        return windows;
    }

    private static LanguageModel NewModel(LanguageModelConfig config) => Cases.Model(config, seed: 5, range: 0.15f);

    private sealed record Expected(
        int[] Tokens, int[] Targets, int Step, double Loss, Dictionary<string, double[,]> Gradients, Dictionary<string, double[,]> Terms);

    [Test]
    [NotInParallel]
    public async Task Training_with_everything_on_gives_the_same_bits_at_every_width_and_thread_count()
    {
        foreach (DropoutKind kind in new[] { DropoutKind.Locked, DropoutKind.Structured })
        {
            LanguageModelRecipe recipe = Everything(
                _wide, new() { Kind = kind, Embedding = 0.3f, Layer = 0.5f, Recurrent = 0.4f, Output = 0.25f });
            using var pool = new WorkerPool(3);
            float[]? first = null;
            foreach (int width in Cases.LaneWidths)
            {
                foreach (IParallelRunner runner in (IParallelRunner[])[SingleThread.Instance, pool])
                {
                    LanguageModel model = Cases.Model(_wide);
                    var trainer = new LanguageModelTrainer(model, recipe, runner, KernelChoice.ForLaneWidth(width));
                    for (int step = 0; step < 6; step++)
                    {
                        int length = Batch * (1 + (step * 3 % 7));
                        trainer.Step(Arrays.Tokens(step, length, 9), Arrays.Tokens(step + 9, length, 9), new Draw(step));
                        if (step == 2) trainer.BeginAveraging();
                    }

                    float[] found = [.. model.Parameters.Values, .. trainer.AveragedModel!.Parameters.Values];
                    first ??= found;
                    await Assert.That(Arrays.FirstDifference(found, first))
                        .IsNull().Because($"{width} lanes, {runner.ThreadCount} threads, {kind}");
                }
            }
        }
    }

    [Test]
    public async Task A_short_window_leaves_the_bits_of_a_network_made_for_it()
    {
        DropoutSpec dropout = new() { Kind = DropoutKind.Structured, Embedding = 0.3f, Layer = 0.5f, Recurrent = 0.4f, Output = 0.25f };
        LanguageModelRecipe recipe = Recipe(_all, _small, timeSteps: 3, dropout);
        LanguageModel model = Cases.Model(_small);
        LanguageModelTrainer exact = new(model, recipe), longer = new(model, recipe with { VariableBptt = true, Bptt = 9 });
        longer.ComputeGradient(Arrays.Tokens(8, Batch * 29, 9), Arrays.Tokens(9, Batch * 29, 9), new Draw(6));
        int[] tokens = Arrays.Tokens(1, Batch * 3, 9), targets = Arrays.Tokens(2, Batch * 3, 9);
        await Assert.That(longer.ComputeGradient(tokens, targets, new Draw(7)))
            .IsEqualTo(exact.ComputeGradient(tokens, targets, new Draw(7)));
        await Assert.That(Arrays.FirstDifference(longer.Gradients.Values, exact.Gradients.Values)).IsNull();
    }

    [Test]
    public async Task Masks_drop_their_share_and_differ_from_window_to_window()
    {
        LanguageModelConfig config = _small with { HiddenSize = 300, LayerCount = 1, LastHiddenSize = 0, VocabularySize = 40_000 };
        LanguageModelRecipe recipe = Recipe(_all with { WeightDrop = 0.3f, WordDrop = 0.2f }, config, 2, DropoutSpec.None);
        ReferenceRegularizers first = ReferenceRegularizers.Of(recipe, config, new Draw(1)),
            second = ReferenceRegularizers.Of(recipe, config, new Draw(2));
        foreach ((double[] mask, double[] next, double rate) in new[]
        {
            (first.Weights![0].AsFlat().ToArray(), second.Weights![0].AsFlat().ToArray(), 0.3), (first.Words!, second.Words!, 0.2),
        })
        {
            // Five standard deviations of a share.
            double deviation = 5 * Math.Sqrt(rate * (1 - rate) / mask.Length), both = (rate * rate) + ((1 - rate) * (1 - rate));
            await Assert.That(mask.Count(factor => factor == 0) / (double)mask.Length).IsEqualTo(rate).Within(deviation);
            await Assert.That(mask.Where(factor => factor != 0).All(factor => Math.Abs(factor - (1 / (1 - rate))) < 1e-6)).IsTrue();
            double same = mask.Zip(next).Count(pair => (pair.First == 0) == (pair.Second == 0)) / (double)mask.Length;
            await Assert.That(same).IsEqualTo(both).Within(5 * Math.Sqrt(both * (1 - both) / mask.Length));
        }
    }

    /// <summary>A recipe that has all there is.</summary>
    internal static LanguageModelRecipe Everything(LanguageModelConfig config, DropoutSpec dropout) =>
        Recipe(_all, config, timeSteps: 5, dropout) with
        {
            VariableBptt = true,
            Optimizer = OptimizerKind.NtAsgd,
            WeightDecay = 1e-3f,
            ClipNorm = 0.5f,
            WarmUpUpdates = 3,
        };

    private static LanguageModelRecipe Recipe(
        LanguageModelRecipe regularizers, LanguageModelConfig config, int timeSteps, DropoutSpec dropout) =>
        Cases.Recipe(config, Batch, timeSteps, dropout) with
        {
            WeightDrop = regularizers.WeightDrop,
            WordDrop = regularizers.WordDrop,
            WordDropBySequence = regularizers.WordDropBySequence,
            ActivationPenalty = regularizers.ActivationPenalty,
            TemporalPenalty = regularizers.TemporalPenalty,
            LossReduction = regularizers.LossReduction,
        };
}
