using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using TinySD.Formats.Exchange.Parts;
using TinySD.Formats.Exchange.Safetensors;

namespace TinySD.Formats.Tests;

/// <summary>safetensors: the reference implementation's own vectors, what is written is read, and the rules one by one.</summary>
public sealed class SafetensorsFileTests
{
    private const string Set = "safetensors-vectors";

    // What the reference's reasons are called here.
    private static readonly Dictionary<string, FileProblemKind[]> _reasons = new()
    {
        ["HeaderTooSmall"] = [FileProblemKind.Empty, FileProblemKind.Truncated],
        ["HeaderTooLarge"] = [FileProblemKind.PrologueInvalid],
        ["InvalidHeaderLength"] = [FileProblemKind.Truncated],
        ["InvalidHeader"] = [FileProblemKind.HeaderInvalid],
        ["InvalidHeaderDeserialization"] = [FileProblemKind.HeaderInvalid],
        ["MetadataIncompleteBuffer"] = [FileProblemKind.Truncated, FileProblemKind.TrailingBytes],
        ["TensorInvalidInfo"] = [FileProblemKind.TensorInvalid],
        ["ValidationOverflow"] = [FileProblemKind.TensorOutsideFile],
        ["InvalidOffset"] = [FileProblemKind.TensorOverlap, FileProblemKind.TensorGap],
    };

    [Test]
    public async Task Every_vector_of_the_reference_is_read_or_refused_as_its_manifest_says()
    {
        using JsonDocument manifest = JsonDocument.Parse(await File.ReadAllTextAsync(Fixtures.Find(Set, "manifest.json")));
        int count = 0;
        foreach (JsonElement vector in manifest.RootElement.EnumerateArray())
        {
            string name = vector.GetProperty("file").GetString()!, expected = vector.GetProperty("expect").GetString()!;
            string path = Fixtures.Find(Set, name);
            bool isOpen = SafetensorsFile.TryOpen(path, out SafetensorsFile? file, out FileProblem? problem);
            file?.Dispose();
            await Assert.That(isOpen).IsEqualTo(expected == "OK").Because($"{name}: {problem?.Message}");
            if (!isOpen) await Assert.That(_reasons[expected]).Contains(problem!.Kind).Because($"{name}: {problem.Message}");
            count++;
        }

        await Assert.That(count).IsEqualTo(18);
    }

    [Test]
    public async Task What_is_written_is_read()
    {
        using var folder = new TestFolder();
        NamedTensor[] tensors =
        [
            new("größe/\"x\"", [2, 3], [1f, -2f, float.Epsilon, 3e38f, 0f, -0f]), new("lengths", [3], [1L, long.MinValue, 7L]),
            new("empty", [0, 4], Array.Empty<float>()),
            new("scalar", [], [5f]), new("mask", [3], [1L, 0L, 1L]) { IsBoolean = true },
        ];
        SafetensorsWriter.Write(folder["t.safetensors"], tensors, new Dictionary<string, string> { ["format"] = "pt" });
        using SafetensorsFile file = SafetensorsFile.Open(folder["t.safetensors"]);
        await Assert.That(file.Metadata["format"]).IsEqualTo("pt");
        await Assert.That(file.Tensors.All(t => t.Offset % (t.Dtype == "I64" ? 8 : t.Dtype == "BOOL" ? 1 : 4) == 0)).IsTrue();
        foreach (NamedTensor expected in tensors)
        {
            await Assert.That(file.TryRead(file.FindTensor(expected.Name)!, out NamedTensor? found, out _)).IsTrue();
            await Assert.That(found!.Shape.SequenceEqual(expected.Shape)).IsTrue();
            await Assert.That(found.IsBoolean).IsEqualTo(expected.IsBoolean);
            await Assert.That(found.Integers ?? []).IsEquivalentTo(expected.Integers ?? [], CollectionOrdering.Matching);
            await Assert.That((found.Floats ?? []).Select(BitConverter.SingleToInt32Bits))
                .IsEquivalentTo((expected.Floats ?? []).Select(BitConverter.SingleToInt32Bits), CollectionOrdering.Matching);
        }
    }

