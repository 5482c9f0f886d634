using System.Buffers.Binary;
using System.Text;
using TinySD.Formats.Container;
using TinySD.Formats.Models;

namespace TinySD.Formats.Tests;

/// <summary>A file wrong in one place, and how it must be refused.</summary>
/// <param name="Name">What is wrong.</param>
/// <param name="Make">Makes the bytes.</param>
/// <param name="Kind">The reason to be given.</param>
/// <param name="Message">The message; FILE stands for the path.</param>
/// <param name="Offset">The byte to be named.</param>
/// <param name="Part">The part to be named.</param>
/// <param name="Read">What refuses it; null for opening it.</param>
public sealed record Malformed(
    string Name, Func<byte[]> Make, FileProblemKind Kind, string Message, long? Offset, string? Part, Action<string>? Read = null)
{
    public override string ToString() => Name;
}

/// <summary>One file for each rule of FORMAT.md's container, each refused with its own reason, place and words.</summary>
public sealed class MalformedFileTests
{
    private const string Again = " Copy or download it again.", Fault = " The program that wrote it is at fault.";

    [Test]
    [MethodDataSource(nameof(Starts))]
    [MethodDataSource(nameof(Prologues))]
    [MethodDataSource(nameof(Headers))]
    [MethodDataSource(nameof(Tensors))]
    [MethodDataSource(nameof(Contents))]
    public async Task Is_refused_with_reason_place_and_words(Malformed file)
    {
        using var folder = new TestFolder();
        string path = folder.Put("m.tsd", file.Make());
        FileProblem problem = file.Read is { } read ? Refused.By(() => read(path)) : Refused.By(() => TsdFile.Open(path).Dispose());
        await Assert.That(problem.Message).IsEqualTo(file.Message.Replace("FILE", path, StringComparison.Ordinal));
        await Assert.That(problem.Kind).IsEqualTo(file.Kind);
        await Assert.That(problem.Offset).IsEqualTo(file.Offset);
        await Assert.That(problem.Part).IsEqualTo(file.Part);
        await Assert.That(problem.File).IsEqualTo(path);
        if (file.Read is not null) return;
        await Assert.That(TsdFile.TryOpen(path, out TsdFile? opened, out FileProblem? again)).IsFalse();
        await Assert.That(opened).IsNull();
        await Assert.That(again).IsEqualTo(problem);
    }

    /// <summary>The corpus is complete: it has a file for every reason that FORMAT.md gives for refusing a <c>.tsd</c> file.</summary>
    [Test]
    public async Task There_is_a_file_for_every_reason_that_the_format_names()
    {
        Malformed[] corpus = [.. Starts().Concat(Prologues()).Concat(Headers()).Concat(Tensors()).Concat(Contents())
            .Select(make => make())];
        string[] named = [.. FormatDocument.Chapters("The `.tsd` container", "Kind `language-model`")
            .SelectMany(text => Enum.GetNames<FileProblemKind>().Where(kind => text.Contains($"`{kind}`", StringComparison.Ordinal)))
            .Distinct()];
        await Assert.That(named).Contains(nameof(FileProblemKind.NotFinite));
        await Assert.That(named.Order())
            .IsEquivalentTo(corpus.Select(file => file.Kind.ToString()).Distinct().Order(), CollectionOrdering.Matching);
        await Assert.That(corpus.Select(file => file.Name).Distinct().Count()).IsGreaterThanOrEqualTo(40);
    }

