using TinySD.Runtime.Inference;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Numerics;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tests;

/// <summary>What a trainer refuses, survives, repeats and learns.</summary>
public sealed class TrainerTests
{
    private const int Vocabulary = 13, Batch = 3, TimeSteps = 4;

    private static readonly LanguageModelConfig _config = Cases.Config(Vocabulary, embedding: 6, hidden: 10, layers: 2);

    private static readonly DropoutSpec _dropout =
        new() { Kind = DropoutKind.Structured, Embedding = 0.2f, Layer = 0.5f, Recurrent = 0.3f, Output = 0.4f };

    [Test]
    [MatrixDataSource]
    public async Task A_step_that_is_not_finite_names_itself_and_changes_nothing([Matrix] UpdateCase update)
    {
        LanguageModelRecipe recipe = Cases.Recipe(_config, Batch, TimeSteps, _dropout).By(update) with { LearningRate = 0.01f };
        LanguageModel model = Cases.Model(_config), undisturbed = Cases.Model(_config);
        LanguageModelTrainer trainer = new(model, recipe), other = new(undisturbed, recipe);
        Step(trainer, 0);
        Step(other, 0);

        float[] good = model.Parameters.Values.ToArray();
        model.Parameters[model.Classifier].Fill(float.PositiveInfinity);
        float[] bad = model.Parameters.Values.ToArray();
        NotFiniteException? thrown = null;
        try
        {
            trainer.Step(Arrays.Tokens(1, Batch * TimeSteps, Vocabulary), Arrays.Tokens(2, Batch * TimeSteps, Vocabulary), new Draw(7));
        }
        catch (NotFiniteException exception)
        {
            thrown = exception;
        }

        await Assert.That(thrown).IsNotNull();
        await Assert.That(thrown!.Update).IsEqualTo(7);
        await Assert.That(double.IsFinite(thrown.Loss) && double.IsFinite(thrown.GradientNorm)).IsFalse();
        await Assert.That(thrown.Message).StartsWith("the numbers stopped being finite in update 7: loss ");
        await Assert.That(Arrays.FirstDifference(model.Parameters.Values, bad)).IsNull();

        // With its good parameters back, the trainer goes on as if nothing had happened: optimizer state and carried state are untouched
        // too.
        good.CopyTo(model.Parameters.Values);
        Step(trainer, 1);
        Step(other, 1);
        await Assert.That(Arrays.FirstDifference(model.Parameters.Values, undisturbed.Parameters.Values)).IsNull();
    }

    [Test]
    public async Task Masks_from_outside_are_checked_and_those_of_the_schedule_give_its_bits()
    {
        LanguageModelRecipe recipe = Cases.Recipe(_config, Batch, TimeSteps, _dropout);
        LanguageModel drawn = Cases.Model(_config), replayed = Cases.Model(_config);
        LanguageModelTrainer first = new(drawn, recipe),
            second = new(replayed, recipe, masks: new Replay(new MaskSampler(recipe.Seed, _dropout)));
        for (int step = 0; step < 3; step++)
        {
            Step(first, step);
            Step(second, step);
        }

        await Assert.That(Arrays.FirstDifference(replayed.Parameters.Values, drawn.Parameters.Values)).IsNull();
        int[] inputs = Arrays.Tokens(0, Batch * TimeSteps, Vocabulary), targets = Arrays.Tokens(1, Batch * TimeSteps, Vocabulary);
        await Assert.That(Messages.Of<ArgumentException>(() => second.Step(inputs, targets, new Draw(0, 1))))
            .Contains("have one for an update");
        foreach (int[] bad in new[] { new[] { 3, 3 }, [5, 4], [-1], [6] })
        {
            LanguageModelTrainer trainer = new(Cases.Model(_config), recipe, masks: new Fixed(bad, bad.Length));
            await Assert.That(() => Step(trainer, 0)).Throws<ArgumentOutOfRangeException>();
        }

        LanguageModelTrainer tooMany = new(Cases.Model(_config), recipe, masks: new Fixed([], 7));
        await Assert.That(() => Step(tooMany, 0)).Throws<ArgumentOutOfRangeException>();
        LanguageModelRecipe random = recipe with { Dropout = _dropout with { Kind = DropoutKind.Random } };
        await Assert.That(() => new LanguageModelTrainer(Cases.Model(_config), random, masks: new Fixed([], 0)))
            .Throws<ArgumentException>();
    }

    [Test]
    public async Task A_last_layer_of_the_size_of_the_others_may_be_given_or_left_out()
    {
        int same = _config.HiddenSize;
        foreach ((int model, int recipe) in new[] { (same, 0), (0, same), (same, same) })
        {
            LanguageModelRecipe asked = Cases.Recipe(_config, Batch, TimeSteps, _dropout) with { LastHiddenSize = recipe };
            await Assert.That(Step(new LanguageModelTrainer(Cases.Model(_config with { LastHiddenSize = model }), asked), 0).Loss)
                .IsGreaterThan(0);
        }
    }

