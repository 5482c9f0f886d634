using TinySD.Tools.Options;

namespace TinySD.Tools.Reproduce;

/// <summary>Where a grid keeps what it has: a manifest, and a folder for each run with its checkpoints, its model and its result.</summary>
internal sealed class GridFolder(string path, GridKind kind)
{
    private const string ManifestName = "grid.json", ResultName = "result.json", TimesName = "times.json", ModelName = "model.tsd",
        DivergenceName = "diverged.json", TimingName = "timing.json", LockName = "lock";

    private readonly GridFiles _files = new(kind);

    public static OwnNames OwnNames { get; } = new(IsOfGrid, List, "is a file of the grid itself");

    /// <summary>The folder as it was given.</summary>
    public string Path => path;

    private string ManifestPath => System.IO.Path.Combine(path, ManifestName);

    /// <summary>The manifest, or null for a folder that holds no grid yet.</summary>
    /// <exception cref="FailureException">The folder holds something else.</exception>
    public GridManifest? LoadManifest()
    {
        if (_files.Load(ManifestPath, GridManifest.Read) is { } manifest)
        {
            return manifest.Format <= GridManifest.CurrentFormat
                ? manifest
                : throw new FailureException(
                    $"the grid in {path} is of a newer version of TinySD; go on with that one, or give another folder for --dir.");
        }

        // A run that was killed before it wrote its manifest leaves a lock.
        bool isOther = File.Exists(path)
            || (Directory.Exists(path)
                && Directory.EnumerateFileSystemEntries(path).Any(entry => !IsOwn(System.IO.Path.GetFileName(entry))));
        return isOther ? throw new FailureException($"{path} is no folder of a grid, and not empty; give another one for --dir.") : null;
    }

    public void Save(GridManifest manifest) => _files.Save(ManifestPath, manifest);

    /// <summary>Measured step times, or null where nothing was measured.</summary>
    public GridTimes? LoadTimes() => _files.Load(System.IO.Path.Combine(path, TimingName), GridTimes.Read);

    public void Save(GridTimes times) => _files.Save(System.IO.Path.Combine(path, TimingName), times);

    /// <summary>The finished epochs of a run that is not finished, by its newest whole checkpoint.</summary>
    public IReadOnlyList<EpochOutcome> BegunEpochs(GridRun run) => !Directory.Exists(Of(run)) ? []
        : CheckpointFolder.List(Of(run)).Select(kind.EpochsOf).FirstOrDefault(epochs => epochs is not null) ?? [];

    public string Of(GridRun run) => System.IO.Path.Combine(path, run.Name);

    public string ModelOf(GridRun run) => System.IO.Path.Combine(Of(run), ModelName);

    /// <summary>What a run came to, or null if it is not finished.</summary>
    /// <exception cref="FailureException">The file is damaged.</exception>
    public GridRunResult? ResultOf(GridRun run)
    {
        string file = System.IO.Path.Combine(Of(run), ResultName);
        GridRunResult? result = _files.Load(file, GridRunResult.Read);
        if (result is not null && (result.Cell != run.Cell.Name || result.Seed != run.Seed || result.Epochs.Count == 0))
            throw new FailureException($"{file} is not of {run}; remove it, and the run is made again.");
        return result;
    }

    /// <summary>How long a run took, or null if it is not known.</summary>
    public GridRunTimes? TimesOf(GridRun run) => _files.Load(System.IO.Path.Combine(Of(run), TimesName), GridRunTimes.Read);

    /// <summary>How a run diverged, or null if it did not.</summary>
    public GridDivergence? DivergenceOf(GridRun run) => _files.Load(System.IO.Path.Combine(Of(run), DivergenceName), GridDivergence.Read);

    /// <summary>Whether there is nothing left to train of a run.</summary>
    public bool IsEnded(GridRun run) => ResultOf(run) is not null || DivergenceOf(run) is not null;

    /// <summary>Ends a run that diverged. Whoever wants to try again removes its folder.</summary>
    public void Finish(GridRun run, string why)
    {
        _files.Save(System.IO.Path.Combine(Of(run), DivergenceName), new GridDivergence(why, BegunEpochs(run)));
        RemoveCheckpoints(run);
    }

    /// <summary>Ends a run: after this it is finished. Its checkpoints are of no more use.</summary>
    public void Finish(GridRun run, GridRunResult result, GridRunTimes times)
    {
        _files.Save(System.IO.Path.Combine(Of(run), TimesName), times);
        _files.Save(System.IO.Path.Combine(Of(run), ResultName), result);
        RemoveCheckpoints(run);
    }

    public void RemoveCheckpoints(GridRun run)
    {
        foreach (string file in CheckpointFolder.List(Of(run))) File.Delete(file);
    }

    /// <summary>Removes what writers that were killed have left unfinished.</summary>
    public void RemoveLeftovers(GridRun run) =>
        AtomicFile.RemoveLeftovers(Of(run), name => name is ResultName or TimesName or ModelName or DivergenceName);

    /// <summary>Every run of these cells that is finished, whether this command asks for it or an earlier one did.</summary>
    public IReadOnlyList<GridRunResult> AllResults()
    {
        if (!Directory.Exists(path)) return [];
        var results = new List<GridRunResult>();
        foreach (GridCell cell in GridCell.All)
        {
            foreach (string folder in Directory.EnumerateDirectories(path, $"{cell.Name}-seed*"))
            {
                string seed = System.IO.Path.GetFileName(folder)[(cell.Name.Length + "-seed".Length)..];
                if (ulong.TryParse(seed, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number)
                    && ResultOf(new GridRun(cell, number)) is { } result)
                {
                    results.Add(result);
                }
            }
        }

        return [.. results.OrderBy(result => result.Seed)];
    }

    /// <summary>A report as one JSON object, with what only the task knows.</summary>
    public void WriteJson(TextWriter output, GridReport report, GridTask task) => _files.Write(output, report, task);

    /// <summary>Whether a file will lie in this folder, which is created with the grid.</summary>
    public bool WillHold(string file) =>
        !Directory.Exists(path) && FileIdentity.Of(file).IsInside(FileIdentity.Of(path), out string relative)
        && relative == System.IO.Path.GetFileName(file);

    // Of a run everything in its folder, by a path that begins at the grid's.
    private static bool IsOfGrid(string relative) => relative is ManifestName or TimingName or LockName
        || GridCell.All.Any(cell => relative.StartsWith($"{cell.Name}-seed", StringComparison.Ordinal));

    private static IEnumerable<string> List(string path) => Directory
        .EnumerateFiles(path, "*", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 })
        .Where(file => IsOfGrid(System.IO.Path.GetRelativePath(path, file)));

    private static bool IsOwn(string name) => name == LockName || name.Contains(ManifestName, StringComparison.Ordinal);
}
