namespace TinySD.Tools.Training;

/// <summary>
/// Decides when a run of any task writes a checkpoint, where, and how many stay. What it decides by the clock is when to write and never
/// what: a run comes to the same bits whether or not it writes.
/// </summary>
internal sealed class CheckpointKeeper : IDisposable
{
    /// <summary>Checkpoints that stay unless said otherwise.</summary>
    public const int DefaultKeep = 3;

    private const string BesideModel = ".checkpoints";

    // Without a count of updates: so often, but never for more than a twentieth of the time.
    private const int WorkPerCost = 19;
    private static readonly TimeSpan s_interval = TimeSpan.FromMinutes(5);

    private readonly CheckpointFolder _folder;
    private readonly string _resume;
    private readonly TimeProvider _time;
    private long _last;
    private TimeSpan _cost;

    private CheckpointKeeper(CheckpointFolder folder, string resume, int? every, int keep, TimeProvider time)
    {
        _folder = folder;
        _resume = resume;
        _time = time;
        _last = time.GetTimestamp();
        Every = every;
        Keep = keep;
    }

    /// <summary>Updates from one checkpoint to the next, or null for epochs and minutes.</summary>
    public int? Every { get; private set; }

    public int Keep { get; private set; }

    /// <summary>Whether the folder goes when the run has come to its end.</summary>
    public bool IsTemporary { get; private set; }

    /// <summary>The command that goes on with the run.</summary>
    public string Resume => _resume;

    private TimeSpan SinceLast => _time.GetElapsedTime(_last);

