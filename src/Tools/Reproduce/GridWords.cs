using TinySD.Tools.Training;

namespace TinySD.Tools.Reproduce;

/// <summary>A grid in words and in a table, for a terminal.</summary>
internal static class GridWords
{
    /// <summary>What is trained, for how many epochs and at which learning rates.</summary>
    public static string Training(GridTask task)
    {
        TrainingRecipe recipe = task.Recipe;
        string rate = Figures.Setting(recipe.LearningRate), last = Figures.Setting(recipe.LearningRateAt(recipe.Epochs - 1));
        string rates = recipe.LearningRateSchedule == LearningRateSchedule.Zaremba && recipe.FullRateEpochs < recipe.Epochs
            ? $"{Figures.Count(recipe.FullRateEpochs)} of them at the full learning rate {rate}, then divided by " +
                $"{Figures.Setting(recipe.Decay)} each; {last} in the last"
            : $"learning rate {rate}, {ModelSpelling.LearningRateSchedules.NameOf(recipe.LearningRateSchedule)}";
        return $"{Figures.Count(task.Plan.Cells.Count, "cell")} of {Figures.Count(task.Plan.Seeds.Count, "seed")}: " +
            $"{Figures.Count(recipe.Epochs, "epoch")}, {rates}";
    }

    /// <summary>The table, the verdict, and what is missing.</summary>
    public static void Write(CliConsole console, GridReport report, GridTask task)
    {
        TaskWords words = task.Kind.Words;
        var table = new Table(
            "cell", ">seeds", ">valid", ">test", ">min", ">max", $">against {report.Baseline}", ">step", ">speed-up", ">ideal");
        foreach (GridCellReport cell in report.Cells)
        {
            table.Row(
                cell.Cell, cell.Runs.Count.ToString(CultureInfo.InvariantCulture), words.Text(cell.ValidMetric?.Mean),
                words.Text(cell.TestMetric?.Mean), words.Text(cell.TestMetric?.Min), words.Text(cell.TestMetric?.Max),
                cell.TestDifference is { } d ? words.Signed(d.Mean) : "", cell.StepMs is { } ms ? $"{Figures.Fixed(ms, 1)} ms" : "",
                cell.Speedup is { } ratio ? Figures.Fixed(ratio, 2) : "", Figures.Fixed(cell.IdealSpeedup, 2));
        }

        console.Write(table);
        string how = task.MeasuredHow(report) is { Length: > 0 } told ? $"; {told}" : "";
        console.Prose.WriteLine(
            $"{words.Plural} are means over seeds; min, max and the difference{words.InUnit} are of the test {words.Data}; " +
            $"batch size {task.Recipe.BatchSize}{how}.");
        console.Prose.WriteLine(report.Verdict);
        string[] diverged = [.. report.Missing.Where(run => run.Diverged is not null).Select(run => run.Run)];
        string[] left = [.. report.Missing.Where(run => run.Diverged is null).Select(run => run.Run)];
        if (diverged.Length > 0) console.Prose.WriteLine($"diverged: {string.Join(", ", diverged)}");
        if (left.Length == 0) return;
        console.Prose.WriteLine($"missing: {string.Join(", ", left)}");
        console.Out.WriteLine($"go on with: {console.Typed(report.Command)}");
    }
}
