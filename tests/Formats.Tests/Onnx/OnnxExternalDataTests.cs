using TinySD.Formats.Exchange.Onnx;
using TinySD.Formats.Exchange.Onnx.Messages;
using TinySD.Formats.Exchange.Parts;

namespace TinySD.Formats.Tests;

/// <summary>Weights that lie in files beside the model, and in no others.</summary>
public sealed class OnnxExternalDataTests
{
    private const int H = 3, I = 2;

    private static readonly float[] s_weights = RecurrentCase.Random(1, H * (I + H));

    private static readonly NamedTensor s_input = new("X", [2, 1, I], RecurrentCase.Random(2, 2 * I));

    [Test]
    [Arguments("weights.bin")]
    [Arguments("./weights.bin")]
    [Arguments("below/weights of it.bin")]
    public async Task Weights_in_the_models_folder_are_read(string location)
    {
        using var folder = new TestFolder();
        Directory.CreateDirectory(folder["below"]);
        folder.Put("in.bin", Bytes(7));
        File.Move(folder["in.bin"], folder[location]);
        string path = folder.Put("m.onnx", Model(location, "7", $"{4 * H * I}", $"{7 + (4 * H * I)}", null));
        OnnxNetwork network = OnnxNetwork.Open(path);
        await Assert.That(Ort.Difference(Ort.RunFile(path, s_input), network.Run("x", [s_input]))).IsLessThan(1e-5);
        await Assert.That(network.ToStack().Config.HiddenSize).IsEqualTo(H);
        await Assert.That(network.ExternalFiles.Single()).IsEqualTo(
            Path.Combine(Path.GetDirectoryName(path)!, location.StartsWith("./", StringComparison.Ordinal) ? location[2..] : location));
        await Assert.That(network.Tensors.Sum(tensor => tensor.Bytes)).IsEqualTo(4 * H * (I + H));
    }

    [Test]
    [Arguments("../weights.bin", FileProblemKind.Unsupported, "only files in the model's own folder")]
    [Arguments("below/../../weights.bin", FileProblemKind.Unsupported, "only files in the model's own folder")]
    [Arguments("/etc/passwd", FileProblemKind.Unsupported, "only files in the model's own folder")]
    [Arguments("..\\weights.bin", FileProblemKind.Unsupported, "only files in the model's own folder")]
    [Arguments("", FileProblemKind.Unsupported, "only files in the model's own folder")]
    [Arguments("link.bin", FileProblemKind.Unsupported, "is a link")]
    [Arguments("linked/weights.bin", FileProblemKind.Unsupported, "is a link")]
    [Arguments("nowhere.bin", FileProblemKind.NotFound, "tensor 'W'")]
    [Arguments("below", FileProblemKind.IsDirectory, "tensor 'W'")]
    [Arguments("short.bin", FileProblemKind.TensorOutsideFile, "has 30 bytes")]
    public async Task Nothing_outside_the_folder_is_read_and_no_link_followed(string location, FileProblemKind kind, string says)
    {
        using var folder = new TestFolder();
        Directory.CreateDirectory(folder["below"]);
        folder.Put("weights.bin", Bytes(7));
        folder.Put("short.bin", Bytes(7).AsSpan(0, 30));
        File.Move(folder.Put("w", Bytes(7)), folder["below/weights.bin"]);
        File.CreateSymbolicLink(folder["link.bin"], folder["weights.bin"]);
        Directory.CreateSymbolicLink(folder["linked"], folder["below"]);
        OnnxNetwork network = OnnxNetwork.Open(folder.Put("m.onnx", Model(location, "7", $"{4 * H * I}", $"{7 + (4 * H * I)}", null)));
        FileProblem problem = Refused.By(() => network.Run("x", [s_input]));
        await Assert.That(problem.Kind).IsEqualTo(kind).Because(problem.Message);
        await Assert.That(problem.Message).Contains(says).And.Contains("m.onnx");
        await Assert.That(network.ExternalFiles.All(path => path.StartsWith(Path.GetDirectoryName(folder["m.onnx"])!,
            StringComparison.Ordinal) && !path.Contains("..", StringComparison.Ordinal))).IsTrue();
    }

