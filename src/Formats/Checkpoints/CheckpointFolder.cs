namespace TinySD.Formats.Checkpoints;

/// <summary>A folder of one run's checkpoints, <c>checkpoint-00001234.tsd</c> after 1234 updates; held by one process at a time.</summary>
/// <remarks>What holds it is a lock of the operating system on the file <c>lock</c>, which ends with the process however that ends: a lock
/// left behind blocks nobody. Not thread-safe.</remarks>
public sealed class CheckpointFolder : IDisposable
{
    private const string Prefix = "checkpoint-", Suffix = ".tsd", LockName = "lock", SetAsideSuffix = ".damaged";
    private const int Digits = 8;

    private readonly SafeFileHandle _lock;

    private CheckpointFolder(string path, SafeFileHandle hold) => (Path, _lock) = (path, hold);

    /// <summary>Opens a file and says whether it is whole.</summary>
    /// <typeparam name="T">What it is opened as.</typeparam>
    public delegate bool TryOpenFile<T>(string path, [NotNullWhen(true)] out T? opened, [NotNullWhen(false)] out FileProblem? problem)
        where T : class;

    /// <summary>The path as it was given.</summary>
    public string Path { get; }

    /// <summary>Takes hold of a folder, creating it where there is none, and removes what writers that were killed have left
    /// unfinished.</summary>
    /// <exception cref="FileProblemException">It cannot be written, is a file, something else than its lock has that name, or another run
    /// holds it (<see cref="FileProblemKind.InUse"/>).</exception>
    public static CheckpointFolder Hold(string path)
    {
        if (File.Exists(path))
        {
            string what = LinkWalk.TargetOf(path) is { } target && !File.Exists(FileIdentity.Of(path).Path)
                ? $"is a symbolic link to {target}, where there is nothing"
                : "is a file";
            Throw.Problem(new(FileProblemKind.MissingFolder, path, $"{path} {what}; a folder for checkpoints was expected"));
        }

        string at = System.IO.Path.Combine(path, LockName);
        SafeFileHandle? hold = null;
        try
        {
            Create(System.IO.Path.GetFullPath(path));
            hold = OwnFile.OpenOrCreate(at, isAlone: false);

            // Who holds the folder is the only one who writes checkpoints in it, so that whatever is there is left over.
            TemporaryFile.RemoveLeftovers(path, name => TryGetUpdates(name, out _), othersMayWrite: false);
        }
        catch (Exception exception) when (SystemErrors.IsFromSystem(exception))
        {
            if (hold is null && SystemErrors.IsInUse(exception))
            {
                Throw.Problem(new(FileProblemKind.InUse, path,
                    $"another run keeps its checkpoints in {path} now; wait for its end, or choose another folder"), exception);
            }

            hold?.Dispose();
            Throw.Problem(SystemErrors.WhileWriting(hold is null ? at : path, exception), exception);
        }

        return new CheckpointFolder(path, hold);
    }

    /// <summary>The checkpoints in a folder, newest first; whether they are whole is not asked.</summary>
    /// <exception cref="FileProblemException">There is no such folder, or it cannot be read.</exception>
    public static IReadOnlyList<string> List(string path)
    {
        if (File.Exists(path))
            Throw.Problem(new(FileProblemKind.MissingFolder, path, $"{path} is a file; a folder of checkpoints was expected"));
        if (!Directory.Exists(path)) Throw.Problem(new(FileProblemKind.NotFound, path, $"there is no folder {path}; check the name"));
        var found = new List<Found>();
        foreach (string file in SystemErrors.Reading(path, () => Directory.GetFiles(path)))
        {
            if (TryGetUpdates(System.IO.Path.GetFileName(file), out long updates)) found.Add(new(updates, file));
        }

        return [.. found.OrderByDescending(entry => entry.Updates).Select(entry => entry.File)];
    }

    /// <summary>Opens the newest checkpoint that is whole.</summary>
    /// <typeparam name="T">What it is opened as.</typeparam>
    /// <param name="files">Newest first, from <see cref="List"/>.</param>
    /// <param name="open">Opens one.</param>
    /// <param name="damaged">What is wrong with those that are newer.</param>
    /// <returns>Null when none is whole.</returns>
    /// <exception cref="FileProblemException">One is not to be passed over: it is a newer version's, or cannot be read by this user or
    /// now.</exception>
    public static T? OpenNewest<T>(IReadOnlyList<string> files, TryOpenFile<T> open, out IReadOnlyList<FileProblem> damaged)
        where T : class
    {
        var problems = new List<FileProblem>();
        damaged = problems;
        foreach (string file in files)
        {
            if (open(file, out T? opened, out FileProblem? problem)) return opened;
            if (problem.Kind is FileProblemKind.AccessDenied or FileProblemKind.NewerVersion) Throw.Problem(problem);

            // What the system fails to read now it may read in a minute: the file may be whole, and the work since the one before would be
            // lost.
            if (problem.Kind == FileProblemKind.ReadFailed)
            {
                Throw.Problem(problem with
                {
                    Message = $"{problem.Message.TrimEnd('.')}. It may be whole, so it is not passed over. Try again when no other " +
                        "program has it open and its disk answers; to go on from the checkpoint before it all the same, move it away.",
                });
            }

            problems.Add(problem);
        }

        return null;
    }

