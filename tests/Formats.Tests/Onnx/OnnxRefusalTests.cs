using System.Runtime.InteropServices;
using TinySD.Formats.Exchange.Onnx;
using TinySD.Formats.Exchange.Onnx.Messages;
using TinySD.Formats.Exchange.Parts;
using TinySD.Runtime.Models;

namespace TinySD.Formats.Tests;

/// <summary>What is not supported, or wrong, is refused by its name.</summary>
public sealed class OnnxRefusalTests
{
    private static OnnxBytes Lstm(string[]? inputs = null, params ProtoWriter[] attributes) => new OnnxBytes()
        .Constant("W", [1, 8, 3], new float[24]).Constant("R", [1, 8, 2], new float[16]).Constant("B", [1, 16], new float[16])
        .Input("X", [-1, -1, 3]).Output("Y", [-1, -1, -1, 2])
        .Node("LSTM", inputs ?? ["X", "W", "R", "B"], ["Y"], [OnnxBytes.Integer("hidden_size", 2), .. attributes]);

    public static IEnumerable<Func<(string What, byte[] Model, FileProblemKind Kind, string Says)>> Models()
    {
        (string, byte[], FileProblemKind, string)[] models =
        [
            ("operator", Lstm().Node("Conv", ["Y"], ["Z"]).Output("Z", []).ToArray(), FileProblemKind.Unsupported, "Conv"),
            ("attribute", Lstm(null, OnnxBytes.Integer("zoneout", 1)).ToArray(), FileProblemKind.Unsupported, "zoneout"),
            ("direction", Lstm(null, OnnxBytes.Text("direction", "sideways")).ToArray(), FileProblemKind.Unsupported, "sideways"),
            ("layout", Lstm(null, OnnxBytes.Integer("layout", 2)).ToArray(), FileProblemKind.Unsupported, "layout 2"),
            ("activation", Lstm(null, OnnxBytes.Texts("activations", "Sigmoid", "Gelu", "Tanh")).ToArray(), FileProblemKind.Unsupported,
                "Gelu"),
            ("activations", Lstm(null, OnnxBytes.Texts("activations", "Sigmoid")).ToArray(), FileProblemKind.ModelInvalid, "1 activation;"),
            ("alpha", Lstm(null, OnnxBytes.Texts("activations", "Sigmoid", "Tanh", "Tanh"), OnnxBytes.Floats("activation_alpha", 1f))
                .ToArray(), FileProblemKind.ModelInvalid, "more constants"),
            ("hidden size", new OnnxBytes().Node("LSTM", ["X", "W", "R"], ["Y"], OnnxBytes.Integer("hidden_size", 3))
                .Constant("W", [1, 8, 3], new float[24]).Constant("R", [1, 8, 2], new float[16])
                .Input("X", [-1, -1, 3]).Output("Y", []).ToArray(), FileProblemKind.ModelInvalid, "hidden_size is 3"),
            ("gates", new OnnxBytes().Node("GRU", ["X", "W", "R"], ["Y"])
                .Constant("W", [1, 8, 3], new float[24]).Constant("R", [1, 8, 2], new float[16])
                .Input("X", [-1, -1, 3]).Output("Y", []).ToArray(), FileProblemKind.ModelInvalid, "W has the shape"),
            ("opset", Old().ToArray(), FileProblemKind.Unsupported, "version 6"),
            ("missing weights", Lstm(["X", "W", "V"]).ToArray(), FileProblemKind.ModelInvalid, "'V'"),
            ("not finite", Lstm(["X", "W", "Q"]).Constant("Q", [1, 8, 2], [.. new float[15], float.NaN]).ToArray(),
                FileProblemKind.NotFinite, "'Q'"),
            ("integers", Lstm(["X", "W", "Q"]).Constant("Q", [1, 8, 2], new long[16]).ToArray(), FileProblemKind.ModelInvalid, "input 2"),
            ("too few numbers", Lstm().Constant("Q", [3], 1, MemoryMarshal.AsBytes<float>([1f, 2f])).Node("Identity", ["Q"], ["Z"])
                .Output("Z", []).ToArray(), FileProblemKind.ModelInvalid, "has 2 numbers"),
            ("huge", Lstm().Constant("Q", [1L << 40, 1L << 40], 1, [0, 0, 0, 0]).Output("Q", []).ToArray(),
                FileProblemKind.TensorOutsideFile, "'Q'"),
            ("negative extent", Lstm().Constant("Q", [-2], 1, [0, 0, 0, 0]).Output("Q", []).ToArray(), FileProblemKind.ModelInvalid, "-2"),
            ("raw floats that do not come out even", Lstm()
                .Constant(OnnxBytes.Tensor("Q", [2], 1).Bytes(OnnxTensorField.Raw, new byte[5]).Float(OnnxTensorField.Floats, 1f))
                .Node("Identity", ["Q"], ["Z"]).Output("Z", []).ToArray(), FileProblemKind.MessageDamaged, "5 bytes"),
            ("raw integers that do not come out even", Lstm()
                .Constant(OnnxBytes.Tensor("Q", [2], 7).Bytes(OnnxTensorField.Raw, new byte[9]).Integer(OnnxTensorField.Integers64, 1))
                .Node("Identity", ["Q"], ["Z"]).Output("Z", []).ToArray(), FileProblemKind.MessageDamaged, "9 bytes"),
            ("two inputs of one name", Lstm().Input("X", [-1, -1, 3]).ToArray(), FileProblemKind.ModelInvalid,
                "two inputs of the graph are named 'X'"),
            ("two outputs of one name", Lstm().Output("Y", [-1, -1, -1, 2]).ToArray(), FileProblemKind.ModelInvalid,
                "two outputs of the graph are named 'Y'"),
            ("too many layers", Layers(65).ToArray(), FileProblemKind.Unsupported, "65 layers"),
            ("output without numbers", Lstm().Constant("Q", [0, 65536, 32768], Array.Empty<float>()).Node("Identity", ["Q"], ["Z"])
                .Output("Z", []).ToArray(), FileProblemKind.Unsupported, "'Z'"),
            ("input of many axes", Lstm().Input("Q", [1, 1, 1, 1, 1, 1, 1, 1, 1]).ToArray(), FileProblemKind.Unsupported, "8 axes"),
            ("clip that is an integer", Lstm(null, OnnxBytes.Integer("clip", 1)).ToArray(), FileProblemKind.ModelInvalid,
                "'clip' is an integer; a float was expected"),
            ("input_forget that is a float", Lstm(null, OnnxBytes.Float("input_forget", 1f)).ToArray(), FileProblemKind.ModelInvalid,
                "'input_forget' is a float; an integer"),
            ("linear_before_reset that is a float", Gru(OnnxBytes.Float("linear_before_reset", 1f)).ToArray(), FileProblemKind.ModelInvalid,
                "'linear_before_reset' is a float"),
            ("linear_before_reset that is a float of no type", Gru(Untyped("linear_before_reset").Float(OnnxAttributeField.Float, 1f))
                .ToArray(), FileProblemKind.ModelInvalid, "is a float"),
            ("layout that is nothing", Lstm(null, Untyped("layout")).ToArray(), FileProblemKind.ModelInvalid,
                "'layout' is nothing; an integer"),
            ("direction that is a list", Lstm(null, OnnxBytes.Texts("direction", "reverse")).ToArray(), FileProblemKind.ModelInvalid,
                "'direction' is a list of texts; a text"),
            ("activations that are one text", Lstm(null, OnnxBytes.Text("activations", "Relu")).ToArray(), FileProblemKind.ModelInvalid,
                "'activations' is a text; a list of texts"),
            ("constants that are integers",
                Lstm(null, OnnxBytes.Texts("activations", "Elu", "Elu", "Elu"), OnnxBytes.Integers("activation_alpha", 2)).ToArray(),
                FileProblemKind.ModelInvalid, "'activation_alpha' is a list of integers; a list of floats"),
            ("a float that calls itself an integer",
                Lstm(null, Untyped("clip").Integer(OnnxAttributeField.Type, OnnxAttributeType.Integer).Float(OnnxAttributeField.Float, 1f))
                    .ToArray(),
                FileProblemKind.ModelInvalid, "'clip' is an integer and holds a float"),
            ("a float that is an integer too", Lstm(null, OnnxBytes.Float("clip", 1f).Integer(OnnxAttributeField.Integer, 1)).ToArray(),
                FileProblemKind.ModelInvalid, "several types"),
            ("perm that is an integer", Lstm().Output("Z", []).Node("Transpose", ["Y"], ["Z"], OnnxBytes.Integer("perm", 1)).ToArray(),
                FileProblemKind.ModelInvalid, "'perm' is an integer"),
            ("axis that is a list", Lstm().Output("Z", []).Node("Concat", ["Y"], ["Z"], OnnxBytes.Integers("axis", 1)).ToArray(),
                FileProblemKind.ModelInvalid, "'axis' is a list of integers"),
            ("value_int that is a float", Lstm().Output("Z", []).Node("Constant", [], ["Z"], OnnxBytes.Float("value_int", 1f)).ToArray(),
                FileProblemKind.ModelInvalid, "'value_int' is a float"),
            ("external data without a place", Lstm().Constant(OnnxBytes.Tensor("Q", [1], 1).Integer(OnnxTensorField.Location, 1))
                .Output("Q", []).ToArray(), FileProblemKind.ModelInvalid, "another file"),
            ("bomb", Lstm().Constant("s", [2], [1L << 20, 1L << 20]).Node("ConstantOfShape", ["s"], ["Z"]).Output("Z", []).ToArray(),
                FileProblemKind.Unsupported, "at most"),
            ("constant state", Lstm(["X", "W", "R", "", "", "Q"]).Constant("Q", [1, 2, 2], [1f, 2f, 3f, 4f]).ToArray(),
                FileProblemKind.Unsupported, "initial_h"),
            ("not chained", Lstm().Node("LSTM", ["X", "W", "R"], ["Y2"]).Output("Y2", []).ToArray(), FileProblemKind.Unsupported,
                "not the output of the layer before"),
            ("one input for h and c", WithStates("s", "s").Input("s", [1, -1, 2]).ToArray(), FileProblemKind.Unsupported, "initial_c of"),
            ("states of swapped layers", Swapped().ToArray(), FileProblemKind.Unsupported, "in the order of the layers"),
            ("output reversed in time", Lstm().Constant("m", [1], [-1L]).Constant("e", [1], [-9L]).Constant("a", [1], [0L])
                .Node("Slice", ["Y", "m", "e", "a", "m"], ["back"])
                .Output("back", [-1, -1, -1, 2]).ToArray(), FileProblemKind.Unsupported, "'back'"),
            ("an axis twice", Lstm().Constant("s", [2], [1L, 1L]).Constant("e", [2], [2L, 2L]).Constant("a", [2], [0L, 0L])
                .Node("Slice", ["Y", "s", "e", "a"], ["Z"]).Output("Z", []).ToArray(), FileProblemKind.ModelInvalid, "an axis comes twice"),
            ("part of the output", Lstm().Constant("i", [], [0L]).Node("Gather", ["Y", "i"], ["last"]).Output("last", [-1, -1, 2])
                .ToArray(), FileProblemKind.Unsupported, "'last'"),
            ("no node", new OnnxBytes().Input("X", [1]).Output("X", [1]).ToArray(), FileProblemKind.Unsupported, "no LSTM, GRU or RNN"),
            ("cut short", Lstm().ToArray()[..^20], FileProblemKind.MessageDamaged, "damaged"),
            ("text", "hello, this is no model"u8.ToArray(), FileProblemKind.Foreign,
                "is not an ONNX model: it begins with 68 65 6C 6C 6F 2C 20 74 (it looks like text)"),
            ("empty", [], FileProblemKind.Empty, "empty"),
        ];
        return models.Select(m => (Func<(string, byte[], FileProblemKind, string)>)(() => m));

        static OnnxBytes WithStates(string h, string c) => Lstm(["X", "W", "R", "B", "", h, c]);

        // Both layers of the size 2 out of h0 [2, B, 2], the upper one's state first.
        static OnnxBytes Swapped() => new OnnxBytes()
            .Constant("W", [1, 8, 2], new float[16]).Constant("R", [1, 8, 2], new float[16])
            .Input("X", [-1, -1, 2]).Input("h0", [2, -1, 2])
            .Constant("zero", [1], [0L]).Constant("one", [1], [1L]).Constant("two", [1], [2L])
            .Node("Slice", ["h0", "one", "two", "zero"], ["first"]).Node("Slice", ["h0", "zero", "one", "zero"], ["second"])
            .Node("LSTM", ["X", "W", "R", "", "", "first"], ["Y"], OnnxBytes.Integer("hidden_size", 2))
            .Node("Squeeze", ["Y", "one"], ["Y1"])
            .Node("LSTM", ["Y1", "W", "R", "", "", "second"], ["Z"], OnnxBytes.Integer("hidden_size", 2)).Output("Z", [-1, -1, -1, 2]);

        static ProtoWriter Untyped(string name) => new ProtoWriter().Text(OnnxAttributeField.Name, name);

        static OnnxBytes Gru(ProtoWriter attribute) =>
            new OnnxBytes().Constant("W", [1, 6, 3], new float[18]).Constant("R", [1, 6, 2], new float[12])
            .Input("X", [-1, -1, 3]).Output("Y", [-1, -1, -1, 2]).Node("GRU", ["X", "W", "R"], ["Y"], attribute);

        static OnnxBytes Layers(int count)
        {
            OnnxBytes model = new OnnxBytes().Constant("W", [1, 1, 1], new float[1]).Input("Y0", [-1, -1, 1]).Constant("one", [1], [1L]);
            for (int i = 0; i < count; i++)
                model.Node("RNN", [$"Y{i}", "W", "W"], [$"Z{i}"]).Node("Squeeze", [$"Z{i}", "one"], [$"Y{i + 1}"]);
            return model.Output($"Y{count}", []);
        }

        static OnnxBytes Old() => new OnnxBytes { Opset = 6 }.Input("X", [1]).Output("X", [1]);
    }