    /// <summary>Files that open, and are refused when their content is asked for.</summary>
    public static IEnumerable<Func<Malformed>> Contents()
    {
        byte[] good = TsdBytes.Example();
        int data = good.Length - 64;
        byte[] wrong = [.. good];
        wrong[data + 3] ^= 0x80;
        string stored = TsdBytes.Hash(good.AsSpan(data, 8)), found = TsdBytes.Hash(wrong.AsSpan(data, 8));
        yield return Content("a flipped sign", FileProblemKind.TensorDamaged,
            $"FILE is damaged in tensor 'w', bytes {data} to {data + 7}: checksum {stored} expected, {found} found.{Again}", data, "w",
                wrong, ReadTensor("w"));
        yield return Content("padding after a tensor", FileProblemKind.PaddingDamaged,
            $"FILE is damaged in the padding after 'w', at byte {data + 8}: 00 expected, 01 found.{Again}", data + 8, "w",
            Change(b => b[data + 8] = 1)(), ReadTensor("w"));
        yield return Content("a tensor that is not there", FileProblemKind.TensorMissing, "FILE has no tensor 'v'", null, "v", good,
            ReadTensor("v"));
        yield return Content("another kind", FileProblemKind.WrongKind, "FILE is of kind 'example'; 'language-model' was expected", 64,
            "kind", good, Load);
        foreach ((string dtype, byte[] number, string what) in new (string, byte[], string)[]
        {
            ("f32", [0, 0, 0x80, 0x7F], "infinite"), ("f32", [1, 0, 0x80, 0xFF], "not a number"), ("f16", [0, 0xFC], "infinite"),
            ("f16", [1, 0x7C], "not a number"), ("bf16", [0x80, 0x7F], "infinite"), ("bf16", [0xC0, 0x7F], "not a number"),
        })
        {
            byte[] file = LanguageModelBytes.Make(dtype, number);
            int at = LanguageModelBytes.LastTensor(file) + number.Length;
            yield return Content($"{dtype}, {what}", FileProblemKind.NotFinite,
                $"FILE was not loaded: weight 1 of tensor 'classifier.bias' is {what}. Train again with a lower learning rate.", at,
                    "classifier.bias", file, Load);
        }

        yield return Model("tokens that no tensor is for", "\"tokens\":[", "\"tokens\":[" + string.Concat(Enumerable.Repeat("\"\",", 1000)),
            FileProblemKind.HeaderInvalid, "the header member 'vocabulary' has 1,005 values; at most 304 were expected", "vocabulary");
        yield return Model("epochs beyond the limit", "\"epochs\":[", "\"epochs\":[" + string.Join(',', Enumerable.Repeat("null", 400_000)),
            FileProblemKind.HeaderInvalid, "the header member 'training' has 400,034 values; at most 327,936 were expected", "training");
        yield return Content("a configuration of another model", FileProblemKind.ModelInvalid,
            "FILE cannot be used: its tensors do not go with its configuration: storage holds 96 floats, the layout needs 144. The " +
            "program that wrote it is at fault.", null, "configuration",
            LanguageModelBytes.Change("\"layerCount\":1,\"tieWeights\":false},\"voc", "\"layerCount\":2,\"tieWeights\":false},\"voc"),
                Load);

        static Func<Malformed> Content(string name, FileProblemKind kind, string message, long? offset, string part, byte[] file,
            Action<string> read)
        {
            // A section's place is where it stands in the header.
            if (offset is null && kind != FileProblemKind.TensorMissing) offset = LanguageModelBytes.PlaceOf(file, part);
            return () => new(name, () => file, kind, message, offset, part, read);
        }

        static Func<Malformed> Model(string name, string right, string wrong, FileProblemKind kind, string message, string part)
        {
            byte[] file = LanguageModelBytes.Change(right, wrong);
            long at = LanguageModelBytes.PlaceOf(file, part);
            return Content(name, kind, $"FILE: {message} (byte {at}).{Fault}", at, part, file, Load);
        }

        static void Load(string path) => LanguageModelFile.Load(path);

        static Action<string> ReadTensor(string name) => path =>
        {
            using TsdFile file = TsdFile.Open(path);
            file.ReadTensor(name, new float[2]);
        };
    }

