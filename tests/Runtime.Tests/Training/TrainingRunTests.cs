using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Threading;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tests;

/// <summary>A run of any task: what it learns, what it decides, and that it goes on to the same bits.</summary>
public sealed class TrainingRunTests
{
    private static readonly int[] s_text = Arrays.Tokens(5, 900, 11), s_valid = Arrays.Tokens(6, 120, 11);

    private static readonly DropoutSpec s_dropout =
        new() { Kind = DropoutKind.Structured, Embedding = 0.2f, Layer = 0.5f, Recurrent = 0.3f, Output = 0.4f };

    private static ParityRecipe Parity => new()
    {
        Name = "parity",
        Optimizer = OptimizerKind.Adam,
        LearningRate = 0.02f,
        LearningRateSchedule = LearningRateSchedule.Constant,
        InitRange = 0.4f,
        LossReduction = LossReduction.Mean,
        ClipNorm = 1f,
        Epochs = 10,
        Dropout = new DropoutSpec { Kind = DropoutKind.Structured, Output = 0.1f },
    };

    [Test]
    public async Task A_task_that_only_the_tests_know_is_learnt()
    {
        var run = new TrainingRun<ParityBatch>(new ParityTask(Parity));
        while (!run.IsAtEnd) run.TrainEpoch();
        await Assert.That(run.Best!.Valid.Metric).IsGreaterThan(0.99);
        await Assert.That(run.Epochs.Count).IsEqualTo(10);
        await Assert.That(run.Epochs.Max(epoch => epoch.Valid.Metric)).IsEqualTo(run.Best.Valid.Metric);
    }

    [Test]
    [Arguments(0)]
    [Arguments(1)]
    [Arguments(7)]
    [Arguments(10)]
    [Arguments(23)]
    public async Task It_goes_on_from_any_step_to_the_same_bits(int stopped)
    {
        ParityRecipe recipe = Parity with { BatchesPerEpoch = 10, Epochs = 3 };
        using var pool = new WorkerPool(2);
        var whole = new TrainingRun<ParityBatch>(new ParityTask(recipe)) { KeepsBest = true };
        await GoesOn(whole, () => new TrainingRun<ParityBatch>(new ParityTask(recipe, pool)) { KeepsBest = true }, stopped);
    }

    public static IEnumerable<Func<LanguageModelRecipe>> Recipes()
    {
        LanguageModelConfig shape = Cases.Config(11, 6, 10, 2);
        LanguageModelRecipe plain = Cases.Recipe(shape, batch: 3, timeSteps: 8, s_dropout) with { Epochs = 5, LearningRate = 0.5f };
        yield return () => plain;
        yield return () => plain with
        {
            Optimizer = OptimizerKind.Adam,
            LearningRate = 0.01f,
            WarmUpUpdates = 50,
            LearningRateSchedule = LearningRateSchedule.Cosine,
        };
        yield return () => plain with { Optimizer = OptimizerKind.NtAsgd, NonMonotone = 0, LearningRate = 8f, VariableBptt = true };
        yield return () =>
            plain with { LearningRateSchedule = LearningRateSchedule.Plateau, LearningRate = 8f, WeightDrop = 0.3f, WordDrop = 0.2f };
    }

    [Test]
    [MethodDataSource(nameof(Recipes))]
    public async Task A_language_models_run_goes_on_from_the_middle_of_an_epoch_and_from_its_end(LanguageModelRecipe recipe)
    {
        foreach (int stopped in new[] { 5, 60, 130 }) await GoesOn(Run(recipe), () => Run(recipe), stopped);

        static TrainingRun<TokenWindow> Run(LanguageModelRecipe recipe) =>
            new(new LanguageModelTask(recipe, 11, new TokenMemory(s_text), new TokenMemory(s_valid))) { KeepsBest = true };
    }