    [Test]
    [Arguments("7", "20", "20 bytes long; its shape [1, 3, 2] of float makes 24 bytes")]
    [Arguments("7", "28", "28 bytes long")]
    [Arguments("-7", "24", "from byte ?")]
    [Arguments("7", "many", "? bytes long")]
    [Arguments("9223372036854775807", "24", "67 bytes")]
    [Arguments("50", "24", "takes bytes 50 to 74")]
    public async Task A_place_that_is_not_the_tensors_is_refused(string offset, string length, string says)
    {
        using var folder = new TestFolder();
        folder.Put("weights.bin", Bytes(7));
        OnnxNetwork network = OnnxNetwork.Open(folder.Put("m.onnx", Model("weights.bin", offset, length, "31", null)));
        await Assert.That(Refused.By(() => network.Run("x", [s_input])).Message).Contains(says);
    }

    [Test]
    public async Task A_shape_beyond_all_memory_takes_none()
    {
        using var folder = new TestFolder();
        folder.Put("weights.bin", Bytes(7));
        OnnxNetwork network = OnnxNetwork.Open(folder.Put("m.onnx", Model("weights.bin", "0", null, "31", [1, 1L << 40, 1L << 20])));
        long bytes = GC.GetAllocatedBytesForCurrentThread();
        await Assert.That(Refused.By(() => network.Run("x", [s_input])).Kind).IsEqualTo(FileProblemKind.TensorOutsideFile);
        network = OnnxNetwork.Open(folder.Put("m.onnx", Model("weights.bin", "0", null, "31", [1, 1L << 15, 1L << 15])));
        await Assert.That(Refused.By(() => network.Run("x", [s_input])).Kind).IsEqualTo(FileProblemKind.TensorOutsideFile);
        await Assert.That(GC.GetAllocatedBytesForCurrentThread() - bytes).IsLessThan(1 << 22);
    }

    [Test]
    public async Task A_file_that_no_node_needs_may_be_missing()
    {
        using var folder = new TestFolder();
        OnnxBytes model = new OnnxBytes().Constant(External("dead", [4], "nowhere.bin", "0", null)).Input("X", [-1])
            .Node("Neg", ["X"], ["Y"]).Output("Y", [-1]);
        OnnxNetwork network = OnnxNetwork.Open(folder.Put("m.onnx", model.ToArray()));
        await Assert.That(network.Run("x", [new("X", [1], [2f])])[0].Floats![0]).IsEqualTo(-2f);
    }

    /// <summary>A thousand constants of one megabyte would be a gigabyte.</summary>
    [Test]
    public async Task A_file_is_not_read_again_and_again()
    {
        using var folder = new TestFolder();
        folder.Put("weights.bin", new byte[1 << 20]);
        OnnxBytes model = new OnnxBytes().Input("X", [-1]);
        for (int i = 0; i < 100; i++) model.Constant(External($"c{i}", [1 << 18], "weights.bin", "0", null)).Output($"c{i}", []);
        FileProblem problem = Refused.By(() => OnnxNetwork.Open(folder.Put("m.onnx", model.ToArray())).Run("x", [new("X", [1], [2f])]));
        await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.Unsupported);
        await Assert.That(problem.Message).Contains("'weights.bin' more than 4 times");
    }

    // W and R, behind some other bytes.
    private static byte[] Bytes(int before) => [.. new byte[before], .. s_weights.SelectMany(BitConverter.GetBytes)];

    private static byte[] Model(string location, string offset, string? length, string nextOffset, long[]? shape) => new OnnxBytes()
        .Constant(External("W", shape ?? [1, H, I], location, offset, length))
            .Constant(External("R", [1, H, H], location, nextOffset, null))
        .Input("X", [-1, -1, I]).Node("RNN", ["X", "W", "R"], ["Y"], OnnxBytes.Integer("hidden_size", H)).Output("Y", [-1, 1, -1, H])
            .ToArray();

    private static ProtoWriter External(string name, long[] shape, string location, string offset, string? length)
    {
        ProtoWriter tensor = OnnxBytes.Tensor(name, shape, OnnxDataType.Binary32)
            .Nested(OnnxTensorField.External, Entry("location", location))
            .Nested(OnnxTensorField.External, Entry("offset", offset));
        if (length is not null) tensor.Nested(OnnxTensorField.External, Entry("length", length));
        return tensor.Integer(OnnxTensorField.Location, 1);

        static ProtoWriter Entry(string key, string value) =>
            new ProtoWriter().Text(OnnxTensorField.EntryKey, key).Text(OnnxTensorField.EntryValue, value);
    }
}
