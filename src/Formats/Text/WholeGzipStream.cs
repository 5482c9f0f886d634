using System.IO.Compression;

namespace TinySD.Formats.Text;

/// <summary>Unpacks gzip and refuses a file that is cut short, which <see cref="GZipStream"/> takes for a short but whole one.</summary>
/// <remarks>A gzip file is a sequence of members. Here one more member, the seal, is put behind the file's last byte. Only when every
/// member before it ended as it should does the seal come out at the end; in a file that is cut short the seal's bytes are taken for the
/// missing ones, and fail their check sum. So nothing needs to be known of the compressed form.</remarks>
internal sealed class WholeGzipStream : OneWayStream
{
    private static readonly byte[] s_seal = [0xFF, 0x54, 0x69, 0x6E, 0x79, 0x53, 0x44, 0xFF];
    private static readonly byte[] s_sealMember = Pack(s_seal);

    private readonly GZipStream _unpacked;
    private readonly byte[] _buffer = new byte[1 << 16];
    private int _count;
    private bool _ended;

    /// <param name="file">The compressed bytes; owned from here on.</param>
    public WholeGzipStream(Stream file)
        : base(isRead: true) => _unpacked = new GZipStream(new Sealed(file), CompressionMode.Decompress);

    /// <summary>Reads unpacked bytes.</summary>
    /// <exception cref="InvalidDataException">The file is damaged, cut short, or has other bytes behind its end.</exception>
    public override int Read(Span<byte> destination)
    {
        // What may yet turn out to be the seal is held back.
        while (_count <= s_seal.Length && !_ended)
        {
            int read = _unpacked.Read(_buffer.AsSpan(_count));
            _count += read;
            _ended = read == 0;
        }

        if (_ended && !_buffer.AsSpan(0, _count).SequenceEqual(s_seal)) Throw.DamagedGzip();
        int ready = Math.Min(_count - s_seal.Length, destination.Length);
        _buffer.AsSpan(0, ready).CopyTo(destination);
        _count -= ready;
        _buffer.AsSpan(ready, _count).CopyTo(_buffer);
        return ready;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _unpacked.Dispose();
        base.Dispose(disposing);
    }

    private static byte[] Pack(ReadOnlySpan<byte> bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.NoCompression, leaveOpen: true)) gzip.Write(bytes);
        return packed.ToArray();
    }

    /// <summary>The file, then the seal.</summary>
    private sealed class Sealed(Stream file) : OneWayStream(isRead: true)
    {
        private int _sealUsed;

        public override int Read(Span<byte> destination)
        {
            int read = file.Read(destination);
            if (read > 0 || destination.IsEmpty) return read;
            read = Math.Min(destination.Length, s_sealMember.Length - _sealUsed);
            s_sealMember.AsSpan(_sealUsed, read).CopyTo(destination);
            _sealUsed += read;
            return read;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) file.Dispose();
            base.Dispose(disposing);
        }
    }
}
