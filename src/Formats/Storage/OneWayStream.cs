namespace TinySD.Formats.Storage;

/// <summary>A stream that is only read, or only written, forward and once; what a subclass adds is that one method.</summary>
internal abstract class OneWayStream(bool isRead) : Stream
{
    public override bool CanRead => isRead;

    public override bool CanSeek => false;

    public override bool CanWrite => !isRead;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> destination) => throw new NotSupportedException();

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> bytes) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
