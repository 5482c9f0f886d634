using System.Runtime.InteropServices;
using TinySD.Formats.Container;
using TinySD.Formats.Models;
using TinySD.Runtime.Memory;

namespace TinySD.Formats.Tests;

/// <summary>Makes files of models whose weights have 8 bits: of others, and by hand from FORMAT.md.</summary>
internal static class Int8Files
{
    /// <summary>A model's file with its weights rounded.</summary>
    public static byte[] Of<TContent, TModel>(byte[] file, ModelFormat<TContent, TModel> format, WeightFormat weights = WeightFormat.Int8)
        where TContent : class
        where TModel : class
    {
        using var open = TsdFile.Open(file, "a model");
        if (!format.TryLoad(open, out TContent? content, out TModel? model, out FileProblem? problem))
            throw new InvalidOperationException(problem.Message);
        return SequenceModelBytes.Bytes(path => format.Save(path, content, format.Convert(model, weights)));
    }

    /// <summary>A language model of two tokens, sizes of 1 and one layer, whose numbers a test gives; others are 0, and scales 1.</summary>
    /// <param name="numbers">By tensors.</param>
    /// <param name="change">Changes the list of tensors: name, shape, dtype.</param>
    public static byte[] ByHand(
        IReadOnlyDictionary<string, byte[]>? numbers = null, Action<List<(string Name, string Shape, string Dtype)>>? change = null)
    {
        List<(string Name, string Shape, string Dtype)> tensors =
        [
            ("embedding", "[2,1]", "i8"), ("embedding.scale", "[2]", "f32"),
            ("lstm.0.input", "[1,4]", "i8"), ("lstm.0.input.scale", "[4]", "f32"),
            ("lstm.0.recurrent", "[1,4]", "i8"), ("lstm.0.recurrent.scale", "[4]", "f32"),
            ("lstm.0.bias", "[4]", "f32"),
            ("classifier.weight", "[1,2]", "i8"), ("classifier.weight.scale", "[2]", "f32"),
            ("classifier.bias", "[2]", "f32"),
        ];
        change?.Invoke(tensors);
        byte[] data = new byte[64 * tensors.Count];
        var entries = new List<string>();
        for (int i = 0; i < tensors.Count; i++)
        {
            (string name, string shape, string dtype) = tensors[i];
            int count = shape.Trim('[', ']').Split(',').Aggregate(1, (product, extent) => product * int.Parse(extent, null));
            int bytes = count * (dtype == "i8" ? 1 : dtype == "f32" ? 4 : 2);
            if (numbers?.GetValueOrDefault(name) is { } own) own.CopyTo(data, 64 * i);
            else if (name.EndsWith(".scale", StringComparison.Ordinal) && dtype == "f32")
                Floats([.. Enumerable.Repeat(1f, count)]).CopyTo(data, 64 * i);
            entries.Add(TsdBytes.Entry(name, shape, 64 * i, bytes, TsdBytes.Hash(data.AsSpan(64 * i, bytes)), dtype));
        }

        (string header, _) = TsdBytes.Split(LanguageModelBytes.Make());
        header = header[..header.IndexOf("\"tensors\":", StringComparison.Ordinal)];
        return TsdBytes.File($"{header}\"tensors\":[{string.Join(',', entries)}]}}", data);
    }

    /// <summary>Floats as a file has them.</summary>
    public static byte[] Floats(params float[] values) => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
}
