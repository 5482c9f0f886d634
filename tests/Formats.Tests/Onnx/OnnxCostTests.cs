using TinySD.Formats.Exchange.Onnx;
using TinySD.Formats.Exchange.Onnx.Messages;

namespace TinySD.Formats.Tests;

/// <summary>Small files that ask for much work or memory: what they are refused for does not matter, what it costs does.</summary>
public sealed class OnnxCostTests
{
    public static IEnumerable<Func<(string What, byte[] Model)>> Models()
    {
        yield return () => ("nothing joined a million times over", Nothing(1 << 22)
            .Node("Concat", [.. Enumerable.Repeat("none", 256)], ["Z"], OnnxBytes.Integer("axis", 1)).Output("Z", []).ToArray());
        yield return () => ("little joined with nothing", Nothing(1 << 19).Constant("s", [2], [1L << 19, 1L])
            .Node("ConstantOfShape", ["s"], ["some"])
            .Node("Concat", ["some", .. Enumerable.Repeat("none", 255)], ["Z"], OnnxBytes.Integer("axis", 1)).Output("Z", []).ToArray());
        yield return () => ("integers looked at again and again", Repeated(
            Lstm().Constant("s", [1], [1L << 19]).Node("ConstantOfShape", ["s"], ["z"], OneInteger()), 3000, "Cast",
                OnnxBytes.Integer("to", OnnxDataType.Integer32)));
        yield return () => ("an axis squeezed out a million times", Repeated(
            Lstm().Constant("s", [1], [1L << 19]).Node("ConstantOfShape", ["s"], ["axes"], OneInteger()).Constant("z", [1, 1], [1L]), 1000,
                "Squeeze", "axes"));
        yield return () => ("axes without end", Repeated(
            Lstm().Input("z", [1 << 16, .. Enumerable.Repeat(1L, 4000)]), 20, "Transpose",
                OnnxBytes.Integers("perm", [.. Enumerable.Range(0, 4001).Select(i => (long)i)])));
        yield return () => ("weights used again and again", Shared(100));
        yield return () => ("the same output again and again", Outputs(2000));
        yield return () => ("an input made out of nothing", Long());
        yield return () => ("an output moved again and again", Moved());
        yield return () => ("rows repeated to a matrix", Chained(40, "Tile", [1L << 20]));
        yield return () => ("a number expanded", Chained(40, "Expand", [1L << 20, 1L << 20]));
        yield return () => ("a number padded", Chained(40, "Pad", [0L, 1L << 40]));
        yield return () => ("a range without end", new OnnxBytes().Constant("a", [], [0L]).Constant("b", [], [long.MaxValue])
            .Constant("c", [], [1L])
            .Node("Range", ["a", "b", "c"], ["Y"]).Input("X", [-1, -1, 3]).Output("Y", []).ToArray());
        yield return () => ("a column times a row", Outer());
        yield return () => ("powers of a matrix", Powers(OnnxDataType.Binary32));
        yield return () => ("powers of a matrix of integers", Powers(OnnxDataType.Integer64));
        yield return () => ("a row gathered a million times", new OnnxBytes().Constant("table", [1, 1 << 14], new float[1 << 14])
            .Constant("s", [1], [1L << 20])
            .Node("ConstantOfShape", ["s"], ["ids"], OneInteger()).Node("Gather", ["table", "ids"], ["Y"]).Input("X", [-1, -1, 3])
                .Output("Y", []).ToArray());
        yield return () => ("sums of the same numbers again and again", Summed());
        yield return () => ("one hot of a million", new OnnxBytes().Constant("ids", [1 << 10], new long[1 << 10])
            .Constant("depth", [], [1L << 30]).Constant("values", [2], [0f, 1f])
            .Node("OneHot", ["ids", "depth", "values"], ["Y"]).Input("X", [-1, -1, 3]).Output("Y", []).ToArray());
        yield return () => ("functions of functions", Nested());
        yield return () => ("an input that the file says is large", Looked());
    }

