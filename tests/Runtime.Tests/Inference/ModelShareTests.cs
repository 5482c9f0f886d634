using TinySD.Runtime.Inference;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Tests;

/// <summary>The first units of a model are a model, and it is the one that training under nested masks computes with.</summary>
public sealed class ModelShareTests
{
    private static readonly float[] s_shares = [0.01f, 0.25f, 0.5f, 0.75f, 0.9f, 1f];

    public static IEnumerable<Func<LanguageModelConfig>> Shapes()
    {
        foreach ((CellKind, bool) cell in Cases.Cells)
        {
            yield return () => Cases.Config(23, 9, 17, 2).Of(cell);
            yield return () => Cases.Config(32, 16, 16, 1, tied: true).Of(cell);
            yield return () => Cases.Config(23, 9, 17, 3).Of(cell) with { LastHiddenSize = 6 };
        }
    }

    [Test]
    [MethodDataSource(nameof(Shapes))]
    public async Task A_share_answers_as_the_whole_model_whose_other_units_count_nothing(LanguageModelConfig config)
    {
        int[] tokens = Arrays.Tokens(3, 12, config.VocabularySize);
        foreach (float share in s_shares)
        {
            LanguageModel whole = Cases.Model(config), masked = Cases.Model(config);
            for (int layer = 0; layer < config.LayerCount; layer++)
            {
                Silence(masked.Parameters, Slot(masked.Layout, $".{layer}.input"), Count(config.InputSizeOf(layer), share));
                Silence(masked.Parameters, Slot(masked.Layout, $".{layer}.recurrent"), Count(config.HiddenSizeOf(layer), share));
            }

            Silence(masked.Parameters, Slot(masked.Layout, "classifier.weight"), Count(config.InputSizeOf(config.LayerCount), share));
            LanguageModel small = whole.AtShare(share);
            await Assert.That(small.Config.HiddenSize).IsEqualTo(Count(config.HiddenSize, share));
            await Assert.That(small.Config.EmbeddingSize).IsEqualTo(Count(config.EmbeddingSize, share));
            await Assert.That(Arrays.FirstDifference(Logits(small), Logits(masked))).IsNull().Because($"share {share}");
        }

        float[] Logits(LanguageModel model)
        {
            float[] logits = new float[tokens.Length * config.VocabularySize];
            new LanguageModelSession(model, maxTimeSteps: 5).Run(tokens, logits);
            return logits;
        }
    }

    [Test]
    public async Task A_share_of_a_stack_is_cut_out_gate_by_gate_and_direction_by_direction()
    {
        RecurrentStackConfig[] configs =
        [
            .. from cell in Enum.GetValues<CellKind>() from direction in Enum.GetValues<RecurrentDirection>()
               select new RecurrentStackConfig { Cell = cell, InputSize = 5, HiddenSize = 13, LayerCount = 3, Direction = direction },
            new() { Cell = CellKind.Gru, InputSize = 5, HiddenSize = 13, LayerCount = 2, ResetBeforeProduct = true },
            new()
            {
                Cell = CellKind.Lstm, InputSize = 5, HiddenSize = 13, LayerCount = 2, Peepholes = true,
                Direction = RecurrentDirection.Bidirectional,
            },
        ];
        const int steps = 7;
        float[] input = Arrays.Uniform(99, steps * 5, 1f);
        foreach ((RecurrentStackConfig config, float share) in from config in configs from share in s_shares select (config, share))
        {
            RecurrentStack whole = Stack(config), masked = Stack(config);
            int kept = Count(13, share);
            foreach (TensorSlot slot in masked.Layout.Tensors)
            {
                bool isFirst = slot.Name.Split('.')[1] == "0";
                bool isOfUnits = slot.Name.EndsWith(".recurrent", StringComparison.Ordinal) ||
                    (slot.Name.EndsWith(".input", StringComparison.Ordinal) && !isFirst);
                if (isOfUnits) Silence(masked.Parameters, slot, kept, slot.Shape[0] / 13);
            }

            RecurrentStack small = whole.AtShare(share);
            float[] expected = Run(masked), found = Run(small);
            int directions = config.DirectionCount;
            for (int t = 0; t < steps; t++)
            {
                for (int d = 0; d < directions; d++)
                {
                    int part = (t * directions) + d;
                    float[] first = expected.AsSpan(part * 13, kept).ToArray(), own = found.AsSpan(part * kept, kept).ToArray();
                    await Assert.That(Arrays.FirstDifference(own, first)).IsNull().Because($"{config} at {share}, step {t}");
                }
            }
        }

        static RecurrentStack Stack(RecurrentStackConfig config)
        {
            var stack = new RecurrentStack(config);
            int seed = 1;
            foreach (TensorSlot slot in stack.Layout.Tensors) Arrays.Uniform(seed++, slot.Length, 0.4f).CopyTo(stack.Parameters[slot]);
            return stack;
        }

        float[] Run(RecurrentStack stack)
        {
            float[] output = new float[steps * stack.Config.OutputSize];
            new RecurrentSession(stack, maxTimeSteps: steps).Run(input, output);
            return output;
        }
    }

