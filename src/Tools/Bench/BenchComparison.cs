using System.Diagnostics;

namespace TinySD.Tools.Bench;

/// <summary>Times so many steps of two models that differ in their dropout, or as many as the budget allows, on random tokens.</summary>
internal sealed class BenchComparison(BenchPlan plan, int? steps, IParallelRunner runner, HardwareProfile? hardware)
    : SideBySide(plan.Dense, plan.Structured, plan.Vocabulary, RandomWindows(plan), runner, hardware)
{
    /// <summary>Without a count of steps it ends after the most, or when the time is over, but not before the fewest.</summary>
    public const int MostSteps = 50, FewestSteps = 3, BudgetSeconds = 30;

    private const int Windows = 8;

    // Code is compiled and memory first touched in the first steps of each.
    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(1), s_budget = TimeSpan.FromSeconds(BudgetSeconds);

    /// <summary>Makes the steps.</summary>
    /// <exception cref="OperationCanceledException">A stop was asked for.</exception>
    public void Run(IProgressDisplay progress, CancellationToken stop)
    {
        BeginRound(0);
        var elapsed = Stopwatch.StartNew();
        for (bool isWarm = false; !isWarm; isWarm = elapsed.Elapsed >= s_warmUp) Next(isTimed: false);
        while (!IsEnough(elapsed.Elapsed))
        {
            Next(isTimed: true);
            if (progress.IsDue) progress.Show($"step {Dense.Steps} of each", Share(elapsed.Elapsed), Detail());
        }

        void Next(bool isTimed)
        {
            stop.ThrowIfCancellationRequested();
            Step(isTimed, "try a lower --rate");
        }
    }

    private bool IsEnough(TimeSpan elapsed) => steps is { } asked
        ? Dense.Steps >= asked
        : Dense.Steps >= MostSteps || (Dense.Steps >= FewestSteps && elapsed >= s_budget);

    private double Share(TimeSpan elapsed) => steps is { } asked
        ? (double)Dense.Steps / asked
        : Math.Min(1, Math.Max((double)Dense.Steps / MostSteps, elapsed / s_budget));

    private string Detail()
    {
        double dense = Dense.Run.LastStepMilliseconds, structured = Structured.Run.LastStepMilliseconds;
        return $"dense {Figures.Fixed(dense, 1)} ms, structured {Figures.Fixed(structured, 1)} ms";
    }

    private static TokenWindows RandomWindows(BenchPlan plan)
    {
        int batch = plan.Dense.BatchSize, timeSteps = plan.Dense.Bptt;
        var random = new Random(1);
        int[] tokens = [.. Enumerable.Range(0, batch * ((Windows * timeSteps) + 1)).Select(_ => random.Next(plan.Vocabulary))];
        return new TokenWindows(tokens, batch, timeSteps);
    }
}