    private sealed class Replay(MaskSampler sampler) : IMaskSource
    {
        private int _update;

        public void Begin(int update) => _update = update;

        public int Keep(MaskPlace place, int t, Span<int> keep) => sampler.Keep(place, new Draw(_update), t, keep);
    }

    // The embedding has 6 units, and is asked first.
    private sealed class Fixed(int[] keep, int count) : IMaskSource
    {
        public void Begin(int update)
        {
        }

        public int Keep(MaskPlace place, int t, Span<int> to)
        {
            keep.CopyTo(to);
            return count;
        }
    }

    [Test]
    [MatrixDataSource]
    public async Task A_run_restarted_in_the_middle_sees_the_same_masks(
        [Matrix(DropoutKind.Random, DropoutKind.Locked, DropoutKind.Structured, DropoutKind.StructuredLocked)] DropoutKind kind)
    {
        LanguageModelRecipe recipe = Cases.Recipe(_config, Batch, TimeSteps, _dropout with { Kind = kind });
        LanguageModel whole = Cases.Model(_config), resumed = new(_config);
        var trainer = new LanguageModelTrainer(whole, recipe);
        for (int step = 0; step < 3; step++) Step(trainer, step);
        whole.Parameters.Values.CopyTo(resumed.Parameters.Values);
        trainer.ResetState();
        var second = new LanguageModelTrainer(resumed, recipe);
        for (int step = 3; step < 6; step++)
        {
            Step(trainer, step);
            Step(second, step);
        }

        await Assert.That(Arrays.FirstDifference(resumed.Parameters.Values, whole.Parameters.Values)).IsNull();
    }

    [Test]
    [MatrixDataSource]
    public async Task A_trainer_given_anothers_state_goes_on_to_the_same_bits([Matrix] UpdateCase update, [Matrix(1, 3)] int layers)
    {
        LanguageModelConfig config = _config with { LayerCount = layers };
        LanguageModelRecipe recipe = Cases.Recipe(config, Batch, TimeSteps, _dropout with { Kind = DropoutKind.Structured }).By(update);
        LanguageModel whole = Cases.Model(config), resumed = new(config);
        LanguageModelTrainer trainer = new(whole, recipe), second = new(resumed, recipe);
        bool averages = update == UpdateCase.NtAsgd;
        for (int step = 0; step < 3; step++)
        {
            Step(trainer, step);
            if (averages && step == 0) trainer.BeginAveraging();
        }

        await Assert.That(trainer.Counts).IsEqualTo(new TrainerCounts(3, averages ? 2 : -1));
        await Assert.That(string.Join(' ', trainer.State.Select(block => block.Name))).IsEqualTo(update switch
        {
            UpdateCase.Momentum or UpdateCase.Nesterov => "sgd.momentum",
            UpdateCase.Adam or UpdateCase.AdamWithDecay or UpdateCase.AdamW => "adam.first adam.second",
            UpdateCase.Adagrad or UpdateCase.AdagradWithDecay => "adagrad.squares",
            UpdateCase.NtAsgd => "asgd.average",
            _ => "",
        });
        string[] names = [.. Enumerable.Range(0, layers).SelectMany(layer => new[] { $"carried.{layer}.hidden", $"carried.{layer}.cell" })];
        await Assert.That(string.Join(' ', trainer.CarriedLayout.Tensors.Select(tensor => tensor.Name))).IsEqualTo(string.Join(' ', names));

        whole.Parameters.Values.CopyTo(resumed.Parameters.Values);
        second.Counts = trainer.Counts;
        foreach ((NamedBlock from, NamedBlock to) in trainer.State.Zip(second.State)) from.Block.Values.CopyTo(to.Block.Values);
        ParameterBlock carried = new(trainer.CarriedLayout), own = new(second.CarriedLayout);
        trainer.SaveCarried(carried);
        await Assert.That(carried.Values.ToArray().Any(value => value != 0f)).IsTrue();
        carried.Values.CopyTo(own.Values);
        second.LoadCarried(own);
        for (int step = 3; step < 6; step++)
        {
            StepResult one = Step(trainer, step), other = Step(second, step);
            await Assert.That(other).IsEqualTo(one);
        }

        await Assert.That(Arrays.FirstDifference(resumed.Parameters.Values, whole.Parameters.Values)).IsNull();
        await Assert.That(Arrays.FirstDifference(second.ModelToKeep.Parameters.Values, trainer.ModelToKeep.Parameters.Values)).IsNull();
        await Assert.That(() => second.LoadCarried(carried)).Throws<ArgumentException>();
        await Assert.That(() => second.SaveCarried(carried)).Throws<ArgumentException>();
        await Assert.That(() => second.Counts = new TrainerCounts(-1)).Throws<ArgumentException>();
    }

