using TinySD.Formats.Container;
using TinySD.Formats.Exchange.Onnx;
using TinySD.Formats.Exchange.Parts;
using TinySD.Formats.Models;
using TinySD.Runtime.Inference;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;
using TinySD.Runtime.Numerics;

namespace TinySD.Formats.Tests;

/// <summary>Stacks go to ONNX and back: ONNX Runtime runs what is written, and what others write around recurrent nodes is
/// understood.</summary>
public sealed class StackExchangeTests
{
    private const double Close = 1e-5;

    private const int T = 4, B = 3, I = 5, H = 6;

    public static IEnumerable<Func<RecurrentStackConfig>> Stacks()
    {
        foreach (CellKind cell in Enum.GetValues<CellKind>())
        {
            foreach (RecurrentDirection direction in Enum.GetValues<RecurrentDirection>())
            {
                for (int layers = 1; layers <= 3; layers += 2)
                {
                    var config = new RecurrentStackConfig
                    {
                        Cell = cell, InputSize = I, HiddenSize = H, LayerCount = layers,
                        Direction = direction
                    };
                    yield return () => config;
                }
            }
        }

        yield return () => new()
        {
            Cell = CellKind.Lstm,
            InputSize = I,
            HiddenSize = H,
            LayerCount = 2,
            Direction = RecurrentDirection.Bidirectional,
            Peepholes = true,
            Clip = 0.7f,
            CoupledGates = true,
            Activations =
            [
                Activation.Sigmoid, new(ActivationKind.LeakyRelu, 0.2f), Activation.Tanh,
                new(ActivationKind.HardSigmoid, 0.3f, 0.4f), Activation.Tanh, new(ActivationKind.ScaledTanh, 0.9f, 1.1f),
            ],
        };
        yield return () => new() { Cell = CellKind.Gru, InputSize = I, HiddenSize = H, LayerCount = 2, ResetBeforeProduct = true };
    }

    [Test]
    [MethodDataSource(nameof(Stacks))]
    public async Task Onnx_runtime_runs_an_exported_stack_with_equal_results(RecurrentStackConfig config)
    {
        RecurrentStack stack = Make(config);
        using var folder = new TestFolder();
        foreach (bool withStates in (bool[])[false, true])
        {
            OnnxWriter.Write(folder["m.onnx"], stack, withStates);
            int states = config.LayerCount * config.DirectionCount;
            float[] x = RecurrentCase.Random(1, T * B * I), h0 = RecurrentCase.Random(2, states * B * H),
                c0 = RecurrentCase.Random(3, states * B * H);
            bool isLstm = config.Cell == CellKind.Lstm;
            var inputs = new List<NamedTensor> { new("input", [T, B, I], x) };
            if (withStates) inputs.Add(new("h0", [states, B, H], h0));
            if (withStates && isLstm) inputs.Add(new("c0", [states, B, H], c0));
            List<NamedTensor> expected = Ort.Run(File.ReadAllBytes(folder["m.onnx"]), [.. inputs]);

            RecurrentOutputs found = RecurrentStackRun.Run(stack, new(T, B, x, withStates
                ? h0 : null, withStates && isLstm ? c0 : null, null));
            var outputs = new List<NamedTensor> { new("output", [T, B, config.OutputSize], found.Output),
                new("hn", [states, B, H], found.Hidden) };
            if (isLstm) outputs.Add(new("cn", [states, B, H], found.Cell!));
            await Assert.That(Ort.Difference(expected, outputs)).IsLessThan(Close);

            // TinySD's own reading of the graph, and the stack found in it again, weight by weight.
            OnnxNetwork network = OnnxNetwork.Open(folder["m.onnx"]);
            await Assert.That(Ort.Difference(expected, network.Run("x", inputs))).IsLessThan(Close);
            RecurrentStack again = network.ToStack();
            await Assert.That(again.Config with { Activations = config.Activations }).IsEqualTo(config);
            await Assert.That(again.Config.Activations.AsSpan().SequenceEqual(config.Activations.AsSpan())).IsTrue();
            await Assert.That(again.Parameters.Values.SequenceEqual(stack.Parameters.Values)).IsTrue();
        }
    }

    [Test]
    [MethodDataSource(nameof(Stacks))]
    public async Task The_weights_that_are_counted_are_those_that_are_written(RecurrentStackConfig config)
    {
        using var folder = new TestFolder();
        OnnxWriter.Write(folder["m.onnx"], Make(config), withStates: true);
        long floats = OnnxNetwork.Open(folder["m.onnx"]).Tensors.Where(tensor => tensor.Dtype == "float")
            .Sum(tensor => tensor.Bytes) / sizeof(float);
        await Assert.That(OnnxWriter.WeightCount(config)).IsEqualTo(floats);
    }

