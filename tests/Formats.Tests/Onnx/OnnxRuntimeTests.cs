using TinySD.Formats.Exchange.Onnx;
using TinySD.Formats.Exchange.Onnx.Messages;
using TinySD.Formats.Exchange.Parts;

namespace TinySD.Formats.Tests;

/// <summary>Recurrent nodes with random weights give ONNX Runtime's numbers: gate orders, directions and every attribute told
/// apart.</summary>
public sealed class OnnxRuntimeTests
{
    private const double Close = 1e-5;

    public static IEnumerable<Func<RecurrentCase>> Cases() => RecurrentCase.All().Select(c => (Func<RecurrentCase>)(() => c));

    [Test]
    [MethodDataSource(nameof(Cases))]
    public async Task A_node_gives_what_onnx_runtime_gives(RecurrentCase node)
    {
        byte[] model = node.Model();
        using var folder = new TestFolder();
        OnnxNetwork network = OnnxNetwork.Open(folder.Put("m.onnx", model));
        await Assert.That(Ort.Difference(Ort.Run(model, node.Inputs()), network.Run("x", node.Inputs()))).IsLessThan(Close);
    }

    [Test]
    [Arguments("LSTM")]
    [Arguments("GRU")]
    [Arguments("RNN")]
    public async Task Layout_1_is_layout_0_with_batch_and_time_exchanged(string type)
    {
        // ONNX Runtime does not run layout 1; the operators' text says that nothing but the axes changes.
        var node = new RecurrentCase(type, "bidirectional") { States = true, Lengths = true };
        using var folder = new TestFolder();
        NamedTensor[] inputs = [.. node.Inputs().Select(t => t.Integers is null ? Exchanged(t) : t)];
        IReadOnlyList<NamedTensor> found = OnnxNetwork.Open(folder.Put("m.onnx", (node with { Layout = 1 }).Model())).Run("x", inputs);

        // Y [T, D, B, H] becomes [B, T, D, H], the states [D, B, H] become [B, D, H].
        NamedTensor[] expected = [.. Ort.Run(node.Model(), node.Inputs()).Select(t => t.Shape.Length == 4
            ? Turning.Of(t, 2, 0, 1, 3) : Turning.Of(t, 1, 0, 2))];
        await Assert.That(Ort.Difference(expected, found)).IsLessThan(Close);

        static NamedTensor Exchanged(NamedTensor t) => Turning.Of(t, 1, 0, 2);
    }

    [Test]
    [Arguments("dynamo-lstm", 2, 3, 5)]
    [Arguments("dynamo-lstm", 4, 1, 5)]
    [Arguments("dynamo-lstm-no-mul", 2, 3, 5)]
    [Arguments("dropout-training-mode-false", 3, 2, 4)]
    [Arguments("zero-states-of-batch-1", 7, 1, 20)]
    [Arguments("gru-last-step-linear", 1, 9, 16)]
    public async Task A_graph_that_people_had_trouble_with_gives_what_onnx_runtime_gives(string name, int first, int second, int third)
    {
        string path = Fixtures.Find("reports", $"{name}.onnx");
        OnnxNetwork network = OnnxNetwork.Open(path);
        float[] numbers = [.. Enumerable.Range(0, first * second * third).Select(i => MathF.Sin(i * i))];
        var input = new NamedTensor(network.Inputs.Single(), [first, second, third], numbers);
        await Assert.That(Ort.Difference(Ort.RunFile(path, input), network.Run("x", [input]))).IsLessThan(Close);
    }

    [Test]
    [Arguments(OnnxDataType.Binary16)]
    [Arguments(OnnxDataType.BFloat16)]
    [Arguments(OnnxDataType.Binary64)]
    public async Task Weights_of_other_formats_are_read(int type)
    {
        // The same values, exact in every format, as float32 for ONNX Runtime and in the format for TinySD, raw and as a list.
        float[] w = Halves(1, 4 * 7 * 4), r = Halves(2, 4 * 7 * 7);
        NamedTensor[] inputs = new RecurrentCase("LSTM", "forward").Inputs();
        List<NamedTensor> expected = Ort.Run(Model(m => m.Constant("W", [1, 28, 4], w).Constant("R", [1, 28, 7], r)), inputs);
        using var folder = new TestFolder();
        byte[] raw = Model(m => m.Constant("W", [1, 28, 4], type, Raw(w)).Constant("R", [1, 28, 7], type, Raw(r)));
        byte[] listed = Model(m => m.Constant(Listed("W", [1, 28, 4], w)).Constant(Listed("R", [1, 28, 7], r)));
        foreach (byte[] model in (byte[][])[raw, listed])
            await Assert.That(Ort.Difference(expected, OnnxNetwork.Open(folder.Put("m.onnx", model)).Run("x", inputs))).IsLessThan(Close);

        static float[] Halves(int seed, int count) => [.. RecurrentCase.Random(seed, count).Select(v => MathF.Round(v * 64) / 64)];

        static byte[] Model(Func<OnnxBytes, OnnxBytes> weights) => weights(new OnnxBytes()
            .Node("LSTM", ["X", "W", "R"], ["Y"], OnnxBytes.Integer("hidden_size", 7))
            .Input("X", [-1, -1, 4]).Output("Y", [-1, -1, -1, 7])).ToArray();

        byte[] Raw(float[] values) =>
        [
            .. values.SelectMany(v => type switch
            {
                OnnxDataType.Binary16 => BitConverter.GetBytes((Half)v),
                OnnxDataType.BFloat16 => BitConverter.GetBytes((ushort)(BitConverter.SingleToUInt32Bits(v) >> 16)),
                _ => BitConverter.GetBytes((double)v),
            }),
        ];

        ProtoWriter Listed(string name, long[] shape, float[] values)
        {
            ProtoWriter tensor = OnnxBytes.Tensor(name, shape, type);
            if (type == OnnxDataType.Binary64) return tensor.Bytes(OnnxTensorField.Doubles, Raw(values));

            // One number a field, not packed.
            foreach (float v in values)
            {
                tensor.Integer(OnnxTensorField.Integers32, type == OnnxDataType.Binary16
                    ? BitConverter.HalfToUInt16Bits((Half)v)
                    : BitConverter.SingleToUInt32Bits(v) >> 16);
            }

            return tensor;
        }
    }
}
