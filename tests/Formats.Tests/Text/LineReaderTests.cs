using System.IO.Compression;
using System.Text;
using TinySD.Formats.Text;

namespace TinySD.Formats.Tests;

public sealed class LineReaderTests
{
    [Test]
    [Arguments("", "")]
    [Arguments("a", "a|")]
    [Arguments("a\n", "a|")]
    [Arguments("\n", "|")]
    [Arguments("\n\n x \r\n\t", "|| x |\t|")]
    [Arguments("\uFEFFa\r\nb\rc\n", "a|b\rc|")]
    [Arguments("caf\u00e9\n\uFEFFb", "caf\u00e9|\uFEFFb|")]
    public async Task Every_line_is_one_however_it_comes(string content, string lines)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(content);
        foreach (int atOnce in new[] { 1, 2, 1000 })
        {
            using var reader = new LineReader("in", new Trickle(bytes, atOnce));
            await Assert.That(Read(reader)).IsEqualTo(lines);
            await Assert.That(reader.HasLatin1).IsFalse();
        }

        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest)) gzip.Write(bytes);
        using var unpacking = new LineReader("in", new Trickle(packed.ToArray(), 3));
        await Assert.That(Read(unpacking)).IsEqualTo(lines);
    }

    [Test]
    public async Task It_tells_whether_a_line_is_here_without_waiting_for_it()
    {
        // The first two bytes tell gzip; then as much comes as there is.
        using var reader = new LineReader("in", new Trickle("ab\nc\nde"u8.ToArray(), 6));
        var told = new StringBuilder();
        do told.Append(reader.HasLine ? '+' : '-');
        while (reader.TryRead(out _));
        await Assert.That(told.ToString()).IsEqualTo("-+--");
        await Assert.That(reader.Line).IsEqualTo(3);
    }

    [Test]
    public async Task A_line_longer_than_any_buffer_is_whole_and_counted()
    {
        string giant = string.Concat(Enumerable.Repeat("word ", 100_000));
        using var reader = new LineReader("in", new Trickle(Encoding.UTF8.GetBytes($"a\n{giant}\nb"), 70_000));
        await Assert.That(Read(reader) == $"a|{giant}|b|").IsTrue();
        await Assert.That(reader.Line).IsEqualTo(3);
    }

    [Test]
    public async Task A_line_that_is_not_utf8_is_latin1_and_wide_text_is_refused()
    {
        using var reader = new LineReader("in", new Trickle([0x61, 0xE9, 0x0A, 0xC3, 0xA9, 0x0A], 10));
        await Assert.That(Read(reader)).IsEqualTo("a\u00e9|\u00e9|");
        await Assert.That(reader.HasLatin1).IsTrue();
        byte[] wide = [0xFF, 0xFE, .. Encoding.Unicode.GetBytes("a\n")];
        FileProblem problem = Refused.By(() =>
        {
            using var utf16 = new LineReader("in", new Trickle(wide, 10));
            utf16.TryRead(out _);
        });
        await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.NotUtf8);
    }

    private static string Read(LineReader reader)
    {
        var lines = new StringBuilder();
        while (reader.TryRead(out string? line)) lines.Append(line).Append('|');
        return lines.ToString();
    }

    private sealed class Trickle(byte[] bytes, int atOnce) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, atOnce));

        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, atOnce)]);
    }
}
