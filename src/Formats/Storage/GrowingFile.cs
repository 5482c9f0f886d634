namespace TinySD.Formats.Storage;

/// <summary>Tells of a line, without its end, whether a file keeps it and goes on after it.</summary>
/// <param name="line">The line.</param>
/// <param name="number">Counted from 1.</param>
public delegate bool LineTest(ReadOnlySpan<byte> line, long number);

/// <summary>A file that grows line by line, and that others may read meanwhile: a log.</summary>
/// <remarks>Each line goes to the system at once and is there whole or not at all, but for a power failure, after which the last ones may
/// be missing. Another process that would write it, too, is refused where the system has locks for that. What else a program writes is <see
/// cref="AtomicFile"/>'s. Not thread-safe.</remarks>
public sealed class GrowingFile : IDisposable
{
    private readonly string _path;
    private readonly FileStream _file;

    private GrowingFile(string path)
    {
        _path = path;
        _file = SystemErrors.Worded(() => OpenAlone(path), exception => SystemErrors.IsInUse(exception)
            ? new(FileProblemKind.InUse, path,
                $"cannot write {path}: another process is writing it, line by line; wait for its end, or give another name")
            : SystemErrors.WhileWriting(path, exception));
    }

    /// <summary>Begins a file anew, whatever there was.</summary>
    /// <param name="path">The file; a symbolic link is followed.</param>
    /// <exception cref="FileProblemException">It cannot be written.</exception>
    public static GrowingFile Create(string path) => Open(path, _ => 0);

    /// <summary>Goes on with a file, or begins it where there is none. Its end is cut off from the first line on that is not kept, or that
    /// nothing ended.</summary>
    /// <param name="path">The file; a symbolic link is followed.</param>
    /// <param name="keeps">Asked for each line in order, until it says no. What it throws is thrown on, the file untouched.</param>
    /// <exception cref="FileProblemException">It cannot be read or written.</exception>
    public static GrowingFile Continue(string path, LineTest keeps) => Open(path, file => KeptBytes(file.ReadAll(), keeps));

    /// <summary>Whether there is no line yet.</summary>
    public bool IsEmpty => _file.Position == 0;

    /// <summary>Writes a line.</summary>
    /// <param name="line">The line, its end included.</param>
    /// <exception cref="FileProblemException">It cannot be written; the file is as it was.</exception>
    public void Add(ReadOnlySpan<byte> line)
    {
        long before = _file.Position;
        try
        {
            _file.Write(line);
        }
        catch (Exception exception) when (SystemErrors.IsFromSystem(exception))
        {
            // A part of it may have found room.
            SystemErrors.Trying(() => _file.SetLength(before));
            Throw.Problem(SystemErrors.WhileWriting(_path, exception), exception);
        }
    }

    /// <summary>Closes it.</summary>
    public void Dispose() => _file.Dispose();

    private static GrowingFile Open(string path, Func<GrowingFile, long> keptBytes)
    {
        var file = new GrowingFile(path);
        try
        {
            long kept = keptBytes(file);
            SystemErrors.Writing(path, () =>
            {
                file._file.SetLength(kept);
                file._file.Position = kept;
            });
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static FileStream OpenAlone(string path)
    {
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        try
        {
            // On Unix the share keeps nobody out who shares alike, and two would write over each other's lines. Who only reads does not
            // meet this lock there; on Windows, where the share is enough, one would.
            if (OperatingSystem.IsLinux()) file.Lock(0, 0);
            return file;
        }
        catch (Exception exception) when (SystemErrors.IsFromSystem(exception) && !SystemErrors.IsInUse(exception))
        {
            // A file system that has no locks.
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static long KeptBytes(ReadOnlySpan<byte> bytes, LineTest keeps)
    {
        int kept = 0;
        for (long number = 1; ; number++)
        {
            int length = bytes[kept..].IndexOf((byte)'\n');
            if (length < 0 || !keeps(bytes.Slice(kept, length), number)) return kept;
            kept += length + 1;
        }
    }

    private byte[] ReadAll() => SystemErrors.Reading(_path, () =>
    {
        if (_file.Length > Array.MaxLength) throw new IOException("it is too long to go on with");
        byte[] bytes = new byte[_file.Length];
        _file.ReadExactly(bytes);
        return bytes;
    });
}