    /// <summary>Takes hold of the folder that a command line asks for.</summary>
    /// <param name="request">The command line; it names a folder.</param>
    /// <param name="command">The command as it is typed, for example <c>tinysd train lm</c>.</param>
    /// <param name="time">The clock; null for the system's.</param>
    /// <param name="resume">The command line that goes on with the run; null for the command with <c>--resume</c>.</param>
    /// <exception cref="UsageException">A new run would write into the checkpoints of another.</exception>
    /// <exception cref="FailureException">There is no run to go on with.</exception>
    /// <exception cref="FileProblemException">The folder cannot be written, or another run holds it.</exception>
    public static CheckpointKeeper Hold(CheckpointRequest request, string command, TimeProvider? time = null, string? resume = null)
    {
        // Before anything is created: a name that is wrong should leave no folder behind.
        if (request.From is { } from) RequireSome(from, CheckpointFolder.List(from));
        CheckpointFolder folder = CheckpointFolder.Hold(request.Folder!);
        try
        {
            if (!request.IsSameFolder && CheckpointFolder.List(folder.Path) is [{ } newest, ..])
            {
                throw new UsageException(
                    $"--checkpoint {folder.Path} holds the checkpoints of a run already, the newest {Path.GetFileName(newest)}; go on " +
                    $"with that run by --resume {CommandLine.Quoted(folder.Path)}, or name another folder.");
            }

            return new CheckpointKeeper(
                folder, resume ?? CommandFor(command, folder.Path), request.Every, request.Keep ?? DefaultKeep,
                time ?? TimeProvider.System);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Takes hold of a folder beside a model, one that no other run has left something in; it goes when the run has come to its
    /// end.</summary>
    /// <param name="model">The file that the run writes.</param>
    /// <param name="request">The command line, which names no folder.</param>
    /// <param name="command">The command as it is typed, for example <c>tinysd train lm</c>.</param>
    /// <param name="note">Told in one line of each older run that could go on.</param>
    /// <param name="isTaken">Whether a folder is not to be had, because the command line names it or something in it.</param>
    /// <exception cref="FileProblemException">The folder cannot be written.</exception>
    public static CheckpointKeeper HoldBeside(
        string model, CheckpointRequest request, string command, Action<string> note, Func<string, bool> isTaken)
    {
        for (int number = 1; ; number++)
        {
            string path = SideName.Of(model, BesideModel + (number == 1 ? "" : FormattableString.Invariant($".{number}")));

            // A link may lead to a folder of something else, and this one is removed in the end.
            if (File.Exists(path) || isTaken(path) || new DirectoryInfo(path).LinkTarget is not null) continue;
            if (Directory.Exists(path) && CheckpointFolder.List(path) is [{ } newest, ..])
            {
                string goOn = CommandFor(command, path);
                note($"{newest} is of a run that did not come to its end. Go on with it by: {goOn}; or remove {path}.");
                continue;
            }

            CheckpointFolder folder;
            try
            {
                folder = CheckpointFolder.Hold(path);
            }
            catch (FileProblemException exception) when (exception.Problem.Kind == FileProblemKind.InUse)
            {
                note($"another run keeps its checkpoints in {path} now; it writes {model}, as this one will.");
                continue;
            }

            return new CheckpointKeeper(folder, CommandFor(command, path), request.Every, request.Keep ?? DefaultKeep, TimeProvider.System)
            {
                IsTemporary = true,
            };
        }
    }

    /// <summary>Opens the newest whole checkpoint of a folder.</summary>
    /// <typeparam name="T">What it is opened as.</typeparam>
    /// <param name="from">The folder.</param>
    /// <param name="open">Opens a file and says whether it is whole.</param>
    /// <param name="warn">Told in one line of each that had to be passed over.</param>
    /// <param name="keeper">Sets those aside if the folder is its own; null to leave everything as it is.</param>
    /// <param name="anew">What to do if none is whole.</param>
    /// <exception cref="FailureException">There is none.</exception>
    /// <exception cref="FileProblemException">One is not to be passed over.</exception>
    public static T OpenNewest<T>(
        string from, CheckpointFolder.TryOpenFile<T> open, Action<string> warn, CheckpointKeeper? keeper, string anew)
        where T : class
    {
        IReadOnlyList<string> files = CheckpointFolder.List(from);
        RequireSome(from, files);
        T? found = CheckpointFolder.OpenNewest(files, open, out IReadOnlyList<FileProblem> damaged);
        if (found is null)
        {
            throw new FailureException(
                $"none of the {Figures.Count(files.Count, "checkpoint")} in {from} can be used. The newest: {damaged[0].Message}")
            {
                Advice = anew,
            };
        }

        foreach (FileProblem problem in damaged)
        {
            keeper?._folder.SetAside(problem.File);
            warn($"{problem.Message.TrimEnd('.')}. Going on from {Path.GetFileName(files[damaged.Count])}, the newest that is whole.");
        }

        return found;
    }

    /// <summary>What a checkpoint says of these options, where the command line says nothing.</summary>
    public void TakeOver(CheckpointRequest request, int? every, int keep, bool isTemporary)
    {
        Every = request.Every ?? every;
        Keep = request.Keep ?? keep;
        IsTemporary = isTemporary && request.IsSameFolder;
    }

    /// <summary>What every checkpoint says of these options, and of the run's model.</summary>
    public RunSettings SettingsFor(string output, TensorStorage storage) => new()
    {
        Output = Path.GetFullPath(output),
        Dtype = storage,
        CheckpointEvery = Every,
        CheckpointKeep = Keep,
        CheckpointsAreTemporary = IsTemporary,
    };

    /// <summary>Removes the checkpoints that a run left too many when it was killed, so that there is room for the next.</summary>
    /// <remarks>To be called when the folder's newest is known to be whole, and how many stay is known.</remarks>
    public void Prune() => _folder.Prune(Keep);

    /// <summary>Whether to write now, in an epoch. Cheap enough to be asked after every update; allocates nothing.</summary>
    public bool IsDue(long updates) => Every is { } every
        ? updates % every == 0
        : SinceLast >= s_interval && SinceLast >= WorkPerCost * _cost;

    /// <summary>Whether to write now, after an epoch.</summary>
    public bool IsDueAfterEpoch(long updates) => Every is { } every ? updates % every == 0 : SinceLast >= WorkPerCost * _cost;

    /// <summary>Writes a checkpoint, durably, and removes those that are one too many.</summary>
    /// <param name="updates">Made by the run.</param>
    /// <param name="write">Writes the file of that name, whole or not at all.</param>
    /// <exception cref="FailureException">It cannot be written; the message says what is kept and how to go on.</exception>
    public void Write(long updates, Action<string> write)
    {
        long start = _time.GetTimestamp();
        try
        {
            write(_folder.FileOf(updates));
            _folder.Prune(Keep);
        }
        catch (FileProblemException exception)
        {
            string stopped = $"The run stopped after {Figures.Count(updates, "update")}";
            string without = IsTemporary && updates == 0 ? " --no-checkpoints does without, --checkpoint DIR keeps them elsewhere." : "";
            throw new FailureException(exception.Message, exception) { Advice = $"{stopped}; {WhatIsKept()}{without}" };
        }

        _last = _time.GetTimestamp();
        _cost = _time.GetElapsedTime(start, _last);
    }

    /// <summary>The newest checkpoint and the command that goes on from it, as the end of a sentence.</summary>
    public string WhatIsKept()
    {
        try
        {
            return CheckpointFolder.List(_folder.Path) is [{ } newest, ..]
                ? $"{newest} is kept, go on from it with: {Resume}"
                : $"there is no checkpoint in {_folder.Path} yet.";
        }
        catch (FileProblemException exception)
        {
            return $"no checkpoint is left: {exception.Message}";
        }
    }

    /// <summary>The run will not go on, because it has come to its end or would fail again: what nobody asked for goes.</summary>
    public void Finish()
    {
        if (!IsTemporary) return;
        _folder.Remove();

        // From here on the name may be another run's.
        IsTemporary = false;
    }

    public void Dispose()
    {
        // A run that failed before its first checkpoint leaves nothing behind.
        if (IsTemporary && Directory.Exists(_folder.Path) && CheckpointFolder.List(_folder.Path).Count == 0) _folder.Remove();
        _folder.Dispose();
    }

    private static string CommandFor(string command, string folder) => $"{command} --resume {CommandLine.Quoted(folder)}";

    private static void RequireSome(string folder, IReadOnlyList<string> files)
    {
        if (files.Count > 0) return;
        string none = $"{folder} holds no checkpoint to go on from";
        throw new FailureException(Path.TrimEndingDirectorySeparator(folder).EndsWith(BesideModel, StringComparison.Ordinal)
            ? $"{none}: the run had not begun, or it is done and its model stands beside it. Start it anew if not."
            : $"{none}. Start the run with --checkpoint {CommandLine.Quoted(folder)}, or check the name.");
    }
}