    [Test]
    [Arguments(0, RecurrentDirection.Forward)]
    [Arguments(4, RecurrentDirection.Bidirectional)]
    public async Task A_share_of_a_regressor_keeps_all_inputs_and_the_linear_map(int window, RecurrentDirection direction)
    {
        foreach (float share in s_shares)
        {
            Regressor whole = NewRegressor(window, direction), masked = NewRegressor(window, direction);
            int kept = Count(12, share);
            SequenceModel model = masked.Model;
            foreach (TensorSlot slot in model.Layout.Tensors)
            {
                bool isOfUnits = slot.Name == "head.weight" || slot.Name.EndsWith(".recurrent", StringComparison.Ordinal) ||
                    (slot.Name.EndsWith(".input", StringComparison.Ordinal) && slot.Shape[0] != 2);
                if (isOfUnits) Silence(model.Parameters, slot, kept, slot.Shape[0] / 12);
            }

            await Assert.That(Predictions(whole.AtShare(share)).SequenceEqual(Predictions(masked))).IsTrue().Because($"share {share}");
        }

        double[] Predictions(Regressor regressor)
        {
            double[] rows = [.. Arrays.Uniform(5, 20, 3f).Select(value => (double)value)], predictions = new double[10 * 4];
            new RegressorSession(regressor).Run(rows, predictions);
            return predictions;
        }
    }

    [Test]
    public async Task A_share_of_a_classifier_of_tokens_has_as_much_of_the_embedding()
    {
        Classifier whole = NewClassifier(), masked = NewClassifier();
        Silence(masked.Model.Parameters, Slot(masked.Model.Layout, ".0.input"), 4);
        Silence(masked.Model.Parameters, Slot(masked.Model.Layout, ".0.recurrent"), 5);
        Silence(masked.Model.Parameters, Slot(masked.Model.Layout, "head.weight"), 5);
        Classifier small = whole.AtShare(0.5f);
        await Assert.That((small.Model.Config.Body.InputSize, small.Model.Config.Body.HiddenSize)).IsEqualTo((4, 5));
        await Assert.That(Labelled(small).SequenceEqual(Labelled(masked))).IsTrue();

        static double[] Labelled(Classifier classifier) => new ClassifierSession(classifier).Classify([3, 1, 4, 1, 5, 0, 2]).ToArray();

        static Classifier NewClassifier()
        {
            var model = new SequenceModel(new SequenceModelConfig
            {
                Body = new() { Cell = CellKind.Gru, InputSize = 7, HiddenSize = 9 },
                OutputSize = 3,
                VocabularySize = 6,
                ReadOut = ReadOut.Mean,
            });
            int seed = 1;
            foreach (TensorSlot slot in model.Layout.Tensors) Arrays.Uniform(seed++, slot.Length, 0.4f).CopyTo(model.Parameters[slot]);
            return new Classifier(model, new ClassifierForm { Labels = ["a", "b", "c"] });
        }
    }

