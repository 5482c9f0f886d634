using TinySD.Tools.Json;
using TinySD.Tools.Training;

namespace TinySD.Tools.Reproduce;

/// <summary>A structured cell against one of the same rates whose masks differ within the batch, seed by seed.</summary>
/// <param name="Structured">The one.</param>
/// <param name="Control">The other.</param>
/// <param name="TestDifference">Test metric of the one less that of the other.</param>
/// <param name="SeedsWithinClaim">Seeds in which it is at most what the claim allows.</param>
/// <param name="Holds">Whether the mean is at most what the claim allows.</param>
internal sealed record GridComparison(string Structured, string Control, GridFigure TestDifference, int SeedsWithinClaim, bool Holds)
    : IJsonObject
{
    public void Write(JsonMembers json) => json.Add(Structured).Add(Control).Add(TestDifference).Add(SeedsWithinClaim).Add(Holds);
}

/// <summary>The claim about structured dropout, and what a grid says of it.</summary>
/// <param name="kind">What the claim is about.</param>
/// <param name="baseline">What the grid measures against: random masks or masks that stay for a window.</param>
internal sealed class GridVerdict(GridKind kind, GridCell baseline)
{
    /// <summary>The comparisons for which there are runs.</summary>
    public IReadOnlyList<GridComparison> Compare(IReadOnlyList<GridRunResult> results)
    {
        var comparisons = new List<GridComparison>();
        foreach ((GridCell structured, GridCell control) in Pairs())
        {
            GridRunResult[] ones = Of(structured), others = Of(control);
            if (Difference(ones, others, r => r.OnTest, kind.Words) is not { } difference) continue;
            int within = Differences(ones, others, r => r.OnTest, kind.Words).Count(d => kind.Cost(d) <= kind.Allowed);
            bool holds = kind.Cost(difference.Mean) <= kind.Allowed;
            comparisons.Add(new GridComparison(structured.Name, control.Name, difference, within, holds));
        }

        return comparisons;

        GridRunResult[] Of(GridCell cell) => [.. results.Where(result => result.Cell == cell.Name)];
    }

    /// <summary>The claim, and whether these numbers support it, in plain words.</summary>
    public string Say(IReadOnlyList<GridComparison> comparisons, GridPlan plan, IReadOnlyList<GridMissing> missing)
    {
        string claim = $"The claim: structured masks cost at most {kind.Words.Limit(kind.Allowed)} against " +
            $"{ModelSpelling.DropoutKinds.NameOf(baseline.Kind)} masks at the same rates.";
        int diverged = missing.Count(run => run.Diverged is not null), left = missing.Count - diverged;
        string unfinished = left > 0 ? $" The grid is not finished: {Figures.Count(left, "run")} of it {Are(left)} missing." : "";
        string rest = unfinished + (diverged > 0 ? $" {Figures.Count(diverged, "run")} diverged and {Are(diverged)} left out." : "");
        if (comparisons.Count == 0)
            return $"{claim} There are no two runs of the same rates and seed yet, so these numbers say nothing about it.{rest}";
        (GridCell Structured, GridCell Control)[] unjudged =
            Array.FindAll(Pairs(), pair => comparisons.All(c => c.Structured != pair.Structured.Name));
        bool isWhole = !Array.Exists(unjudged, pair => plan.Cells.Contains(pair.Structured));
        string verdict = !comparisons.Any(c => c.Holds) ? "These numbers do not support it"
            : isWhole && comparisons.All(c => c.Holds) ? "These numbers support it" : "These numbers support it in part";
        string single = comparisons.Any(c => c.TestDifference.Seeds == 1) ? " One seed says nothing about the spread between seeds." : "";
        string unknown = string.Concat(Array.ConvertAll(
            unjudged,
            pair => $" They say nothing about {pair.Structured.Name}, for which there are no runs of it and {pair.Control.Name} with one " +
                "seed."));
        return $"{claim} {verdict}: {string.Join("; ", comparisons.Select(Describe))}.{unknown}{single}{rest}";

        static string Are(int count) => count == 1 ? "is" : "are";
    }

    /// <summary>What structured masks gain, in plain words; empty while nothing is measured.</summary>
    public string SaySpeed(IReadOnlyList<GridCellReport> cells)
    {
        string[] gains =
        [
            .. cells.Where(cell => cell.IdealSpeedup > 1 && cell.Speedup is not null)
                .Select(cell => $"{cell.Cell} {Figures.Fixed(cell.Speedup!.Value, 2)} (of at most {Figures.Fixed(cell.IdealSpeedup, 2)})"),
        ];
        return gains.Length == 0 ? ""
            : $" How many times as fast as with {baseline.Name} a whole training step is: {string.Join(", ", gains)}.";
    }

    /// <summary>One set of runs less another, over the seeds that both have; null where there are none.</summary>
    public static GridFigure? Difference(
        IReadOnlyList<GridRunResult> ones, IReadOnlyList<GridRunResult> others, Func<GridRunResult, Measurement> figure, TaskWords words) =>
        GridFigure.Of(Differences(ones, others, figure, words));

    /// <summary>How much more of the metric one has than another, as a share of it if the task says so: of two that no number holds, what
    /// their losses say.</summary>
    public static double Difference(Measurement one, Measurement other, TaskWords words) =>
        words.IsRelative && other.Metric > 0 && double.IsFinite(one.Metric) ? (one.Metric - other.Metric) / other.Metric
        : one.Metric != other.Metric || double.IsFinite(one.Metric) ? one.Metric - other.Metric
        : one.Loss == other.Loss ? 0 : one.Loss > other.Loss ? double.PositiveInfinity : double.NegativeInfinity;

    private (GridCell Structured, GridCell Control)[] Pairs()
    {
        bool isLocked = baseline.Kind == DropoutKind.Locked;
        return
        [
            (GridCell.Structured, isLocked ? GridCell.Locked : GridCell.Random),
            (GridCell.StructuredRecurrent, isLocked ? GridCell.LockedRecurrent : GridCell.RandomRecurrent),
        ];
    }

    private static List<double> Differences(
        IReadOnlyList<GridRunResult> ones, IReadOnlyList<GridRunResult> others, Func<GridRunResult, Measurement> figure, TaskWords words)
    {
        var differences = new List<double>();
        foreach (GridRunResult one in ones)
        {
            if (others.FirstOrDefault(other => other.Seed == one.Seed) is { } other)
                differences.Add(Difference(figure(one), figure(other), words));
        }

        return differences;
    }

    private string Describe(GridComparison c)
    {
        GridFigure d = c.TestDifference;
        string mean = double.IsNaN(d.Mean) ? "not to be compared with"
            : $"{kind.Words.Size(d.Mean)} {(d.Mean > 0 ? "higher" : "lower")} than";
        string spread = d.Seeds == 1 ? "" : $" ({kind.Words.Signed(d.Min)} to {kind.Words.Signed(d.Max)})";
        return $"the test {kind.Words.Name} of {c.Structured} is {mean} that of {c.Control}{spread}, " +
            $"{(d.Seeds == 1 ? "with one seed" : $"a mean of {Figures.Count(d.Seeds, "seed")}")}, " +
            $"{Figures.Count(c.SeedsWithinClaim)} of {Figures.Count(d.Seeds)} within the claim";
    }
}
