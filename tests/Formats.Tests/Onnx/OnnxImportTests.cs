using TinySD.Formats.Exchange.Onnx;
using TinySD.Formats.Exchange.Onnx.Messages;
using TinySD.Formats.Exchange.Parts;
using TinySD.Runtime.Inference;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;

namespace TinySD.Formats.Tests;

/// <summary>Stacks are found in graphs that compute their sizes, call functions or count masks; what computes with the numbers themselves
/// is no stack.</summary>
public sealed class OnnxImportTests
{
    private const double Close = 1e-5;

    private const int T = 4, B = 3, I = 5, H = 6;

    private static float[] Random(int seed, int count) => RecurrentCase.Random(seed, count);

    /// <summary>Two layers as an exporter lays them out that leaves batch and time open: nothing in a shape is a constant.</summary>
    /// <param name="isBidirectional">Two directions.</param>
    /// <param name="opset">13 or later.</param>
    private static byte[] Traced(bool isBidirectional, long opset)
    {
        int directions = isBidirectional ? 2 : 1;
        OnnxBytes model = new OnnxBytes { Opset = opset }.Input("x", [-1, -1, I]).Output("output", [-1, -1, directions * H])
            .Output("hn", [2 * directions, -1, H])
            .Constant("d", [1], [(long)directions]).Constant("two", [], [2L]).Constant("h", [1], [(long)H]).Constant("zero", [], [0f])
                .Constant("minus", [1], [-1L]).Constant("i0", [], [0L])
            .Node("Shape", ["x"], ["s"]).Node("Gather", ["s", "i0"], ["batch"]).Node("Unsqueeze", ["batch", "at0"], ["b"])
                .Constant("at0", [1], [0L])
            .Node("Mul", ["d", "two"], ["all"]).Node("Concat", ["all", "b", "h"], ["states"], OnnxBytes.Integer("axis", 0))
                .Node("Expand", ["zero", "states"], ["h0"])
            .Node("Transpose", ["x"], ["x0"], OnnxBytes.Integers("perm", 1, 0, 2));
        for (int layer = 0; layer < 2; layer++)
        {
            int width = layer == 0 ? I : directions * H;
            model.Constant($"w{layer}", [directions * 4 * H, width], Random(10 + layer, directions * 4 * H * width))
                .Constant($"r{layer}", [directions * 4 * H, H], Random(20 + layer, directions * 4 * H * H))
                .Constant($"bi{layer}", [directions, 4 * H], Random(30 + layer, directions * 4 * H))
                    .Constant($"bh{layer}", [directions, 4 * H], Random(40 + layer, directions * 4 * H))
                .Constant($"ws{layer}", [3], [directions, -1L, width]).Constant($"rs{layer}", [3], [directions, -1L, H])
                .Node("Reshape", [$"w{layer}", $"ws{layer}"], [$"W{layer}"]).Node("Reshape", [$"r{layer}", $"rs{layer}"], [$"R{layer}"])
                .Node("Concat", [$"bi{layer}", $"bh{layer}"], [$"B{layer}"], OnnxBytes.Integer("axis", 1))

                // From layer * directions to (layer + 1) * directions of all states, and as long as there are sequences.
                .Constant($"l{layer}", [1], [(long)layer]).Constant($"n{layer}", [1], [layer + 1L])
                .Node("Mul", [$"l{layer}", "d"], [$"from{layer}"]).Node("Mul", [$"n{layer}", "d"], [$"to{layer}"])
                .Node("Slice", ["h0", $"from{layer}", $"to{layer}", "at0"], [$"h0.{layer}"])
                .Node("LSTM", [$"x{layer}", $"W{layer}", $"R{layer}", $"B{layer}", "", $"h0.{layer}", $"h0.{layer}"],
                    [$"Y{layer}", $"Yh{layer}"],
                    OnnxBytes.Integer("hidden_size", H), OnnxBytes.Text("direction", isBidirectional ? "bidirectional" : "forward"))
                .Node("Transpose", [$"Y{layer}"], [$"t{layer}"], OnnxBytes.Integers("perm", 0, 2, 1, 3))
                    .Node("Shape", [$"t{layer}"], [$"ts{layer}"])
                .Constant($"c{layer}", [2], [0L, 2L]).Constant($"e{layer}", [2], [2L, 4L])
                .Node("Split", [$"ts{layer}"], [$"outer{layer}", $"inner{layer}"], OnnxBytes.Integer("axis", 0))
                .Node("ReduceProd", [$"inner{layer}"], [$"flat{layer}"], OnnxBytes.Integer("keepdims", 1))
                    .Node("Neg", [$"flat{layer}"], [$"neg{layer}"])
                .Node("Max", [$"neg{layer}", $"flat{layer}"], [$"most{layer}"])
                .Node("Concat", [$"outer{layer}", $"most{layer}"], [$"size{layer}"], OnnxBytes.Integer("axis", 0))
                    .Node("Reshape", [$"t{layer}", $"size{layer}"], [$"x{layer + 1}"]);
        }

        return model.Node("Transpose", ["x2"], ["output"], OnnxBytes.Integers("perm", 1, 0, 2))
            .Node("Concat", ["Yh0", "Yh1"], ["hn"], OnnxBytes.Integer("axis", 0)).ToArray();
    }

