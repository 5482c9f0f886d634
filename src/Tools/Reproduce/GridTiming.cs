using TinySD.Tools.Json;
using TinySD.Tools.Machines;
using TinySD.Tools.Training;

namespace TinySD.Tools.Reproduce;

/// <summary>Medians of a model's training step, milliseconds.</summary>
/// <param name="Step">The whole step.</param>
/// <param name="Fp">Forward products.</param>
/// <param name="Bp">Gradients of inputs.</param>
/// <param name="Wg">Gradients of weights.</param>
/// <param name="Elementwise">What is neither a product nor the optimizer.</param>
/// <param name="Optimizer">Gradient norm and update.</param>
/// <param name="Passes">Every pass by its name: every product, cells, masks and the rest.</param>
internal sealed record GridStepTimes(
    double Step, double Fp, double Bp, double Wg, double Elementwise, double Optimizer, IReadOnlyDictionary<string, double> Passes)
    : IJsonObject
{
    public void Write(JsonMembers json) => json.Add(Step).Add(Fp).Add(Bp).Add(Wg).Add(Elementwise).Add(Optimizer).Add(Passes);

    /// <summary>The medians of one side of a comparison.</summary>
    public static GridStepTimes Of(TimedSide<ITimedRun> side) => new(
        side.MedianOf(t => t.Step), side.MedianOf(t => t.Forward), side.MedianOf(t => t.Backward), side.MedianOf(t => t.WeightGradient),
        side.MedianOf(t => t.Elementwise), side.MedianOf(t => t.Optimizer),
        PassesOf(side));

    private static Dictionary<string, double> PassesOf(TimedSide<ITimedRun> side)
    {
        var medians = new Dictionary<string, double>();
        foreach (Pass pass in Enum.GetValues<Pass>()) medians.Add(Names.Passes.NameOf(pass), side.MedianOf(t => t.Passes[(int)pass]));
        return medians;
    }

    public static GridStepTimes Read(GridMembers json)
    {
        GridMembers passes = json.Object("passes");
        var times = new Dictionary<string, double>();
        foreach (JsonProperty pass in passes.All) times[pass.Name] = passes.Double(pass.Name);
        return new(
            json.Double("step"), json.Double("fp"), json.Double("bp"), json.Double("wg"), json.Double("elementwise"),
            json.Double("optimizer"), times);
    }

    // Less than a cycle; ratios to it stay finite.
    private const double LeastMilliseconds = 1e-9;

    /// <summary>What is impossible, or null.</summary>
    public string? FindFault()
    {
        if (!(Step >= LeastMilliseconds)) return $"a step of {Step} ms";
        foreach (double milliseconds in (double[])[Fp, Bp, Wg, Elementwise, Optimizer, Step, .. Passes.Values])
        {
            if (GridFaults.OfSeconds("a part of a step, in seconds,", milliseconds / 1000) is { } fault) return fault;
        }

        return null;
    }

    /// <summary>The parts that a step is divided into, and the whole at the end.</summary>
    public IEnumerable<(string Name, double Milliseconds)> Parts() =>
        [("FP", Fp), ("BP", Bp), ("WG", Wg), ("elementwise", Elementwise), ("optimizer", Optimizer), ("whole step", Step)];
}

/// <summary>Steps of a cell, timed in turn with steps of the baseline.</summary>
internal sealed record GridCellTimes(string Cell, int Steps, GridStepTimes Baseline, GridStepTimes Own, Surroundings On) : IJsonObject
{
    public void Write(JsonMembers json) => json
        .Add(Cell).Add(Steps).Add(Baseline).Add(Own).Add(members => GridSurroundings.Write(members, On), "on").Add(Speedup);

    /// <summary>How many times as fast a whole step is.</summary>
    public double Speedup => Baseline.Step / Own.Step;

    public static GridCellTimes Read(GridMembers json) => new(
        json.String("cell"), json.Int("steps"), GridStepTimes.Read(json.Object("baseline")), GridStepTimes.Read(json.Object("own")),
        GridSurroundings.Read(json.Object("on")));
}

internal sealed record GridTimes(IReadOnlyList<GridCellTimes> Cells) : IGridFile, IJsonObject
{
    public void Write(JsonMembers json) => json.Add(Cells);

    public static GridTimes Read(GridMembers json) => new(json.List("cells", GridCellTimes.Read));

    public string? FindFault(GridKind kind)
    {
        foreach (GridCellTimes? cell in Cells)
        {
            if (cell is null) return "a cell is null";
            if (cell.Steps < 1) return $"{cell.Cell} has {cell.Steps} steps; at least 1 was expected";
            if ((cell.Baseline.FindFault() ?? cell.Own.FindFault()) is { } fault) return $"{cell.Cell} has {fault}";
        }

        return null;
    }
}

/// <summary>
/// Times the cells of a grid. Apart from training, because a result does not depend on what else the machine does, and a time does.
/// </summary>
internal static class GridTiming
{
    private const int Steps = 40;

    /// <summary>Times the cells that have no times of this machine yet, or all anew. A stop leaves the times of the cells before.</summary>
    public static void Run(
        GridTask task, GridFolder folder, IParallelRunner runner, HardwareProfile? hardware, bool isAnew, IProgressDisplay progress,
        CancellationToken stop)
    {
        GridPlan plan = task.Plan;
        var here = Surroundings.Here(hardware, runner.ThreadCount);
        var times = new List<GridCellTimes>(folder.LoadTimes()?.Cells ?? []);
        foreach (GridCell cell in plan.Cells.Where(cell => cell != plan.Baseline))
        {
            if (!isAnew && times.Exists(known => known.Cell == cell.Name && known.On == here)) continue;
            var comparison = new StepComparison<ITimedRun>(
                task.Timed(plan.Baseline, runner, hardware), task.Timed(cell, runner, hardware), Steps);
            comparison.Run(new Labelled(progress, $"timing {cell.Name}"), stop);
            GridStepTimes baseline = GridStepTimes.Of(comparison.Dense), own = GridStepTimes.Of(comparison.Structured);
            var measured = new GridCellTimes(cell.Name, Steps, baseline, own, here);
            times.RemoveAll(known => known.Cell == cell.Name);
            times.Add(measured);
            folder.Save(new GridTimes(times));
            progress.Note(
                $"timed {cell.Name}: {Figures.Fixed(own.Step, 1)} ms a step, {plan.Baseline.Name} {Figures.Fixed(baseline.Step, 1)} ms; " +
                $"{Figures.Fixed(measured.Speedup, 2)} times as fast");
        }
    }

    private sealed class Labelled(IProgressDisplay inner, string prefix) : IProgressDisplay
    {
        public bool IsDue => inner.IsDue;

        public void Show(string label, double share, string detail) => inner.Show($"{prefix}, {label}", share, detail);

        public void Note(string line) => inner.Note(line);
    }
}
