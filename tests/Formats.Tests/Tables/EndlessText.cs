using System.IO.Compression;
using System.Text;

namespace TinySD.Formats.Tests;

/// <summary>A text that begins somehow and goes on with one thing for as long as somebody reads: 2 GB.</summary>
internal sealed class EndlessText(string start, string rest) : Stream
{
    private const long End = 1L << 31;

    public long BytesRead { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        int read = (int)Math.Min(count, End - BytesRead);
        for (int i = 0; i < read; i++, BytesRead++)
        {
            long at = BytesRead - start.Length;
            buffer[offset + i] = (byte)(at < 0 ? start[(int)BytesRead] : rest[(int)(at % rest.Length)]);
        }

        return read;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}

/// <summary>A real table's lines, without the code under test.</summary>
internal static class RealTable
{
    public static IEnumerable<string> Lines(string path)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress), Encoding.ASCII);
        while (reader.ReadLine() is { } line) yield return line;
    }
}
