namespace TinySD.Formats.Storage;

/// <summary>Writes files whole or not at all.</summary>
/// <remarks>The bytes go to a temporary file beside the target, are flushed to the disk, and the file is renamed over the target; then the
/// folder is flushed. Whoever opens the target sees the old content or the new, never a part, also after a power failure. When anything
/// fails, the temporary file is removed and the old content stays. A program that is killed leaves its temporary file, and the next writer
/// of the same target removes it. The new file is its writer's, whoever owned the old one. Safe to call from many threads; of two writers
/// of one file the later wins.</remarks>
public static class AtomicFile
{
    private const int BufferBytes = 1 << 16;

    /// <summary>Writes a file through a stream.</summary>
    /// <param name="path">The target. A symbolic link is followed. An existing file is replaced and its Unix mode kept.</param>
    /// <param name="write">Writes the content; the stream is buffered and cannot seek back. What it throws is thrown on, the target
    /// untouched. On a full disk it is called once more, to find out whether the target holds just that already.</param>
    /// <exception cref="FileProblemException">No space, no permission, a folder in the way, no such folder: the message says
    /// which.</exception>
    public static void Write(string path, Action<Stream> write) => Write(path, write, static stream => stream);

    /// <summary>Writes a file under a name that is the program's own and not its user's, and so could be guessed: a symbolic link of that
    /// name is replaced itself, whatever it leads to.</summary>
    /// <param name="path">The target.</param>
    /// <param name="write">As for <see cref="Write(string, Action{Stream})"/>.</param>
    /// <exception cref="FileProblemException">As for <see cref="Write(string, Action{Stream})"/>.</exception>
    public static void WriteOwn(string path, Action<Stream> write) => Write(path, write, static stream => stream, followLink: false);

    /// <summary>Writes a file from memory.</summary>
    /// <param name="path">The target, as for <see cref="Write(string, Action{Stream})"/>.</param>
    /// <param name="content">All its bytes.</param>
    /// <exception cref="FileProblemException">As for <see cref="Write(string, Action{Stream})"/>.</exception>
    public static void Write(string path, ReadOnlyMemory<byte> content) => Write(path, stream => stream.Write(content.Span));

    /// <summary>Refuses to go on where something else than a file, for example a symbolic link, has a name that is the program's
    /// own.</summary>
    /// <exception cref="FileProblemException">It does.</exception>
    public static void CheckOwn(string path) => OwnFile.RefuseOther(path);

    /// <summary>The same, with something between the buffer and the file: a test's way to a disk that fails.</summary>
    internal static void Write(string path, Action<Stream> write, Func<Stream, Stream> wrap, bool followLink = true)
    {
        string target = FindTarget(path, followLink);
        TemporaryFile.RemoveLeftovers(target);
        string? temporary = null;
        try
        {
            using FileStream file = TemporaryFile.Create(target);
            temporary = file.Name;
            if (!OperatingSystem.IsWindows() && IsFile(target))
                File.SetUnixFileMode(file.SafeFileHandle, File.GetUnixFileMode(target));

            // Not disposed: after a failure there is nothing it should still try to write.
            var buffered = new BufferedStream(wrap(file), BufferBytes);
            write(buffered);
            buffered.Flush();
            file.Flush(flushToDisk: true);
            TemporaryFile.TakePlace(file, target);
        }
        catch (Exception exception)
        {
            if (temporary is not null) TemporaryFile.TryDelete(temporary);

            // Without room for a second copy a command that was killed at its very end could not be given again.
            if (temporary is null || !SystemErrors.IsNoSpace(exception.HResult) || !Holds(target, write))
            {
                if (SystemErrors.IsFromSystem(exception)) Throw.Problem(SystemErrors.WhileWriting(path, exception), exception);
                throw;
            }
        }

        FlushFolder(path, target);
    }

    /// <summary>Removes the temporary files of writers that were killed. Those of writers at work are locked and stay. Where locks say
    /// nothing, because the file system has none, and on Windows, what is younger than ten seconds stays too.</summary>
    /// <param name="folder">Where to look; a folder that cannot be read has nothing to remove.</param>
    /// <param name="isTarget">Whether a temporary file for a target of that name, folders left out, is to go.</param>
    public static void RemoveLeftovers(string folder, Func<string, bool> isTarget) =>
        TemporaryFile.RemoveLeftovers(folder, isTarget, othersMayWrite: true);

