using TinySD.Runtime.Hardware;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Tests;

/// <summary>One build gives the same bits at every lane width, on any number of threads, in every run.</summary>
/// <remarks>Not in parallel: the threads of a worker pool spin, and share a core badly with another test.</remarks>
[NotInParallel]
public sealed class SameBitsTests
{
    private const int ReferenceWidth = 4;

    [Test]
    [MatrixDataSource]
    public async Task Products_give_the_same_bits_at_every_width_and_thread_count([Matrix] KeepPattern pattern)
    {
        (int, int, int, int)[] shapes = [(67, 100, 3, 21), (40, 268, 2, 5), (17, 33, 7, 1), (130, 16, 1, 64), (5, 2700, 2, 3)];
        foreach ((int k, int n, int t, int b) in shapes)
        {
            var rig = new ProductRig(k, n, t, b, pattern);
            ProductResults expected = rig.Run(ReferenceWidth);
            await AtEveryWidthAndThreadCount((width, runner) => rig.Run(width, runner).FirstDifference(expected));
        }
    }

    // Among the shapes are one whose step is streamed once the threshold is low, and one of few sequences.
    [Test]
    [MatrixDataSource]
    public async Task Products_give_the_same_bits_however_they_are_cut([Matrix] bool sameKeep)
    {
        foreach ((int k, int n, int t, int b) in new[] { (67, 100, 3, 21), (70, 300, 9, 20), (40, 268, 2, 5), (5, 2700, 2, 3) })
        {
            var rig = new ProductRig(k, n, t, b, KeepPattern.Random, sameKeep);
            foreach (int width in Cases.LaneWidths)
            {
                ProductResults expected = rig.Run(width);
                foreach (ProductTiles tiles in Cuts(width))
                {
                    ProductResults found = rig.Run(width, tiles: tiles);
                    await Assert.That(found.FirstDifference(expected)).IsNull().Because($"{width} lanes, {rig}, {tiles}");
                    await Assert.That(found.Damage).IsNull();
                }
            }
        }
    }

    private static ProductTiles[] Cuts(int width) =>
    [
        new() { ForwardRows = 1, WindowColumns = 16, GradientSteps = 1 },
        new() { ForwardRows = 2, ForwardColumns = 4 * width, ForwardUnits = 13, WindowColumns = 48, GradientSteps = 3 },
        new() { ForwardRows = 5, ForwardColumns = 16, WindowColumns = 1024, GradientSteps = 100 },
        new() { ForwardRows = 7, StreamedFloats = 1, StreamedUnits = 1, StreamedAhead = 16 },
        new() { StreamedFloats = 1, StreamedUnits = 13, StreamedAhead = 4096 },
        .. from columns in new[] { 16, 24, 32, 48, 64 }
           where columns <= 4 * width && (columns != 24 || width == 8)
           select new ProductTiles { ForwardRows = 10, ForwardColumns = columns, ForwardUnits = 31 },
    ];

    [Test]
    [Arguments(1, 1)]
    [Arguments(17, 2)]
    [Arguments(40, 5)]
    [Arguments(67, 33)]
    [Arguments(130, 70)]
    [Arguments(650, 20)]
    [Arguments(1100, 3)]
    public async Task Gates_give_the_same_bits_at_every_width_and_thread_count(int hidden, int batch)
    {
        Func<int, IParallelRunner, float[]>[] cells =
        [
            (width, runner) => VectorRig.Cell(hidden, batch, width, runner).Flat,
            (width, runner) => VectorRig.Cell(hidden, batch, width, runner, peepholes: true).Flat,
            (width, runner) => VectorRig.Gru(hidden, batch, width, runner).Flat,
            (width, runner) => VectorRig.Rnn(rectified: false, hidden, batch, width, runner).Flat,
            (width, runner) => VectorRig.Rnn(rectified: true, hidden, batch, width, runner).Flat,
        ];
        foreach (Func<int, IParallelRunner, float[]> cell in cells)
        {
            float[] expected = cell(ReferenceWidth, SingleThread.Instance);
            await AtEveryWidthAndThreadCount((width, runner) => Arrays.FirstDifference(cell(width, runner), expected));
        }
    }

    [Test]
    [Arguments(2)]
    [Arguments(19)]
    [Arguments(100)]
    [Arguments(1000)]
    public async Task Softmax_gives_the_same_bits_at_every_width_and_thread_count(int vocabulary)
    {
        float[] expected = VectorRig.Softmax(vocabulary, rows: 7, ReferenceWidth, SingleThread.Instance).Flat;
        await AtEveryWidthAndThreadCount(
            (width, runner) => Arrays.FirstDifference(VectorRig.Softmax(vocabulary, rows: 7, width, runner).Flat, expected));
    }

