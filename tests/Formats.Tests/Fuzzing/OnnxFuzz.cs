using TinySD.Formats.Exchange.Onnx;
using TinySD.Formats.Exchange.Onnx.Messages;
using TinySD.Formats.Exchange.Parts;
using TinySD.Runtime.Inference;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;

namespace TinySD.Formats.Tests;

/// <summary>ONNX: exported stacks, nodes with every input and attribute, and all that exporters put around them, with numbers in every way
/// to write them.</summary>
internal sealed class OnnxFuzz : FuzzFormat
{
    // Those of the exported stacks; all others have a recurrent case's.
    private static readonly NamedTensor[] s_others =
    [
        new("input", [2, 1, 2], [1f, -2f, 3f, -4f]), new("h0", [4, 1, 3], RecurrentCase.Random(1, 12)),
        new("c0", [4, 1, 3], RecurrentCase.Random(2, 12)),
        new("tokens", [2, 1], [1L, 8L]),
    ];

    public override string Name => "onnx";

    public override IReadOnlyList<string> Words =>
    [
        "LSTM", "GRU", "RNN", "Reshape", "Slice", "Split", "Expand", "ConstantOfShape", "Concat", "Transpose", "Gather", "Unsqueeze",
        "Identity", "hidden_size", "direction",
        "Add", "Mul", "Div", "Cast", "Range", "Tile", "Pad", "Where", "MatMul", "Gemm", "Softmax", "ReduceSum", "Shape", "GatherND",
        "OneHot", "own", "f", "tinysd.vocabulary", "tokens",
        "bidirectional", "activations", "Affine", "axis", "axes", "perm", "value", "layout", "\0", "\u007f", "input", "h0",
    ];

    public override IReadOnlyList<FileProblemKind> Expected =>
        [FileProblemKind.Empty, FileProblemKind.MessageDamaged, FileProblemKind.Unsupported, FileProblemKind.ModelInvalid];

    public override IReadOnlyList<byte[]> MakeSeeds() =>
    [
        Export(new() { Cell = CellKind.Lstm, InputSize = 2, HiddenSize = 3, LayerCount = 2, Direction = RecurrentDirection.Bidirectional,
            Peepholes = true }, true),
        Export(new() { Cell = CellKind.Gru, InputSize = 2, HiddenSize = 2, LayerCount = 3 }, false),
        Export(new LanguageModelCase(CellKind.Lstm, 2) { Tied = true }), Export(new LanguageModelCase(CellKind.Gru, 1)),
        Surrounded(14, false), Surrounded(11, false), Surrounded(7, false), Surrounded(14, true), Surrounded(7, true), Tensors(),
        .. RecurrentCase.All().Where((_, index) => index % 16 == 0).Select(node => node.Model()),
        .. OperatorCases.All().Select(node => node.Folded).OfType<byte[]>().Where((_, index) => index % 3 == 0),
        OnnxGraphTests.WithFunctions(), OnnxGraphTests.Tagger(),
    ];

    public override FileProblem? ReadAll(string path)
    {
        if (!OnnxNetwork.TryOpen(path, out OnnxNetwork? network, out FileProblem? problem)) return problem;
        _ = network.Tensors.Count();
        _ = network.Operators.Count() + network.ExternalFiles.Count();
        problem = Try(() => Runs.Once(network.ToStack()));
        Try(() => network.ToLanguageModel(new(new())));
        FileProblem? run = Run(network, "forward") is { } first && Run(network, "bidirectional") is not null ? first : null;

        // What is no stack may be a graph that runs.
        return run is null && problem?.Kind == FileProblemKind.Unsupported ? null : problem ?? run;
    }

    // A length within a message changed makes the message end elsewhere: changes are of whole fields, or mostly of single bytes, which
    // leave lengths right.
    public override byte[] MutateInside(byte[] seed, byte[] other, Mutator mutator)
    {
        if (mutator.Random.Next(2) == 0) return ProtoMutation.Mutate(seed, other, mutator);
        byte[] changed = [.. seed];
        for (int left = 1 + mutator.Random.Next(4); left > 0; left--)
        {
            int at = mutator.Random.Next(changed.Length);
            changed[at] = mutator.Random.Next(3) switch
            {
                0 => (byte)mutator.Random.Next(256),
                1 => (byte)(changed[at] + mutator.Random.Next(-2, 3)),
                _ => (byte)(changed[at] ^ (1 << mutator.Random.Next(8))),
            };
        }

        return changed;
    }

