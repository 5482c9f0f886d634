using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using TinySD.Formats;
using TinySD.Tools.Display;
using TinySD.Tools.Json;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd inspect</c> of files that are not TinySD's own; they have no checksums.</summary>
internal static class InspectForeign
{
    public static void Safetensors(CliContext context, string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        TensorResult[] tensors = [.. file.Tensors.Select(t => new TensorResult(t.Name, t.Dtype, [.. t.Shape], t.Offset, t.Bytes, null))];
        JsonElement? metadata = file.Metadata.Count == 0
            ? null
            : JsonSerializer.SerializeToElement(file.Metadata, CliJson.Default.IReadOnlyDictionaryStringString);
        IEnumerable<(string, string)> facts = file.Metadata.Select(pair => (pair.Key, pair.Value.Length > 100 ? $"{pair.Value[..100]}…" : pair.Value));
        Write(context, "safetensors", path, file.Length, metadata, facts, tensors);
    }

    public static void Onnx(CliContext context, string path)
    {
        OnnxNetwork network = OnnxNetwork.Open(path);
        TensorResult[] tensors = [.. network.Tensors.Select(t => new TensorResult(t.Name, t.Dtype, [.. t.Shape], t.Offset, t.Bytes, null))];
        var result = new OnnxResult(network.Producer, network.Opset, [.. network.Operators], [.. network.Inputs], [.. network.Outputs]);
        (string, string)[] facts =
        [
            ("written by", result.Producer), ("opset", result.Opset.ToString(CultureInfo.InvariantCulture)), ("nodes", string.Join(", ", result.Operators)),
            ("inputs", string.Join(", ", result.Inputs)), ("outputs", string.Join(", ", result.Outputs)),
        ];
        Write(context, "onnx", path, network.Length, JsonSerializer.SerializeToElement(result, CliJson.Default.OnnxResult), facts, tensors);
    }

    private static void Write(
        CliContext context, string kind, string path, long bytes, JsonElement? configuration, IEnumerable<(string Name, string Value)> facts, TensorResult[] tensors)
    {
        long numbers = tensors.Sum(t => t.Shape.Aggregate(1L, (product, extent) => product * extent));
        if (context.Json)
        {
            var result = new InspectResult(kind, path, bytes, numbers, configuration, null, null, tensors);
            CliJson.Write(context.Console.Out, result, CliJson.Default.InspectResult);
            return;
        }

        Table table = Tables.Create("", "");
        table.Row("file", path);
        table.Row("kind", kind);
        table.Row("bytes", Figures.Count(bytes));
        table.Row("numbers", Figures.Count(numbers));
        foreach ((string name, string value) in facts) table.Row(OneLine(name), OneLine(value));
        context.Console.Results.Write(table.HideHeaders());
        Table list = Tables.Create("tensor", "dtype", "shape", ">offset", ">bytes");
        foreach (TensorResult t in tensors)
        {
            list.Row(OneLine(t.Name), t.Dtype, $"[{string.Join(", ", t.Shape)}]", t.Offset.ToString(CultureInfo.InvariantCulture), t.Bytes.ToString(CultureInfo.InvariantCulture));
        }

        context.Console.Results.Write(list);
    }

    // Names and texts of others' files may hold anything.
    private static string OneLine(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '?' : c));
}
