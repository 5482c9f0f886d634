namespace TinySD.Formats.Storage;

/// <summary>A stream that writes nothing and compares what would be written with what a file holds.</summary>
/// <param name="file">Open for reading, at its start.</param>
internal sealed class ComparingStream(Stream file) : OneWayStream(isRead: false)
{
    private readonly byte[] _found = new byte[1 << 16];
    private bool _differs;

    /// <summary>Whether all that was written is all that the file holds.</summary>
    public bool IsSame => !_differs && file.ReadByte() < 0;

    public override void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty && !_differs)
        {
            Span<byte> found = _found.AsSpan(0, Math.Min(bytes.Length, _found.Length));
            _differs = file.ReadAtLeast(found, found.Length, throwOnEndOfStream: false) < found.Length || !bytes.StartsWith(found);
            bytes = bytes[found.Length..];
        }
    }
}
