using System.Globalization;
using TinySD.Formats.Container;
using TinySD.Runtime.Memory;

namespace TinySD.Formats.Tests;

/// <summary>FORMAT.md's worked example was made by a program in another language, with xxHash's C library, from the text alone.</summary>
public sealed class FormatDocumentTests
{
    [Test]
    public async Task The_writer_makes_the_worked_example_byte_for_byte()
    {
        using var folder = new TestFolder();
        WriteExample(folder["example.tsd"]);
        await Assert.That(Convert.ToHexString(File.ReadAllBytes(folder["example.tsd"]))).IsEqualTo(Convert.ToHexString(Example()));
    }

    [Test]
    public async Task The_reader_reads_the_worked_example()
    {
        using var folder = new TestFolder();
        using TsdFile file = TsdFile.Open(folder.Put("example.tsd", Example()));
        float[] w = new float[4], b = new float[1];
        file.ReadTensor("w", w);
        file.ReadTensor("b", b);
        await Assert.That(file.Kind).IsEqualTo("example");
        await Assert.That(file.Length).IsEqualTo(512);
        await Assert.That(w).IsEquivalentTo([1f, -2f, 0.5f, 0.25f], CollectionOrdering.Matching);
        await Assert.That(b[0]).IsEqualTo(3f);
        await Assert.That(System.Text.Encoding.UTF8.GetString(file.Sections["note"].Span)).IsEqualTo("\"two tensors\"");
        await Assert.That(file.Tensors.Select(t => (t.Name, t.Dtype, Shape: string.Join(",", t.Shape), t.Offset, t.Bytes, t.Count)))
            .IsEquivalentTo([("w", "f32", "2,2", 384L, 16L, 4L), ("b", "f32", "1", 448L, 4L, 1L)], CollectionOrdering.Matching);
        await Assert.That(file.Verify()).IsEmpty();
    }

    [Test]
    public async Task The_handmade_files_of_these_tests_agree_with_the_worked_example()
    {
        (string header, byte[] data) = TsdBytes.Split(Example());
        await Assert.That(Convert.ToHexString(TsdBytes.File(header, data))).IsEqualTo(Convert.ToHexString(Example()));
    }

    private static void WriteExample(string path)
    {
        var layout = new ParameterLayout();
        TensorSlot w = layout.Add("w", 2, 2), b = layout.Add("b", 1);
        var block = new ParameterBlock(layout);
        new[] { 1f, -2f, 0.5f, 0.25f }.CopyTo(block[w]);
        block[b][0] = 3f;
        TsdWriter.Write(
            path, "example", [new FloatsToWrite("w", block, w), new FloatsToWrite("b", block, b)],
            json => json.WriteString("note", "two tensors"));
    }

    /// <summary>The bytes in the hex dump at the document's end.</summary>
    private static byte[] Example()
    {
        using var reader = new StringReader(FormatDocument.Text);
        var bytes = new List<byte>();
        while (reader.ReadLine() is { } line)
        {
            if (line.Length < 60 || line[8..10] != "  ") continue;
            if (!int.TryParse(line[..8], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out int at)) continue;
            if (at != bytes.Count) throw new InvalidDataException($"the dump goes from byte {bytes.Count} to {at}");
            bytes.AddRange(line[10..57].Split(' ').Select(pair => byte.Parse(pair, NumberStyles.HexNumber, CultureInfo.InvariantCulture)));
        }

        return [.. bytes];
    }
}
