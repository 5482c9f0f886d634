using System.IO.Compression;
using TinySD.Formats.Text;

namespace TinySD.Formats.Tests;

/// <summary>Short texts, read whole from files and streams.</summary>
public sealed class WholeTextTests
{
    [Test]
    [Arguments(false)]
    [Arguments(true)]
    public async Task A_text_is_read_without_its_mark_and_with_its_line_ends(bool isGzip)
    {
        using var folder = new TestFolder();
        byte[] bytes = [0xEF, 0xBB, 0xBF, (byte)'a', 0xC3, 0xA9, (byte)'\r', (byte)'\n', (byte)'b'];
        if (isGzip) bytes = Packed(bytes);
        await File.WriteAllBytesAsync(folder["a.txt"], bytes);
        await Assert.That(WholeText.Read(folder["a.txt"])).IsEqualTo("a\u00E9\r\nb");
        await Assert.That(WholeText.Read("a stream", new MemoryStream(bytes))).IsEqualTo("a\u00E9\r\nb");
        await Assert.That(WholeText.ReadBytes("a stream", new MemoryStream(bytes)).Length).IsEqualTo(9);
    }

    [Test]
    public async Task What_is_empty_too_long_or_no_text_is_refused_by_its_name()
    {
        await Refused([], "a stream is empty; a text was expected", FileProblemKind.Empty);
        await Refused([(byte)'a', 0xFF], "a stream, line 1: not UTF-8 text", FileProblemKind.NotUtf8);
        await Refused("abcd"u8.ToArray(), "a stream is longer than 3 characters; cut it", FileProblemKind.TooManyTokens);
        FileProblem bytes = Problem(() => WholeText.ReadBytes("a stream", new MemoryStream(new byte[4]), 3));
        await Assert.That(bytes.Message).IsEqualTo("a stream is longer than 3 bytes; cut it");
        await Assert.That(Problem(() => WholeText.ReadBytes("a stream", Stream.Null)).Message)
            .IsEqualTo("a stream is empty; something was expected");
        await Assert.That(WholeText.Read("a stream", new MemoryStream("abc"u8.ToArray()), 3)).IsEqualTo("abc");

        static async Task Refused(byte[] bytes, string message, FileProblemKind kind)
        {
            FileProblem problem = Problem(() => WholeText.Read("a stream", new MemoryStream(bytes), 3));
            await Assert.That(problem.Message).StartsWith(message);
            await Assert.That(problem.Kind).IsEqualTo(kind);
        }

        static FileProblem Problem(Action act)
        {
            try
            {
                act();
            }
            catch (FileProblemException exception)
            {
                return exception.Problem;
            }

            throw new InvalidOperationException("nothing was refused");
        }
    }

    private static byte[] Packed(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionMode.Compress)) gzip.Write(bytes);
        return packed.ToArray();
    }
}
