using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;

namespace TinySD.Formats.Tests;

/// <summary>Makes language models by hand, from FORMAT.md and without the code under test: all weights zero but those that a test is
/// about.</summary>
internal static class LanguageModelBytes
{
    /// <summary>A model of two tokens, sizes of 1 and one layer.</summary>
    /// <param name="dtype">Of all tensors.</param>
    /// <param name="last">The last tensor's second and last number, as bytes.</param>
    public static byte[] Make(string dtype = "f32", byte[]? last = null)
    {
        int size = dtype == "f32" ? 4 : 2;
        byte[] data = new byte[6 * 64];
        last?.CopyTo(data, (5 * 64) + size);
        string header = Header(dtype, 1, 1, ["a", "b"], (at, bytes) => TsdBytes.Hash(data.AsSpan((int)at, (int)bytes)));
        return TsdBytes.File(header, data);
    }

    /// <summary>The same file with one thing changed in its header.</summary>
    public static byte[] Change(string right, string wrong)
    {
        (string header, byte[] data) = TsdBytes.Split(Make());
        if (!header.Contains(right, StringComparison.Ordinal)) throw new InvalidOperationException($"the header has no {right}");
        return TsdBytes.File(header.Replace(right, wrong, StringComparison.Ordinal), data);
    }

    /// <summary>Where the last tensor begins.</summary>
    public static int LastTensor(byte[] file) => file.Length - 64;

    /// <summary>Where a member's value begins.</summary>
    public static long PlaceOf(byte[] file, string member)
    {
        string name = $"\"{member}\":";
        return 64 + TsdBytes.Split(file).Header.IndexOf(name, StringComparison.Ordinal) + name.Length;
    }

    /// <summary>Writes a model whose weights are all zero, of any size, as a file with holes that takes no room on the disk.</summary>
    public static void WriteZeros(string path, int hidden, int vocabulary, string dtype = "f32")
    {
        string[] tokens = [.. Enumerable.Range(0x4E00, vocabulary).Select(character => ((char)character).ToString())];
        byte[] zeros = new byte[1 << 20];
        long end = 0;
        string header = Header(dtype, hidden, hidden, tokens, (at, bytes) =>
        {
            var hash = new XxHash128();
            for (long left = bytes; left > 0; left -= zeros.Length) hash.Append(zeros.AsSpan(0, (int)Math.Min(left, zeros.Length)));
            end = at + ((bytes + 63) / 64 * 64);
            return Convert.ToHexStringLower(hash.GetCurrentHash());
        });
        byte[] start = TsdBytes.File(header);
        BinaryPrimitives.WriteInt64LittleEndian(start.AsSpan(24), start.Length + end);
        using FileStream file = System.IO.File.Create(path);
        file.Write(TsdBytes.Seal(start));
        file.SetLength(start.Length + end);
    }

    private static string Header(string dtype, int embedding, int hidden, string[] tokens, Func<long, long, string> checksum)
    {
        (string Name, int[] Shape)[] tensors =
        [
            ("embedding", [tokens.Length, embedding]), ("lstm.0.input", [embedding, 4 * hidden]),
            ("lstm.0.recurrent", [hidden, 4 * hidden]),
            ("lstm.0.bias", [4 * hidden]), ("classifier.weight", [hidden, tokens.Length]), ("classifier.bias", [tokens.Length]),
        ];
        var entries = new List<string>();
        long at = 0, parameters = 0;
        foreach ((string name, int[] shape) in tensors)
        {
            long count = shape.Aggregate(1L, (product, extent) => product * extent), bytes = count * (dtype == "f32" ? 4 : 2);
            entries.Add(TsdBytes.Entry(name, $"[{string.Join(',', shape)}]", at, bytes, checksum(at, bytes), dtype));
            at += (bytes + 63) / 64 * 64;
            parameters += count;
        }

        return string.Create(CultureInfo.InvariantCulture, $$"""
            {"kind":"language-model","configuration":{"vocabularySize":{{tokens.Length}},"embeddingSize":{{embedding}},
            "hiddenSize":{{hidden}},"layerCount":1,"tieWeights":false},
            "vocabulary":{"level":"char","tokens":[{{string.Join(',', tokens.Select(token => $"\"{token}\""))}}]},
            "training":{"writtenBy":"hand","recipe":{"name":"n","hiddenSize":{{hidden}},"embeddingSize":{{embedding}},"layerCount":1,
            "tieWeights":false,"initRange":0.1,"forgetBias":0,"batchSize":1,"bptt":1,
            "dropout":{"kind":"none","draw":"exact-count","embedding":0,"layer":0,"recurrent":0,"output":0},"optimizer":"sgd",
            "learningRate":1,"clipNorm":0,"epochs":1,"fullRateEpochs":1,"decay":1,"seed":1},
            "train":{"name":"t","tokens":1},"valid":{"name":"v","tokens":1},
            "parameters":{{parameters}},"epochs":[]},"tensors":[{{string.Join(',', entries)}}]}
            """).ReplaceLineEndings("");
    }
}