    [Test]
    [Arguments(1, 4)]
    [Arguments(2, 4)]
    [Arguments(3, 2)]
    [Arguments(6, 4)]
    public async Task A_translators_run_goes_on_whatever_is_averaged(int averaged, int epochs)
    {
        TranslatorRecipe recipe = Translators.Recipe with { AverageLast = averaged, Epochs = epochs, FullRateEpochs = 1 };
        SentencePairs pairs = Translators.Reversals(1, 22);
        foreach (int stopped in new[] { 0, 2, 4, 5, 9, 11 })
        {
            // An epoch is 4 updates.
            if (stopped < 4 * epochs) await GoesOn(Run(recipe), () => Run(recipe), stopped);
        }

        // Half of the epochs, and then, in another run, the others.
        TrainingRun<TranslatorBatch> whole = Run(recipe), half = Run(recipe with { Epochs = epochs / 2 }), rest = Run(recipe);
        while (!whole.IsAtEnd) whole.TrainEpoch();
        while (!half.IsAtEnd) half.TrainEpoch();
        rest.Restore(half.ToState(0), to =>
        {
            foreach ((NamedBlock from, NamedBlock into) in half.ToBlocks().Zip(to)) from.Block.Values.CopyTo(into.Block.Values);
        });
        await Assert.That(Arrays.FirstDifference(rest.ParametersToKeep.Values, half.ParametersToKeep.Values)).IsNull();
        while (!rest.IsAtEnd) rest.TrainEpoch();
        await Assert.That(Told(rest)).IsEqualTo(Told(whole));
        await Assert.That(Arrays.FirstDifference(rest.ParametersToKeep.Values, whole.ParametersToKeep.Values)).IsNull();

        TrainingRun<TranslatorBatch> Run(TranslatorRecipe recipe) =>
            new(new TranslatorTask(recipe, Translators.Form, Translators.Vocabulary, pairs, pairs)) { KeepsBest = true };
    }

    [Test]
    public async Task What_is_kept_is_the_mean_after_the_last_epochs_before_and_after_an_epoch_is_accepted()
    {
        const int Averaged = 3;
        SentencePairs pairs = Translators.Reversals(1, 22);
        var task = new TranslatorTask(
            Translators.Recipe with { AverageLast = Averaged, Epochs = 6 }, Translators.Form, Translators.Vocabulary, pairs, pairs);
        var run = new TrainingRun<TranslatorBatch>(task);
        var after = new List<float[]>();
        while (!run.IsAtEnd)
        {
            await Assert.That(run.TryStep(out _)).IsTrue();
            await IsMean([.. after.TakeLast(Averaged - 1), Now()]);
            while (run.TryStep(out _))
            {
            }

            after.Add(Now());
            await IsMean([.. after.TakeLast(Averaged)]);
            EpochOutcome epoch = run.Measure();
            await Assert.That(epoch.Valid).IsEqualTo(task.Measure(run.ParametersToKeep));
            run.Accept(epoch);
            await IsMean([.. after.TakeLast(Averaged)]);
        }

        float[] Now() => task.Network.Parameters.Values.ToArray();

        async Task IsMean(float[][] sets)
        {
            float[] kept = run.ParametersToKeep.Values.ToArray();
            double furthest = 0;
            for (int i = 0; i < kept.Length; i++) furthest = Math.Max(furthest, Math.Abs(sets.Average(set => (double)set[i]) - kept[i]));
            await Assert.That(furthest).IsLessThan(1e-6).Because($"epoch {run.Epoch}");
        }
    }