    [Test]
    [Arguments(false, 13)]
    [Arguments(true, 17)]
    public async Task Sizes_may_be_computed(bool isBidirectional, long opset)
    {
        byte[] model = Traced(isBidirectional, opset);
        int directions = isBidirectional ? 2 : 1;
        NamedTensor x = new("x", [B, T, I], Random(1, B * T * I));
        List<NamedTensor> expected = Ort.Run(model, x);
        using var folder = new TestFolder();
        OnnxNetwork network = OnnxNetwork.Open(folder.Put("m.onnx", model));
        await Assert.That(Ort.Difference(expected, network.Run("x", [x]))).IsLessThan(Close);
        RecurrentStack stack = network.ToStack();
        await Assert.That(stack.Config.LayerCount).IsEqualTo(2);
        RecurrentOutputs found = RecurrentStackRun.Run(stack, new(T, B, Turning.Of(x, 1, 0, 2).Floats!, null, null, null));
        NamedTensor output = Turning.Of(new("output", [T, B, directions * H], found.Output), 1, 0, 2);
        await Assert.That(Ort.Difference(expected, [output, new("hn", [2 * directions, B, H], found.Hidden)])).IsLessThan(Close);
    }

    [Test]
    public async Task Lengths_may_be_counted_from_a_mask()
    {
        byte[] model = Masked();
        NamedTensor[] inputs = [new("X", [T, B, I], Random(3, T * B * I)), new("mask", [B, T], [1L, 1, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0])];
        List<NamedTensor> expected = Ort.Run(model, inputs);
        using var folder = new TestFolder();
        OnnxNetwork network = OnnxNetwork.Open(folder.Put("m.onnx", model));
        await Assert.That(Ort.Difference(expected, network.Run("x", inputs))).IsLessThan(Close);
        RecurrentOutputs found = RecurrentStackRun.Run(network.ToStack(), new(T, B, inputs[0].Floats!, null, null, [2, 4, 1]));
        await Assert.That(Ort.Difference(expected, [new("Y", [T, 1, B, H], found.Output)])).IsLessThan(Close);

        static byte[] Masked() => new OnnxBytes { Opset = 17 }
            .Input("X", [-1, -1, I]).Input("mask", [-1, -1], OnnxDataType.Integer64).Constant("one", [1], [1L])
            .Node("ReduceSum", ["mask", "one"], ["sum"], OnnxBytes.Integer("keepdims", 0))
                .Node("Cast", ["sum"], ["lengths"], OnnxBytes.Integer("to", OnnxDataType.Integer32))
            .Constant("W", [1, H, I], Random(1, H * I)).Constant("R", [1, H, H], Random(2, H * H))
            .Node("RNN", ["X", "W", "R", "", "lengths"], ["Y"], OnnxBytes.Integer("hidden_size", H)).Output("Y", [-1, 1, -1, H]).ToArray();
    }