    [Test]
    [MethodDataSource(nameof(Shapes))]
    public async Task A_window_under_a_nested_mask_trains_the_model_at_its_share_and_nothing_else(LanguageModelConfig config)
    {
        const int batch = 3, timeSteps = 4, updates = 12;
        DropoutSpec nested = new() { Kind = DropoutKind.NestedLocked };
        LanguageModelRecipe recipe = Cases.Recipe(config, batch, timeSteps, nested);
        int[] tokens = Arrays.Tokens(1, batch * timeSteps, config.VocabularySize);
        int[] targets = Arrays.Tokens(2, batch * timeSteps, config.VocabularySize);
        var seen = new HashSet<float>();
        foreach (int width in Cases.LaneWidths)
        {
            for (int update = 0; update < updates; update++)
            {
                int[] keep = new int[100];
                int kept = new MaskSampler(recipe.Seed, nested).Keep(new MaskPlace("x", 0, 100, 0.5f), new Draw(update), 0, keep);
                float share = kept / 100f;
                seen.Add(share);
                LanguageModel whole = Cases.Model(config), before = Cases.Model(config);
                LanguageModel small = Cases.Model(config).AtShare(share);
                LanguageModelRecipe smaller = recipe with
                {
                    Dropout = DropoutSpec.None,
                    HiddenSize = small.Config.HiddenSize,
                    EmbeddingSize = small.Config.EmbeddingSize,
                    LastHiddenSize = small.Config.LastHiddenSize,
                };
                double loss = Train(whole, recipe), ofSmall = Train(small, smaller);
                await Assert.That(Math.Abs(loss - ofSmall)).IsLessThan(1e-6 * ofSmall);
                LanguageModel cut = whole.AtShare(share);
                foreach (TensorSlot slot in cut.Layout.Tensors)
                {
                    double distance = Arrays.RelativeDistance(
                        cut.Parameters[slot].ToDoubles(), small.Parameters[Slot(small.Layout, slot.Name)].ToDoubles());
                    await Assert.That(distance).IsLessThan(1e-6).Because($"{slot.Name} at {share}");
                }

                // What is left of the update when the small model's part is put back is nothing: no other parameter moved.
                float[] after = whole.Parameters.Values.ToArray(), was = before.Parameters.Values.ToArray();
                int moved = after.Zip(was).Count(pair => pair.First != pair.Second);
                await Assert.That(moved).IsLessThanOrEqualTo((int)small.Layout.ParameterCount).Because($"share {share}");

                double Train(LanguageModel model, LanguageModelRecipe own) =>
                    new LanguageModelTrainer(model, own, SingleThread.Instance, KernelChoice.ForLaneWidth(width))
                        .Step(tokens, targets, new Draw(update)).Loss;
            }
        }

        await Assert.That(seen.Order().SequenceEqual([0.25f, 0.5f, 0.75f, 1f])).IsTrue();
    }

