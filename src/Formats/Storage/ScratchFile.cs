namespace TinySD.Formats.Storage;

/// <summary>A file of this process only, gone when it is closed or when the process ends, however it ends.</summary>
internal static class ScratchFile
{
    private static string FolderVariable => OperatingSystem.IsWindows() ? "TMP" : "TMPDIR";

    /// <summary>Where large temporary files go: the folder that the environment names; or else, on Unix, /var/tmp, because /tmp is memory
    /// on many systems; or else the system's.</summary>
    public static string Folder
    {
        get
        {
            const string disk = "/var/tmp";
            bool isNamed = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(FolderVariable));
            return !isNamed && !OperatingSystem.IsWindows() && Directory.Exists(disk) ? disk : Path.GetTempPath();
        }
    }

    /// <summary>What helps where there is no room for one.</summary>
    public static string Remedy => $"set {FolderVariable} to a folder on a disk with room for it";

    /// <summary>Creates one, open for reading and writing.</summary>
    /// <exception cref="IOException">It cannot be created.</exception>
    /// <exception cref="UnauthorizedAccessException">The user may not create files there.</exception>
    public static FileStream Create(string folder)
    {
        var options = new FileStreamOptions
        { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.Delete, BufferSize = 0 };
        if (OperatingSystem.IsWindows()) options.Options = FileOptions.DeleteOnClose;
        else options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var file = new FileStream(Path.Combine(folder, $"tinysd-{Path.GetRandomFileName()}.tmp"), options);

        // On Unix a file without a name lives as long as it is open; Windows does the same by the option.
        if (!OperatingSystem.IsWindows()) File.Delete(file.Name);
        return file;
    }

    /// <summary>A failure to create or to write one, in words.</summary>
    public static FileProblem Failure(string path, string folder, Exception exception)
    {
        return SystemErrors.IsNoSpace(exception.HResult)
            ? new(FileProblemKind.NoSpace, path,
                $"{path} is too long for memory, and {folder} has no space left for its token ids; {Remedy}")
            : new(FileProblemKind.WriteFailed, path,
                $"{path} is too long for memory, and its token ids cannot be kept in {folder} ({exception.Message}); {Remedy}");
    }
}