    [Test]
    [Arguments("BOOL", new byte[] { 1, 0, 2 }, new[] { 1L, 0, 1 })]
    [Arguments("U8", new byte[] { 1, 0, 255 }, new[] { 1L, 0, 255 })]
    [Arguments("I8", new byte[] { 1, 0, 255 }, new[] { 1L, 0, -1 })]
    [Arguments("I16", new byte[] { 1, 0, 254, 255 }, new[] { 1L, -2 })]
    [Arguments("U16", new byte[] { 1, 0, 254, 255 }, new[] { 1L, 65534 })]
    [Arguments("I32", new byte[] { 254, 255, 255, 255 }, new[] { -2L })]
    [Arguments("U32", new byte[] { 254, 255, 255, 255 }, new[] { 4294967294L })]
    public async Task Integers_of_every_width_are_read(string dtype, byte[] raw, long[] expected)
    {
        using var folder = new TestFolder();
        byte[] bytes = Bytes($$$"""{"t":{"dtype":"{{{dtype}}}","shape":[{{{expected.Length}}}],"data_offsets":[0,{{{raw.Length}}}]}}""",
            raw);
        using SafetensorsFile file = SafetensorsFile.Open(folder.Put("t", bytes));
        await Assert.That(file.TryRead(file.Tensors[0], out NamedTensor? tensor, out _)).IsTrue();
        await Assert.That(tensor!.Integers!.AsSpan().SequenceEqual(expected)).IsTrue();
        await Assert.That(tensor.IsBoolean).IsEqualTo(dtype == "BOOL");
    }

    [Test]
    public async Task A_tensor_without_numbers_is_read_however_large_its_other_extents_are()
    {
        using var folder = new TestFolder();
        byte[] bytes = Bytes("""{"t":{"dtype":"F32","shape":[2147483647,2147483647,3,0],"data_offsets":[0,0]}}""", []);
        using SafetensorsFile file = SafetensorsFile.Open(folder.Put("t", bytes));
        await Assert.That(file.TryRead(file.Tensors[0], out NamedTensor? tensor, out _)).IsTrue();
        await Assert.That(tensor!.Shape.SequenceEqual([int.MaxValue, int.MaxValue, 3, 0])).IsTrue();
        await Assert.That(tensor.Floats!).IsEmpty();
    }

    /// <summary>The first product is 2^64, which is 0 in 64 bits.</summary>
    [Test]
    [Arguments(65536, 65536, 65536, 65536)]
    [Arguments(-1, 0, 1, 1)]
    [Arguments(0, 1, 1, -1)]
    [Arguments(1, 1, 1, 1)]
    public async Task A_shape_that_makes_another_count_is_an_argument_that_is_refused(params int[] shape) =>
        await Assert.That(() => new NamedTensor("t", shape, Array.Empty<float>())).Throws<ArgumentException>();

    [Test]
    public async Task Every_number_format_is_converted()
    {
        // 1.5 and -2 in each, by hand from the formats' definitions.
        (string Dtype, byte[] Bytes)[] formats =
        [
            ("F32", [0, 0, 0xC0, 0x3F, 0, 0, 0, 0xC0]), ("F16", [0, 0x3E, 0, 0xC0]), ("BF16", [0xC0, 0x3F, 0, 0xC0]),
            ("F64", [0, 0, 0, 0, 0, 0, 0xF8, 0x3F, 0, 0, 0, 0, 0, 0, 0, 0xC0]),
        ];
        using var folder = new TestFolder();
        foreach ((string dtype, byte[] bytes) in formats)
        {
            using SafetensorsFile file = SafetensorsFile.Open(folder.Put("t",
                Bytes($$$"""{"t":{"dtype":"{{{dtype}}}","shape":[2],"data_offsets":[0,{{{bytes.Length}}}]}}""", bytes)));
            float[] values = new float[2];
            await Assert.That(file.TryReadFloats(file.Tensors[0], values, out _)).IsTrue();
            await Assert.That(values).IsEquivalentTo([1.5f, -2f], CollectionOrdering.Matching);
        }
    }

