using Microsoft.Win32.SafeHandles;

namespace TinySD.Formats.Storage;

/// <summary>Reads parts of files whose length was asked before.</summary>
internal static class FileBytes
{
    /// <summary>Fills <paramref name="destination"/> from the file.</summary>
    /// <param name="path">Named in the problem.</param>
    /// <param name="handle">The open file.</param>
    /// <param name="destination">What is wanted.</param>
    /// <param name="offset">Its first byte.</param>
    /// <param name="problem">Why it could not be read; a file that ends before is one that another program is writing.</param>
    public static bool TryRead(
        string path, SafeFileHandle handle, Span<byte> destination, long offset, [NotNullWhen(false)] out FileProblem? problem)
    {
        problem = null;
        try
        {
            while (!destination.IsEmpty)
            {
                int read = RandomAccess.Read(handle, destination, offset);
                if (read == 0)
                {
                    problem = new(FileProblemKind.Truncated, path, $"{path} became shorter while it was read; another program is writing it")
                    { Offset = offset };
                    return false;
                }

                destination = destination[read..];
                offset += read;
            }

            return true;
        }
        catch (Exception exception) when (SystemErrors.IsFromSystem(exception))
        {
            problem = SystemErrors.WhileReading(path, exception) with { Offset = offset };
            return false;
        }
    }
}