    [Test]
    [MethodDataSource(nameof(Models))]
    public async Task It_is_named(string what, byte[] model, FileProblemKind kind, string says)
    {
        using var folder = new TestFolder();
        string path = folder.Put("m.onnx", model);
        FileProblem problem = Refused.By(() => OnnxNetwork.Open(path).ToStack());
        await Assert.That(problem.Kind).IsEqualTo(kind).Because($"{what}: {problem.Message}");
        await Assert.That(problem.Message).Contains(says).And.Contains(path);
    }

    /// <summary>Writers of the first years give no type; others leave out a value that is 0.</summary>
    [Test]
    public async Task A_type_may_be_left_out_and_a_value_of_0()
    {
        using var folder = new TestFolder();
        RecurrentStack Read(params ProtoWriter[] attributes) =>
            OnnxNetwork.Open(folder.Put("m.onnx", Lstm(null, attributes).ToArray())).ToStack();
        ProtoWriter clip = new ProtoWriter().Text(OnnxAttributeField.Name, "clip").Float(OnnxAttributeField.Float, 0.5f);
        ProtoWriter coupled = new ProtoWriter().Text(OnnxAttributeField.Name, "input_forget").Integer(OnnxAttributeField.Integer, 1);
        RecurrentStackConfig config = Read(clip, coupled).Config;
        await Assert.That(config.Clip).IsEqualTo(0.5f);
        await Assert.That(config.CoupledGates).IsTrue();
        ProtoWriter zero = new ProtoWriter().Text(OnnxAttributeField.Name, "input_forget")
            .Integer(OnnxAttributeField.Type, OnnxAttributeType.Integer);
        await Assert.That(Read(zero).Config.CoupledGates).IsFalse();
    }