    [Test]
    [NotInParallel]
    public async Task Names_that_come_again_are_one_text_in_memory()
    {
        using var folder = new TestFolder();
        OnnxBytes chain = new OnnxBytes().Input("x0", [1]);
        for (int i = 0; i < 500; i++) chain.Node("Identity", [$"x{i}"], [$"x{i + 1}"]);
        string path = folder.Put("m.onnx", chain.Output("x500", [1]).ToArray());
        OnnxNetwork network = OnnxNetwork.Open(path);
        await Assert.That(network.Operators.Distinct(ReferenceEqualityComparer.Instance).Count()).IsEqualTo(1);
    }

    [Test]
    [NotInParallel]
    [MethodDataSource(nameof(Models))]
    public async Task A_small_file_costs_little(string what, byte[] model)
    {
        using var folder = new TestFolder();
        string path = folder.Put("m.onnx", model);
        double seconds = Fuzzer.CpuSeconds();
        long bytes = GC.GetAllocatedBytesForCurrentThread();
        if (OnnxNetwork.TryOpen(path, out OnnxNetwork? network, out _))
        {
            Try(() => network.ToStack());
            Try(() => network.Run("x", [new("X", [2, 1, 3], new float[6])]));
        }

        bytes = GC.GetAllocatedBytesForCurrentThread() - bytes;
        seconds = Fuzzer.CpuSeconds() - seconds;
        Console.WriteLine($"{what}: {seconds:F2} s, {bytes >> 20} MiB for {model.Length} bytes");
        await Assert.That(seconds).IsLessThan(Fuzzer.MaxSeconds).Because(what);
        await Assert.That(bytes).IsLessThan(Fuzzer.MaxAllocatedBytes + (64L * model.Length)).Because(what);
    }

    private static void Try(Action action)
    {
        try
        {
            action();
        }
        catch (FileProblemException)
        {
            // As it should be.
        }
    }

    private static OnnxBytes Lstm() => new OnnxBytes()
        .Constant("W", [1, 8, 3], new float[24]).Constant("R", [1, 8, 2], new float[16])
        .Input("X", [-1, -1, 3]).Output("Y", [-1, -1, -1, 2])
        .Node("LSTM", ["X", "W", "R"], ["Y"]);

    // A tensor [rows, 0].
    private static OnnxBytes Nothing(long rows) => Lstm().Constant("turned", [0, rows], Array.Empty<float>())
        .Node("Transpose", ["turned"], ["none"]);

    private static ProtoWriter OneInteger() => new ProtoWriter()
        .Text(OnnxAttributeField.Name, "value").Integer(OnnxAttributeField.Type, OnnxAttributeType.Tensor)
        .Nested(OnnxAttributeField.Tensor, OnnxBytes.Tensor("", [1], OnnxDataType.Integer64).Bytes(OnnxTensorField.Raw, new byte[8]));

    private static byte[] Repeated(OnnxBytes model, int times, string type, ProtoWriter attribute)
    {
        for (int i = 0; i < times; i++) model.Node(type, ["z"], [$"z{i}"], attribute).Output($"z{i}", []);
        return model.ToArray();
    }

    private static byte[] Repeated(OnnxBytes model, int times, string type, string argument)
    {
        for (int i = 0; i < times; i++) model.Node(type, ["z", argument], [$"z{i}"]).Output($"z{i}", []);
        return model.ToArray();
    }

    // A thousand hidden units whose weights are made out of nothing.
    private static OnnxBytes Wide(long timeSteps) => new OnnxBytes()
        .Constant("w", [3], [1L, 1000L, 3L]).Constant("r", [3], [1L, 1000L, 1000L])
        .Node("ConstantOfShape", ["w"], ["W"]).Node("ConstantOfShape", ["r"], ["R"])
        .Input("X", [timeSteps, 1, 3]);

    private static byte[] Shared(int layers)
    {
        OnnxBytes model = Wide(-1).Output("Y0", []);
        for (int i = 0; i < layers; i++) model.Node("RNN", ["X", "W", "R"], [$"Y{i}"]);
        for (int i = 1; i < layers; i++) model.Output($"Y{i}", []);
        return model.ToArray();
    }

    private static byte[] Outputs(int count)
    {
        OnnxBytes model = Wide(500).Node("RNN", ["X", "W", "R"], ["Y"]);
        for (int i = 0; i < count; i++) model.Node("Identity", ["Y"], [$"Y{i}"]).Output($"Y{i}", []);
        return model.ToArray();
    }

