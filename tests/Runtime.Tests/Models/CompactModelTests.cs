using TinySD.Runtime.Inference;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Tests;

/// <summary>Models whose weights are held in fewer bytes: what they compute, and that it is the same everywhere.</summary>
public sealed class CompactModelTests
{
    private static readonly WeightFormat[] _compact = [WeightFormat.BFloat16, WeightFormat.Int8];

    public static IEnumerable<Func<(CellKind Kind, bool Peepholes)>> Cells() =>
        Tests.Cases.Cells.Select(cell => (Func<(CellKind, bool)>)(() => cell));

    // In bfloat16 nothing but the weights is rounded: a model of the rounded weights in single precision has the same bits.
    [Test]
    [MethodDataSource(nameof(Cells))]
    public async Task A_model_in_bfloat16_has_the_bits_of_its_rounded_weights((CellKind Kind, bool Peepholes) cell)
    {
        foreach (bool tied in (bool[])[false, true])
        {
            LanguageModel compact = Tests.Cases.Model(Tests.Cases.Config(37, 20, 20, 2, tied).Of(cell))
                .ConvertTo(WeightFormat.BFloat16);
            await Assert.That(Logits(compact).SequenceEqual(Logits(compact.ConvertTo(WeightFormat.Single)))).IsTrue();
        }
    }

    [Test]
    [MethodDataSource(nameof(Cells))]
    public async Task Whole_numbers_are_near_what_they_stand_for((CellKind Kind, bool Peepholes) cell)
    {
        foreach (bool tied in (bool[])[false, true])
        {
            LanguageModel compact = Tests.Cases.Model(Tests.Cases.Config(37, 20, 20, 2, tied).Of(cell))
                .ConvertTo(WeightFormat.Int8);
            float[] found = Logits(compact), expected = Logits(compact.ConvertTo(WeightFormat.Single));
            double furthest = found.Zip(expected, (a, b) => Math.Abs(a - b)).Max(), largest = expected.Max(Math.Abs);
            await Assert.That(furthest).IsLessThan(0.02 * largest);
            await Assert.That(furthest).IsGreaterThan(0);
        }
    }

    [Test]
    public async Task Runs_batches_threads_and_widths_have_the_bits_of_single_steps()
    {
        using var pool = new WorkerPool(2);
        foreach (WeightFormat format in _compact)
        {
            RecurrentStack stack = Stack().ConvertTo(format);
            float[] input = Arrays.Uniform(3, 40 * 3 * 11), expected = new float[40 * 3 * 50];
            for (int b = 0; b < 3; b++)
            {
                var alone = new RecurrentSession(stack);
                for (int t = 0; t < 40; t++)
                    alone.Step(input.AsSpan(((t * 3) + b) * 11, 11), expected.AsSpan(((t * 3) + b) * 50, 50));
            }

            foreach (int together in (int[])[1, 7, 40])
            {
                foreach (IParallelRunner runner in (IParallelRunner[])[SingleThread.Instance, pool])
                {
                    float[] found = new float[expected.Length];
                    new RecurrentSession(stack, batch: 3, maxTimeSteps: together, runner).Run(input, found);
                    await Assert.That(Arrays.FirstDifference(found, expected)).IsNull();
                }
            }
        }
    }

    [Test]
    public async Task A_step_allocates_nothing()
    {
        foreach (WeightFormat format in _compact)
        {
            var session = new LanguageModelSession(Tests.Cases.Model(Tests.Cases.Config(37, 20, 20, 2)).ConvertTo(format));
            await Assert.That(Allocations.LeastOnThisThread(() => session.Step(5))).IsEqualTo(0);
        }
    }

    [Test]
    public async Task A_conversion_there_and_back_changes_nothing_any_more()
    {
        LanguageModel model = Tests.Cases.Model(Tests.Cases.Config(37, 20, 20, 2));
        foreach (WeightFormat format in _compact)
        {
            LanguageModel once = model.ConvertTo(format).ConvertTo(WeightFormat.Single);
            LanguageModel twice = once.ConvertTo(format).ConvertTo(WeightFormat.Single);
            await Assert.That(twice.Parameters.Values.SequenceEqual(once.Parameters.Values)).IsTrue();
        }
    }

    [Test]
    public async Task Weights_take_so_many_bytes()
    {
        RecurrentStack stack = new(new RecurrentStackConfig { Cell = CellKind.Lstm, InputSize = 128, HiddenSize = 256 });
        int matrices = (128 + 256) * 1024, rest = 1024;
        await Assert.That(stack.Layout.LengthFloats).IsEqualTo(matrices + rest);
        await Assert.That(stack.ConvertTo(WeightFormat.BFloat16).Layout.LengthFloats).IsEqualTo((matrices / 2) + rest);

        // A row of 4 KiB is a cache line longer, and each of the two matrices has two rows more.
        int row = 1024 + 16, rows = (128 / 4) + 2 + (256 / 4) + 2;
        await Assert.That(stack.ConvertTo(WeightFormat.Int8).Layout.LengthFloats).IsEqualTo((rows * row) + rest);
        await Assert.That(stack.ConvertTo(WeightFormat.Int8).Layout.ParameterCount).IsEqualTo(matrices + rest);
    }

    private static RecurrentStack Stack()
    {
        var stack = new RecurrentStack(new RecurrentStackConfig { Cell = CellKind.Lstm, InputSize = 11, HiddenSize = 50, LayerCount = 2 });
        int seed = 1;
        foreach (TensorSlot slot in stack.Layout.Tensors) Arrays.Uniform(seed++, slot.Length, 0.4f).CopyTo(stack.Parameters[slot]);
        return stack;
    }

    private static float[] Logits(LanguageModel model)
    {
        var session = new LanguageModelSession(model);
        List<float> all = [];
        foreach (int token in (int[])[3, 36, 0, 17, 17, 5]) all.AddRange(session.Step(token));
        return [.. all];
    }
}