    [Test]
    [MethodDataSource(nameof(Recipes))]
    public async Task A_run_is_what_a_host_writes_with_a_trainer_and_the_recipe(LanguageModelRecipe recipe)
    {
        var run = new TrainingRun<TokenWindow>(new LanguageModelTask(recipe, 11, new TokenMemory(s_text), new TokenMemory(s_valid)));
        while (!run.IsAtEnd) run.TrainEpoch();

        var model = new LanguageModel(recipe.ToConfig(11));
        model.Initialize(recipe.Seed, recipe.InitRange, recipe.ForgetBias, recipe.InitScheme);
        var trainer = new LanguageModelTrainer(model, recipe);
        var windows = new TokenWindows(s_text, recipe.BatchSize, recipe.Bptt);
        var losses = new List<double>();
        int[] inputs = new int[recipe.BatchSize * recipe.LongestWindow], targets = new int[inputs.Length];
        for (int epoch = 0; epoch < recipe.Epochs; epoch++)
        {
            trainer.LearningRate = recipe.LearningRateAt(epoch, losses.ToArray());
            trainer.ResetState();
            IReadOnlyList<long> starts = windows.StartsOf(recipe, trainer.Counts.Updates);
            for (int window = 0; window + 1 < starts.Count; window++)
            {
                int steps = (int)(starts[window + 1] - starts[window]);
                windows.Fill(starts[window], steps, inputs, targets);
                trainer.Step(inputs.AsSpan(0, steps * recipe.BatchSize), targets.AsSpan(0, steps * recipe.BatchSize));
            }

            losses.Add(new Inference.LanguageModelEvaluator(trainer.ModelToKeep, streams: recipe.BatchSize).Evaluate(s_valid).Loss);
            bool isTime = recipe.Optimizer == OptimizerKind.NtAsgd && !trainer.IsAveraging;
            if (isTime && ValidationHistory.IsNonMonotonic(losses.ToArray(), recipe.NonMonotone)) trainer.BeginAveraging();
        }

        await Assert.That(run.Epochs.Select(epoch => epoch.Valid.Loss).SequenceEqual(losses)).IsTrue();
        await Assert.That(Arrays.FirstDifference(run.ParametersToKeep.Values, trainer.ModelToKeep.Parameters.Values)).IsNull();
    }

    [Test]
    public async Task A_state_of_another_text_is_refused()
    {
        LanguageModelRecipe recipe = Recipes().First()();
        var run = new TrainingRun<TokenWindow>(new LanguageModelTask(recipe, 11, new TokenMemory(s_text), new TokenMemory(s_valid)));
        run.TrainEpoch();
        RunState state = run.ToState(0);
        var other = new TrainingRun<TokenWindow>(new LanguageModelTask(
            recipe, 11, new TokenMemory(s_text.AsMemory(0, 600)), new TokenMemory(s_valid)));
        await Assert.That(Messages.Of<ArgumentException>(() => other.Restore(state, _ => { }))).StartsWith("it says other than ");
    }

    [Test]
    public async Task Patience_and_the_count_of_updates_are_the_recipes()
    {
        LanguageModelRecipe recipe = Recipes().First()() with { Patience = 1, LearningRate = 1e-20f, Epochs = 40 };
        var run = new TrainingRun<TokenWindow>(new LanguageModelTask(recipe, 11, new TokenMemory(s_text), new TokenMemory(s_valid)));
        await Assert.That(run.CountUpdates()).IsEqualTo(40L * run.BatchCount);
        await Assert.That(run.CountUpdates(50)).IsEqualTo(50);
        while (!run.IsAtEnd && !run.IsOutOfPatience) run.TrainEpoch();
        await Assert.That(run.Epochs.Count).IsEqualTo(2);
        await Assert.That(run.Best!.Epoch).IsEqualTo(1);
    }

