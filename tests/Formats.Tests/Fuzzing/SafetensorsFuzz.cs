using System.Buffers.Binary;
using TinySD.Formats.Exchange.Parts;
using TinySD.Formats.Exchange.Safetensors;
using TinySD.Formats.Models;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;

namespace TinySD.Formats.Tests;

/// <summary>safetensors: stacks of every cell, loose tensors of several formats, and text about the file.</summary>
internal sealed class SafetensorsFuzz : FuzzFormat
{
    public override string Name => "safetensors";

    public override IReadOnlyList<string> Words =>
    [
        "{", "}", "[", "]", ",", ":", "\"", "\\u0000", "\\ud800", "null", "true", "-1", "1.0", "1e9", "9223372036854775807",
        "18446744073709551615", "\n", "\0", "é",
        "\"dtype\":\"F16\"", "\"dtype\":\"BF16\"", "\"dtype\":\"F64\"", "\"dtype\":\"F4\"", "\"dtype\":\"I64\"", "\"shape\":[],",
        "\"shape\":[0,9223372036854775807],",
        "\"data_offsets\":[0,0]", "\"__metadata__\":{\"a\":\"b\"},", "weight_ih_l1", "weight_hr_l0", "bias_ih_l63", "_reverse", "_raw",
        "_g", "_v", "parametrizations.", ".original0", ".original1", "module.", "Wx", "Wh", "bhn", "tinysd.level", "tinysd.vocabulary",
        "\\\"", "tieWeights\\\":true", "byte", "char", "[[[[[[[[[[", "{\"a\":{\"a\":",
    ];

    public override IReadOnlyList<FileProblemKind> Expected =>
    [
        FileProblemKind.Empty, FileProblemKind.Truncated, FileProblemKind.TrailingBytes, FileProblemKind.PrologueInvalid,
        FileProblemKind.HeaderInvalid,
        FileProblemKind.TensorInvalid, FileProblemKind.TensorOverlap, FileProblemKind.TensorGap, FileProblemKind.TensorMissing,
    ];

    public override IReadOnlyList<byte[]> MakeSeeds() =>
    [
        Make(new() { Cell = CellKind.Lstm, InputSize = 2, HiddenSize = 3, LayerCount = 2, Direction = RecurrentDirection.Bidirectional },
            "lstm."),
        Make(new() { Cell = CellKind.Gru, InputSize = 3, HiddenSize = 2 }, ""),
        Make(new() { Cell = CellKind.RnnRelu, InputSize = 1, HiddenSize = 2, LayerCount = 3 }, "a.b."),
        Make(
            new("c.0.weight_ih_g", [8, 1], Ones(8)), new("c.0.weight_ih_v", [8, 3], Ones(24)),
            new("c.0.module.weight_hh_raw", [8, 2], Ones(16)),
            new("c.0.weight_hh", [8, 2], Ones(16)), new("c.1.weight_ih", [8, 2], Ones(16)),
            new("c.1.parametrizations.weight_hh.original0", [1, 2], Ones(2)),
            new("c.1.parametrizations.weight_hh.original1", [8, 2], Ones(16))),
        Make(new LanguageModelCase(CellKind.Lstm, 2)), Make(new LanguageModelCase(CellKind.Gru, 1) { Tied = true }),
        Make(new("m.Wx", [6, 3], Ones(18)), new("m.Wh", [6, 2], Ones(12)), new("m.b", [6], Ones(6)), new("m.bhn", [2], Ones(2)),
            new("x.bias", [1], Ones(1))),
    ];

    public override FileProblem? ReadAll(string path)
    {
        if (!SafetensorsFile.TryOpen(path, out SafetensorsFile? file, out FileProblem? problem)) return problem;
        using (file)
        {
            FileProblem? unread = null;
            foreach (SafetensorsTensor tensor in file.Tensors)
            {
                if (!file.TryRead(tensor, out NamedTensor? numbers, out problem)) unread ??= problem;
                else if ((numbers.Floats?.LongLength ?? numbers.Integers!.LongLength) != tensor.Count)
                    throw new InvalidOperationException("not as many numbers as the shape says");
            }

            if (!PyTorchNames.TryRead(file, new(), out PyTorchImport? import, out problem)) return problem;
            if (import.Stack.Parameters.Values.ContainsAnyExceptInRange(float.MinValue, float.MaxValue))
                throw new InvalidOperationException("a weight that is not finite was handed out");
            Runs.Once(import.Stack);
            return unread ?? ReadModel(file);
        }
    }

    public override byte[] MutateInside(byte[] seed, byte[] other, Mutator mutator)
    {
        (byte[] header, byte[] data) = Split(seed);
        int which = mutator.Random.Next(6);
        if (which < 2) header = mutator.Mutate(header, Split(other).Header);
        else if (which < 5) header = mutator.ChangeNumber(header);
        else data = mutator.Mutate(data, Split(other).Data);
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        return [.. length, .. header, .. data];
    }

    // Null where it is a language model, and where it is none and does not say so.
    private static FileProblem? ReadModel(SafetensorsFile file)
    {
        try
        {
            LanguageModel? model = LanguageModelNames.Read(file, new(new()))?.Loaded.Model;
            if (model is not null && model.Parameters.Values.ContainsAnyExceptInRange(float.MinValue, float.MaxValue))
                throw new InvalidOperationException("a weight that is not finite was handed out");
            return null;
        }
        catch (FileProblemException exception)
        {
            return exception.Problem;
        }
    }

    private static (byte[] Header, byte[] Data) Split(byte[] file)
    {
        int length = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        return (file[8..(8 + length)], file[(8 + length)..]);
    }

    private static float[] Ones(int count) => [.. Enumerable.Repeat(1f, count)];

    private static byte[] Make(params NamedTensor[] tensors)
    {
        using var folder = new TestFolder();
        SafetensorsWriter.Write(folder["m"], tensors);
        return File.ReadAllBytes(folder["m"]);
    }

    private static byte[] Make(LanguageModelCase kind)
    {
        LoadedLanguageModel loaded = kind.Make();
        RecurrentStack stack = LanguageModelParts.RecurrentParts(loaded.Model)[0];
        using var folder = new TestFolder();
        NamedTensor[] tensors = [.. PyTorchNames.Name("m", stack, "rnn."), .. LanguageModelParts.Surroundings(loaded.Model)];
        SafetensorsWriter.Write(folder["m"], tensors, PyTorchNames.Metadata(stack, loaded));
        return File.ReadAllBytes(folder["m"]);
    }

    private static byte[] Make(RecurrentStackConfig config, string prefix)
    {
        RecurrentStack stack = StackExchangeTests.Make(config);
        using var folder = new TestFolder();
        NamedTensor[] tensors = [.. PyTorchNames.Name("m", stack, prefix), new("lengths", [2], [1L, 2L]),
            new("none", [0], Array.Empty<float>())];
        SafetensorsWriter.Write(folder["m"], tensors, PyTorchNames.Metadata(stack, null));
        return File.ReadAllBytes(folder["m"]);
    }
}