    /// <summary>The file of a checkpoint after that many updates.</summary>
    public string FileOf(long updates) =>
        System.IO.Path.Combine(Path, Prefix + updates.ToString($"D{Digits}", CultureInfo.InvariantCulture) + Suffix);

    /// <summary>Gives a damaged checkpoint another name, so that it is neither taken for one nor lost.</summary>
    /// <exception cref="FileProblemException">It cannot be renamed.</exception>
    public void SetAside(string file)
    {
        string target = System.IO.Path.Combine(Path, System.IO.Path.GetFileName(file));
        SystemErrors.Writing(target, () => File.Move(target, target + SetAsideSuffix, overwrite: true));
    }

    /// <summary>Removes all but the newest checkpoints. What the system does not let go of stays until the next time.</summary>
    /// <remarks>The newest is to be known to be whole: written just now, or read by <see cref="OpenNewest"/>.</remarks>
    /// <param name="keep">At least 1.</param>
    public void Prune(int keep)
    {
        string[] surplus = [.. List(Path).Skip(keep)];

        // A writer may have been killed before the newest one's name was on the disk, and a power failure must not take both that and
        // these.
        if (surplus.Length == 0 || Libc.FlushDirectory(Path) != 0) return;
        foreach (string file in surplus) TemporaryFile.TryDelete(file);
    }

    /// <summary>Lets the folder go and removes it, with all that a run leaves in it; what is another's stays, and the folder with
    /// it.</summary>
    public void Remove()
    {
        string at = System.IO.Path.Combine(Path, LockName);
        try
        {
            foreach (string file in Directory.EnumerateFiles(Path))
            {
                string name = System.IO.Path.GetFileName(file);
                if (name.EndsWith(SetAsideSuffix, StringComparison.Ordinal) && IsOwn(name)) TemporaryFile.TryDelete(file);
            }

            // The newest last: a kill in between leaves what goes on to the same end.
            foreach (string file in List(Path).Reverse()) TemporaryFile.TryDelete(file);

            // Removed while it is held, so that it is never another run's; Windows removes no file that is open, and none that another run
            // has opened.
            if (!OperatingSystem.IsWindows()) TemporaryFile.TryDelete(at);
            Dispose();
            if (OperatingSystem.IsWindows()) TemporaryFile.TryDelete(at);
            Directory.Delete(Path);
        }
        catch (Exception exception) when (SystemErrors.IsFromSystem(exception))
        {
            // It is not empty, cannot be listed, or another run has just taken it: what stays harms nobody.
            Dispose();
        }
    }

    /// <summary>Lets the folder go.</summary>
    public void Dispose() => _lock.Dispose();

    /// <summary>Whether a name in such a folder is a run's own: its lock, its checkpoints, and what killed writers have left of
    /// them.</summary>
    /// <param name="name">The name, folders left out.</param>
    public static bool IsOwn(string name) => name == LockName || TryGetUpdates(TemporaryFile.StemOf(name) ?? WithoutSuffix(name), out _);

    /// <summary>The files of such names in a folder; none where it cannot be read.</summary>
    public static IReadOnlyList<string> ListOwn(string path)
    {
        try
        {
            return [.. Directory.EnumerateFiles(path).Where(file => IsOwn(System.IO.Path.GetFileName(file)))];
        }
        catch (Exception exception) when (SystemErrors.IsFromSystem(exception))
        {
            // Whoever reads them finds out.
            return [];
        }
    }

    private static string WithoutSuffix(string name) =>
        name.EndsWith(SetAsideSuffix, StringComparison.Ordinal) ? name[..^SetAsideSuffix.Length] : name;

    // With the folders above it that are not there; the name of each is made durable.
    private static void Create(string path)
    {
        if (Directory.Exists(path)) return;
        string? parent = System.IO.Path.GetDirectoryName(path);
        if (parent is not null) Create(parent);
        Directory.CreateDirectory(path);
        if (parent is not null) _ = Libc.FlushDirectory(parent);
    }

    private static bool TryGetUpdates(string name, out long updates)
    {
        updates = 0;
        return name.StartsWith(Prefix, StringComparison.Ordinal) && name.EndsWith(Suffix, StringComparison.Ordinal)
            && name.Length >= Prefix.Length + Digits + Suffix.Length
            && long.TryParse(
                name.AsSpan(Prefix.Length, name.Length - Prefix.Length - Suffix.Length), NumberStyles.None, CultureInfo.InvariantCulture,
                out updates);
    }

    private sealed record Found(long Updates, string File);
}