    [Test]
    [MatrixDataSource]
    public async Task Ten_training_steps_give_the_same_bits_at_every_width_and_thread_count_and_in_every_run(
        [Matrix] UpdateCase update, [Matrix(DropoutKind.Random, DropoutKind.Structured, DropoutKind.StructuredLocked)] DropoutKind kind)
    {
        foreach ((CellKind, bool) cell in Cases.Cells)
        {
            float[] expected = TrainedParameters(cell, update, kind, ReferenceWidth, SingleThread.Instance);
            await Assert.That(expected.All(float.IsFinite)).IsTrue();
            // The reference's own width on one thread is among them: a second run.
            await AtEveryWidthAndThreadCount((width, runner) => Arrays.FirstDifference(
                TrainedParameters(cell, update, kind, width, runner), expected));
        }
    }

    // Large enough that no loop is left to one thread: embeddings, gathered rows, words and penalties are split from a few thousand numbers
    // on.
    [Test]
    [Arguments(DropoutKind.Structured, false)]
    [Arguments(DropoutKind.Structured, true)]
    [Arguments(DropoutKind.Random, false)]
    [Arguments(DropoutKind.Nested, false)]
    [Arguments(DropoutKind.NestedLocked, true)]
    public async Task Steps_of_a_size_that_is_split_everywhere_give_the_same_bits(DropoutKind kind, bool isTied)
    {
        const int batch = 20, timeSteps = 35;
        LanguageModelConfig config = Cases.Config(vocabulary: 90, embedding: 130, hidden: 130, layers: 2, tied: isTied);
        DropoutSpec dropout = kind is DropoutKind.Nested or DropoutKind.NestedLocked
            ? new() { Kind = kind }
            : new() { Kind = kind, Embedding = 0.2f, Layer = 0.5f, Recurrent = 0.3f, Output = 0.5f };
        LanguageModelRecipe recipe = Cases.Recipe(config, batch, timeSteps, dropout) with
        {
            WordDrop = 0.2f,
            WordDropBySequence = !isTied,
            WeightDrop = 0.2f,
            ActivationPenalty = 2f,
            TemporalPenalty = 1f,
        };
        float[] expected = Trained(ReferenceWidth, SingleThread.Instance);
        await Assert.That(expected.All(float.IsFinite)).IsTrue();
        await AtEveryWidthAndThreadCount((width, runner) => Arrays.FirstDifference(Trained(width, runner), expected));

        float[] Trained(int width, IParallelRunner runner)
        {
            LanguageModel model = Cases.Model(config, range: 0.2f);
            var trainer = new LanguageModelTrainer(model, recipe, runner, KernelChoice.ForLaneWidth(width));
            for (int step = 0; step < 2; step++)
                trainer.Step(Arrays.Tokens(step, batch * timeSteps, 90), Arrays.Tokens(step + 50, batch * timeSteps, 90), new Draw(step));
            return model.Parameters.Values.ToArray();
        }
    }

    private static float[] TrainedParameters((CellKind, bool) cell, UpdateCase update, DropoutKind kind, int width, IParallelRunner runner)
    {
        const int batch = 5, timeSteps = 3;
        LanguageModelConfig config = Cases.Config(vocabulary: 37, embedding: 21, hidden: 50, layers: 2).Of(cell);
        LanguageModel model = Cases.Model(config, range: 0.2f);
        var dropout = new DropoutSpec { Kind = kind, Embedding = 0.2f, Layer = 0.5f, Recurrent = 0.3f, Output = 0.5f };
        LanguageModelRecipe recipe = Cases.Recipe(config, batch, timeSteps, dropout).By(update) with
        {
            LearningRate = update is UpdateCase.Sgd or UpdateCase.NtAsgd ? 1f : 0.01f,
            ClipNorm = 0.5f,
        };
        var trainer = new LanguageModelTrainer(model, recipe, runner, KernelChoice.ForLaneWidth(width));
        for (int step = 0; step < 10; step++)
        {
            trainer.Step(
                Arrays.Tokens(step, batch * timeSteps, config.VocabularySize),
                Arrays.Tokens(step + 50, batch * timeSteps, config.VocabularySize), new Draw(step));
        }

        return model.Parameters.Values.ToArray();
    }

    // Every width on one thread, then the widest on more.
    private static async Task AtEveryWidthAndThreadCount(Func<int, IParallelRunner, string?> firstDifference)
    {
        foreach (int width in Cases.LaneWidths)
            await Assert.That(firstDifference(width, SingleThread.Instance)).IsNull().Because($"{width} lanes");
        foreach (int threads in new[] { 2, 3 })
        {
            using var pool = new WorkerPool(threads);
            await Assert.That(firstDifference(Cases.LaneWidths[^1], pool)).IsNull().Because($"{threads} threads");
        }
    }
}
