using TinySD.Tools.Json;

namespace TinySD.Tools.Files;

/// <summary>safetensors files, which have no checksums.</summary>
internal sealed class SafetensorsKind() : FileKind(FileFormat.Safetensors, "safetensors")
{
    /// <summary>What stands behind the count of tensors in a format without checksums.</summary>
    public const string NoChecksums = ", whose numbers this format has no checksums for";

    /// <summary>What the count of all numbers is called in files that need not be models.</summary>
    public const string Numbers = "numbers";

    public override Verification Verify(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        return new(file.Length, $"{Figures.Count(file.Tensors.Length, "tensor")}{NoChecksums}", []);
    }

    public override void Inspect(string path, Action<InspectReport> show)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        var tensors = new TensorList<SafetensorsTensor>(file.Tensors, t => new(t.Name, t.Dtype, t.Shape, t.Offset, t.Bytes, null));
        show(new InspectReport(Name, path, file.Length, tensors)
        {
            Numbers = Numbers,
            Count = file.Tensors.Sum(t => t.Count),
            Texts = file.Metadata,
            Before = file.Metadata.Count == 0 ? [] : [("configuration", WriteMetadata)],
        });

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
}

/// <summary>ONNX files, which have no checksums either.</summary>
internal sealed class OnnxKind() : FileKind(FileFormat.Onnx, "onnx")
{
    public override Verification Verify(string path)
    {
        OnnxNetwork network = OnnxNetwork.Open(path);
        string content = $"{Figures.Count(network.Tensors.Count(), "tensor")}{SafetensorsKind.NoChecksums}";
        return new(network.Length, content, [.. network.Problems]);
    }

    public override void Inspect(string path, Action<InspectReport> show)
    {
        OnnxNetwork network = OnnxNetwork.Open(path);
        var result = new OnnxResult(network.Producer, network.Opset, [.. network.Operators], [.. network.Inputs], [.. network.Outputs],
            [.. network.ExternalFiles]);
        var tensors = new TensorList<OnnxTensorInfo>([.. network.Tensors], t => new(t.Name, t.Dtype, t.Shape, t.Offset, t.Bytes, null));
        show(new InspectReport(Name, path, network.Length, tensors)
        {
            Numbers = SafetensorsKind.Numbers,
            Count = tensors.Aggregate(0L, (sum, t) => (long)Int128.Min(long.MaxValue, (Int128)sum + CountOf(t.Shape))),
            Facts = [("written by", result.Producer), ("opset", result.Opset.ToString(CultureInfo.InvariantCulture))],
            Lists =
            [
                ("nodes", result.Operators), ("inputs", result.Inputs), ("outputs", result.Outputs),
                .. Enumerable.Repeat(
                    ("weights in", (IReadOnlyCollection<string>)result.ExternalFiles), result.ExternalFiles.Count > 0 ? 1 : 0),
            ],
            Before = [("configuration", writer => new JsonMembers(writer).Write(result))],
        });
    }

    // A shape may promise more than 64 bits hold.
    private static long CountOf(IReadOnlyList<long> shape) => shape.Contains(0)
        ? 0
        : shape.Aggregate(1L, (product, extent) => (long)Int128.Min(long.MaxValue, (Int128)product * Math.Max(0, extent)));
}
