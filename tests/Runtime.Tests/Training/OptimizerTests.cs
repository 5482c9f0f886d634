using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Threading;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tests;

/// <summary>Updates against the formulas, written out for one number at a time in double precision.</summary>
public sealed class OptimizerTests
{
    private const int Batch = 2, TimeSteps = 5, Steps = 4;
    private const int Longest = 100_000; // more than there are parameters
    private const float Rate = 0.25f;
    private const double WeightDecay = 0.125;

    private static readonly LanguageModelConfig _config = Cases.Config(vocabulary: 11, embedding: 7, hidden: 9, layers: 2);

    [Test]
    [Arguments(0f)]
    [Arguments(1000f)] // longer than any gradient here
    [Arguments(0.05f)]
    public async Task Descent_moves_by_rate_times_gradient_times_clip_over_norm(float clip)
    {
        await EachUpdateIs(recipe => recipe, clip, (_, gradient, _, _) => -Rate * gradient);
    }

    // PyTorch's SGD without dampening: the sum of gradients begins as the first one, and the rate is no part of it.
    [Test]
    [MatrixDataSource]
    public async Task Momentum_moves_by_a_running_sum_of_gradients(
        [Matrix] bool isNesterov, [Matrix(0f, 0.05f)] float clip, [Matrix] bool decays, [Matrix] bool decoupled)
    {
        const double mu = 0.75;
        double[] v = new double[Longest];
        await EachUpdateIs(
            recipe => recipe with { Momentum = (float)mu, Nesterov = isNesterov },
            clip, decays, decoupled, (index, gradient, _) =>
            {
                v[index] = (mu * v[index]) + gradient;
                return isNesterov ? gradient + (mu * v[index]) : v[index];
            });
    }

    // The usual constants, and others: no beta, and an epsilon that counts.
    [Test]
    [MatrixDataSource]
    public async Task Adam_moves_as_Kingma_and_Ba_say(
        [Matrix(0.9f, 0f)] float beta1, [Matrix(0.999f, 0.5f)] float beta2, [Matrix(1e-8f, 0.01f)] float epsilon,
        [Matrix(0f, 0.05f)] float clip, [Matrix] bool decays, [Matrix] bool decoupled)
    {
        Func<int, double, int, double> step = AdamsStep(beta1, beta2, epsilon);
        await EachUpdateIs(
            recipe => recipe with { Optimizer = OptimizerKind.Adam, Beta1 = beta1, Beta2 = beta2, Epsilon = epsilon },
            clip, decays, decoupled, step);
    }

    [Test]
    public async Task Adams_constants_are_the_published_ones_if_none_are_given()
    {
        await EachUpdateIs(recipe => recipe with { Optimizer = OptimizerKind.Adam }, 0f, false, false, AdamsStep(0.9, 0.999, 1e-8));
    }

    // Loshchilov and Hutter 2019, algorithm 2: the decay is no part of the moments, and goes with the rate of the update, warm-up and all.
    [Test]
    [Arguments(0f, 0)]
    [Arguments(0.05f, 0)]
    [Arguments(0.05f, 3)]
    public async Task AdamW_takes_its_decay_off_beside_the_step_and_by_the_learning_rate(float clip, int warmUp)
    {
        Func<int, double, int, double> step = AdamsStep(0.8, 0.99, 0.01);
        await EachUpdateIs(
            recipe => recipe with
            {
                Optimizer = OptimizerKind.AdamW,
                Beta1 = 0.8f,
                Beta2 = 0.99f,
                Epsilon = 0.01f,
                WeightDecay = (float)WeightDecay,
                WarmUpUpdates = warmUp,
            },
            clip,
            (index, gradient, t, was) =>
                -Rate * Math.Min(1, warmUp == 0 ? 1 : (double)t / warmUp) * (step(index, gradient, t) + (WeightDecay * was)));
    }

    [Test]
    [MatrixDataSource]
    public async Task Adagrad_moves_as_Duchi_Hazan_and_Singer_say(
        [Matrix(1e-8f, 0.01f)] float epsilon, [Matrix(0f, 0.05f)] float clip, [Matrix] bool decays, [Matrix] bool decoupled)
    {
        double[] squares = new double[Longest];
        await EachUpdateIs(
            recipe => recipe with { Optimizer = OptimizerKind.Adagrad, Epsilon = epsilon }, clip, decays, decoupled, (index, gradient, _) =>
            {
                squares[index] += gradient * gradient;
                return gradient == 0 ? 0 : gradient / (Math.Sqrt(squares[index]) + epsilon);
            });
    }

