using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Threading;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tests;

/// <summary>The hook between a step's gradient and its norm, and the memory that a step is said to need.</summary>
public sealed class ReducerTests
{
    private const int Vocabulary = 11, Elsewhere = 9;

    private static LanguageModelRecipe Recipe =>
        Cases.Recipe(Cases.Config(Vocabulary, embedding: 3, hidden: 5, layers: 2), batch: 2, timeSteps: 3) with
        {
            LearningRate = 0.5f,
            ClipNorm = 0f,
        };

    [Test]
    public async Task What_other_machines_add_is_in_loss_norm_and_update_and_so_are_rows_that_only_they_used()
    {
        (Trainer<TokenWindow> trainer, LanguageModelTask task) = Start(new Twice());
        (Trainer<TokenWindow> alone, LanguageModelTask other) = Start(null);
        TensorSlot table = task.Model.Layout.Tensors[0];
        float[] before = task.Model.Parameters[table].Slice(Elsewhere * 3, 3).ToArray();
        StepResult result = trainer.Step(Batch(task), new Draw(0), 0.5f), single = alone.Step(Batch(other), new Draw(0), 0.5f);
        await Assert.That(result.Loss).IsEqualTo(single.Loss);
        await Assert.That(result.Terms).IsEqualTo(2 * single.Terms);

        // Twice the gradient, and three ones in a row that this machine's window did not look up.
        await Assert.That(result.GradientNorm).IsEqualTo(Math.Sqrt((4 * single.GradientNorm * single.GradientNorm) + 3)).Within(1e-6);
        await Assert.That(string.Join(' ', trainer.Gradients.RowsOf(table).ToArray())).IsEqualTo($"1 2 3 {Elsewhere}");
        float[] after = task.Model.Parameters[table].Slice(Elsewhere * 3, 3).ToArray();
        await Assert.That(after.SequenceEqual(before.Select(value => value - 0.5f))).IsTrue();
    }

    [Test]
    [MatrixDataSource]
    public async Task The_memory_that_is_told_beforehand_is_what_a_trainer_asks_for(
        [Matrix] OptimizerKind optimizer, [Matrix(1, 3)] int threads)
    {
        LanguageModelRecipe recipe = Recipe with { Optimizer = optimizer };
        using var pool = new WorkerPool(threads);
        MemoryNeed need = LanguageModelTrainer.MemoryNeedOf(recipe, Vocabulary, pool);
        var asked = new List<long>();
        var model = new LanguageModel(recipe.ToConfig(Vocabulary));
        _ = new LanguageModelTrainer(model, recipe, pool, memory: floats =>
        {
            asked.Add(floats * (long)sizeof(float));
            return new float[floats];
        });
        long parameters = model.Layout.LengthFloats * (long)sizeof(float);
        await Assert.That(need.ParametersBytes).IsEqualTo(parameters);
        await Assert.That(need.GradientsBytes).IsEqualTo(parameters);
        int states = optimizer switch { OptimizerKind.Sgd => 0, OptimizerKind.Adam or OptimizerKind.AdamW => 2, _ => 1 };
        await Assert.That(need.OptimizerBytes).IsEqualTo(states * parameters);
        await Assert.That(asked.Count).IsEqualTo(1);
        await Assert.That(need.TotalBytes).IsEqualTo(need.ParametersBytes + asked[0]);
    }

    private static (Trainer<TokenWindow> Trainer, LanguageModelTask Task) Start(IGradientReducer? reducer)
    {
        var text = new TokenMemory(new int[100]);
        var task = new LanguageModelTask(Recipe, Vocabulary, text, text);
        task.Initialize();
        return (new Trainer<TokenWindow>(task.Network, Recipe, reducer), task);
    }

    private static TokenWindow Batch(LanguageModelTask task)
    {
        TokenWindow batch = task.NewBatch();
        ((ReadOnlySpan<int>)[1, 2, 3, 1, 2, 3]).CopyTo(batch.Inputs);
        ((ReadOnlySpan<int>)[2, 3, 1, 2, 3, 1]).CopyTo(batch.Targets);
        return batch;
    }

    // A second machine with the same window, and a word of its own.
    private sealed class Twice : IGradientReducer
    {
        public (double LossSum, long Terms) Reduce(GradientBlock gradients, double lossSum, long terms)
        {
            foreach (ref float value in gradients.Values.Values) value *= 2f;
            TensorSlot table = gradients.Values.Layout.Tensors[0];
            gradients.Note(table, [Elsewhere]);
            gradients.Values[table].Slice(Elsewhere * 3, 3).Fill(1f);
            return (2 * lossSum, 2 * terms);
        }
    }
}
