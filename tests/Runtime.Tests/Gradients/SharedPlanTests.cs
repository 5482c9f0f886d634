using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Tests;

/// <summary>Two networks on one plan share its memory for products, and nothing that one leaves for its backward pass.</summary>
public sealed class SharedPlanTests
{
    private const int B = 3, T = 4;

    private static readonly LanguageModelConfig[] _configs =
        [Cases.Config(11, 5, 7, 2), Cases.Config(6, 9, 9, 1, tied: true) with { Cell = CellKind.Gru }];

    private static readonly NetworkRegularizers _regularizers = new() { WeightDrop = 0.3f, WordDrop = 0.2f, Activation = 2f };

    [Test]
    public async Task Their_gradients_in_turn_are_those_of_either_alone()
    {
        foreach (DropoutSpec kind in Cases.Dropouts)
        {
            DropoutSpec dropout = kind with { Embedding = 0.3f, Layer = 0.5f, Recurrent = 0.4f, Output = 0.25f };
            float[][] both = Gradients(dropout, _regularizers, [0, 1]);
            for (int i = 0; i < 2; i++)
                await Assert.That(Arrays.FirstDifference(both[i], Gradients(dropout, _regularizers, [i])[i]))
                    .IsNull().Because($"{dropout}, network {i}");
        }
    }

    [Test]
    public async Task Their_gradients_are_the_twins()
    {
        float[][] both = Gradients(DropoutSpec.None, default, [0, 1]);
        for (int i = 0; i < 2; i++)
        {
            LanguageModel model = Cases.Model(_configs[i]);
            var twin = new ReferenceLanguageModel(model);
            TokenWindow batch = Batch(i);
            ReferenceMasks masks = ReferenceMasks.From(DropoutSpec.None, 0, model.Config, T, B, new Draw(2));
            ReferenceWindow window = twin.Forward(batch.Inputs.ToArray(), batch.Targets.ToArray(), masks, twin.NewState(B));
            Dictionary<string, double[,]> gradients = twin.Backward(window);
            foreach (TensorSlot slot in model.Layout.Tensors)
            {
                double[] found = both[i].AsSpan(slot.Offset, slot.Length).ToArray().ToDoubles();
                await Assert.That(Arrays.RelativeDistance(found, gradients[slot.Name].AsFlat()))
                    .IsLessThan(2e-6).Because($"{slot.Name} of network {i}");
            }
        }
    }

    [Test]
    public async Task They_need_less_memory_than_on_plans_of_their_own()
    {
        NetworkPlan shared = Plan(), first = Plan(), second = Plan();
        for (int i = 0; i < 2; i++)
        {
            New(i, shared, DropoutSpec.None, default);
            New(i, i == 0 ? first : second, DropoutSpec.None, default);
        }

        await Assert.That(shared.ScratchFloats).IsLessThan(first.ScratchFloats + second.ScratchFloats);
    }

    // Both are declared, so that places have their numbers; those of `run` run, in turn.
    private static float[][] Gradients(DropoutSpec dropout, NetworkRegularizers regularizers, int[] run)
    {
        NetworkPlan plan = Plan();
        LanguageModelNetwork[] networks = [.. Enumerable.Range(0, 2).Select(i => New(i, plan, dropout, regularizers))];
        plan.Take();
        GradientBlock[] gradients =
            [.. networks.Select(network => new GradientBlock(network.Parameters.Layout, network.SparseTables, default))];
        foreach (int i in run)
        {
            gradients[i].Begin();
            networks[i].Begin(new Draw(2));
            networks[i].Forward(Batch(i), 1f / B);
        }

        foreach (int i in run)
        {
            networks[i].Backward(Batch(i), gradients[i]);
            gradients[i].End();
        }

        return [.. gradients.Select(block => block.Values.Values.ToArray())];
    }

    private static NetworkPlan Plan() => new(SingleThread.Instance, KernelChoice.ForLaneWidth(Cases.LaneWidths[^1]));

    private static LanguageModelNetwork New(int i, NetworkPlan plan, DropoutSpec dropout, NetworkRegularizers regularizers) => new(
        Cases.Model(_configs[i]), new WindowShape(B, T, Training: true), new MaskOrigin(dropout, 7), plan,
        regularizers, i == 0 ? "" : "second");

    private static TokenWindow Batch(int i)
    {
        var batch = new TokenWindow(B, T);
        Arrays.Tokens(10 + i, B * T, _configs[i].VocabularySize).CopyTo(batch.Inputs);
        Arrays.Tokens(20 + i, B * T, _configs[i].VocabularySize).CopyTo(batch.Targets);
        return batch;
    }
}