    // Little but tensors, which have numbers in fields of other types too: those are passed over, until the type is another.
    private static byte[] Tensors()
    {
        OnnxBytes model = new OnnxBytes().Constant("W", [1, 1, 4], new float[4]).Constant("R", [1, 1, 1], new float[1])
            .Node("RNN", ["X", "W", "R"], ["Y"]).Input("X", [-1, -1, 4]).Output("Y", []);
        foreach (int type in (int[])[OnnxDataType.Binary32, OnnxDataType.Integer64, OnnxDataType.Binary64])
        {
            string name = $"{type}";
            ProtoWriter tensor = OnnxBytes.Tensor(name, [2], type).Bytes(OnnxTensorField.Raw, new byte[2 * OnnxDataType.SizeOf(type)]);
            if (type != OnnxDataType.Binary32) tensor.Float(OnnxTensorField.Floats, 1f);
            if (type != OnnxDataType.Integer64) tensor.Integer(OnnxTensorField.Integers64, 2);
            model.Constant(tensor.Integer(OnnxTensorField.Integers32, 3)).Node("Identity", [name], [$"same {name}"])
                .Output($"same {name}", null, type);
        }

        return model.ToArray();
    }

    // States are of one direction or of two; what has an input that is not here cannot be run.
    private static FileProblem? Run(OnnxNetwork network, string direction)
    {
        IEnumerable<NamedTensor> inputs = s_others.Concat(new RecurrentCase("LSTM", direction) { States = true, Lengths = true }.Inputs());
        FileProblem? problem = Try(() => network.Run(network.Path, inputs.Where(input => network.Inputs.Contains(input.Name))));
        return problem?.Kind is FileProblemKind.DoesNotFit ? null : problem;
    }

