namespace TinySD.Formats.Storage;

/// <summary>The file that a writer fills before it takes the target's place: its name, and what becomes of it when its writer
/// dies.</summary>
internal static class TemporaryFile
{
    private const string Extension = ".tmp";

    // What names a file system takes are at most 255 bytes; the random part and the extension have 17 with their dots.
    private const int MaxNameBytes = 255, AddedBytes = 17, RandomLength = 12, RandomDot = 8;

    // A name is random, so that only who looks for leftovers can be in the way, for a moment each time.
    private const int MostAttempts = 100;

    // Where the lock says nothing, nothing younger is removed. On Windows a file must be let go of before it is renamed, or its readers
    // would be refused for a moment.
    private static readonly TimeSpan s_youngest = TimeSpan.FromSeconds(10);

    /// <summary>Creates a file beside the target, of a name that no other writer takes, and locks it until it is closed: by the lock a
    /// living writer is known.</summary>
    /// <remarks>On Unix the lock is one that readers share, so that the file can be renamed while it is held.</remarks>
    /// <exception cref="IOException">It cannot be created.</exception>
    /// <exception cref="UnauthorizedAccessException">The user may not create files there.</exception>
    public static FileStream Create(string target)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = OperatingSystem.IsWindows() ? FileShare.None : FileShare.Read,
            BufferSize = 0,
        };
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                var file = new FileStream(NameFor(target), options);

                // Created and locked in two steps: between them it may have been taken for a leftover, and be gone.
                if (attempt == MostAttempts || File.Exists(file.Name)) return file;
                file.Dispose();
            }
            catch (IOException exception) when (attempt < MostAttempts && SystemErrors.IsInUse(exception))
            {
                // Or just be looked at, and then removed.
            }
        }
    }

    /// <summary>Puts a file that is written and flushed in the target's place. At no moment is it taken for a leftover.</summary>
    public static void TakePlace(FileStream file, string target)
    {
        Refresh(file.SafeFileHandle);
        if (OperatingSystem.IsWindows()) file.Dispose();
        File.Move(file.Name, target, overwrite: true);
    }

    /// <summary>Removes what writers of this target left that were killed.</summary>
    public static void RemoveLeftovers(string target)
    {
        string stem = StemFor(target);
        RemoveLeftovers(Path.GetDirectoryName(target)!, name => name == stem, othersMayWrite: true);
    }

    /// <summary>Removes what killed writers of some targets left; files that are locked stay.</summary>
    /// <param name="folder">Where to look.</param>
    /// <param name="isStem">Whether a temporary file for a target of that name is to go.</param>
    /// <param name="othersMayWrite">False where the caller knows that no other process writes these targets now.</param>
    public static void RemoveLeftovers(string folder, Func<string, bool> isStem, bool othersMayWrite)
    {
        // Cleaning up is a courtesy; a folder may be one that can be written and not listed.
        SystemErrors.Trying(() =>
        {
            foreach (string path in Directory.EnumerateFiles(folder))
            {
                if (StemOf(Path.GetFileName(path)) is { } stem && isStem(stem)) RemoveIfAbandoned(path, othersMayWrite);
            }
        });
    }

    /// <summary>Removes a file, if that can be done: the first failure is the one to report, and nobody reads what ends in .tmp.</summary>
    public static void TryDelete(string path) => SystemErrors.Trying(() => File.Delete(path));

    // The target's name, shortened where the addition would make it too long for the file system.
    private static string Stem(string target)
    {
        string name = Path.GetFileName(target);
        while (Encoding.UTF8.GetByteCount(name) + AddedBytes > MaxNameBytes)
            name = name[..^(char.IsLowSurrogate(name[^1]) && name.Length > 1 ? 2 : 1)];
        return Path.Combine(Path.GetDirectoryName(target)!, name);
    }

    /// <summary>How the names of a target's temporary files begin.</summary>
    public static string StemFor(string target) => Path.GetFileName(Stem(target));

    /// <summary>What <see cref="NameFor"/> added taken off again; null for other names.</summary>
    public static string? StemOf(string name)
    {
        int length = name.Length - (1 + RandomLength + Extension.Length);
        return length > 0 && name[length] == '.' && name[length + 1 + RandomDot] == '.'
            && name.EndsWith(Extension, StringComparison.Ordinal)
            ? name[..length]
            : null;
    }

    private static string NameFor(string target) => $"{Stem(target)}.{Path.GetRandomFileName()}{Extension}";

    private static void RemoveIfAbandoned(string path, bool othersMayWrite)
    {
        // No writer makes links, and what one leads to is not to be locked or made young.
        if (LinkWalk.TargetOf(path) is not null) return;
        bool lockTells = !OperatingSystem.IsWindows();
        TimeSpan age = DateTime.UtcNow - File.GetLastWriteTimeUtc(path);

        // On Windows a writer about to rename its file must not find it open.
        if (!lockTells && othersMayWrite && age >= TimeSpan.Zero && age < s_youngest) return;
        try
        {
            using var hold = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, lockTells ? FileShare.None : FileShare.Delete, 0);
            age = DateTime.UtcNow - File.GetLastWriteTimeUtc(hold.SafeFileHandle);

            // Removed while it is held: a writer that locks it afterwards sees that it is gone.
            if (!othersMayWrite || age >= s_youngest || (lockTells && IsLocked(path))) TryDelete(path);

            // Of the future: the clock was ahead, or has stepped back. From now on it ages.
            else if (age < TimeSpan.Zero) Refresh(hold.SafeFileHandle);
        }
        catch (Exception exception) when (SystemErrors.IsFromSystem(exception))
        {
            // A living writer's, or one that this user may not open.
        }
    }

    // Whether the lock just taken keeps others out: some file systems know none, and .NET then goes on without.
    private static bool IsLocked(string path)
    {
        try
        {
            using var other = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None, 0);
            return false;
        }
        catch (IOException exception) when (SystemErrors.IsInUse(exception))
        {
            return true;
        }
    }

    // Makes a file young again: for its writer before it lets go, since flushing may have taken long. A file system that sets no times sets
    // none back either.
    private static void Refresh(SafeFileHandle file) => SystemErrors.Trying(() => File.SetLastWriteTimeUtc(file, DateTime.UtcNow));
}