    // 2^20 steps of 300 units.
    private static byte[] Long() => new OnnxBytes()
        .Constant("w", [3], [1L, 300L, 1L]).Constant("r", [3], [1L, 300L, 300L]).Constant("x", [3], [1L << 20, 1L, 1L])
        .Node("ConstantOfShape", ["w"], ["W"]).Node("ConstantOfShape", ["r"], ["R"]).Node("ConstantOfShape", ["x"], ["made"])
        .Input("X", [-1, -1, 3]).Node("RNN", ["made", "W", "R"], ["Y"]).Output("Y", []).ToArray();

    private static byte[] Moved()
    {
        OnnxBytes model = new OnnxBytes()
            .Constant("w", [3], [1L, 1L, 1L]).Constant("x", [3], [1L << 20, 1L, 1L]).Node("ConstantOfShape", ["w"], ["W"])
                .Node("ConstantOfShape", ["x"], ["made"])
            .Input("X", [-1, -1, 3]).Node("RNN", ["made", "W", "W"], ["z"]).Output("z", []);
        return Repeated(model, 190, "Transpose", OnnxBytes.Integers("perm", 3, 2, 1, 0));
    }

    private static byte[] Chained(int times, string type, long[] argument)
    {
        OnnxBytes model = new OnnxBytes().Constant("z0", [1], [1f]).Constant("n", [argument.Length], argument).Input("X", [-1, -1, 3]);
        for (int i = 0; i < times; i++) model.Node(type, [$"z{i}", "n"], [$"z{i + 1}"]).Output($"z{i + 1}", []);
        return model.ToArray();
    }

    private static byte[] Outer() => new OnnxBytes().Constant("s", [1], [1L << 19]).Node("ConstantOfShape", ["s"], ["v"])
        .Constant("row", [2], [1L, -1L]).Constant("column", [2], [-1L, 1L])
        .Node("Reshape", ["v", "row"], ["r"]).Node("Reshape", ["v", "column"], ["c"]).Node("MatMul", ["c", "r"], ["Y"])
            .Input("X", [-1, -1, 3]).Output("Y", []).ToArray();

    private static byte[] Powers(int type)
    {
        OnnxBytes model = new OnnxBytes().Constant("s", [2], [200L, 200L]).Node("ConstantOfShape", ["s"], ["f"])
            .Node("Cast", ["f"], ["z0"], OnnxBytes.Integer("to", type)).Input("X", [-1, -1, 3]);
        for (int i = 0; i < 1000; i++) model.Node("MatMul", [$"z{i}", "z0"], [$"z{i + 1}"]);
        return model.Output("z1000", null, type).ToArray();
    }

    private static byte[] Summed()
    {
        OnnxBytes model = new OnnxBytes().Constant("s", [1], [1L << 20]).Node("ConstantOfShape", ["s"], ["z"]).Input("X", [-1, -1, 3]);
        return Repeated(model, 3000, "ReduceSum", OnnxBytes.Integer("keepdims", 1));
    }

    // Of the file's own inputs, only the import makes any.
    private static byte[] Looked() => new OnnxBytes().Input("X", [1 << 18, 1]).Constant("wide", [16, 1 << 10], new float[1 << 14])
        .Constant("to", [2], [1L << 18, 1L << 10]).Node("Expand", ["X", "to"], ["Y"]).Output("Y", []).Output("wide", []).ToArray();

    private static byte[] Nested()
    {
        var model = new OnnxBytes { Opset = 17 };
        for (int i = 0; i < 60; i++)
        {
            string inner = i == 0 ? "Neg" : $"F{i - 1}", domain = i == 0 ? "" : "own";
            model.Function($"F{i}", ["x"], ["y"], [.. Enumerable.Range(0, 9)
                .Select(n => OnnxBytes.NodeOf(domain, inner, "", ["x"], [n == 0 ? "y" : $"t{n}"]))]);
        }

        return model.Input("X", [-1, -1, 3]).Add(OnnxBytes.NodeOf("own", "F59", "", ["X"], ["Y"])).Output("Y", []).ToArray();
    }
}
