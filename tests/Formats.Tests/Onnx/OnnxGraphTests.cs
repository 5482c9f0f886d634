using TinySD.Formats.Exchange.Onnx;
using TinySD.Formats.Exchange.Onnx.Messages;
using TinySD.Formats.Exchange.Parts;

namespace TinySD.Formats.Tests;

/// <summary>Whole graphs as exporters write them: sizes computed in the graph, functions, masks, heads; ONNX Runtime says what is
/// right.</summary>
public sealed class OnnxGraphTests
{
    private const double Close = 1e-5;

    private const int T = 4, B = 3, E = 5, H = 6, V = 9;

    private static float[] Random(int seed, params int[] shape) => RecurrentCase.Random(seed, shape.Aggregate(1, (a, b) => a * b));

    /// <summary>Token ids and a mask to the logarithms of labels: embedding, LSTM of the masks' lengths, last step of each sequence,
    /// head.</summary>
    internal static byte[] Tagger() => new OnnxBytes { Opset = 17 }
        .Input("ids", [-1, -1], OnnxDataType.Integer64).Input("mask", [-1, -1], OnnxDataType.Boolean)
        .Constant("embedding", [V, E], Random(1, V, E)).Constant("W", [1, 4 * H, E], Random(2, 4 * H, E))
            .Constant("R", [1, 4 * H, H], Random(3, 4 * H, H))
        .Constant("Bias", [1, 8 * H], Random(4, 8 * H)).Constant("head", [V, H], Random(5, V, H)).Constant("head.bias", [V], Random(6, V))
        .Constant("zero", [1], [0L]).Constant("one", [1], [1L]).Constant("h", [1], [(long)H]).Constant("none", [], [0f])
        .Node("Gather", ["embedding", "ids"], ["rows"]).Node("Transpose", ["rows"], ["x"], OnnxBytes.Integers("perm", 1, 0, 2))
        .Node("Cast", ["mask"], ["counted"], OnnxBytes.Integer("to", OnnxDataType.Integer32))
        .Node("ReduceSum", ["counted", "one"], ["lengths"], OnnxBytes.Integer("keepdims", 0))
        .Node("Shape", ["ids"], ["b"], OnnxBytes.Integer("end", 1)).Node("Concat", ["one", "b", "h"], ["state"],
            OnnxBytes.Integer("axis", 0))
        .Node("Expand", ["none", "state"], ["h0"])
        .Node("LSTM", ["x", "W", "R", "Bias", "lengths", "h0", "h0"], ["y", "yh"], OnnxBytes.Integer("hidden_size", H))
        .Node("Squeeze", ["y", "one"], ["steps"])
        .Node("Cast", ["lengths"], ["l64"], OnnxBytes.Integer("to", OnnxDataType.Integer64)).Node("Sub", ["l64", "one"], ["last"])
        .Constant("ends", [2], [0L, 2L]).Node("Unsqueeze", ["last", "ends"], ["at"])
            .Node("Concat", ["one", "b", "h"], ["size"], OnnxBytes.Integer("axis", 0))
        .Node("Expand", ["at", "size"], ["index"]).Node("GatherElements", ["steps", "index"], ["picked"], OnnxBytes.Integer("axis", 0))
        .Node("Squeeze", ["picked", "zero"], ["final"])
        .Node("Gemm", ["final", "head", "head.bias"], ["logits"], OnnxBytes.Integer("transB", 1))
            .Node("LogSoftmax", ["logits"], ["scores"], OnnxBytes.Integer("axis", -1))
        .Node("ArgMax", ["scores"], ["best"], OnnxBytes.Integer("axis", 1), OnnxBytes.Integer("keepdims", 0))
        .Output("scores", [-1, V]).Output("best", [-1], OnnxDataType.Integer64).Output("yh", [1, -1, H]).ToArray();

