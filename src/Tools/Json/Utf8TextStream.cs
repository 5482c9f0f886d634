using System.Buffers;
using System.Text;

namespace TinySD.Tools.Json;

/// <summary>Takes UTF-8 in parts of any length and hands it on as text.</summary>
/// <param name="writer">Where to; left open.</param>
internal sealed class Utf8TextStream(TextWriter writer) : Stream
{
    private const int PartBytes = 1 << 14;

    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        char[] text = ArrayPool<char>.Shared.Rent(PartBytes + 1);
        for (; !buffer.IsEmpty; buffer = buffer[Math.Min(PartBytes, buffer.Length)..])
        {
            int length = _decoder.GetChars(buffer[..Math.Min(PartBytes, buffer.Length)], text, flush: false);
            writer.Write(text.AsSpan(0, length));
        }

        ArrayPool<char>.Shared.Return(text);
    }

    /// <summary>Nothing waits here.</summary>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();
}
