namespace TinySD.Formats.Storage;

/// <summary>Reads the beginning of an open file of some length.</summary>
/// <returns>What keeps the file open; null where there is a problem.</returns>
internal delegate T? OpenReader<T>(SafeFileHandle handle, long length, out FileProblem? problem)
    where T : class;

/// <summary>What the system says about files, put into words a user can act on.</summary>
internal static class SystemErrors
{
    // ENOTDIR, the same number on every Unix: what should be a folder on the way is a file.
    private const int NotAFolder = 20;

    /// <summary>Whether the exception is the system's word on a file, and not a bug.</summary>
    /// <remarks>A part of the program that is missing or damaged is reported in the same types; it has the name of an assembly, and files
    /// have whole paths.</remarks>
    public static bool IsFromSystem(Exception exception) => exception switch
    {
        FileLoadException => false,
        FileNotFoundException { FileName: { } name } => Path.IsPathFullyQualified(name),
        _ => exception is IOException or UnauthorizedAccessException,
    };

    /// <summary>Opens a regular file to read.</summary>
    public static bool TryOpen(string path, [NotNullWhen(true)] out SafeFileHandle? handle, [NotNullWhen(false)] out FileProblem? problem)
    {
        problem = null;
        handle = SpooledInput.TryOpen(path);
        if (handle is not null) return true;
        problem = CheckReadable(path);
        if (problem is not null) return false;
        try
        {
            handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            return true;
        }
        catch (Exception exception) when (IsFromSystem(exception))
        {
            return WhileReading(path, exception).Refuse(out problem);
        }
    }

    /// <summary>Opens a regular file for something that keeps it open; where there is none, the file is closed again.</summary>
    public static bool TryOpen<T>(
        string path, OpenReader<T> read, [NotNullWhen(true)] out T? opened, [NotNullWhen(false)] out FileProblem? problem)
        where T : class
    {
        opened = null;
        if (!TryOpen(path, out SafeFileHandle? handle, out problem)) return false;
        try
        {
            opened = read(handle, RandomAccess.GetLength(handle), out problem);
        }
        catch (Exception exception) when (IsFromSystem(exception))
        {
            problem = WhileReading(path, exception);
        }
        finally
        {
            if (opened is null) handle.Dispose();
        }

        return opened is not null && problem is null;
    }

    /// <summary>Reads; a failure of the system's is thrown in words.</summary>
    /// <exception cref="FileProblemException">The system failed.</exception>
    public static T Reading<T>(string path, Func<T> read) => Worded(read, exception => WhileReading(path, exception));

    /// <summary>Writes; a failure of the system's is thrown in words.</summary>
    /// <exception cref="FileProblemException">The system failed.</exception>
    public static void Writing(string path, Action write) => Worded(
        () =>
        {
            write();
            return true;
        },
        exception => WhileWriting(path, exception));

    /// <summary>Does something; a failure of the system's is thrown in the caller's words.</summary>
    /// <exception cref="FileProblemException">The system failed.</exception>
    public static T Worded<T>(Func<T> act, Func<Exception, FileProblem> words)
    {
        try
        {
            return act();
        }
        catch (Exception exception) when (IsFromSystem(exception))
        {
            throw new FileProblemException(words(exception), exception);
        }
    }

    /// <summary>Does what is a courtesy: where the system fails, nothing has happened.</summary>
    public static void Trying(Action act)
    {
        try
        {
            act();
        }
        catch (Exception exception) when (IsFromSystem(exception))
        {
            // Whoever needs it finds out.
        }
    }

    /// <summary>A failure to open or to read, in words.</summary>
    public static FileProblem WhileReading(string path, Exception exception) => exception switch
    {
        UnauthorizedAccessException =>
            new(FileProblemKind.AccessDenied, path, $"cannot read {path}: permission denied; check the file's owner and mode"),
        FileNotFoundException or DirectoryNotFoundException or IOException { HResult: NotAFolder } =>
            new(FileProblemKind.NotFound, path, $"there is no file {path}; check the name"),
        _ => new(FileProblemKind.ReadFailed, path, $"cannot read {path}: {exception.Message}"),
    };

    /// <summary>A failure to write, in words.</summary>
    public static FileProblem WhileWriting(string path, Exception exception)
    {
        // The folder was there a moment ago: not to be found is how /proc and its like refuse, and the system's own words would name the
        // temporary file.
        (FileProblemKind kind, string what) = exception switch
        {
            PathTooLongException => (FileProblemKind.WriteFailed,
                "the name or the path is too long for the system, which takes 255 bytes in most names; choose a shorter one"),
            UnauthorizedAccessException => (FileProblemKind.AccessDenied, "permission denied; choose a folder you may write to"),
            _ when IsNoSpace(exception.HResult) => (FileProblemKind.NoSpace,
                "no space left on the disk; free some or choose another folder. What was there before is unchanged."),
            _ when IsReadOnlyDisk(exception.HResult) => (FileProblemKind.AccessDenied,
                "the disk is write-protected or mounted read-only; choose another folder"),
            FileNotFoundException or DirectoryNotFoundException => (FileProblemKind.WriteFailed,
                "the system does not let files be created there; choose another folder"),
            _ => (FileProblemKind.WriteFailed, exception.Message),
        };
        return new(kind, path, $"cannot write {path}: {what}");
    }

    /// <summary>Whether a file could not be opened because another process holds it.</summary>
    public static bool IsInUse(Exception exception) => exception is IOException && (OperatingSystem.IsWindows()
        ? exception.HResult == unchecked((int)0x80070020)
        : exception.HResult == (OperatingSystem.IsLinux() ? 11 : 35));

    // What opening says itself is left to it: of a file that cannot be seen only that tells whether it is missing or its folder forbidden.
    private static FileProblem? CheckReadable(string path)
    {
        if (path.Length == 0 || path.Contains('\0'))
            return new(FileProblemKind.NotFound, path, $"'{Words.Shown(path)}' is not the name of a file");
        return Libc.KindOf(path) switch
        {
            PathKind.Directory => new(FileProblemKind.IsDirectory, path,
                ForeignFile.DescribeFolder(path) is { } folder ? $"{path} is {folder}" : $"{path} is a folder; a file was expected"),
            PathKind.Special => new(FileProblemKind.NotRegularFile, path,
                $"{path} is a pipe or a device; TinySD reads a file more than once, so save the data to a file first"),
            _ => null,
        };
    }

    // .NET hands over errno as it is on Unix (ENOSPC; EDQUOT of Linux and of the BSDs) and an HRESULT on Windows.
    public static bool IsNoSpace(int code) => OperatingSystem.IsWindows()
        ? code is unchecked((int)0x80070070) or unchecked((int)0x80070027)
        : code == 28 || code == (OperatingSystem.IsLinux() ? 122 : 69);

    // EROFS, the same number on every Unix, and ERROR_WRITE_PROTECT.
    private static bool IsReadOnlyDisk(int code) => code == (OperatingSystem.IsWindows() ? unchecked((int)0x80070013) : 30);
}