    /// <summary>A linear layer as a function with an attribute of its own, called by another function and by the graph, which has values of
    /// the same names.</summary>
    internal static byte[] WithFunctions() => new OnnxBytes { Opset = 17 }
        .Function("Linear", ["x", "w", "b"], ["y"],
            [
                OnnxBytes.NodeOf("", "Transpose", "", ["w"], ["t"]),
                OnnxBytes.NodeOf("", "Gemm", "", ["x", "t", "b"], ["y"], OnnxBytes.Reference("alpha", OnnxAttributeType.Float, "scale"),
                    OnnxBytes.Reference("beta", OnnxAttributeType.Float, "shift")),
            ], ["scale"], [OnnxBytes.Float("shift", 0.5f)])
        .Function("Twice", ["x", "w", "b"], ["y", "x"],
            [
                OnnxBytes.NodeOf("own", "Linear", "", ["x", "w", "b"], ["t"], OnnxBytes.Float("scale", 2f), OnnxBytes.Float("shift", 1f)),
                OnnxBytes.NodeOf("own", "Linear", "", ["t", "w"], ["y"]),
            ])
        .Input("X", [-1, 3])
        .Constant("w", [3, 3], Random(1, 3, 3)).Constant("b", [3], Random(2, 3)).Constant("t", [3], Random(3, 3))
        .Add(OnnxBytes.NodeOf("own", "Twice", "call", ["X", "w", "b"], ["u", "same"]))
        .Node("Add", ["u", "t"], ["Y"]).Output("Y", [-1, 3]).ToArray();

    [Test]
    public async Task Tokens_and_masks_become_labels()
    {
        byte[] model = Tagger();
        NamedTensor[] inputs =
        [
            new("ids", [B, T], Enumerable.Range(0, B * T).Select(i => (long)(i * 5 % V)).ToArray()),
                new("mask", [B, T], [1L, 1, 1, 0, 1, 1, 1, 1, 1, 0, 0, 0]),
        ];
        await AreAlike(model, inputs);
    }

