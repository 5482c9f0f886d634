namespace TinySD.Formats.Storage;

/// <summary>Reads parts of files whose length was asked before.</summary>
internal static class FileBytes
{
    /// <summary>Fills <paramref name="destination"/> from a place of the file on; one that ends before is being written.</summary>
    public static bool TryRead(
        string path, SafeFileHandle handle, Span<byte> destination, long offset, [NotNullWhen(false)] out FileProblem? problem)
    {
        try
        {
            int count = ReadAt(handle, destination, offset);
            problem = count == destination.Length ? null : Shrunk(path) with { Offset = offset + count };
        }
        catch (Exception exception) when (SystemErrors.IsFromSystem(exception))
        {
            problem = SystemErrors.WhileReading(path, exception) with { Offset = offset };
        }

        return problem is null;
    }

    /// <summary>Reads the beginning of a regular file, so many bytes at most.</summary>
    public static bool TryReadFirst(
        string path, int most, [NotNullWhen(true)] out byte[]? bytes, [NotNullWhen(false)] out FileProblem? problem)
    {
        SystemErrors.TryOpen(path, Read, out bytes, out problem);
        return bytes is not null && problem is null;

        byte[] Read(SafeFileHandle handle, long length, out FileProblem? problem)
        {
            using (handle)
            {
                byte[] first = new byte[most];
                problem = null;
                return first[..ReadAt(handle, first, 0)];
            }
        }
    }

    /// <summary>Reads as many bytes as there are from a place on; throws what the system does.</summary>
    public static int ReadAt(SafeFileHandle handle, Span<byte> destination, long offset)
    {
        int count = 0;
        for (int more = 1; more > 0 && count < destination.Length; count += more)
            more = RandomAccess.Read(handle, destination[count..], offset + count);
        return count;
    }

    /// <summary>Of a file that ends before the length that it had.</summary>
    public static FileProblem Shrunk(string path) =>
        new(FileProblemKind.Truncated, path, $"{path} became shorter while it was read; another program is writing it");
}