    // An embedding of 11 rows of which a step of 3 tokens looks up 3 at most.
    [Test]
    [MatrixDataSource]
    public async Task Rows_that_no_token_looked_up_stay_with_descent_and_Adagrad_and_go_on_with_the_others([Matrix] UpdateCase update)
    {
        LanguageModel model = Cases.Model(_config);
        var trainer = new LanguageModelTrainer(model, Cases.Recipe(_config, batch: 1, timeSteps: 3).By(update));
        trainer.Step([1, 2, 3], [4, 5, 6], new Draw(0));
        TensorSlot table = model.Layout.Tensors.Single(slot => slot.Name == "embedding");
        float[] before = model.Parameters[table].ToArray();
        trainer.Step([7, 8, 7], [4, 5, 6], new Draw(1));
        float[] after = model.Parameters[table].ToArray();
        bool[] moved = [.. Enumerable.Range(0, 11).Select(row => !before.AsSpan(row * 7, 7).SequenceEqual(after.AsSpan(row * 7, 7)))];
        bool decays = update is UpdateCase.AdamWithDecay or UpdateCase.AdamW or UpdateCase.AdagradWithDecay;
        bool goesOn = decays || update is UpdateCase.Momentum or UpdateCase.Nesterov or UpdateCase.Adam;
        bool[] expected = [.. Enumerable.Range(0, 11).Select(row => row is 7 or 8 || (goesOn && row is 1 or 2 or 3) || decays)];
        await Assert.That(moved.SequenceEqual(expected)).IsTrue().Because($"moved are {string.Join(' ', moved)}");
    }

    // Only when asked for by name: it takes 9 GiB and half a minute.
    [Test]
    [Explicit]
    public async Task Adams_moments_together_may_pass_2_to_the_31_floats()
    {
        var layout = new ParameterLayout();
        layout.Add("weight", (1 << 30) + 16);
        LanguageModelRecipe recipe = Cases.Recipe(_config, Batch, TimeSteps) with { Optimizer = OptimizerKind.Adam };
        var optimizer = new Optimizer(
            recipe, new GradientBlock(layout, [], default), new VectorOps(SingleThread.Instance, KernelChoice.Best));
        int[] floats = [.. optimizer.State.Select(part => part.Block.Values.Length)];
        await Assert.That(floats.SequenceEqual([layout.LengthFloats, layout.LengthFloats])).IsTrue();
    }

    // PyTorch's SGD and ASGD, and most others: the decay is part of the gradient, after clipping. Gal's code: a share off at the end of the
    // update.
    [Test]
    [Arguments(OptimizerKind.Sgd, false, 0f)]
    [Arguments(OptimizerKind.Sgd, false, 0.05f)]
    [Arguments(OptimizerKind.Sgd, true, 0.05f)]
    [Arguments(OptimizerKind.NtAsgd, false, 0.05f)]
    [Arguments(OptimizerKind.NtAsgd, true, 0f)]
    public async Task Weight_decay_draws_every_parameter_towards_zero(OptimizerKind kind, bool decoupled, float clip)
    {
        await EachUpdateIs(recipe => recipe with { Optimizer = kind }, clip, decays: true, decoupled, (_, gradient, _) => gradient);
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
            await Assert.That(Arrays.RelativeDistance(((ReadOnlySpan<float>)trainer.ModelToKeep.Parameters.Values).ToDoubles(), mean))
                .IsLessThan(5e-7);
        }

        await Assert.That(Messages.Of<ArgumentException>(trainer.BeginAveraging)).IsEqualTo("averaging has begun already");
        await Assert.That(Messages.Of<ArgumentException>(descent.BeginAveraging))
            .IsEqualTo("the recipe's optimizer, Sgd, does not average");
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
        LanguageModelRecipe recipe =
            Cases.Recipe(_config, Batch, timeSteps: 10) with { VariableBptt = true, WarmUpUpdates = 2, LearningRate = Rate };
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
            await Assert.That(Arrays.RelativeDistance(((ReadOnlySpan<float>)model.Parameters.Values).ToDoubles(), expected))
                .IsLessThan(5e-7).Because($"update {step}");
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

    private static Func<int, double, int, double> AdamsStep(double beta1, double beta2, double epsilon)
    {
        double[] m = new double[Longest], v = new double[Longest];
        return (index, gradient, t) =>
        {
            m[index] = (beta1 * m[index]) + ((1 - beta1) * gradient);
            v[index] = (beta2 * v[index]) + ((1 - beta2) * gradient * gradient);
            return m[index] / (1 - Math.Pow(beta1, t)) / (Math.Sqrt(v[index] / (1 - Math.Pow(beta2, t))) + epsilon);
        };
    }

    // step(index, clipped gradient with what decays, t from 1) gives what is times the rate.
    private static Task EachUpdateIs(
        Func<LanguageModelRecipe, LanguageModelRecipe> change, float clip, bool decays, bool decoupled, Func<int, double, int, double> step)
    {
        double decay = decays ? WeightDecay : 0, share = decoupled ? decay : 0;
        return EachUpdateIs(
            recipe => change(recipe) with { WeightDecay = (float)decay, DecoupledDecay = decoupled }, clip,
            (index, gradient, t, was) => ((was - (Rate * step(index, gradient + ((decay - share) * was), t))) * (1 - share)) - was);
    }

    // update(index, clipped gradient, t from 1, the parameter) gives the change of one parameter.
    private static async Task EachUpdateIs(
        Func<LanguageModelRecipe, LanguageModelRecipe> change, float clip, Func<int, double, int, double, double> update)
    {
        LanguageModel model = Cases.Model(_config);
        var trainer = new LanguageModelTrainer(
            model, change(Cases.Recipe(_config, Batch, TimeSteps) with { ClipNorm = clip, LearningRate = Rate }));
        for (int t = 1; t <= Steps; t++)
        {
            float[] before = model.Parameters.Values.ToArray();
            StepResult result = trainer.Step(
                Arrays.Tokens(t, Batch * TimeSteps, 11), Arrays.Tokens(t + 9, Batch * TimeSteps, 11), new Draw(t - 1));
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