    /// <summary>Whether a file has the name of what a writer of a target leaves unfinished, which later writers remove.</summary>
    public static bool IsLeftover(FileIdentity file, FileIdentity target)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(target);
        return Path.GetDirectoryName(file.Path) == Path.GetDirectoryName(target.Path)
            && TemporaryFile.StemOf(Path.GetFileName(file.Path)) == TemporaryFile.StemFor(target.Path);
    }

    /// <summary>Puts a file that is written and flushed in the place of another in the same folder, durably.</summary>
    /// <param name="written">The file.</param>
    /// <param name="path">The other as it was given.</param>
    /// <param name="target">What <see cref="FindTarget"/> made of it.</param>
    internal static void Replace(string written, string path, string target)
    {
        File.Move(written, target, overwrite: true);
        FlushFolder(path, target);
    }

    /// <summary>Makes the name of a file that is in its place durable.</summary>
    internal static void FlushFolder(string path, string target)
    {
        int error = Libc.FlushDirectory(Path.GetDirectoryName(target)!);
        if (error != 0)
        {
            Throw.Problem(new(FileProblemKind.WriteFailed, path,
                $"{path} is written, but its folder could not be flushed to the disk (system error {error}); it may be lost if power " +
                "fails now"));
        }
    }

    // Whether a file is what would be written.
    private static bool Holds(string target, Action<Stream> write)
    {
        if (!IsFile(target)) return false;
        try
        {
            using FileStream file = File.OpenRead(target);
            using var comparing = new ComparingStream(file);
            write(comparing);
            return comparing.IsSame;
        }
        catch (Exception exception) when (SystemErrors.IsFromSystem(exception))
        {
            return false;
        }
    }

    /// <summary>The file that is really written, after checks that give better answers than the system's.</summary>
    internal static string FindTarget(string path, bool followLink = true)
    {
        if (path.Length == 0 || path.Contains('\0'))
            Throw.Problem(new(FileProblemKind.NotFound, path, $"'{Words.Shown(path)}' is not the name of a file"));
        string target = Path.GetFullPath(path);
        string? folder = Path.GetDirectoryName(target);
        if (folder is null || Directory.Exists(target)) Refuse(FileProblemKind.IsDirectory, "it is a folder; give a file name inside it");
        if (!Directory.Exists(folder)) Throw.Problem(MissingFolder(path, folder!));
        if (followLink && LinkWalk.TargetOf(target) is not null)
        {
            var walk = LinkWalk.Along(target);
            if (walk.IsCircle)
                Refuse(FileProblemKind.WriteFailed, "its symbolic links lead in a circle; remove them, or choose another name");
            target = walk.Path;

            // A link may lead to where there is no folder.
            folder = Path.GetDirectoryName(target) ?? target;
            if (!Directory.Exists(folder)) Throw.Problem(MissingFolder(path, folder));
        }

        RefuseTooLong(path, target);
        if (Libc.KindOf(target) == PathKind.Special)
            Refuse(FileProblemKind.NotRegularFile, "it is a pipe or a device, which a finished file would replace");
        if (IsReadOnly(target))
            Refuse(FileProblemKind.AccessDenied, "the file there is read-only; make it writable or choose another name");
        return target;

        void Refuse(FileProblemKind kind, string why) => Throw.Problem(new(kind, path, $"cannot write {path}: {why}"));
    }

    // The temporary file's name is cut to what the system takes, so that only the rename would fail, after all the work.
    private static void RefuseTooLong(string path, string target)
    {
        try
        {
            File.GetAttributes(target);
        }
        catch (PathTooLongException exception)
        {
            Throw.Problem(SystemErrors.WhileWriting(path, exception), exception);
        }
        catch (Exception exception) when (SystemErrors.IsFromSystem(exception))
        {
            // There is no such file yet, or it cannot be seen.
        }
    }

    private static FileProblem MissingFolder(string path, string folder)
    {
        for (string? above = folder; above is not null; above = Path.GetDirectoryName(above))
        {
            if (File.Exists(above))
                return new(FileProblemKind.MissingFolder, path, $"cannot write {path}: {above} is a file, not a folder");
        }

        return new(FileProblemKind.MissingFolder, path, $"cannot write {path}: the folder {folder} does not exist; create it first");
    }

    // A link that is replaced itself has no mode worth keeping.
    private static bool IsFile(string target) => File.Exists(target) && LinkWalk.TargetOf(target) is null;

    // A rename would replace a file its owner has marked read-only, because it asks only for the folder's permission.
    private static bool IsReadOnly(string target)
    {
        if (!IsFile(target)) return false;
        if (OperatingSystem.IsWindows()) return (File.GetAttributes(target) & FileAttributes.ReadOnly) != 0;
        return (File.GetUnixFileMode(target) & (UnixFileMode.UserWrite | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) == 0;
    }
}