    [Test]
    public async Task A_double_that_no_float_holds_is_refused()
    {
        byte[] bytes = new byte[16];
        BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(8), 1e300);
        using var folder = new TestFolder();
        using SafetensorsFile file = SafetensorsFile.Open(folder.Put("t",
            Bytes("""{"t":{"dtype":"F64","shape":[2],"data_offsets":[0,16]}}""", bytes)));
        await Assert.That(file.TryReadFloats(file.Tensors[0], new float[2], out FileProblem? problem)).IsFalse();
        await Assert.That(problem!.Message).Contains("number 1 of tensor 't'");
    }

    [Test]
    [Arguments("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8,
        FileProblemKind.HeaderInvalid, "twice")]
    [Arguments("""{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, FileProblemKind.HeaderInvalid, "twice")]
    [Arguments("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}}""", 4, FileProblemKind.HeaderInvalid, "'x'")]
    [Arguments("""{"a":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}}""", 4, FileProblemKind.HeaderInvalid, "F33")]
    [Arguments("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, FileProblemKind.HeaderInvalid, "shape")]
    [Arguments("""{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}""", 4, FileProblemKind.HeaderInvalid, "shape")]
    [Arguments("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", 4, FileProblemKind.TensorInvalid, "[4, 0]")]
    [Arguments("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}""", 4, FileProblemKind.HeaderInvalid, "data_offsets")]
    [Arguments("""{"a":{"dtype":"F32","shape":[1]}}""", 0, FileProblemKind.HeaderInvalid, "data_offsets")]
    [Arguments("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, FileProblemKind.TensorGap, "begins at 4")]
    [Arguments("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8,
        FileProblemKind.TensorOverlap, "'b'")]
    [Arguments("""{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}}""", 2, FileProblemKind.TensorInvalid, "F4")]
    [Arguments("""{"a":{"dtype":"U8","shape":[9223372036854775807],"data_offsets":[0,9223372036854775807]}}""", 2,
        FileProblemKind.TensorOutsideFile, "64-bit")]
    [Arguments("""{"a":{"dtype":"U8","shape":[1152921504606846975],"data_offsets":[0,1152921504606846975]}}""", 2,
        FileProblemKind.Truncated, "cut short")]
    [Arguments("""{"__metadata__":{"a":1}}""", 0, FileProblemKind.HeaderInvalid, "string")]
    [Arguments("""{"__metadata__":{"a":"1","a":"2"}}""", 0, FileProblemKind.HeaderInvalid, "twice")]
    [Arguments("""{"__metadata__":[]}""", 0, FileProblemKind.HeaderInvalid, "__metadata__")]
    [Arguments("""{"\ud800":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, FileProblemKind.HeaderInvalid, "surrogate")]
    [Arguments("""[]""", 0, FileProblemKind.HeaderInvalid, "object")]
    [Arguments("""{} {}""", 0, FileProblemKind.HeaderInvalid, "JSON")]
    public async Task A_broken_rule_is_named(string header, int dataBytes, FileProblemKind kind, string says)
    {
        using var folder = new TestFolder();
        string path = folder.Put("t.safetensors", Bytes(header, new byte[dataBytes]));
        FileProblem problem = Refused.By(() => SafetensorsFile.Open(path));
        await Assert.That(problem.Kind).IsEqualTo(kind).Because(problem.Message);
        await Assert.That(problem.Message).Contains(says);
    }

    internal static byte[] Bytes(string header, ReadOnlySpan<byte> data)
    {
        byte[] json = Encoding.UTF8.GetBytes(header), length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        return [.. length, .. json, .. data];
    }
}
