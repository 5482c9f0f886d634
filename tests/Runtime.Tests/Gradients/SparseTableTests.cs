using TinySD.Runtime.Layers;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Tests;

/// <summary>Two tables of which a step uses some rows only, anywhere among the parameters of a recurrent layer that reads their sum,
/// against central differences of the twin's loss in double precision.</summary>
public sealed class SparseTableTests
{
    private const int B = 2, T = 3, I = 5, H = 4;

    // Rows that share cache lines with their neighbours, and with the next tensor's.
    private static readonly Dictionary<string, int> _words = new() { ["a"] = 9, ["b"] = 13 };

    [Test]
    [Arguments("a b layer")]
    [Arguments("layer a b")]
    [Arguments("a layer b")]
    [Arguments("b layer a")]
    public async Task Gradients_are_the_slopes_and_lie_in_the_blocks(string order)
    {
        var layout = new ParameterLayout();
        var tables = new Dictionary<string, TensorSlot>();
        RecurrentSlots? slots = null;
        foreach (string name in order.Split(' '))
        {
            if (name == "layer") slots = RecurrentSlots.Add(layout, CellKind.Gru, peepholes: false, layer: 0, I, H);
            else tables[name] = layout.Add(name, _words[name], I);
        }

        var shape = new WindowShape(B, T, Training: true);
        var plan = new NetworkPlan(SingleThread.Instance, KernelChoice.ForLaneWidth(Cases.LaneWidths[^1]));
        RecurrentLayer layer = RecurrentLayer.Create(slots!, shape, plan);
        Dictionary<string, EmbeddingLayer> embeddings = tables.ToDictionary(
            table => table.Key, table => new EmbeddingLayer(table.Value, tied: false, shape, plan));
        plan.Take();
        var parameters = new ParameterBlock(layout);
        foreach (TensorSlot slot in layout.Tensors) Arrays.Uniform(slot.Name.Length + slot.Index, slot.Length).CopyTo(parameters[slot]);
        layer.Update(parameters);
        var gradients = new GradientBlock(layout, [.. tables.Values.Select(table => new SparseTable(table, B * T))], default);

        // The second step uses other rows: those of the first must have lost theirs.
        foreach (int seed in new[] { 1, 5 })
        {
            StepRows rows = StepRows.Even(T, B);
            Dictionary<string, int[]> tokens = _words.ToDictionary(
                words => words.Key, words => Arrays.Tokens(seed + words.Value, B * T, words.Value));
            float[] x = new float[T * I * B], part = new float[x.Length];
            float[] weights = Arrays.Uniform(seed, T * H * B), dx = new float[x.Length];
            foreach ((string name, EmbeddingLayer embedding) in embeddings)
            {
                embedding.Forward(parameters, tokens[name], rows, part);
                for (int i = 0; i < x.Length; i++) x[i] += part[i];
            }

            gradients.Begin();
            layer.Forward(parameters, x, rows);
            layer.Backward(parameters, gradients, x, weights, dx);
            foreach ((string name, EmbeddingLayer embedding) in embeddings) embedding.Backward(gradients, tokens[name], rows, dx);
            gradients.End();

            Dictionary<string, double[]> leaves = layout.Tensors.ToDictionary(
                slot => slot.Name, slot => parameters[slot].ToArray().ToDoubles());
            foreach (TensorSlot slot in layout.Tensors)
            {
                double[] slopes = Slopes(leaves, leaves[slot.Name], tokens, weights);
                await Assert.That(Arrays.RelativeDistance(gradients.Values[slot].ToArray().ToDoubles(), slopes))
                    .IsLessThan(1e-6).Because($"{slot.Name}, {order}");
            }

            foreach ((string name, TensorSlot table) in tables)
                await Assert.That(gradients.RowsOf(table).ToArray().SequenceEqual(tokens[name].Distinct().Order())).IsTrue();
            double all = gradients.Values.Values.ToArray().Sum(value => (double)value * value);
            await Assert.That(SumOfBlocks(gradients)).IsEqualTo(all).Within(1e-12 * all);
        }
    }

    private static double SumOfBlocks(GradientBlock gradients)
    {
        double sum = 0;
        for (int i = 0; i < gradients.Starts.Length; i++)
        {
            foreach (float value in gradients.Values.Values.Slice(gradients.Starts[i], gradients.Lengths[i])) sum += (double)value * value;
        }

        return sum;
    }

    private static double[] Slopes(Dictionary<string, double[]> leaves, double[] values, Dictionary<string, int[]> tokens, float[] weights)
    {
        const double h = 1e-5;
        double[] slopes = new double[values.Length];
        for (int i = 0; i < slopes.Length; i++)
        {
            double was = values[i];
            values[i] = was + h;
            double above = Loss(leaves, tokens, weights);
            values[i] = was - h;
            slopes[i] = (above - Loss(leaves, tokens, weights)) / (2 * h);
            values[i] = was;
        }

        return slopes;
    }

    private static double Loss(Dictionary<string, double[]> leaves, Dictionary<string, int[]> tokens, float[] weights)
    {
        double loss = 0;
        (double[], double[]) none = ([.. Enumerable.Repeat(1.0, I)], [.. Enumerable.Repeat(1.0, H)]);
        for (int b = 0; b < B; b++)
        {
            double[][] x = [.. Enumerable.Range(0, T).Select(t => Enumerable.Range(0, I).Select(i =>
                tokens.Sum(words => leaves[words.Key][(words.Value[(t * B) + b] * I) + i])).ToArray())];
            var twin = new ReferenceRecurrentLayer(CellKind.Gru, isReverse: false, name => leaves[$"gru.0.{name}"]) { Masks = _ => none };
            double[][] outputs = twin.Run(x, new double[H], []);
            for (int t = 0; t < T; t++)
            {
                for (int j = 0; j < H; j++) loss += outputs[t][j] * weights[(((t * H) + j) * B) + b];
            }
        }

        return loss;
    }
}
