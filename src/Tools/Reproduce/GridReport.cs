using TinySD.Tools.Json;
using TinySD.Tools.Machines;
using TinySD.Tools.Training;

namespace TinySD.Tools.Reproduce;

internal sealed record GridFigure(int Seeds, double Mean, double Min, double Max) : IJsonObject
{
    public void Write(JsonMembers json) => json.Add(Seeds).Add(Mean).Add(Min).Add(Max);

    /// <summary>Null for no values.</summary>
    public static GridFigure? Of(IEnumerable<double> values)
    {
        double[] all = [.. values];
        return all.Length == 0 ? null : new GridFigure(all.Length, all.Average(), all.Min(), all.Max());
    }
}

/// <summary>A cell in a report. Differences are over the seeds that both have, seed by seed; what is not known is left out.</summary>
/// <param name="Cell">Its name.</param>
/// <param name="Meaning">What it is.</param>
/// <param name="Dropout">The case.</param>
/// <param name="RateEmbedding">Drop rate there, as the next three.</param>
/// <param name="RateLayer">Between layers.</param>
/// <param name="RateRecurrent">On the previous hidden state.</param>
/// <param name="RateOutput">Before the classifier.</param>
/// <param name="WeightDrop">DropConnect's, on the recurrent weights, where the task has it.</param>
/// <param name="ValidMetric">Of the best epochs.</param>
/// <param name="TestMetric">Of the same models.</param>
/// <param name="ValidDifference">Validation metric less the baseline's.</param>
/// <param name="TestDifference">Test metric less the baseline's.</param>
/// <param name="StepMs">A step, by the baseline's median and the measured ratio; null where the cell was timed under other conditions than
/// most.</param>
/// <param name="Speedup">How many times as fast as the baseline's a whole step is.</param>
/// <param name="IdealSpeedup">The most that skipping can gain.</param>
/// <param name="TrainingSeconds">All epochs at that step time, a mean over the runs.</param>
/// <param name="ValidAtBaselineEnd">
/// Validation metric at the time in which the baseline's run of the same seed ends; of the seeds that both have.
/// </param>
/// <param name="BaselineValidAtEnd">
/// The baseline's at the time in which this cell's run of the same seed ends; of the seeds that both have.
/// </param>
/// <param name="Runs">Its finished runs.</param>
internal sealed record GridCellReport(
    string Cell, string Meaning, string Dropout, float RateEmbedding, float RateLayer, float RateRecurrent, float RateOutput,
    float? WeightDrop, GridFigure? ValidMetric, GridFigure? TestMetric, GridFigure? ValidDifference, GridFigure? TestDifference,
    double? StepMs, double? Speedup, double IdealSpeedup, double? TrainingSeconds, GridFigure? ValidAtBaselineEnd,
    GridFigure? BaselineValidAtEnd, IReadOnlyList<GridRunResult> Runs) : IJsonObject
{
    public void Write(JsonMembers json) => json
        .Add(Cell).Add(Meaning).Add(Dropout).Add(RateEmbedding).Add(RateLayer).Add(RateRecurrent).Add(RateOutput).Add(WeightDrop)
        .Add(ValidMetric).Add(TestMetric).Add(ValidDifference).Add(TestDifference).Add(StepMs).Add(Speedup).Add(IdealSpeedup)
        .Add(TrainingSeconds).Add(ValidAtBaselineEnd).Add(BaselineValidAtEnd).Add(Runs);
}

/// <summary>A run that has no result.</summary>
/// <param name="Run">Its name.</param>
/// <param name="Epochs">Its finished epochs, as far as it has any.</param>
/// <param name="Diverged">What happened where it ended because its numbers stopped being finite; null for one that is still to be
/// trained.</param>
internal sealed record GridMissing(string Run, IReadOnlyList<EpochOutcome> Epochs, string? Diverged) : IJsonObject
{
    public void Write(JsonMembers json) => json.Add(Run).Add([.. Epochs.Select(GridEpochEntry.Of)], nameof(Epochs)).Add(Diverged);
}

