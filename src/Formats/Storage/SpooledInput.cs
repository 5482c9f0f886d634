namespace TinySD.Formats.Storage;

/// <summary>A stream that is no file, such as standard input, kept in a temporary file: while this is there, the path <c>-</c> means it, to
/// all that the thread which made it calls or starts, and it can be read as often as any file.</summary>
/// <remarks>The temporary file is gone when this is disposed, or when the process ends, however it ends.</remarks>
public sealed class SpooledInput : IDisposable
{
    /// <summary>The path that means it.</summary>
    public const string Name = "-";

    private const int PartBytes = 1 << 16;

    // Not of the process: command lines run side by side in one.
    private static readonly AsyncLocal<SpooledInput?> s_current = new();

    private readonly FileStream _file;

    private SpooledInput(FileStream file) => _file = file;

    /// <summary>Reads a stream to its end, which is left open.</summary>
    /// <param name="input">The stream.</param>
    /// <param name="name">What messages call it.</param>
    /// <exception cref="FileProblemException">It cannot be read, or there is no room for it on the disk.</exception>
    public static SpooledInput Keep(Stream input, string name)
    {
        string folder = ScratchFile.Folder;
        FileStream file = Writing(() => ScratchFile.Create(folder));
        try
        {
            byte[] part = new byte[PartBytes];
            while (SystemErrors.Reading(name, () => input.Read(part)) is > 0 and int count)
            {
                Writing(() =>
                {
                    file.Write(part.AsSpan(0, count));
                    return true;
                });
            }

            return s_current.Value = new SpooledInput(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }

        T Writing<T>(Func<T> write) => SystemErrors.Worded(write, exception => Failure(name, folder, exception));
    }

    /// <summary>Removes the file; the path is one like any other again.</summary>
    public void Dispose()
    {
        if (s_current.Value == this) s_current.Value = null;
        _file.Dispose();
    }

    // A handle of its own for each reader, which knows where it is itself; null where the path is that of a file.
    internal static SafeFileHandle? TryOpen(string path) => path == Name && s_current.Value is { } current
        ? new SafeFileHandle(current._file.SafeFileHandle.DangerousGetHandle(), ownsHandle: false)
        : null;

    private static FileProblem Failure(string name, string folder, Exception exception)
    {
        bool isFull = SystemErrors.IsNoSpace(exception.HResult);
        string why = isFull ? "which has no space left" : $"which failed ({exception.Message})";
        return new(isFull ? FileProblemKind.NoSpace : FileProblemKind.WriteFailed, name,
            $"{name} is kept in {folder} while it is read, {why}; {ScratchFile.Remedy}, or give a file");
    }
}