    // A layer among every operator that moves and cuts, on tensors with and without numbers; what became an input with an operator set is
    // one or an attribute.
    private static byte[] Surrounded(long opset, bool withAll)
    {
        const int hidden = RecurrentCase.H, width = RecurrentCase.I;
        var model = new OnnxBytes { Opset = opset };
        int constants = 0;
        float[] weights = RecurrentCase.Random(1, 4 * hidden * (width + hidden + 2));
        var floats = OnnxBytes.Tensor("W", [1, 4 * hidden, width], OnnxDataType.Binary32);
        foreach (float weight in weights[..(4 * hidden * width)]) floats.Float(OnnxTensorField.Floats, weight);
        var halves = OnnxBytes.Tensor("R", [1, 4 * hidden, hidden], OnnxDataType.Binary16);
        foreach (float weight in weights[..(4 * hidden * hidden)])
            halves.Integer(OnnxTensorField.Integers32, BitConverter.HalfToUInt16Bits((Half)weight));
        byte[] doubles = [.. weights[..(8 * hidden)].SelectMany(weight => BitConverter.GetBytes((double)weight))];
        model.Constant(floats).Constant(halves)
            .Constant(OnnxBytes.Tensor("B", [1, 8 * hidden], OnnxDataType.Binary64).Bytes(OnnxTensorField.Doubles, doubles));

        // From the input, and back to it.
        model.Input("X", [-1, -1, width]).Node("Identity", ["X"], ["x0"]).Node("Dropout", ["x0"], ["x1"])
            .Node("Transpose", ["x1"], ["x2"], OnnxBytes.Integers("perm", 1, 0, 2))
            .Node("Transpose", ["x2"], ["x3"], OnnxBytes.Integers("perm", 1, 0, 2));
        With("Unsqueeze", "x3", ["x4"], 13, [("axes", [1])]);
        With("Squeeze", "x4", ["x5"], 13, [("axes", [1])]);
        With("Split", "x5", ["a", "b"], 13, [("split", [1, width - 1])], OnnxBytes.Integer("axis", 2));
        model.Node("Concat", ["a", "b"], ["x6"], OnnxBytes.Integer("axis", -1));
        With("Slice", "x6", ["x7"], 10, [("starts", [0, 0]), ("ends", [int.MaxValue, width]), ("axes", [0, 2])]);
        model.Node("Reshape", ["x7", Integers(0, -1, width)], ["x8"]);

        // A state of zeros for as many sequences as there are.
        model.Node("Shape", ["x8"], ["shape"]).Node("Cast", ["shape"], ["s32"], OnnxBytes.Integer("to", OnnxDataType.Integer32))
            .Node("Cast", ["s32"], ["s64"], OnnxBytes.Integer("to", OnnxDataType.Integer64))
            .Constant("second", [], [1L]).Node("Gather", ["s64", "second"], ["batch"], OnnxBytes.Integer("axis", 0));
        With("Unsqueeze", "batch", ["b1"], 13, [("axes", [0])]);
        model.Node("Constant", [], ["h1"], OnnxBytes.Attribute("value", OnnxAttributeType.Tensor)
                .Nested(OnnxAttributeField.Tensor, OnnxBytes.Tensor("", [1], OnnxDataType.Integer64)
                    .Integer(OnnxTensorField.Integers64, hidden)))
            .Node("Concat", [Integers(1), "b1", "h1"], ["state"], OnnxBytes.Integer("axis", 0))
            .Node("ConstantOfShape", ["state"], ["zeros"])
            .Constant("zero", [1, 1, 1], [0f]).Node("Expand", ["zero", "state"], ["more"])
            .Node("LSTM", ["x8", "W", "R", "B", "", "zeros", "more"], ["y", "h"], OnnxBytes.Integer("hidden_size", hidden));
        With("Squeeze", "y", ["Y"], 13, [("axes", [1])]);
        model.Output("Y", [-1, -1, hidden]).Output("h", [1, -1, hidden]);

        // Without numbers.
        model.Constant("n0", [0, 5], Array.Empty<float>()).Node("Transpose", ["n0"], ["n1"])
            .Node("Concat", ["n1", "n1"], ["n2"], OnnxBytes.Integer("axis", 1));
        With("Split", "n0", ["n3", "n4"], 13, [("split", [2, 3])], OnnxBytes.Integer("axis", 1));
        model.Node("Split", ["n0"], ["n5", "n6", "n7"], OnnxBytes.Integer("axis", 1))
            .Node("Reshape", ["n0", Integers(5, 0)], ["n8"], OnnxBytes.Integer("allowzero", 1))
            .Node("Gather", ["n0", "second"], ["n9"], OnnxBytes.Integer("axis", 1)).Node("Expand", ["n8", Integers(2, 5, 0)], ["n10"]);
        model.Constant("wide", [0, int.MaxValue], Array.Empty<float>())
            .Node("Split", ["wide"], ["n12", "n13"], OnnxBytes.Integer("axis", 1));
        With("Slice", "n1", ["n11"], 10, [("starts", [-1]), ("ends", [-99])]);
        if (withAll)
        {
            foreach (int i in Enumerable.Range(1, 13)) model.Output($"n{i}", []);
        }

        return model.ToArray();

        void With(string type, string input, string[] outputs, int since, (string Name, long[] Values)[] arguments,
            params ProtoWriter[] attributes)
        {
            if (opset < since)
                model.Node(type, [input], outputs,
                    [.. attributes, .. arguments.Select(argument => OnnxBytes.Integers(argument.Name, argument.Values))]);
            else model.Node(type, [input, .. arguments.Select(argument => Integers(argument.Values))], outputs, attributes);
        }

        // One by one, packed and raw in turn.
        string Integers(params long[] values)
        {
            string name = $"i{constants++}";
            ProtoWriter tensor = OnnxBytes.Tensor(name, [values.Length], OnnxDataType.Integer64);
            var packed = new List<byte>();
            foreach (long value in values)
            {
                if (constants % 3 == 0) tensor.Integer(OnnxTensorField.Integers64, value);
                else if (constants % 3 == 1) ProtoMutation.AddVarint(packed, (ulong)value);
                else packed.AddRange(BitConverter.GetBytes(value));
            }

            if (constants % 3 > 0) tensor.Bytes(constants % 3 == 1 ? OnnxTensorField.Integers64 : OnnxTensorField.Raw, [.. packed]);
            model.Constant(tensor);
            return name;
        }
    }

    private static FileProblem? Try(Action action)
    {
        try
        {
            action();
            return null;
        }
        catch (FileProblemException exception)
        {
            return exception.Problem;
        }
    }

    private static byte[] Export(LanguageModelCase kind)
    {
        using var folder = new TestFolder();
        OnnxWriter.Write(folder["m"], kind.Make(), withStates: false);
        return File.ReadAllBytes(folder["m"]);
    }

    private static byte[] Export(RecurrentStackConfig config, bool withStates)
    {
        using var folder = new TestFolder();
        OnnxWriter.Write(folder["m"], StackExchangeTests.Make(config), withStates);
        return File.ReadAllBytes(folder["m"]);
    }
}

/// <summary>Runs what a file that was accepted holds.</summary>
internal static class Runs
{
    public static void Once(RecurrentStack stack)
    {
        RecurrentStackConfig config = stack.Config;
        if ((long)config.InputSize + config.OutputSize > 1 << 16) return;
        RecurrentStackRun.Run(stack, new(2, 1, new float[2 * config.InputSize], null, null, [1]));
    }
}
