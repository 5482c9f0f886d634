namespace TinySD.Tools.Reproduce;

/// <summary>Shows a run's progress as that of the grid: which run of how many, and the time left of all of them.</summary>
internal sealed class GridProgress : IProgressDisplay
{
    private readonly IProgressDisplay _inner;
    private readonly IReadOnlyList<GridRun> _runs;
    private readonly HashSet<GridRun> _done = [];
    private readonly Dictionary<string, List<double>> _seconds = [];
    private readonly TimeProvider _clock;
    private long _begun;
    private GridRun? _run;
    private double? _firstShare;
    private double _share;

    /// <param name="inner">Where it is shown.</param>
    /// <param name="runs">All runs, in order.</param>
    /// <param name="isDone">Whether one is finished already.</param>
    /// <param name="secondsOf">How long a finished one took, if that is known.</param>
    /// <param name="clock">The clock; null for the system's.</param>
    public GridProgress(
        IProgressDisplay inner, IReadOnlyList<GridRun> runs, Func<GridRun, bool> isDone, Func<GridRun, double?> secondsOf,
        TimeProvider? clock = null)
    {
        _clock = clock ?? TimeProvider.System;
        _inner = inner;
        _runs = runs;
        foreach (GridRun run in runs.Where(isDone))
        {
            _done.Add(run);
            if (secondsOf(run) is { } seconds) Learn(run, seconds);
        }
    }

    public bool IsDue => _inner.IsDue;

    private string Label => $"run {IndexOf(_run!) + 1}/{_runs.Count} {_run!.Name}";

    /// <summary>From now on it is this run.</summary>
    public void Begin(GridRun run)
    {
        _run = run;
        _firstShare = null;
        _share = 0;
        _begun = _clock.GetTimestamp();
    }

    /// <summary>The run has ended before its time, and tells nothing of how long the others take.</summary>
    public void Abandon() => _done.Add(_run!);

    public void End(double seconds)
    {
        _done.Add(_run!);
        Learn(_run!, seconds);
        _inner.Note($"{Label}: finished in {Figures.Duration(seconds)}; {_runs.Count - _done.Count} of {_runs.Count} left{Left()}");
    }

    public void Show(string label, double share, string detail)
    {
        // Without figures beside it, it is the share of a validation and not of the run.
        if (detail.Length > 0)
        {
            _firstShare ??= share;
            _share = share;
        }

        double grid = (_done.Count + _share) / _runs.Count;
        _inner.Show($"{Label}, {label}", Math.Clamp(grid, 0, 1), detail.Length == 0 ? "" : $"{detail}{Left()}");
    }

    public void Note(string line) => _inner.Note($"{Label}: {line}");

    /// <summary>Seconds left of all runs, or null while nothing is known.</summary>
    internal double? SecondsLeft()
    {
        double? current = _run is null || _done.Contains(_run) ? 0 : CurrentLeft();
        if (current is not { } left) return null;

        // A whole run at this one's pace tells of the others as long as none is finished; a part of it may have been trained before.
        double? unknown = _seconds.Count > 0 ? _seconds.Values.SelectMany(all => all).Average() : WholeAtThisPace();
        return left + _runs.Where(run => run != _run && !_done.Contains(run)).Sum(run => Expected(run) ?? unknown);
    }

    private double? CurrentLeft() => (WholeAtThisPace() ?? Expected(_run!)) * (1 - _share);

    private double? WholeAtThisPace()
    {
        double made = _share - (_firstShare ?? 0);
        return made > 0 ? _clock.GetElapsedTime(_begun).TotalSeconds / made : null;
    }

    private double? Expected(GridRun run) => _seconds.TryGetValue(run.Cell.Name, out List<double>? known) ? known.Average() : null;

    private int IndexOf(GridRun run) => _runs.TakeWhile(other => other != run).Count();

    private void Learn(GridRun run, double seconds)
    {
        if (!_seconds.TryGetValue(run.Cell.Name, out List<double>? known)) _seconds[run.Cell.Name] = known = [];
        known.Add(seconds);
    }

    private string Left() => SecondsLeft() is { } seconds ? $"; all runs: {Figures.Duration(seconds)} left" : "";
}