    [Test]
    public async Task Nothing_that_needs_the_memory_of_steps_is_done_while_a_run_is_measured()
    {
        LanguageModelRecipe recipe = Recipes().First()();
        TrainingRun<TokenWindow> run = Begun(), other = Begun();
        RunState state = run.ToState(0);
        var refused = new List<string>();
        EpochOutcome measured = run.Measure(_ => refused.AddRange(
            ((Action[])[() => run.TryStep(out StepResult _), () => run.ToBlocks(), () => run.Restore(state, _ => { }), () => run.Measure()])
            .Select(Messages.Of<InvalidOperationException>)));
        await Assert.That(refused.Count).IsGreaterThanOrEqualTo(4);
        await Assert.That(refused.Distinct().Single()).StartsWith("the run is making a step or being measured, in the same memory");
        await Assert.That(measured.Valid).IsEqualTo(other.Measure().Valid);
        foreach (TrainingRun<TokenWindow> each in (TrainingRun<TokenWindow>[])[run, other]) each.TryStep(out _);
        await Assert.That(Arrays.FirstDifference(run.ParametersToKeep.Values, other.ParametersToKeep.Values)).IsNull();

        TrainingRun<TokenWindow> Begun()
        {
            var run = new TrainingRun<TokenWindow>(new LanguageModelTask(recipe, 11, new TokenMemory(s_text), new TokenMemory(s_valid)));
            for (int step = 0; step < 3; step++) run.TryStep(out _);
            return run;
        }
    }

    [Test]
    public async Task An_epoch_can_be_begun_again_and_what_was_learnt_stays()
    {
        ParityRecipe recipe = Parity with { BatchesPerEpoch = 3, LearningRateSchedule = LearningRateSchedule.Linear };
        var run = new TrainingRun<ParityBatch>(new ParityTask(recipe));
        while (run.TryStep(out _))
        {
        }

        float[] learnt = run.Task.Network.Parameters.Values.ToArray();
        run.GoTo(5);
        await Assert.That((run.Epoch, run.Steps, run.Terms, run.Updates, run.Epochs.Count)).IsEqualTo((5, 0, 0L, 3L, 0));
        await Assert.That(run.LearningRate).IsEqualTo(0.01f);
        await Assert.That(run.Task.Network.Parameters.Values.SequenceEqual(learnt)).IsTrue();
        await Assert.That(run.TryStep(out _)).IsTrue();
        await Assert.That((run.Steps, run.Updates)).IsEqualTo((1, 4L));
    }

    [Test]
    public async Task A_step_allocates_nothing()
    {
        var run = new TrainingRun<ParityBatch>(new ParityTask(Parity));
        for (int i = 0; i < 5; i++) run.TryStep(out _);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 5; i++) run.TryStep(out _);
        await Assert.That(GC.GetAllocatedBytesForCurrentThread() - before).IsEqualTo(0);
    }

    // Trains one run to its end, noting its state on the way; a second goes on from there.
    private static async Task GoesOn<TBatch>(TrainingRun<TBatch> whole, Func<TrainingRun<TBatch>> start, int stopped)
        where TBatch : class
    {
        RunState? state = null;
        float[][] blocks = [];
        while (!whole.IsAtEnd)
        {
            if (whole.Updates >= stopped && state is null)
            {
                state = whole.ToState(0);
                blocks = [.. whole.ToBlocks().Select(block => block.Block.Values.ToArray())];
            }

            if (whole.TryStep(out _)) continue;
            whole.Accept(whole.Measure());
        }

        TrainingRun<TBatch> resumed = start();
        resumed.Restore(state!, to =>
        {
            for (int i = 0; i < to.Count; i++) blocks[i].CopyTo(to[i].Block.Values);
        });
        while (!resumed.IsAtEnd)
        {
            if (!resumed.TryStep(out _)) resumed.Accept(resumed.Measure());
        }

        await Assert.That(Arrays.FirstDifference(resumed.ParametersToKeep.Values, whole.ParametersToKeep.Values)).IsNull();
        await Assert.That(Arrays.FirstDifference(resumed.BestParameters!.Values, whole.BestParameters!.Values)).IsNull();
        await Assert.That(resumed.Updates).IsEqualTo(whole.Updates);
        await Assert.That(Told(resumed)).IsEqualTo(Told(whole));
    }

    private static string Told<TBatch>(TrainingRun<TBatch> run)
        where TBatch : class =>
        string.Join("; ", run.Epochs.Select(e => $"{e.Epoch} {e.Steps} {e.Train} {e.Valid} {e.LearningRate:R} {e.IsWhole}"))
            + $" best {run.Best?.Epoch}";
}
