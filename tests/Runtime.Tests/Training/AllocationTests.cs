using TinySD.Runtime.Inference;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Threading;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tests;

/// <summary>After the first call, nothing is allocated: not by a training step, an evaluation, a session's step or a draw.</summary>
public sealed class AllocationTests
{
    private const int Batch = 3, TimeSteps = 4, Vocabulary = 23;

    public static IEnumerable<Func<((CellKind, bool) Cell, DropoutSpec Dropout, UpdateCase Update)>> Recipes()
    {
        foreach ((CellKind, bool) cell in Cases.Cells)
        {
            foreach (DropoutSpec dropout in Cases.Dropouts)
            {
                DropoutSpec rates = dropout with { Embedding = 0.5f, Layer = 0.5f, Recurrent = 0.5f, Output = 0.5f };
                foreach (UpdateCase update in Enum.GetValues<UpdateCase>()) yield return () => (cell, rates, update);
            }
        }
    }

    public static IEnumerable<Func<((CellKind, bool) Cell, int Streams)>> Evaluations() =>
        Cases.Cells.SelectMany(
            cell => new[] { 1, 3 }.Select<int, Func<((CellKind, bool) Cell, int Streams)>>(streams => () => (cell, streams)));

    [Test]
    [MethodDataSource(nameof(Recipes))]
    public async Task A_training_step_allocates_nothing((CellKind, bool) cell, DropoutSpec dropout, UpdateCase update)
    {
        LanguageModelTrainer trainer = NewTrainer(cell, dropout, update, SingleThread.Instance);
        await Assert.That(BytesOnThisThread(Steps(trainer))).IsEqualTo(0);
    }

    [Test]
    [NotInParallel]
    [MethodDataSource(nameof(Recipes))]
    public async Task A_training_step_on_two_threads_allocates_nothing((CellKind, bool) cell, DropoutSpec dropout, UpdateCase update)
    {
        using var pool = new WorkerPool(2);
        LanguageModelTrainer trainer = NewTrainer(cell, dropout, update, pool);
        await Assert.That(BytesOnThreadsOf(pool, Steps(trainer))).IsEqualTo(0);
    }

    [Test]
    [NotInParallel]
    [Arguments(DropoutKind.Locked)]
    [Arguments(DropoutKind.Structured)]
    [Arguments(DropoutKind.Nested)]
    public async Task A_training_step_with_everything_on_allocates_nothing(DropoutKind kind)
    {
        LanguageModelConfig config = new()
        {
            VocabularySize = Vocabulary,
            EmbeddingSize = 6,
            HiddenSize = 270,
            LastHiddenSize = 6,
            LayerCount = 2,
            TieWeights = true,
        };
        LanguageModelRecipe recipe = RegularizerTests.Everything(
            config,
            kind == DropoutKind.Nested
                ? new() { Kind = kind }
                : new() { Kind = kind, Embedding = 0.5f, Layer = 0.5f, Recurrent = 0.5f, Output = 0.5f });
        using var pool = new WorkerPool(2);
        foreach (IParallelRunner runner in (IParallelRunner[])[SingleThread.Instance, pool])
        {
            var trainer = new LanguageModelTrainer(Cases.Model(config), recipe, runner);
            trainer.BeginAveraging();
            Action steps = Steps(trainer);
            await Assert.That(runner == pool ? BytesOnThreadsOf(pool, steps) : BytesOnThisThread(steps)).IsEqualTo(0);
        }
    }

    [Test]
    [NotInParallel]
    [Arguments(DropoutKind.Random)]
    [Arguments(DropoutKind.Structured)]
    public async Task A_translators_training_step_allocates_nothing(DropoutKind kind)
    {
        TranslatorRecipe recipe = Translators.Recipe with
        {
            LayerCount = 2,
            HiddenSize = 40,
            ContextRate = 0.3f,
            AttentionRate = 0.3f,
            AverageLast = 2,
            Dropout = new() { Kind = kind, Embedding = 0.5f, Layer = 0.5f, Recurrent = 0.5f, Output = 0.5f },
        };
        using var pool = new WorkerPool(2);
        foreach (IParallelRunner runner in (IParallelRunner[])[SingleThread.Instance, pool])
        {
            SentencePairs pairs = Translators.Reversals(1, 6);
            var run = new TrainingRun<TranslatorBatch>(
                new TranslatorTask(recipe, Translators.Form, Translators.Vocabulary, pairs, null, runner));
            TranslatorBatch batch = run.Task.NewBatch();
            batch.Fill(pairs, [0, 1, 2, 3, 4]);
            Action steps = () =>
            {
                for (int i = 0; i < 5; i++) run.Trainer.Step(batch, new Draw(i), 0.01f);
            };
            await Assert.That(runner == pool ? BytesOnThreadsOf(pool, steps) : BytesOnThisThread(steps)).IsEqualTo(0);
        }
    }

