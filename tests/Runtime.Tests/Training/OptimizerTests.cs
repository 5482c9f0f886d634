using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tests;

/// <summary>Updates against the formulas, written out for one number at a time in double precision.</summary>
public sealed class OptimizerTests
{
    private const int Batch = 2, TimeSteps = 5, Steps = 4;
    private const float Rate = 0.25f;

    private static readonly LanguageModelConfig _config = Cases.Config(vocabulary: 11, embedding: 7, hidden: 9, layers: 2);

    [Test]
    [Arguments(0f)]
    [Arguments(1000f)] // longer than any gradient here
    [Arguments(0.05f)]
    public async Task Descent_moves_by_rate_times_gradient_times_clip_over_norm(float clip)
    {
        await EachUpdateIs(OptimizerKind.Sgd, clip, (_, gradient, _) => -Rate * gradient);
    }

    [Test]
    [Arguments(0f)]
    [Arguments(0.05f)]
    public async Task Adam_moves_as_Kingma_and_Ba_say(float clip)
    {
        double[] m = new double[100_000], v = new double[100_000];
        await EachUpdateIs(OptimizerKind.Adam, clip, (index, gradient, t) =>
        {
            m[index] = (0.9 * m[index]) + (0.1 * gradient);
            v[index] = (0.999 * v[index]) + (0.001 * gradient * gradient);
            double mHat = m[index] / (1 - Math.Pow(0.9, t)), vHat = v[index] / (1 - Math.Pow(0.999, t));
            return -Rate * mHat / (Math.Sqrt(vHat) + 1e-8);
        });
    }

    // Only when asked for by name: it takes 9 GiB and half a minute.
    [Test]
    [Explicit]
    public async Task Adams_moments_together_may_pass_2_to_the_31_floats()
    {
        var layout = new ParameterLayout();
        layout.Add("weight", (1 << 30) + 16);
        LanguageModelRecipe recipe = Cases.Recipe(_config, Batch, TimeSteps) with { Optimizer = OptimizerKind.Adam };
        var optimizer = new Optimizer(recipe, new GradientBlock(layout, [], default), new VectorOps(SingleThread.Instance, KernelChoice.Best));
        await Assert.That(optimizer.State.Select(part => part.Block.Values.Length).SequenceEqual([layout.LengthFloats, layout.LengthFloats])).IsTrue();
    }

    // PyTorch's SGD and ASGD, and most others: the decay is part of the gradient, after clipping. Gal's code: a share off at the end of the update.
    [Test]
    [Arguments(false, 0f)]
    [Arguments(false, 0.05f)]
    [Arguments(true, 0.05f)]
    public async Task Weight_decay_draws_every_parameter_towards_zero(bool decoupled, float clip)
    {
        const double decay = 0.125;
        await EachUpdateIs(
            OptimizerKind.Sgd, clip,
            (_, gradient, _, was) => decoupled ? -(Rate * gradient * (1 - decay)) - (decay * was) : -Rate * (gradient + (decay * was)),
            recipe => recipe with { WeightDecay = (float)decay, DecoupledDecay = decoupled });
    }