    [Test]
    public async Task A_token_that_the_embedding_does_not_have_is_the_callers_fault()
    {
        using var folder = new TestFolder();
        OnnxNetwork network = OnnxNetwork.Open(folder.Put("m.onnx", Tagger()));
        FileProblem problem = Refused.By(() =>
            network.Run("in.safetensors", [new("ids", [1, 2], new[] { 3L, V }), new("mask", [1, 2], new[] { 1L, 1L })]));
        await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.DoesNotFit);
        await Assert.That(problem.Message).Contains("element 9 is to be taken of 9; -9 to 8 are there").And.Contains("in.safetensors")
            .And.Contains("Gather");
        problem = Refused.By(() => network.Run("in.safetensors",
            [new("ids", [1, 2], new[] { 3L, 2L }), new("mask", [1, 2], new[] { 1L, 2L })]));
        await Assert.That(problem.Message).Contains("number 1 is 2").And.Contains("bool");
        problem = Refused.By(() => network.Run("in.safetensors",
            [new("ids", [1, 2], new float[2]), new("mask", [1, 2], new[] { 1L, 1L })]));
        await Assert.That(problem.Message).Contains("tensor 'ids' holds floats [1, 2]").And.Contains("takes integers of [?, ?]");
    }

    /// <summary>By hand: 2 X w^T + b, then w^T of it, plus t; the second call has no b.</summary>
    [Test]
    public async Task Functions_are_put_in_their_calls_places()
    {
        NamedTensor x = new("X", [1, 3], [1f, -2f, 0.5f]);
        float[] w = Random(1, 3, 3), b = Random(2, 3), t = Random(3, 3);
        float[] middle = [.. Enumerable.Range(0, 3).Select(i => (2 * Dot(i, x.Floats!)) + b[i])];
        float[] expected = [.. Enumerable.Range(0, 3).Select(i => Dot(i, middle) + t[i])];
        using var folder = new TestFolder();
        IReadOnlyList<NamedTensor> found = OnnxNetwork.Open(folder.Put("m.onnx", WithFunctions())).Run("x", [x]);
        await Assert.That(Ort.Difference([new("Y", [1, 3], expected)], found)).IsLessThan(Close);

        float Dot(int row, float[] values) => Enumerable.Range(0, 3).Sum(i => w[(row * 3) + i] * values[i]);
    }

    [Test]
    public async Task Functions_give_what_onnx_runtime_gives()
    {
        OnnxBytes model = new OnnxBytes { Opset = 17 }
            .Function("Scaled", ["x"], ["y"],
                [OnnxBytes.NodeOf("", "Elu", "", ["x"], ["t"], OnnxBytes.Reference("alpha", OnnxAttributeType.Float, "a")),
                OnnxBytes.NodeOf("", "Add", "", ["t", "x"], ["y"])], ["a"])
            .Function("Outer", ["x"], ["y"], [OnnxBytes.NodeOf("own", "Scaled", "", ["x"], ["t"], OnnxBytes.Float("a", 0.3f)),
                OnnxBytes.NodeOf("", "Neg", "", ["t"], ["y"])])
            .Input("X", [-1]).Add(OnnxBytes.NodeOf("own", "Outer", "", ["X"], ["t"]))
                .Add(OnnxBytes.NodeOf("own", "Scaled", "", ["t"], ["Y"], OnnxBytes.Float("a", 0.7f))).Output("Y", [-1]);
        await AreAlike(model.ToArray(), [new("X", [4], [-2f, -0.5f, 0.5f, 2f])]);
    }

    [Test]
    public async Task A_function_has_an_operator_set_of_its_own()
    {
        byte[] model = new OnnxBytes { Opset = 17 }
            .Function("Old", ["x"], ["y"], [OnnxBytes.NodeOf("", "Squeeze", "", ["x"], ["y"], OnnxBytes.Integers("axes", 0))], opset: 11)
            .Input("X", [1, -1]).Add(OnnxBytes.NodeOf("own", "Old", "", ["X"], ["Y"])).Output("Y", [-1]).ToArray();
        using var folder = new TestFolder();
        NamedTensor found = OnnxNetwork.Open(folder.Put("m.onnx", model)).Run("x", [new("X", [1, 2], [1f, 2f])])[0];
        await Assert.That(found.Shape.AsSpan().SequenceEqual([2])).IsTrue();
    }

    [Test]
    public async Task A_function_that_calls_itself_is_refused_and_one_that_grows_without_end()
    {
        OnnxBytes loop = new OnnxBytes { Opset = 17 }
            .Function("A", ["x"], ["y"], [OnnxBytes.NodeOf("own", "B", "", ["x"], ["y"])])
                .Function("B", ["x"], ["y"], [OnnxBytes.NodeOf("own", "A", "", ["x"], ["y"])])
            .Input("X", [-1]).Add(OnnxBytes.NodeOf("own", "A", "start", ["X"], ["Y"])).Output("Y", [-1]);
        using var folder = new TestFolder();
        FileProblem problem = Refused.By(() => OnnxNetwork.Open(folder.Put("m.onnx", loop.ToArray()))
            .Run("x", [new("X", [1], new float[1])]));
        await Assert.That(problem.Message).Contains("calls itself");
        var grown = new OnnxBytes { Opset = 17 };
        for (int i = 0; i < 40; i++)
        {
            string inner = i == 0 ? "Neg" : $"F{i - 1}", domain = i == 0 ? "" : "own";
            grown.Function($"F{i}", ["x"], ["y"], [OnnxBytes.NodeOf(domain, inner, "", ["x"], ["t"]),
                OnnxBytes.NodeOf(domain, inner, "", ["t"], ["y"])]);
        }

        grown.Input("X", [-1]).Add(OnnxBytes.NodeOf("own", "F39", "", ["X"], ["Y"])).Output("Y", [-1]);
        problem = Refused.By(() => OnnxNetwork.Open(folder.Put("m.onnx", grown.ToArray())).Run("x", [new("X", [1], new float[1])]));
        await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.Unsupported);
        await Assert.That(problem.Message).Contains("more than 20000 nodes");
    }

    [Test]
    public async Task An_operator_that_is_not_run_is_named_before_anything_else_is_looked_at()
    {
        // Its input is not there, its attribute twice, and the operator set is too old.
        OnnxBytes body = new OnnxBytes().Add(OnnxBytes.NodeOf("com.microsoft", "Attention", "inner", ["v"], ["vo"])).Input("v", [1])
            .Output("vo", [1]);
        byte[] model = new OnnxBytes { Opset = 5 }
            .Add(OnnxBytes.NodeOf("", "Loop", "model/gru/while/body/a/long/name/of/many/parts/that/is/shown/whole", ["missing"], ["Y"],
                OnnxBytes.Body("body", body), OnnxBytes.Body("body", body)))
            .Add(OnnxBytes.NodeOf("", "NonZero", "", ["Y"], ["Z"])).Output("Z", []).ToArray();
        FileProblem problem = Refusal(model);
        await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.Unsupported);
        await Assert.That(problem.Message).Contains("node 'model/gru/while/body/a/long/name/of/many/parts/that/is/shown/whole' (Loop)")
            .And.Contains("node 'inner' (Attention of com.microsoft)").And.Contains("node 1 (NonZero)");
    }

    [Test]
    [Arguments("", "QuantizeLinear", "before it was quantized")]
    [Arguments("", "DequantizeLinear", "before it was quantized")]
    [Arguments("com.microsoft", "DynamicQuantizeLSTM", "before it was quantized")]
    [Arguments("com.microsoft", "FusedGemm", "Only standard operators")]
    [Arguments("ai.onnx.ml", "LinearClassifier", "Only standard operators")]
    public async Task Quantized_and_foreign_operators_are_named_with_a_way_out(string domain, string type, string says)
    {
        FileProblem problem = Refusal(new OnnxBytes().Input("X", [1]).Add(OnnxBytes.NodeOf(domain, type, "n", ["X"], ["Y"])).Output("Y", [])
            .ToArray());
        await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.Unsupported);
        await Assert.That(problem.Message).Contains("node 'n'").And.Contains(type).And.Contains(says);
    }

    [Test]
    public async Task What_no_output_needs_is_not_looked_at()
    {
        byte[] model = new OnnxBytes().Input("X", [-1]).Constant(OnnxBytes.Tensor("q", [2], 20)).Node("Conv", ["X", "nothing"], ["dead"])
            .Node("Neg", ["dead"], ["too"])
            .Add(OnnxBytes.NodeOf("com.microsoft", "Gelu", "", ["q"], ["dead as well"])).Node("Neg", ["X"], ["Y"]).Output("Y", [-1])
                .ToArray();
        using var folder = new TestFolder();
        OnnxNetwork network = OnnxNetwork.Open(folder.Put("m.onnx", model));
        await Assert.That(network.Run("x", [new("X", [2], [1f, -2f])])[0].Floats!.AsSpan().SequenceEqual([-1f, 2f])).IsTrue();
        await Assert.That(string.Join(' ', network.Operators)).IsEqualTo("Conv Neg com.microsoft.Gelu Neg");
    }

    [Test]
    public async Task What_cannot_be_run_can_be_listed()
    {
        OnnxBytes body = new OnnxBytes().Node("Identity", ["c"], ["co"]).Input("c", [1]).Output("co", [1]);
        byte[] model = new OnnxBytes { Opset = 99 }.Add(OnnxBytes.NodeOf("", "Scan", "s", ["X"], ["Y"], OnnxBytes.Body("body", body)))
            .Constant(OnnxBytes.Tensor("eight", [3], 18)).Constant(OnnxBytes.Tensor("elsewhere", [2, 3], 1)
                .Integer(OnnxTensorField.Location, 1))
            .Constant("wide", [1, 1, 1, 1, 1, 1, 1, 1, 1, 2], [1f, 2f]).Input("X", [-1]).Output("Y", []).ToArray();
        using var folder = new TestFolder();
        OnnxNetwork network = OnnxNetwork.Open(folder.Put("m.onnx", model));
        await Assert.That(network.Opset).IsEqualTo(99);
        await Assert.That(string.Join(' ', network.Operators)).IsEqualTo("Scan");
        await Assert.That(string.Join(' ', network.Inputs.Concat(network.Outputs))).IsEqualTo("X Y");
        await Assert.That(string.Join(' ', network.Tensors.Select(t => $"{t.Name}:{t.Dtype}:{t.Shape.Length}")))
            .IsEqualTo("eight:float8e4m3fnuz:1 elsewhere:float:2 wide:float:10");
        await Assert.That(Refused.By(() => network.Run("x", [])).Message).Contains("Scan");
    }

    [Test]
    public async Task Zero_states_of_one_sequence_run_with_one_and_import_for_any()
    {
        byte[] model = new OnnxBytes { Opset = 17 }.Constant("W", [1, 3 * H, E], Random(1, 3 * H, E))
            .Constant("R", [1, 3 * H, H], Random(2, 3 * H, H)).Constant("h0", [1, 1, H], new float[H])
            .Add(OnnxBytes.NodeOf("", "GRU", "/gru/GRU", ["X", "W", "R", "", "", "h0"], ["Y"], OnnxBytes.Integer("hidden_size", H),
                OnnxBytes.Integer("linear_before_reset", 1)))
            .Input("X", [-1, -1, E]).Output("Y", [-1, 1, -1, H]).ToArray();
        await AreAlike(model, [new("X", [T, 1, E], Random(3, T, E))]);
        using var folder = new TestFolder();
        OnnxNetwork network = OnnxNetwork.Open(folder.Put("m.onnx", model));
        FileProblem problem = Refused.By(() => network.Run("x.safetensors", [new("X", [T, 2, E], Random(3, T, 2, E))]));
        await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.DoesNotFit);
        await Assert.That(problem.Message).Contains("/gru/GRU").And.Contains("X has 2 sequences and the state is of 1")
            .And.Contains("[1, 1, 6]");
        await Assert.That(network.ToStack().Config.HiddenSize).IsEqualTo(H);
    }

    [Test]
    [Arguments(false)]
    [Arguments(true)]
    public async Task Dropout_is_the_identity_unless_it_trains(bool isTraining)
    {
        byte[] model = new OnnxBytes { Opset = 17 }.Constant("W", [1, H, E], Random(1, H, E)).Constant("R", [1, H, H], Random(2, H, H))
            .Constant("ratio", [], [0.5f])
            .Constant("mode", [], OnnxDataType.Boolean, [isTraining ? (byte)1 : (byte)0]).Input("X", [-1, -1, E])
            .Node("Dropout", ["X", "ratio", "mode"], ["x", "mask"]).Node("RNN", ["x", "W", "R"], ["Y"], OnnxBytes.Integer("hidden_size", H))
                .Output("Y", []).ToArray();
        using var folder = new TestFolder();
        OnnxNetwork network = OnnxNetwork.Open(folder.Put("m.onnx", model));
        if (isTraining)
        {
            await Assert.That(Refused.By(() => network.ToStack()).Message).Contains("training_mode");
            return;
        }

        await AreAlike(model, [new("X", [T, B, E], Random(3, T, B, E))]);
        await Assert.That(network.ToStack().Config.InputSize).IsEqualTo(E);
    }

    /// <summary>Half-precision weights and edges, computed in floats between: run, and imported.</summary>
    [Test]
    public async Task Numbers_of_16_bits_are_cast_and_back()
    {
        float[] halves = [.. Random(1, H * (E + H)).Select(value => (float)(Half)value)];
        byte[] raw = [.. halves.SelectMany(value => BitConverter.GetBytes((Half)value))];
        OnnxBytes graph = new OnnxBytes { Opset = 17 }
            .Constant("w", [1, H, E], OnnxDataType.Binary16, raw.AsSpan(0, 2 * H * E))
                .Constant("r", [1, H, H], OnnxDataType.Binary16, raw.AsSpan(2 * H * E))
            .Input("X", [-1, -1, E], OnnxDataType.Binary16);
        foreach ((string from, string to) in (ReadOnlySpan<(string, string)>)[("X", "x"), ("w", "W"), ("r", "R")])
            graph.Node("Cast", [from], [to], OnnxBytes.Integer("to", OnnxDataType.Binary32));
        byte[] model = graph.Node("RNN", ["x", "W", "R"], ["y"], OnnxBytes.Integer("hidden_size", H))
            .Node("Cast", ["y"], ["Y"], OnnxBytes.Integer("to", OnnxDataType.Binary16))
            .Output("Y", [-1, 1, -1, H], OnnxDataType.Binary16).ToArray();
        await AreAlike(model, [new("X", [T, B, E], Random(3, T, B, E))], 1e-3);
        using var folder = new TestFolder();
        TinySD.Runtime.Models.RecurrentStack stack = OnnxNetwork.Open(folder.Put("m.onnx", model)).ToStack();
        float[] parameters = [.. stack.Parameters.Values];
        await Assert.That(halves.All(parameters.Contains)).IsTrue();
    }

    private static FileProblem Refusal(byte[] model)
    {
        using var folder = new TestFolder();
        OnnxNetwork network = OnnxNetwork.Open(folder.Put("m.onnx", model));
        FileProblem run = Refused.By(() => network.Run("x", [])), import = Refused.By(() => network.ToStack());
        return run == import ? run : throw new InvalidOperationException($"{run.Message}; {import.Message}");
    }

    private static async Task AreAlike(byte[] model, NamedTensor[] inputs, double close = Close)
    {
        List<NamedTensor> expected = Ort.Run(model, inputs);
        using var folder = new TestFolder();
        await Assert.That(Ort.Difference(expected, OnnxNetwork.Open(folder.Put("m.onnx", model)).Run("x", inputs))).IsLessThan(close);
    }
}