    /// <summary>An LSTM of H = I has 4 H (2 H + 2) floats: 2,146,173,120 bytes at 8189 and 2,146,697,280 at 8190; 2^31 - 2^20 are
    /// 2,146,435,072.</summary>
    [Test]
    [Arguments(5800, true)]
    [Arguments(8189, true)]
    [Arguments(8190, false)]
    public async Task A_stack_is_too_large_for_a_file_only_if_its_weights_are(int size, bool fits)
    {
        var config = new RecurrentStackConfig { Cell = CellKind.Lstm, InputSize = size, HiddenSize = size };
        FileProblem? problem = OnnxWriter.TooLarge("m.onnx", config);
        await Assert.That(problem is null).IsEqualTo(fits);
        if (!fits) await Assert.That(problem!.Message).Contains("m.onnx was not written").And.Contains(".safetensors");
    }

    [Test]
    [MethodDataSource(nameof(Stacks))]
    public async Task A_stack_survives_its_own_file(RecurrentStackConfig config)
    {
        RecurrentStack stack = Make(config);
        using var folder = new TestFolder();
        RecurrentStackFile.Save(folder["s.tsd"], stack, "some/where/lstm.onnx");
        RecurrentStack again = RecurrentStackFile.Load(folder["s.tsd"]);
        await Assert.That(again.Parameters.Values.SequenceEqual(stack.Parameters.Values)).IsTrue();
        await Assert.That(again.Config with { Activations = config.Activations }).IsEqualTo(config);
        await Assert.That(again.Config.Activations.AsSpan().SequenceEqual(config.Activations.AsSpan())).IsTrue();
        using TsdFile file = TsdFile.Open(folder["s.tsd"]);
        await Assert.That(RecurrentStackFile.Format.Describe(file).Source).IsEqualTo("lstm.onnx");
    }

    [Test]
    public async Task What_pytorch_puts_around_two_batch_first_layers_is_understood()
    {
        // Exporters turn [B, T, I] to [T, B, I], cut the states by layers, squeeze or flatten the direction, make zeros from shapes, and
        // turn back.
        long[] rows = [2, 4 * H, 2 * H];
        OnnxBytes graph = new OnnxBytes { Opset = 13 }
            .Node("Transpose", ["input"], ["x"], OnnxBytes.Integers("perm", 1, 0, 2))
            .Constant("zero", [1], [0L])
            .Constant("one", [], [1L]).Constant("two", [1], [2L]).Constant("four", [1], [4L]).Constant("h", [1], [(long)H])
            .Constant("flat", [3], [0L, 0L, -1L])
            .Node("Shape", ["x"], ["shape"]).Node("Gather", ["shape", "one"], ["b"], OnnxBytes.Integer("axis", 0))
            .Node("Unsqueeze", ["b", "zero"], ["b1"]).Node("Concat", ["four", "b1", "h"], ["state"], OnnxBytes.Integer("axis", 0))
            .Node("ConstantOfShape", ["state"], ["c0"])
            .Node("Slice", ["h0", "zero", "two", "zero"], ["h0.0"]).Node("Slice", ["h0", "two", "four", "zero"], ["h0.1"])
            .Node("Slice", ["c0", "zero", "two", "zero"], ["c0.0"]).Node("Slice", ["c0", "two", "four", "zero"], ["c0.1"])
            .Constant("W0", [2, 4 * H, I], RecurrentCase.Random(1, 2 * 4 * H * I))
            .Constant("R0", [2, 4 * H, H], RecurrentCase.Random(2, 2 * 4 * H * H))
            .Constant("B0", [2, 8 * H], RecurrentCase.Random(3, 16 * H))
            .Constant("W1", rows, RecurrentCase.Random(4, 2 * 4 * H * 2 * H))
            .Constant("R1", [2, 4 * H, H], RecurrentCase.Random(5, 2 * 4 * H * H))
            .Constant("B1", [2, 8 * H], RecurrentCase.Random(6, 16 * H))
            .Node("LSTM", ["x", "W0", "R0", "B0", "", "h0.0", "c0.0"], ["y0", "hn.0"], OnnxBytes.Integer("hidden_size", H),
                OnnxBytes.Text("direction", "bidirectional"))
            .Node("Transpose", ["y0"], ["t0"], OnnxBytes.Integers("perm", 0, 2, 1, 3)).Node("Reshape", ["t0", "flat"], ["x1"])
            .Node("LSTM", ["x1", "W1", "R1", "B1", "", "h0.1", "c0.1"], ["y1", "hn.1"], OnnxBytes.Integer("hidden_size", H),
                OnnxBytes.Text("direction", "bidirectional"))
            .Node("Transpose", ["y1"], ["t1"], OnnxBytes.Integers("perm", 0, 2, 1, 3)).Node("Reshape", ["t1", "flat"], ["x2"])
            .Node("Transpose", ["x2"], ["output"], OnnxBytes.Integers("perm", 1, 0, 2))
            .Node("Concat", ["hn.0", "hn.1"], ["hn"], OnnxBytes.Integer("axis", 0))
            .Input("input", [-1, -1, I]).Input("h0", [4, -1, H])
            .Output("output", [-1, -1, 2 * H]).Output("hn", [4, -1, H]);
        byte[] model = graph.ToArray();
        NamedTensor[] inputs = [new("input", [B, T, I], RecurrentCase.Random(7, T * B * I)),
            new("h0", [4, B, H], RecurrentCase.Random(8, 4 * B * H))];
        List<NamedTensor> expected = Ort.Run(model, inputs);
        using var folder = new TestFolder();
        OnnxNetwork network = OnnxNetwork.Open(folder.Put("m.onnx", model));
        await Assert.That(Ort.Difference(expected, network.Run("x", inputs))).IsLessThan(Close);

        RecurrentStack stack = network.ToStack();
        float[] timeFirst = Turning.Of(inputs[0], 1, 0, 2).Floats!;
        RecurrentOutputs found = RecurrentStackRun.Run(stack, new(T, B, timeFirst, inputs[1].Floats, null, null));
        NamedTensor output = Turning.Of(new("output", [T, B, 2 * H], found.Output), 1, 0, 2);
        await Assert.That(Ort.Difference(expected, [new("output", output.Shape, output.Floats!), new("hn", [4, B, H], found.Hidden)]))
            .IsLessThan(Close);
    }