    [Test]
    public async Task A_tensor_without_numbers_may_have_any_other_extents()
    {
        // Equal parts, the last one smaller: so Split of operator set 18 has it.
        OnnxBytes model = Lstm().Constant("Q", [0, int.MaxValue], Array.Empty<float>())
            .Node("Split", ["Q"], ["first", "second"], OnnxBytes.Integer("axis", 1))
            .Constant("E", [int.MaxValue, int.MaxValue, 3, 0], Array.Empty<float>()).Node("Identity", ["E"], ["same"])
            .Output("first", []).Output("second", []).Output("same", []);
        using var folder = new TestFolder();
        OnnxNetwork network = OnnxNetwork.Open(folder.Put("m.onnx", model.ToArray()));
        IReadOnlyList<NamedTensor> outputs = network.Run("in", [new("X", [2, 1, 3], new float[6])]);
        string shapes = string.Join(' ', outputs.Skip(1).Select(tensor => string.Join('x', tensor.Shape)));
        await Assert.That(shapes).IsEqualTo("0x1073741824 0x1073741823 2147483647x2147483647x3x0");
    }

    /// <summary>2^20 steps of 2,048 units are 2^31 numbers, however much memory there is.</summary>
    [Test]
    [Arguments(false)]
    [Arguments(true)]
    public async Task A_run_that_is_too_large_is_refused_whoever_makes_it_so(bool isExpanded)
    {
        const int steps = 1 << 20, units = 1024;
        OnnxBytes model = new OnnxBytes().Constant("W", [2, units, 1], new float[2 * units])
            .Constant("R", [2, units, units], OnnxDataType.Binary16, new byte[4 * units * units])
            .Constant("s", [3], [(long)steps, 1L, 1L]).Node("Expand", ["X", "s"], ["long"])
            .Node("RNN", [isExpanded ? "long" : "X", "W", "R"], ["Y"], OnnxBytes.Text("direction", "bidirectional"))
            .Input("X", [-1, -1, 1]).Output("Y", []);
        using var folder = new TestFolder();
        string path = folder.Put("m.onnx", model.ToArray());
        int given = isExpanded ? 1 : steps;
        FileProblem problem = Refused.By(() => OnnxNetwork.Open(path).Run("in", [new("X", [given, 1, 1], new float[given])]));
        await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.Unsupported);
        await Assert.That(problem.Message).Contains(path).And.Contains("1048576");
    }

    [Test]
    public async Task Inputs_that_do_not_fit_are_named()
    {
        using var folder = new TestFolder();
        OnnxNetwork network = OnnxNetwork.Open(folder.Put("m.onnx", Lstm().ToArray()));
        NamedTensor x = new("X", [2, 1, 3], new float[6]);
        await Assert.That(Refused.By(() => network.Run("in", [])).Message).Contains("'X'");
        await Assert.That(Refused.By(() => network.Run("in", [x, new("Z", [1], new float[1])])).Message).Contains("'Z'");
        await Assert.That(Refused.By(() => network.Run("in", [new("X", [2, 1, 4], new float[8])])).Message).Contains("[2, 1, 4]");
        await Assert.That(Refused.By(() => network.Run("in", [new("X", [2, 1, 3], new long[6])])).Message).Contains("integers");
    }
}
