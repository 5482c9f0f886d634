namespace TinySD.Tools.Training;

/// <summary>Without a count of steps a comparison ends after the most, or when the time is over, but not before the fewest.</summary>
internal static class StepBudget
{
    public const int Most = 50, Fewest = 3, Seconds = 30;
}

/// <summary>Times so many steps of two models of any task that differ in their dropout, or as many as the budget allows.</summary>
internal sealed class StepComparison<TRun>(TRun dense, TRun structured, int? steps) : StepsInTurn<TRun>(dense, structured)
    where TRun : ITimedRun
{
    // Code is compiled and memory first touched in the first steps of each.
    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(1), s_budget = TimeSpan.FromSeconds(StepBudget.Seconds);

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
        : Dense.Steps >= StepBudget.Most || (Dense.Steps >= StepBudget.Fewest && elapsed >= s_budget);

    private double Share(TimeSpan elapsed) => steps is { } asked
        ? (double)Dense.Steps / asked
        : Math.Min(1, Math.Max((double)Dense.Steps / StepBudget.Most, elapsed / s_budget));

    private string Detail()
    {
        double dense = Dense.Run.LastStepMilliseconds, structured = Structured.Run.LastStepMilliseconds;
        return $"dense {Figures.Fixed(dense, 1)} ms, structured {Figures.Fixed(structured, 1)} ms";
    }
}
