using Spectre.Console;
using TinySD.Tools.Tasks.LanguageModeling;

namespace TinySD.Tools.Reproduce;

/// <summary>A grid in words and in a table, for a terminal.</summary>
internal static class GridWords
{
    /// <summary>What is trained, for how many epochs and at which learning rates.</summary>
    public static string Training(GridPlan plan)
    {
        LanguageModelRecipe recipe = plan.Recipe;
        string rates = recipe.LearningRateSchedule == LearningRateSchedule.Zaremba && recipe.FullRateEpochs < recipe.Epochs
            ? $"{Figures.Count(recipe.FullRateEpochs)} of them at the full learning rate {Figures.Setting(recipe.LearningRate)}, then divided by {Figures.Setting(recipe.Decay)} each; " +
                $"{Figures.Setting(recipe.LearningRateAt(recipe.Epochs - 1))} in the last"
            : $"learning rate {Figures.Setting(recipe.LearningRate)}, {ModelSpelling.LearningRateSchedules.NameOf(recipe.LearningRateSchedule)}";
        return $"{Figures.Count(plan.Cells.Count, "cell")} of {Figures.Count(plan.Seeds.Count, "seed")}: {Figures.Count(recipe.Epochs, "epoch")}, {rates}";
    }

    /// <summary>The table, the verdict, and what is missing.</summary>
    public static void Write(CliConsole console, GridReport report)
    {
        Table table = Tables.Create("cell", ">seeds", ">valid", ">test", ">min", ">max", $">against {report.Baseline}", ">step", ">speed-up", ">ideal");
        foreach (GridCellReport cell in report.Cells)
        {
            table.Row(
                cell.Cell, cell.Runs.Count.ToString(CultureInfo.InvariantCulture), Perplexity(cell.ValidPerplexity?.Mean), Perplexity(cell.TestPerplexity?.Mean),
                Perplexity(cell.TestPerplexity?.Min), Perplexity(cell.TestPerplexity?.Max), cell.TestDifference is { } d ? GridVerdict.Signed(d.Mean) : "",
                cell.StepMs is { } ms ? $"{Figures.Fixed(ms, 1)} ms" : "", cell.Speedup is { } ratio ? Figures.Fixed(ratio, 2) : "", Figures.Fixed(cell.IdealSpeedup, 2));
        }

        console.Results.Write(table);
        console.Out.WriteLine(
            $"Perplexities are means over seeds; min, max and the difference are of the test text; batch size {report.Recipe.Recipe.BatchSize}; " +
            $"{new EvaluationStreams(report.Streams, report.TestStreams).Told(hasTest: true)}.");
        console.Out.WriteLine(report.Verdict);
        string[] diverged = [.. report.Missing.Where(run => run.Diverged is not null).Select(run => run.Run)];
        string[] left = [.. report.Missing.Where(run => run.Diverged is null).Select(run => run.Run)];
        if (diverged.Length > 0) console.Out.WriteLine($"diverged: {string.Join(", ", diverged)}");
        if (left.Length == 0) return;
        console.Out.WriteLine($"missing: {string.Join(", ", left)}");
        console.Out.WriteLine($"go on with: {report.Command}");
    }

    private static string Perplexity(double? perplexity) => perplexity is { } known ? Figures.Perplexity(known) : "";
}
