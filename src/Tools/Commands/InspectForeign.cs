using System.Globalization;
using System.Text.Json;
using TinySD.Formats.Exchange.Onnx;
using TinySD.Formats.Exchange.Safetensors;
using TinySD.Tools.Display;
using TinySD.Tools.Json;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd inspect</c> of files that are not TinySD's own; they have no checksums.</summary>
internal static class InspectForeign
{
    private const string Numbers = "numbers";

    public static void Safetensors(CliContext context, string path, bool all)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        var tensors = new TensorList<SafetensorsTensor>(file.Tensors, t => new(t.Name, t.Dtype, t.Shape, t.Offset, t.Bytes, null));
        new InspectReport("safetensors", path, file.Length, tensors)
        {
            Numbers = Numbers,
            Count = file.Tensors.Sum(t => t.Count),
            Texts = file.Metadata,
            Before = file.Metadata.Count == 0 ? [] : [("configuration", WriteMetadata)],
        }.Write(context, all);

        void WriteMetadata(Utf8JsonWriter writer)
        {
            writer.WriteStartObject();
            foreach ((string name, string value) in file.Metadata)
            {
                writer.WriteString(name, value);
                if (writer.BytesPending > InspectReport.FlushBytes) writer.Flush();
            }

            writer.WriteEndObject();
        }
    }

    public static void Onnx(CliContext context, string path, bool all)
    {
        OnnxNetwork network = OnnxNetwork.Open(path);
        var result = new OnnxResult(network.Producer, network.Opset, [.. network.Operators], [.. network.Inputs], [.. network.Outputs],
            [.. network.ExternalFiles]);
        var tensors = new TensorList<OnnxTensorInfo>([.. network.Tensors], t => new(t.Name, t.Dtype, t.Shape, t.Offset, t.Bytes, null));
        new InspectReport("onnx", path, network.Length, tensors)
        {
            Numbers = Numbers,
            Count = tensors.Aggregate(0L, (sum, t) => (long)Int128.Min(long.MaxValue, (Int128)sum + CountOf(t.Shape))),
            Facts = [("written by", result.Producer), ("opset", result.Opset.ToString(CultureInfo.InvariantCulture))],
            Lists =
            [
                ("nodes", result.Operators), ("inputs", result.Inputs), ("outputs", result.Outputs),
                .. Enumerable.Repeat(("weights in", (IReadOnlyCollection<string>)result.ExternalFiles), result.ExternalFiles.Count > 0 ? 1 : 0),
            ],
            Before = [("configuration", writer => JsonSerializer.Serialize(writer, result, CliJson.Default.OnnxResult))],
        }.Write(context, all);
    }

    // A shape may promise more than 64 bits hold.
    private static long CountOf(IReadOnlyList<long> shape) =>
        shape.Contains(0) ? 0 : shape.Aggregate(1L, (product, extent) => (long)Int128.Min(long.MaxValue, (Int128)product * Math.Max(0, extent)));
}