    [Test]
    public async Task Copying_the_carried_state_out_and_in_allocates_nothing()
    {
        foreach ((CellKind, bool) cell in Cases.Cells)
        {
            LanguageModelTrainer trainer = NewTrainer(cell, Cases.Dropouts[0], UpdateCase.Adam, SingleThread.Instance);
            var carried = new ParameterBlock(trainer.CarriedLayout);
            await Assert.That(BytesOnThisThread(() =>
            {
                trainer.SaveCarried(carried);
                trainer.LoadCarried(carried);
            })).IsEqualTo(0);
        }
    }

    [Test]
    public async Task A_session_allocates_nothing()
    {
        foreach ((CellKind, bool) cell in Cases.Cells)
        {
            var session = new LanguageModelSession(NewModel(cell));
            await Assert.That(BytesOnThisThread(() =>
            {
                session.Reset();
                for (int token = 0; token < Vocabulary; token++) session.Step(token);
            })).IsEqualTo(0).Because($"{cell}");
        }
    }

    [Test]
    [MethodDataSource(nameof(Evaluations))]
    public async Task An_evaluation_allocates_nothing((CellKind, bool) cell, int streams)
    {
        var evaluator = new LanguageModelEvaluator(NewModel(cell), SingleThread.Instance, streams, timeSteps: 5);
        int[] text = Arrays.Tokens(1, 100, Vocabulary);
        await Assert.That(BytesOnThisThread(() => evaluator.Evaluate(text))).IsEqualTo(0);
    }

    [Test]
    [MethodDataSource(nameof(Recipes))]
    public async Task A_Monte_Carlo_evaluation_allocates_nothing((CellKind, bool) cell, DropoutSpec dropout, UpdateCase update)
    {
        if (update != UpdateCase.Sgd) return;
        var evaluator = new MonteCarloEvaluator(NewModel(cell), dropout, samples: 2, streams: 2, timeSteps: 5);
        var text = new TokenMemory(Arrays.Tokens(1, 100, Vocabulary));
        await Assert.That(BytesOnThisThread(() => evaluator.Evaluate(text))).IsEqualTo(0);
    }

    [Test]
    public async Task An_evaluation_with_a_cache_allocates_nothing_for_a_token()
    {
        var evaluator = new CacheEvaluator(NewModel(Cases.Cells[0]), 20, timeSteps: 5);
        TokenMemory small = new(Arrays.Tokens(1, 10, Vocabulary)), large = new(Arrays.Tokens(1, 500, Vocabulary));
        await Assert.That(BytesOnThisThread(() => evaluator.Evaluate(large))).IsEqualTo(BytesOnThisThread(() => evaluator.Evaluate(small)));
    }

    [Test]
    public async Task A_draw_allocates_nothing()
    {
        var sampler = new TokenSampler(Vocabulary, temperature: 0.8f, topK: 5, forbidden: [1, 3]);
        float[] logits = Arrays.Uniform(1, Vocabulary);
        double[] probabilities = new double[Vocabulary];
        await Assert.That(BytesOnThisThread(() => sampler.Sample(logits))).IsEqualTo(0);
        await Assert.That(BytesOnThisThread(() => sampler.Probabilities(logits, probabilities))).IsEqualTo(0);
    }

    [Test]
    public async Task Filling_a_window_of_tokens_allocates_nothing()
    {
        var windows = new TokenWindows(Arrays.Tokens(1, 100, Vocabulary), Batch, TimeSteps);
        int[] inputs = new int[Batch * TimeSteps], targets = new int[Batch * TimeSteps];
        await Assert.That(BytesOnThisThread(() => windows.Fill(1, inputs, targets))).IsEqualTo(0);
    }

    private static LanguageModel NewModel((CellKind, bool) cell) =>
        Cases.Model(Cases.Config(Vocabulary, embedding: 9, hidden: 17, layers: 2).Of(cell));

    private static LanguageModelTrainer NewTrainer((CellKind, bool) cell, DropoutSpec dropout, UpdateCase update, IParallelRunner runner)
    {
        LanguageModel model = NewModel(cell);
        return new LanguageModelTrainer(
            model, Cases.Recipe(model.Config, Batch, TimeSteps, dropout).By(update) with { LearningRate = 0.01f, ClipNorm = 1f }, runner);
    }

    private static Action Steps(LanguageModelTrainer trainer)
    {
        int[] inputs = Arrays.Tokens(1, Batch * TimeSteps, Vocabulary), targets = Arrays.Tokens(2, Batch * TimeSteps, Vocabulary);
        int step = 0;
        return () =>
        {
            for (int i = 0; i < 5; i++) trainer.Step(inputs, targets, new Draw(step++));
        };
    }

    private static long BytesOnThisThread(Action action) => Allocations.LeastOnThisThread(action);

    // What the pool's threads allocated together, waiting for work included.
    private static long BytesOnThreadsOf(WorkerPool pool, Action action)
    {
        long[] bytes = new long[pool.ThreadCount];
        return Allocations.Least(action, () =>
        {
            var probe = new Probe { Bytes = bytes };
            new CountedRunner(pool).For(pool.ThreadCount, 1, ref probe);
            return bytes.Sum();
        });
    }

    private struct Probe : IRangeBody
    {
        public long[] Bytes;

        public readonly void Run(int part, int start, int end) => Bytes[part] = GC.GetAllocatedBytesForCurrentThread();
    }
}