    [Test]
    public async Task What_keras_puts_around_a_layer_is_understood()
    {
        OnnxBytes graph = new OnnxBytes { Opset = 12 }
            .Node("Transpose", ["input"], ["x"], OnnxBytes.Integers("perm", 1, 0, 2))
            .Constant("W", [1, 3 * H, I], RecurrentCase.Random(1, 3 * H * I))
            .Constant("R", [1, 3 * H, H], RecurrentCase.Random(2, 3 * H * H))
            .Constant("B", [1, 6 * H], RecurrentCase.Random(3, 6 * H))
            .Node("GRU", ["x", "W", "R", "B"], ["y", "yh"], OnnxBytes.Integer("hidden_size", H),
                OnnxBytes.Integer("linear_before_reset", 1))
            .Node("Squeeze", ["y"], ["s"], OnnxBytes.Integers("axes", 1))
            .Node("Transpose", ["s"], ["output"], OnnxBytes.Integers("perm", 1, 0, 2))
            .Node("Squeeze", ["yh"], ["last"], OnnxBytes.Integers("axes", 0))
            .Input("input", [-1, -1, I]).Output("output", [-1, -1, H]).Output("last", [-1, H]);
        using var folder = new TestFolder();
        NamedTensor[] inputs = [new("input", [B, T, I], RecurrentCase.Random(7, T * B * I))];
        List<NamedTensor> expected = Ort.Run(graph.ToArray(), inputs);
        OnnxNetwork network = OnnxNetwork.Open(folder.Put("m.onnx", graph.ToArray()));
        await Assert.That(Ort.Difference(expected, network.Run("x", inputs))).IsLessThan(Close);
        RecurrentOutputs found = RecurrentStackRun.Run(network.ToStack(),
            new(T, B, Turning.Of(inputs[0], 1, 0, 2).Floats!, null, null, null));
        await Assert.That(Ort.Difference([expected[1]], [new("last", [B, H], found.Hidden)])).IsLessThan(Close);
    }

    [Test]
    public async Task A_language_model_gives_its_recurrent_part()
    {
        var model = new LanguageModel(new() { VocabularySize = 9, EmbeddingSize = I, HiddenSize = H, LayerCount = 2, Cell = CellKind.Gru });
        model.Initialize(3, 0.5f);
        RecurrentStack stack = LanguageModelParts.RecurrentPart(model, "stack.onnx");
        IReadOnlyList<NamedTensor> others = LanguageModelParts.Surroundings(model);
        await Assert.That(stack.Layout.ParameterCount + others.Sum(t => t.Floats!.Length)).IsEqualTo(model.Layout.ParameterCount);
        var slot = model.Layout.Tensors.First(t => t.Name == "gru.1.recurrent");
        var same = stack.Layout.Tensors.First(t => t.Name == "gru.1.recurrent");
        await Assert.That(stack.Parameters[same].SequenceEqual(model.Parameters[slot])).IsTrue();

        // PyTorch's Linear has its weight output-major: [V, H].
        var weight = model.Layout.Tensors.First(t => t.Name == "classifier.weight");
        await Assert.That(others[1].Floats![(4 * H) + 2]).IsEqualTo(model.Parameters[weight][(2 * 9) + 4]);
    }

    internal static RecurrentStack Make(RecurrentStackConfig config)
    {
        var stack = new RecurrentStack(config);
        int seed = 10;
        foreach (var slot in stack.Layout.Tensors) RecurrentCase.Random(seed++, slot.Length).CopyTo(stack.Parameters[slot]);
        return stack;
    }
}