/// <summary>All that a grid has come to.</summary>
/// <param name="Verdict">The claim and what the figures say of it.</param>
/// <param name="Comparisons">What the verdict rests on.</param>
/// <param name="Baseline">The cell that the others are measured against.</param>
/// <param name="Cells">Every cell that was asked for or has a run.</param>
/// <param name="Missing">Runs that were asked for and have no result.</param>
/// <param name="Command">The command line; it goes on where runs are missing.</param>
/// <param name="Date">When the report was made, UTC.</param>
/// <param name="Machine">What made the report.</param>
/// <param name="TrainedBy">The builds that trained the runs.</param>
/// <param name="Times">Measured step times.</param>
/// <param name="Metric">What the task is measured by; null where the names of members say it.</param>
internal sealed record GridReport(
    string Verdict, IReadOnlyList<GridComparison> Comparisons, string Baseline, IReadOnlyList<GridCellReport> Cells,
    IReadOnlyList<GridMissing> Missing, string Command, DateTime Date, Surroundings Machine, IReadOnlyList<string> TrainedBy,
    IReadOnlyList<GridCellTimes> Times, string? Metric)
{
    /// <summary>Puts a report together from what is in the folder.</summary>
    public static GridReport Of(GridTask task, GridFolder folder, string command, Surroundings machine, DateTime date)
    {
        GridPlan plan = task.Plan;
        var verdict = new GridVerdict(task.Kind, plan.Baseline);
        IReadOnlyList<GridRunResult> results = folder.AllResults();
        IReadOnlyList<GridCellTimes> times = folder.LoadTimes()?.Cells ?? [];
        GridCell[] cells = [.. GridCell.All.Where(cell => plan.Cells.Contains(cell) || results.Any(result => result.Cell == cell.Name))];
        IReadOnlyList<GridCellTimes> alike = Alike(times, machine);
        GridCellReport[] reports = Array.ConvertAll(cells, cell => CellOf(cell, task, results, times, alike));
        GridMissing[] missing = [.. plan.Runs.Where(run => folder.ResultOf(run) is null).Select(run => MissingOf(run, folder))];
        string[] builds =
        [
            .. results.Select(r => folder.TimesOf(new GridRun(GridCell.All.First(c => c.Name == r.Cell), r.Seed))?.Build)
                .OfType<string>().Distinct(),
        ];
        IReadOnlyList<GridComparison> comparisons = verdict.Compare(results);
        TaskWords words = task.Kind.Words;
        return new GridReport(
            verdict.Say(comparisons, plan, missing) + verdict.SaySpeed(reports), comparisons, plan.Baseline.Name, reports, missing, command,
            date, machine, builds, times, words.JsonEnd.Length > 0 ? null : words.Name);
    }

    /// <summary>Writes it, with what only the task knows.</summary>
    public void Write(JsonMembers json, GridTask task)
    {
        json.Add(Verdict).Add(Comparisons).Add(Baseline).Add(Cells).Add(Missing).Add(Command).Add(Date);
        task.WriteMembers(json);
        json.Add(members => GridSurroundings.Write(members, Machine), "machine").Add(TrainedBy).Add(Times).Add(Metric);
        task.WriteLast(json);
    }

    private static GridMissing MissingOf(GridRun run, GridFolder folder) => folder.DivergenceOf(run) is { } divergence
        ? new(run.Name, divergence.Epochs, divergence.Why)
        : new(run.Name, folder.BegunEpochs(run), null);

    // Milliseconds can only be set side by side where machine, threads and program are the same: those of this report if there are any,
    // else the most.
    private static GridCellTimes[] Alike(IReadOnlyList<GridCellTimes> times, Surroundings machine) => times.GroupBy(t => t.On)
        .OrderByDescending(group => group.Key == machine).ThenByDescending(group => group.Count()).FirstOrDefault()?.ToArray() ?? [];

    private static GridCellReport CellOf(
        GridCell cell, GridTask task, IReadOnlyList<GridRunResult> results, IReadOnlyList<GridCellTimes> times,
        IReadOnlyList<GridCellTimes> alike)
    {
        (GridCell baseline, TaskWords words, DropoutSpec dropout) = (task.Plan.Baseline, task.Kind.Words, task.RecipeOf(cell).Dropout);
        GridRunResult[] runs = [.. results.Where(r => r.Cell == cell.Name)], baselines = [.. results.Where(r => r.Cell == baseline.Name)];
        bool isBaseline = cell == baseline;
        double? baselineMs = alike.Count > 0 ? Median.Of(alike.Select(t => t.Baseline.Step)) : null;

        // Each cell was timed beside the baseline: their ratio is better known than either time.
        GridCellTimes? timed = times.FirstOrDefault(t => t.Cell == cell.Name);
        double? speedup = isBaseline ? (baselineMs is null ? null : 1) : timed?.Speedup;
        double? stepMs = isBaseline || alike.Any(t => t.Cell == cell.Name) ? baselineMs / speedup : null;
        GridFigure? atBaselineEnd = null, baselineAtEnd = null;
        if ((stepMs ?? timed?.Own.Step) is { } own && (stepMs is null ? timed?.Baseline.Step : baselineMs) is { } dense)
        {
            // Over the seeds that both have, each with its own ends.
            List<double> atDenseEnd = [], atOwnEnd = [];
            foreach (GridRunResult run in runs)
            {
                if (Array.Find(baselines, other => other.Seed == run.Seed) is not { } other) continue;
                if (LearningCurve.BestAt(words, run.Epochs, own, End(other, dense)) is { } atDense) atDenseEnd.Add(atDense);
                if (LearningCurve.BestAt(words, other.Epochs, dense, End(run, own)) is { } atOwn) atOwnEnd.Add(atOwn);
            }

            (atBaselineEnd, baselineAtEnd) = (GridFigure.Of(atDenseEnd), GridFigure.Of(atOwnEnd));
        }

        return new GridCellReport(
            cell.Name, cell.Meaning, ModelSpelling.DropoutKinds.NameOf(dropout.Kind), dropout.Embedding, dropout.Layer, dropout.Recurrent,
            dropout.Output, task.WeightDropOf(cell), GridFigure.Of(runs.Select(r => r.ValidMetric)),
            GridFigure.Of(runs.Select(r => r.TestMetric)),
            isBaseline ? null : GridVerdict.Difference(runs, baselines, r => r.OnValid, words),
            isBaseline ? null : GridVerdict.Difference(runs, baselines, r => r.OnTest, words), stepMs, speedup,
            cell.IsStructured ? IdealSpeedup.Of(task.NetworkOf(cell), dropout) : 1,
            stepMs is { } step && runs.Length > 0 ? runs.Average(run => End(run, step)) : null, atBaselineEnd, baselineAtEnd, runs);
    }

    private static double End(GridRunResult run, double stepMs) => LearningCurve.Seconds(run.Epochs, stepMs)[^1];
}