    [Test]
    public async Task Padding_between_tensors_stays_zero()
    {
        foreach (UpdateCase update in Enum.GetValues<UpdateCase>())
        {
            LanguageModel model = Cases.Model(_config);
            var trainer = new LanguageModelTrainer(model, Cases.Recipe(_config, Batch, TimeSteps, _dropout).By(update));
            for (int step = 0; step < 3; step++) Step(trainer, step);
            foreach (ParameterBlock block in (ParameterBlock[])[
                model.Parameters, trainer.Gradients, .. trainer.State.Select(part => part.Block)])
            {
                foreach (TensorSlot slot in model.Layout.Tensors) block[slot].Clear();
                await Assert.That(block.Values.ToArray().All(value => value == 0f)).IsTrue().Because($"{update}");
            }
        }
    }

    [Test]
    public async Task Windows_and_tokens_that_do_not_fit_are_refused()
    {
        var trainer = new LanguageModelTrainer(Cases.Model(_config), Cases.Recipe(_config, Batch, TimeSteps));
        int[] good = new int[Batch * TimeSteps], bad = new int[Batch * TimeSteps];
        bad[5] = Vocabulary;
        await Assert.That(Messages.Of<ArgumentException>(() => trainer.Step(new int[3], good, new Draw(0))))
            .IsEqualTo("inputs holds 3 tokens, the window needs 12");
        await Assert.That(Messages.Of<ArgumentException>(() => trainer.Step(good, new int[13], new Draw(0))))
            .IsEqualTo("targets holds 13 tokens, the window needs 12");
        await Assert.That(Messages.Of<ArgumentException>(() => trainer.Step(bad, good, new Draw(0))))
            .IsEqualTo("inputs[5] is 13, the vocabulary has 13 tokens");
        bad[5] = -1;
        await Assert.That(Messages.Of<ArgumentException>(() => trainer.Step(good, bad, new Draw(0))))
            .IsEqualTo("targets[5] is -1, the vocabulary has 13 tokens");
        LanguageModelRecipe another = Cases.Recipe(_config with { HiddenSize = 11 }, 1, 1);
        await Assert.That(Messages.Of<ArgumentException>(() => new LanguageModelTrainer(Cases.Model(_config), another)))
            .IsEqualTo("the recipe's shape is not the model's; WithShapeOf makes it so");
    }

    public static IEnumerable<Func<DropoutSpec>> Dropouts() => Cases.Dropouts.Select(spec => (Func<DropoutSpec>)(() => spec));

    [Test]
    [MethodDataSource(nameof(Dropouts))]
    public async Task A_periodic_text_is_learnt_by_heart_in_every_case(DropoutSpec dropout)
    {
        // After 0 comes 1, 2 or 3 in turn: only a model that carries its state knows which.
        int[] period = [0, 1, 0, 2, 0, 3, 4], text = [.. Enumerable.Range(0, 700).Select(i => period[i % period.Length])];
        LanguageModelConfig config = Cases.Config(vocabulary: 5, embedding: 12, hidden: 24, layers: 2);
        LanguageModelRecipe recipe = Cases.Recipe(
            config, batch: 4, timeSteps: 8, dropout with { Embedding = 0.05f, Layer = 0.1f, Recurrent = 0.05f, Output = 0.1f }) with
        {
            Optimizer = OptimizerKind.Adam,
            LearningRate = 0.01f,
            ClipNorm = 1f,
        };
        var model = new LanguageModel(config);
        model.Initialize(1, 0.15f, forgetBias: 1f);
        var trainer = new LanguageModelTrainer(model, recipe);
        var windows = new TokenWindows(text, recipe.BatchSize, recipe.Bptt);
        int[] inputs = new int[32], targets = new int[32];
        for (int epoch = 0; epoch < 12; epoch++)
        {
            trainer.ResetState();
            for (int step = 0; step < windows.Count; step++)
            {
                windows.Fill(step, inputs, targets);
                trainer.Step(inputs, targets);
            }
        }

        EvaluationResult result = new LanguageModelEvaluator(model).Evaluate(text);
        await Assert.That(result.NegativeLogLikelihood / result.Tokens).IsLessThan(0.05);
    }

    private static StepResult Step(LanguageModelTrainer trainer, int step) => trainer.Step(
        Arrays.Tokens(step, Batch * TimeSteps, Vocabulary), Arrays.Tokens(step + 100, Batch * TimeSteps, Vocabulary), new Draw(step));
}