    [Test]
    public async Task The_average_is_the_mean_of_the_parameters_after_each_update_since_it_began()
    {
        LanguageModel model = Cases.Model(_config), plain = Cases.Model(_config);
        LanguageModelRecipe recipe = Cases.Recipe(_config, Batch, TimeSteps) with { Optimizer = OptimizerKind.NtAsgd, LearningRate = Rate };
        LanguageModelTrainer trainer = new(model, recipe), descent = new(plain, recipe with { Optimizer = OptimizerKind.Sgd });
        var iterates = new List<double[]>();
        for (int t = 0; t < 9; t++)
        {
            if (t == 3)
            {
                await Assert.That(trainer.IsAveraging).IsFalse();
                await Assert.That(trainer.ModelToKeep).IsSameReferenceAs(model);
                trainer.BeginAveraging();
                await Assert.That(Arrays.FirstDifference(trainer.ModelToKeep.Parameters.Values, model.Parameters.Values)).IsNull();
            }

            int[] inputs = Arrays.Tokens(t, Batch * TimeSteps, 11), targets = Arrays.Tokens(t + 9, Batch * TimeSteps, 11);
            trainer.Step(inputs, targets, new Draw(t));
            descent.Step(inputs, targets, new Draw(t));

            // Descent goes on with the parameters, not with their mean.
            await Assert.That(Arrays.FirstDifference(model.Parameters.Values, plain.Parameters.Values)).IsNull();
            if (t < 3) continue;
            iterates.Add(((ReadOnlySpan<float>)plain.Parameters.Values).ToDoubles());
            double[] mean = [.. Enumerable.Range(0, iterates[0].Length).Select(i => iterates.Average(iterate => iterate[i]))];
            await Assert.That(trainer.Counts.AveragedUpdates).IsEqualTo(iterates.Count);
            await Assert.That(Arrays.RelativeDistance(((ReadOnlySpan<float>)trainer.ModelToKeep.Parameters.Values).ToDoubles(), mean)).IsLessThan(5e-7);
        }

        await Assert.That(Messages.Of<ArgumentException>(trainer.BeginAveraging)).IsEqualTo("averaging has begun already");
        await Assert.That(Messages.Of<ArgumentException>(descent.BeginAveraging)).IsEqualTo("the recipe's optimizer, Sgd, does not average");
    }

    [Test]
    public async Task An_average_that_goes_on_in_another_trainer_comes_to_the_same_bits()
    {
        LanguageModelRecipe recipe = Cases.Recipe(_config, Batch, TimeSteps) with { Optimizer = OptimizerKind.NtAsgd, LearningRate = Rate };
        LanguageModel whole = Cases.Model(_config), resumed = new(_config);
        LanguageModelTrainer first = new(whole, recipe), second = new(resumed, recipe);
        first.BeginAveraging();
        for (int t = 0; t < 6; t++)
        {
            if (t == 3)
            {
                // Windows here begin without a state to carry.
                whole.Parameters.Values.CopyTo(resumed.Parameters.Values);
                first.AveragedModel!.Parameters.Values.CopyTo(second.AveragedModel!.Parameters.Values);
                second.Counts = first.Counts;
            }

            first.ResetState();
            second.ResetState();
            int[] inputs = Arrays.Tokens(t, Batch * TimeSteps, 11), targets = Arrays.Tokens(t + 9, Batch * TimeSteps, 11);
            first.Step(inputs, targets, new Draw(t));
            if (t >= 3) second.Step(inputs, targets, new Draw(t));
        }

        await Assert.That(Arrays.FirstDifference(resumed.Parameters.Values, whole.Parameters.Values)).IsNull();
        await Assert.That(Arrays.FirstDifference(second.ModelToKeep.Parameters.Values, first.ModelToKeep.Parameters.Values)).IsNull();
        await Assert.That(() => second.Counts = new TrainerCounts(0, -2)).Throws<ArgumentOutOfRangeException>();
        var plain = new LanguageModelTrainer(whole, recipe with { Optimizer = OptimizerKind.Sgd });
        await Assert.That(() => plain.Counts = new TrainerCounts(0, 0)).Throws<ArgumentException>();
    }