    /// <summary>Numbered elements are positive, and Relu would leave them as they are.</summary>
    [Test]
    [Arguments("Relu")]
    [Arguments("Identity")]
    public async Task What_computes_with_the_numbers_is_no_part_of_a_stack(string between)
    {
        byte[] model = new OnnxBytes { Opset = 17 }.Constant("W", [1, H, I], Random(1, H * I)).Constant("R", [1, H, H], Random(2, H * H))
            .Input("X", [-1, -1, I])
            .Node(between, ["X"], ["x"]).Node("RNN", ["x", "W", "R"], ["Y"], OnnxBytes.Integer("hidden_size", H))
                .Output("Y", [-1, 1, -1, H]).ToArray();
        using var folder = new TestFolder();
        OnnxNetwork network = OnnxNetwork.Open(folder.Put("m.onnx", model));
        NamedTensor x = new("X", [T, B, I], Random(3, T * B * I));
        await Assert.That(Ort.Difference(Ort.Run(model, x), network.Run("x", [x]))).IsLessThan(Close);
        if (between == "Identity")
        {
            await Assert.That(network.ToStack().Config.InputSize).IsEqualTo(I);
            return;
        }

        FileProblem problem = Refused.By(() => network.ToStack());
        await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.Unsupported);
        await Assert.That(problem.Message).Contains("node 0 (Relu) computes with numbers").And.Contains("'run'");
    }

    [Test]
    public async Task Weights_may_be_computed_but_not_from_the_input()
    {
        using var folder = new TestFolder();
        OnnxBytes Model(string weights) => new OnnxBytes { Opset = 17 }.Constant("w", [1, H, I], Random(1, H * I))
            .Constant("half", [], [0.5f]).Constant("R", [1, H, H], Random(2, H * H))
            .Input("X", [-1, -1, I]).Input("V", [1, H, I]).Node("Mul", ["w", "half"], ["W"]).Node("Identity", ["V"], ["U"])
            .Node("RNN", ["X", weights, "R"], ["Y"], OnnxBytes.Integer("hidden_size", H)).Output("Y", [-1, 1, -1, H]);
        RecurrentStack stack = OnnxNetwork.Open(folder.Put("m.onnx", Model("W").ToArray())).ToStack();
        float[] parameters = [.. stack.Parameters.Values];
        await Assert.That(Random(1, H * I).All(value => parameters.Contains(value / 2))).IsTrue();
        FileProblem problem = Refused.By(() => OnnxNetwork.Open(folder.Put("m.onnx", Model("U").ToArray())).ToStack());
        await Assert.That(problem.Message).Contains("depend on an input").And.Contains("'run'");
    }

    [Test]
    public async Task A_layer_may_be_within_a_function()
    {
        byte[] model = new OnnxBytes { Opset = 17 }
            .Function("Encoder", ["x", "w", "r"], ["y"],
                [
                    OnnxBytes.NodeOf("", "Transpose", "", ["x"], ["t"], OnnxBytes.Integers("perm", 1, 0, 2)),
                    OnnxBytes.NodeOf("", "GRU", "", ["t", "w", "r"], ["y"],
                        OnnxBytes.Reference("hidden_size", OnnxAttributeType.Integer, "units"),
                        OnnxBytes.Integer("linear_before_reset", 1)),
                ], ["units"])
            .Constant("W", [1, 3 * H, I], Random(1, 3 * H * I)).Constant("R", [1, 3 * H, H], Random(2, 3 * H * H)).Input("X", [-1, -1, I])
            .Add(OnnxBytes.NodeOf("own", "Encoder", "", ["X", "W", "R"], ["Y"], OnnxBytes.Integer("units", H))).Output("Y", [-1, 1, -1, H])
                .ToArray();
        using var folder = new TestFolder();
        OnnxNetwork network = OnnxNetwork.Open(folder.Put("m.onnx", model));
        NamedTensor x = new("X", [B, T, I], Random(3, T * B * I));
        await Assert.That(Ort.Difference(Ort.Run(model, x), network.Run("x", [x]))).IsLessThan(Close);
        await Assert.That(network.ToStack().Config.Cell).IsEqualTo(CellKind.Gru);
    }

    /// <summary>What is right and no stack is not told as its writer's fault.</summary>
    [Test]
    public async Task Sequences_that_are_reversed_by_given_lengths_run_and_are_no_stack()
    {
        byte[] model = new OnnxBytes { Opset = 17 }.Constant("W", [1, H, I], Random(1, H * I)).Constant("R", [1, H, H], Random(2, H * H))
            .Input("X", [-1, -1, I])
            .Input("lengths", [-1], OnnxDataType.Integer64).Node("ReverseSequence", ["X", "lengths"], ["back"],
                OnnxBytes.Integer("time_axis", 0), OnnxBytes.Integer("batch_axis", 1))
            .Node("Cast", ["lengths"], ["l32"], OnnxBytes.Integer("to", OnnxDataType.Integer32))
            .Node("RNN", ["back", "W", "R", "", "l32"], ["y"], OnnxBytes.Integer("hidden_size", H)).Constant("one", [1], [1L])
                .Node("Squeeze", ["y", "one"], ["steps"])
            .Node("ReverseSequence", ["steps", "lengths"], ["Y"], OnnxBytes.Integer("time_axis", 0), OnnxBytes.Integer("batch_axis", 1))
                .Output("Y", [-1, -1, H]).ToArray();
        using var folder = new TestFolder();
        OnnxNetwork network = OnnxNetwork.Open(folder.Put("m.onnx", model));
        NamedTensor[] inputs = [new("X", [T, B, I], Random(3, T * B * I)), new("lengths", [B], [2L, T, 1L])];
        await Assert.That(Ort.Difference(Ort.Run(model, inputs), network.Run("x", inputs))).IsLessThan(Close);
        FileProblem problem = Refused.By(() => network.ToStack());
        await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.Unsupported);
        await Assert.That(problem.Message).Contains("node 0 (ReverseSequence)").And.Contains("integers that are given");
    }

    [Test]
    public async Task A_constant_state_of_one_sequence_that_is_not_zero_is_no_stack()
    {
        byte[] model = new OnnxBytes { Opset = 17 }.Constant("W", [1, H, I], Random(1, H * I)).Constant("R", [1, H, H], Random(2, H * H))
            .Constant("h", [1, 1, H], Random(4, H))
            .Input("X", [-1, -1, I]).Node("RNN", ["X", "W", "R", "", "", "h"], ["Y"], OnnxBytes.Integer("hidden_size", H))
                .Output("Y", [-1, 1, -1, H]).ToArray();
        using var folder = new TestFolder();
        FileProblem problem = Refused.By(() => OnnxNetwork.Open(folder.Put("m.onnx", model)).ToStack());
        await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.Unsupported);
        await Assert.That(problem.Message).Contains("initial_h").And.Contains("neither zero");
    }
}