    [Test]
    public async Task Memory_of_the_hosts_is_taken_as_it_is_and_one_too_short_refused()
    {
        LanguageModelConfig config = Cases.Config(23, 9, 17, 2);
        LanguageModel whole = Cases.Model(config);
        int floats = new LanguageModel(config.AtShare(0.5f)).Layout.LengthFloats;
        float[] memory = new float[floats + 3];
        Array.Fill(memory, float.NaN);
        LanguageModel small = whole.AtShare(0.5f, storage: memory);
        await Assert.That(memory[..floats].Any(float.IsNaN)).IsFalse();
        await Assert.That(memory[floats..].All(float.IsNaN)).IsTrue();
        float[] allocated = whole.AtShare(0.5f).Parameters.Values.ToArray();
        await Assert.That(Arrays.FirstDifference(small.Parameters.Values.ToArray(), allocated)).IsNull();
        await Assert.That(() => whole.AtShare(0.5f, storage: new float[floats - 1])).Throws<ArgumentException>();
        await Assert.That(() => whole.AtShare(1f, storage: new float[1])).Throws<ArgumentException>();
        foreach (float share in new[] { 0f, -0.5f, 1.5f, float.NaN })
            await Assert.That(() => whole.AtShare(share)).Throws<ArgumentOutOfRangeException>();
        await Assert.That(() => whole.AtShare(0.5f, 0)).Throws<ArgumentOutOfRangeException>();
        await Assert.That(ReferenceEquals(whole.AtShare(1f), whole)).IsTrue();
        LanguageModelConfig even = whole.AtShare(0.5f, 4).Config;
        await Assert.That((even.HiddenSize, even.EmbeddingSize)).IsEqualTo((8, 4));
    }

    [Test]
    [Arguments(WeightFormat.BFloat16)]
    [Arguments(WeightFormat.Int8)]
    public async Task A_share_of_a_model_in_fewer_bytes_is_one_in_fewer_bytes(WeightFormat format)
    {
        LanguageModelConfig config = Cases.Config(23, 9, 17, 2);
        LanguageModel compact = Cases.Model(config).ConvertTo(format);
        LanguageModel small = compact.AtShare(0.5f), exact = Cases.Model(config).AtShare(0.5f);
        await Assert.That(small.Layout.Weights).IsEqualTo(format);
        float[] found = new LanguageModelSession(small).Step(3).ToArray(), expected = new LanguageModelSession(exact).Step(3).ToArray();
        await Assert.That(Arrays.RelativeDistance(found.ToDoubles(), expected.ToDoubles())).IsLessThan(0.05);

        // Numbers that bfloat16 has stay as they are.
        if (format == WeightFormat.BFloat16)
        {
            float[] other = new LanguageModelSession(exact.ConvertTo(format)).Step(3).ToArray();
            await Assert.That(Arrays.FirstDifference(found, other)).IsNull();
        }
    }

    // Rows of units that are not kept, in each part of the rows, count nothing any more.
    private static void Silence(ParameterBlock parameters, TensorSlot slot, int kept, int parts = 1)
    {
        int columns = slot.Shape[1], units = slot.Shape[0] / parts;
        for (int part = 0; part < parts; part++)
            parameters[slot].Slice(((part * units) + kept) * columns, (units - kept) * columns).Clear();
    }

    private static int Count(int units, float share) => Math.Max(1, (int)Math.Floor((units * (double)share) + 0.5));

    private static TensorSlot Slot(ParameterLayout layout, string name) =>
        layout.Tensors.Single(slot => slot.Name.EndsWith(name, StringComparison.Ordinal));

    private static Regressor NewRegressor(int window, RecurrentDirection direction)
    {
        var form = new SeriesForm
        {
            Inputs = ["a", "b"], Targets = ["b", "a"], Horizon = 2, Window = window, LinearRows = 3,
            InputScales = [new(3, 2), new(2, 3)], TargetScales = [new(1, 2), new(3, 2)],
            OutputScales = [new(0, 1), new(0.5, 2), new(0, 1), new(0.1, 0.5)],
        };
        var model = new SequenceModel(new SequenceModelConfig
        {
            Body = new() { Cell = CellKind.Lstm, InputSize = 2, HiddenSize = 12, LayerCount = 2, Direction = direction },
            OutputSize = form.OutputCount, ReadOut = window > 0 ? ReadOut.Last : ReadOut.EveryStep, LinearRows = 3,
        });
        int seed = 1;
        foreach (TensorSlot slot in model.Layout.Tensors) Arrays.Uniform(seed++, slot.Length, 0.4f).CopyTo(model.Parameters[slot]);
        return new Regressor(model, form);
    }
}