    [Test]
    public async Task A_window_takes_its_share_of_the_learning_rate_and_so_does_the_warm_up()
    {
        LanguageModelRecipe recipe = Cases.Recipe(_config, Batch, timeSteps: 10) with { VariableBptt = true, WarmUpUpdates = 2, LearningRate = Rate };
        var model = Cases.Model(_config);
        var trainer = new LanguageModelTrainer(model, recipe);
        (int Steps, double Share)[] windows = [(10, 0.5), (5, 0.5), (20, 2), (5, 0.5)];
        for (int step = 0; step < windows.Length; step++)
        {
            float[] before = model.Parameters.Values.ToArray();
            int length = Batch * windows[step].Steps;
            trainer.Step(Arrays.Tokens(step, length, 11), Arrays.Tokens(step + 9, length, 11), new Draw(step));
            double[] gradient = ((ReadOnlySpan<float>)trainer.Gradients.Values).ToDoubles();
            double[] expected = [.. before.Zip(gradient, (was, g) => was - (Rate * windows[step].Share * g))];
            await Assert.That(Arrays.RelativeDistance(((ReadOnlySpan<float>)model.Parameters.Values).ToDoubles(), expected)).IsLessThan(5e-7).Because($"update {step}");
        }

        await Assert.That(Messages.Of<ArgumentException>(() => trainer.Step(new int[5], new int[5], new Draw(9))))
            .IsEqualTo("a window of 5 tokens; expected a multiple of the batch, 2, from 1 to 30 times");
    }

    [Test]
    public async Task A_gradient_whose_squares_no_float_holds_is_clipped_like_any_other()
    {
        LanguageModel model = Cases.Model(_config);
        TensorSlot classifier = model.Layout.Tensors.Single(slot => slot.Name == "classifier.weight");
        for (int i = 0; i < classifier.Length; i++) model.Parameters[classifier][i] = i % 2 == 0 ? 1e30f : -5e29f;
        var trainer = new LanguageModelTrainer(model, Cases.Recipe(_config, Batch, TimeSteps) with { ClipNorm = 5f, LearningRate = Rate });
        StepResult result = trainer.Step(Arrays.Tokens(1, Batch * TimeSteps, 11), Arrays.Tokens(2, Batch * TimeSteps, 11), new Draw(0));
        double expected = Arrays.Norm(((ReadOnlySpan<float>)trainer.Gradients.Values).ToDoubles());
        await Assert.That(expected).IsGreaterThan(1e20);
        await Assert.That(result.GradientNorm).IsEqualTo(expected).Within(1e-6 * expected);
        await Assert.That(model.Parameters.Values.ContainsAnyExceptInRange(float.MinValue, float.MaxValue)).IsFalse();
    }

    // update(index, clipped gradient, t from 1) gives the change of one parameter.
    private static Task EachUpdateIs(OptimizerKind kind, float clip, Func<int, double, int, double> update) =>
        EachUpdateIs(kind, clip, (index, gradient, t, _) => update(index, gradient, t), recipe => recipe);

    private static async Task EachUpdateIs(
        OptimizerKind kind, float clip, Func<int, double, int, double, double> update, Func<LanguageModelRecipe, LanguageModelRecipe> change)
    {
        LanguageModel model = Cases.Model(_config);
        var trainer = new LanguageModelTrainer(
            model, change(Cases.Recipe(_config, Batch, TimeSteps) with { Optimizer = kind, ClipNorm = clip, LearningRate = Rate }));
        for (int t = 1; t <= Steps; t++)
        {
            float[] before = model.Parameters.Values.ToArray();
            StepResult result = trainer.Step(Arrays.Tokens(t, Batch * TimeSteps, 11), Arrays.Tokens(t + 9, Batch * TimeSteps, 11), new Draw(t - 1));
            double[] gradient = ((ReadOnlySpan<float>)trainer.Gradients.Values).ToDoubles();
            double norm = Arrays.Norm(gradient), scale = clip > 0 && norm > clip ? clip / norm : 1;
            await Assert.That(result.GradientNorm).IsEqualTo(norm).Within(1e-6 * norm);
            double[] moved = new double[gradient.Length], expected = new double[gradient.Length];
            foreach (TensorSlot slot in model.Layout.Tensors)
            {
                for (int i = slot.Offset; i < slot.Offset + slot.Length; i++)
                {
                    moved[i] = model.Parameters.Values[i];
                    expected[i] = before[i] + update(i, gradient[i] * scale, t, before[i]);
                }
            }

            // A few roundings of floats (6e-8 each), in the update and in the sum.
            await Assert.That(Arrays.RelativeDistance(moved, expected)).IsLessThan(5e-7).Because($"update {t}");
        }
    }
}
