using TinySD.Tools.Options;

namespace TinySD.Tools.Reproduce;

/// <summary>Where a grid keeps what it has: a manifest, and a folder for each run with its checkpoints, its model and its result.</summary>
/// <param name="path">The folder as it was given.</param>
internal sealed class GridFolder(string path)
{
    private const string ManifestName = "grid.json", ResultName = "result.json", TimesName = "times.json", ModelName = "model.tsd",
        DivergenceName = "diverged.json", TimingName = "timing.json", LockName = "lock";

    /// <summary>The names of a grid's files.</summary>
    public static OwnNames OwnNames { get; } = new(IsOfGrid, List, "is a file of the grid itself");

    /// <summary>The folder as it was given.</summary>
    public string Path => path;

    private string ManifestPath => System.IO.Path.Combine(path, ManifestName);

    /// <summary>The manifest, or null for a folder that holds no grid yet.</summary>
    /// <exception cref="FailureException">The folder holds something else.</exception>
    public GridManifest? LoadManifest()
    {
        if (GridJson.Load(ManifestPath, GridJson.Default.GridManifest) is { } manifest)
        {
            return manifest.Format <= GridManifest.CurrentFormat
                ? manifest
                : throw new FailureException($"the grid in {path} is of a newer version of TinySD; go on with that one, or give another folder for --dir.");
        }

        // A run that was killed before it wrote its manifest leaves a lock.
        bool isOther = File.Exists(path) || (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any(entry => !IsOwn(System.IO.Path.GetFileName(entry))));
        return isOther ? throw new FailureException($"{path} is no folder of a grid, and not empty; give another one for --dir.") : null;
    }

    /// <summary>Writes the manifest.</summary>
    public void Save(GridManifest manifest) => GridJson.Save(ManifestPath, manifest, GridJson.Default.GridManifest);

    /// <summary>Measured step times, or null where nothing was measured.</summary>
    public GridTimes? LoadTimes() => GridJson.Load(System.IO.Path.Combine(path, TimingName), GridJson.Default.GridTimes);

    /// <summary>Writes the step times.</summary>
    public void Save(GridTimes times) => GridJson.Save(System.IO.Path.Combine(path, TimingName), times, GridJson.Default.GridTimes);

    /// <summary>The finished epochs of a run that is not finished, by its newest whole checkpoint.</summary>
    public IReadOnlyList<GridEpoch> BegunEpochs(GridRun run)
    {
        if (!Directory.Exists(Of(run))) return [];
        foreach (string file in CheckpointFolder.List(Of(run)))
        {
            if (!LanguageModelCheckpoint.Format.TryOpen(file, out CheckpointFile<LanguageModelRecipe, RunTexts>? checkpoint, out _)) continue;
            using (checkpoint) return GridRunResult.Curve(checkpoint.Content.State.Epochs);
        }

        return [];
    }

    /// <summary>A run's folder.</summary>
    public string Of(GridRun run) => System.IO.Path.Combine(path, run.Name);

    /// <summary>A run's best model.</summary>
    public string ModelOf(GridRun run) => System.IO.Path.Combine(Of(run), ModelName);

    /// <summary>What a run came to, or null if it is not finished.</summary>
    /// <exception cref="FailureException">The file is damaged.</exception>
    public GridRunResult? ResultOf(GridRun run)
    {
        string file = System.IO.Path.Combine(Of(run), ResultName);
        GridRunResult? result = GridJson.Load(file, GridJson.Default.GridRunResult);
        if (result is not null && (result.Cell != run.Cell.Name || result.Seed != run.Seed || result.Epochs.Count == 0))
            throw new FailureException($"{file} is not of {run}; remove it, and the run is made again.");
        return result;
    }

    /// <summary>How long a run took, or null if it is not known.</summary>
    public GridRunTimes? TimesOf(GridRun run) => GridJson.Load(System.IO.Path.Combine(Of(run), TimesName), GridJson.Default.GridRunTimes);

    /// <summary>How a run diverged, or null if it did not.</summary>
    public GridDivergence? DivergenceOf(GridRun run) => GridJson.Load(System.IO.Path.Combine(Of(run), DivergenceName), GridJson.Default.GridDivergence);

    /// <summary>Whether there is nothing left to train of a run.</summary>
    public bool IsEnded(GridRun run) => ResultOf(run) is not null || DivergenceOf(run) is not null;

    /// <summary>Ends a run that diverged. Whoever wants to try again removes its folder.</summary>
    public void Finish(GridRun run, string why)
    {
        GridJson.Save(System.IO.Path.Combine(Of(run), DivergenceName), new(why, BegunEpochs(run)), GridJson.Default.GridDivergence);
        RemoveCheckpoints(run);
    }

    /// <summary>Ends a run: after this it is finished. Its checkpoints are of no more use.</summary>
    public void Finish(GridRun run, GridRunResult result, GridRunTimes times)
    {
        GridJson.Save(System.IO.Path.Combine(Of(run), TimesName), times, GridJson.Default.GridRunTimes);
        GridJson.Save(System.IO.Path.Combine(Of(run), ResultName), result, GridJson.Default.GridRunResult);
        RemoveCheckpoints(run);
    }

    /// <summary>Removes the checkpoints of a run that has ended.</summary>
    public void RemoveCheckpoints(GridRun run)
    {
        foreach (string file in CheckpointFolder.List(Of(run))) File.Delete(file);
    }

    /// <summary>Removes what writers that were killed have left unfinished.</summary>
    public void RemoveLeftovers(GridRun run) => AtomicFile.RemoveLeftovers(Of(run), name => name is ResultName or TimesName or ModelName or DivergenceName);

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
                if (ulong.TryParse(seed, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out ulong number)
                    && ResultOf(new GridRun(cell, number)) is { } result)
                {
                    results.Add(result);
                }
            }
        }

        return [.. results.OrderBy(result => result.Seed)];
    }

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
