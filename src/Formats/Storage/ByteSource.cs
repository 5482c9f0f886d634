namespace TinySD.Formats.Storage;

/// <summary>Bytes that are read by their place: those of an open file, or memory.</summary>
internal sealed class ByteSource : IDisposable
{
    private readonly ReadOnlyMemory<byte> _memory;

    /// <summary>An open file of some length, to be closed with this.</summary>
    public ByteSource(SafeFileHandle file, long length) => (File, Length) = (file, length);

    public ByteSource(ReadOnlyMemory<byte> memory) => (_memory, Length) = (memory, memory.Length);

    public long Length { get; }

    /// <summary>The file, or null for memory.</summary>
    public SafeFileHandle? File { get; }

    /// <summary>Reads as many bytes as there are from a place on; throws what the system does.</summary>
    public int ReadAt(Span<byte> destination, long offset)
    {
        if (File is not null) return FileBytes.ReadAt(File, destination, offset);
        int count = (int)Math.Clamp(Length - offset, 0, destination.Length);
        _memory.Span.Slice((int)Math.Min(offset, Length), count).CopyTo(destination);
        return count;
    }

    /// <inheritdoc cref="FileBytes.TryRead"/>
    public bool TryRead(string path, Span<byte> destination, long offset, [NotNullWhen(false)] out FileProblem? problem)
    {
        if (File is not null) return FileBytes.TryRead(path, File, destination, offset, out problem);
        problem = ReadAt(destination, offset) == destination.Length ? null : FileBytes.Shrunk(path) with { Offset = Length };
        return problem is null;
    }

    public void Dispose() => File?.Dispose();
}