    public static IEnumerable<Func<Malformed>> Starts()
    {
        yield return Start("empty", FileProblemKind.Empty, "FILE is empty; a TinySD model was expected", 0);
        yield return Foreign("text", "the cat sat\n"u8.ToArray(), "74 68 65 20 63 61 74 20 (it looks like text)");
        yield return Foreign("short text", "x"u8.ToArray(), "78 (it looks like text)");
        yield return Foreign("gzip", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3], "1F 8B 08 00 00 00 00 00 (a gzip file; unpack it first)");
        yield return Foreign(
            "zip", [.. "PK"u8, 3, 4, 20, 0, 0, 0],
                "50 4B 03 04 14 00 00 00 (a zip archive, perhaps a PyTorch checkpoint; unpack it, or if it is one, save its weights " +
            "from PyTorch with safetensors.torch.save_file(model.state_dict(), \"model.safetensors\") and give that file)");
        yield return Foreign("onnx", [8, 7, 0x12, 7, .. "pytorch"u8], "08 07 12 07 70 79 74 6F (perhaps an ONNX model)");
        yield return Foreign("safetensors", [0x40, 0, 0, 0, 0, 0, 0, 0, .. "{\"w\":{}}"u8], "40 00 00 00 00 00 00 00 (a safetensors file)");
        yield return Foreign("program", [0x7F, .. "ELF"u8, 2, 1, 1, 0], "7F 45 4C 46 02 01 01 00 (a program)");
        yield return Foreign("png", [0x89, .. "PNG"u8, 13, 10, 26, 10], "89 50 4E 47 0D 0A 1A 0A (a PNG image)", 1);
        yield return Foreign("hdf5", [0x89, .. "HDF"u8, 13, 10, 26, 10], "89 48 44 46 0D 0A 1A 0A (an HDF5 file, as Keras writes; " +
            "convert it to ONNX, for example with tf2onnx, and give that file)", 1);
        yield return Foreign("pdf", "%PDF-1.7\n"u8.ToArray(), "25 50 44 46 2D 31 2E 37 (a PDF document)");
        yield return Foreign("bzip2", "BZh91AY&SY"u8.ToArray(), "42 5A 68 39 31 41 59 26 (a bzip2 file; unpack it first)");
        yield return Foreign("xz", [0xFD, .. "7zXZ"u8, 0, 0, 4], "FD 37 7A 58 5A 00 00 04 (an xz file; unpack it first)");
        yield return Foreign("zstd", [0x28, 0xB5, 0x2F, 0xFD, 1, 2, 3, 4], "28 B5 2F FD 01 02 03 04 (a zstd file; unpack it first)");
        yield return Foreign("unknown", [1, 2, 3, 4, 5, 6, 7, 8], "01 02 03 04 05 06 07 08 (an unknown format)");
        yield return TextMode("CR LF became LF", 4, "89 54 53 44 0A 1A 0A 01", b => b[..4].Concat(b[5..]).ToArray());
        yield return TextMode("LF became CR LF", 5, "89 54 53 44 0D 0D 0A 1A",
            b => b.SelectMany<byte, byte>(x => x == 10 ? [13, 10] : [x]).ToArray());
        yield return TextMode("CR LF became CR", 5, "89 54 53 44 0D 1A 0D 01", b => [.. b[..5], 0x1A, 13, .. b[8..]]);
        yield return TextMode("the last LF became CR LF", 7, "89 54 53 44 0D 0A 1A 0D", b => [.. b[..7], 13, .. b[7..]]);
        yield return TextMode("the high bit is lost", 0, "09 54 53 44 0D 0A 1A 0A", b => b.Select(x => (byte)(x & 127)).ToArray());
        yield return TextMode("Latin-1 became UTF-8", 0, "C2 89 54 53 44 0D 0A 1A", b => [0xC2, .. b]);
        yield return TextMode("decoded and encoded", 0, "EF BF BD 54 53 44 0D 0A", b => [0xEF, 0xBF, 0xBD, .. b[1..]]);
        yield return Start(
            "a wrong byte in the magic", FileProblemKind.PrologueDamaged, "FILE is damaged at byte 2: 53 expected, 52 found." + Again, 2,
            Change(b => b[2] = 0x52));
        yield return Start("3 bytes", FileProblemKind.Truncated,
            "FILE is cut short: it has 3 bytes, and the prologue alone has 64." + Again, 3, Change(b => b, 3));
        yield return Start("63 bytes", FileProblemKind.Truncated,
            "FILE is cut short: it has 63 bytes, and the prologue alone has 64." + Again, 63, Change(b => b, 63));
    }

    public static IEnumerable<Func<Malformed>> Prologues()
    {
        byte[] good = TsdBytes.Example();
        byte[] damaged = [.. good];
        damaged[9] ^= 1;
        yield return Start("a flipped bit in the version", FileProblemKind.PrologueDamaged,
            "FILE is damaged in its prologue, bytes 0 to 63: checksum " +
            $"{Convert.ToHexStringLower(good.AsSpan(48, 16))} expected, {TsdBytes.Hash(damaged.AsSpan(0, 48))} found." + Again,
            0, () => damaged);
        yield return Sealed("version 2", FileProblemKind.NewerVersion,
            "FILE is written by a newer TinySD: format version 2, this build reads up to 1. Update TinySD.", 8, b => b[8] = 2);
        yield return Sealed(
            "version 0", FileProblemKind.PrologueInvalid, "FILE says it is of format version 0, and versions start at 1", 8, b => b[8] = 0);
        yield return Sealed("reserved bytes", FileProblemKind.PrologueInvalid,
            "FILE: bytes 12 to 15 of the prologue are reserved and must be zero", 12, b => b[15] = 1);
        yield return Sealed("a header of 1 byte", FileProblemKind.PrologueInvalid,
            "FILE: the prologue announces a header of 1 byte; 2 to 67108864 are allowed", 16,
            b => BinaryPrimitives.WriteInt64LittleEndian(b.AsSpan(16), 1));
        yield return Sealed("a header above 64 MiB", FileProblemKind.PrologueInvalid,
            "FILE: the prologue announces a header of 67108865 bytes; 2 to 67108864 are allowed", 16,
            b => BinaryPrimitives.WriteInt64LittleEndian(b.AsSpan(16), (64 << 20) + 1));
        yield return Sealed("a header of 2^64 - 1 bytes", FileProblemKind.PrologueInvalid,
            "FILE: the prologue announces a header of 18446744073709551615 bytes; 2 to 67108864 are allowed", 16,
            b => b.AsSpan(16, 8).Fill(255));
        yield return Sealed("a header longer than the file", FileProblemKind.PrologueInvalid,
            $"FILE: the prologue announces a header of 67108864 bytes in a file of {good.Length}", 16,
            b => BinaryPrimitives.WriteInt64LittleEndian(b.AsSpan(16), 64 << 20));
        yield return Sealed("a file longer than it is", FileProblemKind.Truncated,
            $"FILE is cut short: 18446744073709551615 bytes expected, {good.Length} found." + Again, good.Length,
            b => b.AsSpan(24, 8).Fill(255), part: null);
        yield return Start("one byte missing", FileProblemKind.Truncated,
            $"FILE is cut short: {good.Length} bytes expected, {good.Length - 1} found." + Again, good.Length - 1,
            Change(b => b, good.Length - 1), part: null);
        yield return Start("one byte too many", FileProblemKind.TrailingBytes,
            $"FILE goes on after its end: {good.Length} bytes expected, {good.Length + 1} found." + Again,
            good.Length, () => [.. good, 0], part: null);
    }

    public static IEnumerable<Func<Malformed>> Headers()
    {
        byte[] damaged = TsdBytes.Example();
        int length = (int)BinaryPrimitives.ReadInt64LittleEndian(damaged.AsSpan(16));
        string stored = TsdBytes.Hash(damaged.AsSpan(64, length));
        damaged[70] ^= 1;
        yield return Start(
            "a flipped bit in the header", FileProblemKind.HeaderDamaged, $"FILE is damaged in its header, bytes 64 to {63 + length}: " +
            $"checksum {stored} expected, {TsdBytes.Hash(damaged.AsSpan(64, length))} found." + Again, 64, () => damaged, "header");
        yield return Start("padding after the header", FileProblemKind.PaddingDamaged,
            $"FILE is damaged in the padding after 'header', at byte {64 + length}: 00 expected, 01 found." + Again,
            64 + length, Change(b => b[64 + length] = 1), "header");
        yield return Json("[]", "the header is not a JSON object", 64, "header");
        yield return Json("{}", "the header has no member 'kind'", 64, "header");
        yield return Json("""{"kind":"x"}""", "the header has no member 'tensors'", 64, "header");
        yield return Json("""{"tensors":[]}""", "the header has no member 'kind'", 64, "header");
        yield return Json("""{"kind":"x","kind":"x","tensors":[]}""", "the header has the member 'kind' twice", 76, "header");
        yield return Json("""{"kind":"x","tensors":[],"tensors":[]}""", "the header has the member 'tensors' twice", 89, "header");
        yield return Json("""{"kind":"x","note":1,"note":2,"tensors":[]}""", "the header has the member 'note' twice", 85, "header");
        foreach (string kind in (string[])["1", "null", "\"\"", "\"Upper\"", "\"two words\"", $"\"{new string('k', 65)}\""])
        {
            yield return Json($$"""{"kind":{{kind}},"tensors":[]}""",
                "the header's 'kind' must be 1 to 64 lower-case letters, digits and hyphens", 72, "kind");
        }

        string members = string.Concat(Enumerable.Range(0, 65).Select(i => $"\"m{i:D2}\":0,"));
        yield return Json($$"""{"kind":"x",{{members}}"tensors":[]}""", "the header has more than 64 members beside 'kind' and 'tensors'",
            64 + 12 + (64 * 8), "header");
        string word = new('w', 24577);
        yield return Json($$"""{"kind":"x","note":["{{word}}"],"tensors":[]}""", "a string takes 24,577 bytes; at most 24,576 are " +
            "allowed", 84, "header");
        yield return Json($$"""{"kind":"x","{{word}}":1,"tensors":[]}""", "a string takes 24,577 bytes; at most 24,576 are allowed", 76,
            "header");
        yield return Json($$"""{"kind":"{{word}}","tensors":[]}""", "a string takes 24,577 bytes; at most 24,576 are allowed", 72,
            "header");
        yield return Json("""{"kind":"x","tensors":null}""", "the header member 'tensors' is null", 86, "tensors");
        yield return () =>
            new("bytes that are not UTF-8", () => TsdBytes.File([.. "{\"kind\":\"x\",\"note\":\""u8, 0xFF, .. "\",\"tensors\":[]}"u8], []),
            FileProblemKind.HeaderInvalid, "FILE: the header is not UTF-8 (byte 64)." + Fault, 64, "header");
        yield return Json("{\"kind\":\"\\ud800\",\"tensors\":[]}", "a string in the header holds half of a surrogate pair", 72, "header");
    }

    // The words are the JSON library's from the colon on, so only our part of them is held to.
    [Test]
    [Arguments("""{"kind":"x","tensors":[]""", "header", 88)]
    [Arguments("""{"kind":"x","tensors":[],}""", "header", 89)]
    [Arguments("""{"kind":"x","tensors":[]} {}""", "header", 90)]
    [Arguments("""{"kind":"x",/**/"tensors":[]}""", "header", 76)]
    [Arguments("\uFEFF{\"kind\":\"x\",\"tensors\":[]}", "header", 64)]
    [Arguments("{\"kind\":\"x\",\n\"tensors\":[,]}", "header", 88)]
    [Arguments("""{"kind":"x","tensors":{}}""", "tensors", 86)]
    [Arguments("""{"kind":"x","note":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]],"tensors":[]}""", "header", 98)]
    public async Task Json_that_is_wrong_is_refused_with_its_place(string header, string part, long offset)
    {
        FileProblem problem = RefuseHeader(header, [], out string path);
        await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.HeaderInvalid);
        await Assert.That(problem.Message).StartsWith($"{path}: the header is not as the format asks, at {part}: ");
        await Assert.That(problem.Message).EndsWith($" (byte {offset}). The program that wrote it is at fault.");
        await Assert.That(problem.Message).DoesNotContain("LineNumber");
        await Assert.That(problem.Offset).IsEqualTo(offset);
    }

    [Test]
    [Arguments("\"name\":\"w\"", "\"name\":7")]
    [Arguments("\"name\":\"w\"", "\"name\":null")]
    [Arguments("\"name\":\"w\"", "\"Name\":\"w\"")]
    [Arguments("\"name\":\"w\"", "\"name\":\"w\",\"colour\":1")]
    [Arguments("\"name\":\"w\"", "\"name\":\"w\",\"name\":\"w\"")]
    [Arguments("\"name\":\"w\",", "")]
    [Arguments("\"dtype\":\"f32\",", "")]
    [Arguments("\"shape\":[2],", "")]
    [Arguments("\"shape\":[2]", "\"shape\":2")]
    [Arguments("\"shape\":[2]", "\"shape\":null")]
    [Arguments("\"shape\":[2]", "\"shape\":[null]")]
    [Arguments("\"shape\":[2]", "\"shape\":[2.0]")]
    [Arguments("\"shape\":[2]", "\"shape\":[2e0]")]
    [Arguments("\"shape\":[2]", "\"shape\":[\"2\"]")]
    [Arguments("\"offset\":0,", "")]
    [Arguments("\"offset\":0", "\"offset\":9223372036854775808")]
    [Arguments("\"bytes\":8,", "")]
    [Arguments("\"bytes\":8", "\"bytes\":\"8\"")]
    public async Task An_entry_with_a_member_missing_repeated_unknown_or_of_another_type_is_refused(string right, string wrong)
    {
        (string header, byte[] data) = TsdBytes.Split(TsdBytes.Example());
        string changed = header.Replace(right, wrong, StringComparison.Ordinal);
        await Assert.That(changed).IsNotEqualTo(header);
        FileProblem problem = RefuseHeader(changed, data, out string path);
        await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.HeaderInvalid);
        await Assert.That(problem.Message).StartsWith($"{path}: the header is not as the format asks, at tensors");
        await Assert.That(problem.Offset!.Value).IsBetween(86, 64 + changed.Length);
    }

    public static IEnumerable<Func<Malformed>> Tensors()
    {
        byte[] data = new byte[128];
        yield return Entries("null", "an entry of 'tensors' is null", FileProblemKind.TensorInvalid, "tensors[0]");
        foreach (string name in (string[])["", "a b", "é", new string('n', 257)])
        {
            yield return Entries(TsdBytes.Entry(name, "[1]", 0, 4),
                $"a tensor is named '{(name.Length > 40 ? name[..40] + '…' : name)}'; 1 to 256 printable ASCII characters without blanks " +
                "are allowed",
                FileProblemKind.TensorInvalid, "tensors[0]");
        }

        yield return Entries(TsdBytes.Entry("w", "[1]", 0, 4) + "," + TsdBytes.Entry("w", "[1]", 64, 4),
            "tensor 'w' is declared twice", FileProblemKind.TensorInvalid);
        foreach (string dtype in (string[])["f8", "F32", "", "f64"])
        {
            yield return Entries(TsdBytes.Entry("w", "[1]", 0, 4, dtype: dtype),
                $"tensor 'w' is of dtype '{dtype}'; this build reads f32, f16, bf16 and i8",
                FileProblemKind.TensorUnsupported);
        }

        yield return Entries(TsdBytes.Entry("w", "[3]", 0, 12, dtype: "f16"), "tensor 'w' says 12 bytes, its shape [3] makes 6",
            FileProblemKind.TensorInvalid);
        yield return Entries(TsdBytes.Entry("w", "[3]", 0, 12, dtype: "i8"), "tensor 'w' says 12 bytes, its shape [3] makes 3",
            FileProblemKind.TensorInvalid);
        yield return Entries(TsdBytes.Entry("w", "[3]", 0, 12, dtype: "bf16"), "tensor 'w' says 12 bytes, its shape [3] makes 6",
            FileProblemKind.TensorInvalid);
        string many = $"[{string.Join(',', Enumerable.Repeat("1", 57))}]";
        yield return Entries(TsdBytes.Entry("w", many, 0, 4), "tensor 'w' has 57 extents; at most 8 are allowed",
            FileProblemKind.TensorInvalid);
        yield return Entries(TsdBytes.Entry("w", many.Replace("[", "[1,", StringComparison.Ordinal), 0, 4),
            "tensors[0] has 65 values; at most 64 are allowed",
            FileProblemKind.TensorInvalid, "tensors[0]", 64 + Header("").IndexOf('[', StringComparison.Ordinal) + 1);
        foreach (string checksum in (string[])["", "0123", new string('A', 32), new string('g', 32)])
        {
            yield return Entries(TsdBytes.Entry("w", "[1]", 0, 4, checksum),
                "tensor 'w' has a checksum that is not 32 lower-case hexadecimal digits", FileProblemKind.TensorInvalid);
        }

        yield return Entries(TsdBytes.Entry("w", "[1,1,1,1,1,1,1,1,1]", 0, 4), "tensor 'w' has 9 extents; at most 8 are allowed",
            FileProblemKind.TensorInvalid);
        yield return Entries(TsdBytes.Entry("w", "[2,0]", 0, 0), "tensor 'w' has an extent of 0; every extent must be at least 1",
            FileProblemKind.TensorInvalid);
        yield return Entries(TsdBytes.Entry("w", "[-1,-1]", 0, 4), "tensor 'w' has an extent of -1; every extent must be at least 1",
            FileProblemKind.TensorInvalid);
        string[] large = ["[2305843009213693953]", "[4294967296, 4294967296]", "[9223372036854775807, 4]", "[4611686018427387904, 4, 4]"];
        foreach (string shape in large)
        {
            yield return Entries(TsdBytes.Entry("w", shape, 0, 4),
                $"tensor 'w' has the shape {shape}, more than a file of {Size(TsdBytes.Entry("w", shape, 0, 4))} bytes can hold",
                FileProblemKind.TensorOutsideFile);
        }

        yield return Entries(
            TsdBytes.Entry("w", "[3]", 0, 8), "tensor 'w' says 8 bytes, its shape [3] makes 12", FileProblemKind.TensorInvalid);
        yield return Entries(
            TsdBytes.Entry("w", "[]", 0, 8), "tensor 'w' says 8 bytes, its shape [] makes 4", FileProblemKind.TensorInvalid);
        yield return Entries(
            TsdBytes.Entry("w", "[2]", 0, -8), "tensor 'w' says -8 bytes, its shape [2] makes 8", FileProblemKind.TensorInvalid);
        yield return Entries(TsdBytes.Entry("w", "[1]", 4, 4), "tensor 'w' has the offset 4; a multiple of 64 was expected",
            FileProblemKind.TensorMisaligned);
        yield return Entries(TsdBytes.Entry("w", "[1]", -64, 4), "tensor 'w' has the offset -64; a multiple of 64 was expected",
            FileProblemKind.TensorMisaligned);
        string two = TsdBytes.Entry("v", "[17]", 0, 68) + "," + TsdBytes.Entry("w", "[1]", 64, 4);
        yield return Entries(two, "tensor 'w' has the offset 64, before the tensor declared before it ends; 128 was expected",
            FileProblemKind.TensorOverlap, "w", Start(two) + 64);
        string reversed = TsdBytes.Entry("v", "[1]", 64, 4) + "," + TsdBytes.Entry("w", "[1]", 0, 4);
        yield return Entries(reversed, "tensor 'v' has the offset 64 and leaves a gap behind the one before it; 0 was expected",
            FileProblemKind.TensorGap, "v", Start(reversed));
        string outside = TsdBytes.Entry("v", "[1]", 0, 4) + "," + TsdBytes.Entry("w", "[17]", 64, 68);
        yield return Entries(outside, "tensor 'w' reaches beyond the end of the file: offset 64, 68 bytes, of 128 bytes of tensors",
            FileProblemKind.TensorOutsideFile);
        string far = TsdBytes.Entry("w", "[1]", 9223372036854775744, 4);
        yield return Entries(
            far, "tensor 'w' reaches beyond the end of the file: offset 9223372036854775744, 4 bytes, of 128 bytes of tensors",
            FileProblemKind.TensorOutsideFile);
        string one = TsdBytes.Entry("w", "[16]", 0, 64);
        yield return Entries(
            one, $"64 bytes at the end belong to no tensor: the last one ends, with its padding, at byte {Start(one) + 64} of {Size(one)}",
            FileProblemKind.TensorGap, "header", Start(one) + 64);
        yield return Entries(
            "", $"128 bytes at the end belong to no tensor: the last one ends, with its padding, at byte {Start("")} of {Size("")}",
            FileProblemKind.TensorGap, "header", Start(""));
        string unpadded = TsdBytes.Entry("w", "[1]", 0, 4);
        yield return () => new("unpadded end", () => TsdBytes.File(Header(unpadded), data.AsSpan(0, 4)), FileProblemKind.TensorOutsideFile,
            $"FILE: the padding after tensor 'w' reaches beyond the end of the file: byte {Start(unpadded) + 64} " +
            $"of {Start(unpadded) + 4}." + Fault, Start(unpadded) + 4, "w");

        Func<Malformed> Entries(string entries, string message, FileProblemKind kind, string part = "w", long offset = 64) =>
            () => new(message, () => TsdBytes.File(Header(entries), data), kind, $"FILE: {message}.{Fault}", offset, part);

        static string Header(string entries) => $$"""{"kind":"x","tensors":[{{entries}}]}""";
        static long Start(string entries) => TsdBytes.Up(64 + Encoding.UTF8.GetByteCount(Header(entries)));
        static long Size(string entries) => Start(entries) + 128;
    }

    private static Func<Malformed> Start(string name, FileProblemKind kind, string message, long offset, Func<byte[]>? make = null,
        string? part = "prologue") =>
        () => new(name, make ?? (() => []), kind, message, offset, part);

    private static Func<Malformed> Foreign(string name, byte[] bytes, string found, long offset = 0) =>
        Start(name, FileProblemKind.Foreign, $"FILE is not a TinySD model: it begins with {found}", offset, () => bytes);

    private static Func<Malformed> TextMode(string name, long offset, string found, Func<byte[], byte[]> copy) =>
        Start(name, FileProblemKind.TransferDamage,
            $"FILE was changed by copying it as text: it begins with {found} instead of 89 54 53 44 0D 0A 1A 0A. Copy it again, in " +
            "binary mode.", offset,
            () => copy(TsdBytes.Example()));

    private static Func<Malformed> Sealed(
        string name, FileProblemKind kind, string message, long offset, Action<byte[]> change, string? part = "prologue") =>
        Start(name, kind, message, offset, () =>
    {
        byte[] file = TsdBytes.Example();
        change(file);
        return TsdBytes.Seal(file);
    }, part);

    private static Func<Malformed> Json(string header, string message, long offset, string part) =>
        () => new(
            header, () => TsdBytes.File(header), FileProblemKind.HeaderInvalid, $"FILE: {message} (byte {offset}).{Fault}", offset, part);

    private static Func<byte[]> Change(Action<byte[]> change) => () =>
    {
        byte[] file = TsdBytes.Example();
        change(file);
        return file;
    };

    private static Func<byte[]> Change(Func<byte[], byte[]> change, int length) => () => change(TsdBytes.Example())[..length];

    private static FileProblem RefuseHeader(string header, byte[] data, out string path)
    {
        using var folder = new TestFolder();
        string file = path = folder.Put("m.tsd", TsdBytes.File(header, data));
        return Refused.By(() => TsdFile.Open(file).Dispose());
    }
}
