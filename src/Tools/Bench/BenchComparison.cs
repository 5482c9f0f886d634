using System.Diagnostics;
using TinySD.Tools.Tasks.LanguageModeling;

namespace TinySD.Tools.Bench;

/// <summary>
/// Times the steps of two models that differ in their dropout, on the same random tokens. They take turns step by step, so that whatever
/// else the machine does slows both alike.
/// </summary>
internal sealed class BenchComparison
{
    /// <summary>Without a count of steps, this is when enough have been made: after that many, or that much time, but not before a few.</summary>
    public const int MostSteps = 50, FewestSteps = 3, BudgetSeconds = 30;

    private const int Windows = 8;

    // Code is compiled and memory first touched in the first steps of each.
    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_budget = TimeSpan.FromSeconds(BudgetSeconds);

    private readonly int? _steps;
    private readonly TokenWindows _windows;

    /// <param name="plan">What to time.</param>
    /// <param name="steps">Timed steps of each, or null for as many as the budget allows.</param>
    /// <param name="runner">Threads.</param>
    /// <param name="hardware">The machine.</param>
    public BenchComparison(BenchPlan plan, int? steps, IParallelRunner runner, HardwareProfile? hardware)
    {
        _steps = steps;
        int batch = plan.Dense.BatchSize, timeSteps = plan.Dense.Bptt;
        var random = new Random(1);
        int[] tokens = [.. Enumerable.Range(0, batch * ((Windows * timeSteps) + 1)).Select(_ => random.Next(plan.Vocabulary))];
        _windows = new TokenWindows(tokens, batch, timeSteps);
        Dense = new BenchSide(new TimedModel(plan.Dense, plan.Vocabulary, _windows, runner, hardware));
        Structured = new BenchSide(new TimedModel(plan.Structured, plan.Vocabulary, _windows, runner, hardware));
    }

    /// <summary>Random dropout: every product is computed in full.</summary>
    public BenchSide Dense { get; }

    /// <summary>Structured dropout: dropped rows and columns are skipped.</summary>
    public BenchSide Structured { get; }

    /// <summary>Makes the steps.</summary>
    /// <exception cref="OperationCanceledException">A stop was asked for.</exception>
    public void Run(IProgressDisplay progress, CancellationToken stop)
    {
        Dense.Run.BeginRound(0);
        Structured.Run.BeginRound(0);
        var elapsed = Stopwatch.StartNew();
        for (bool isWarm = false; !isWarm; isWarm = elapsed.Elapsed >= s_warmUp)
        {
            stop.ThrowIfCancellationRequested();
            Step(isTimed: false);
        }

        while (!IsEnough(elapsed.Elapsed))
        {
            stop.ThrowIfCancellationRequested();
            Step(isTimed: true);
            if (progress.IsDue) progress.Show($"step {Dense.Steps} of each", Share(elapsed.Elapsed), Detail());
        }
    }

    private bool IsEnough(TimeSpan elapsed) =>
        _steps is { } steps ? Dense.Steps >= steps : Dense.Steps >= MostSteps || (Dense.Steps >= FewestSteps && elapsed >= s_budget);

    private double Share(TimeSpan elapsed) =>
        _steps is { } steps ? (double)Dense.Steps / steps : Math.Min(1, Math.Max((double)Dense.Steps / MostSteps, elapsed / s_budget));

    private string Detail() =>
        $"dense {Figures.Fixed(Dense.Run.LastStepMilliseconds, 1)} ms, structured {Figures.Fixed(Structured.Run.LastStepMilliseconds, 1)} ms";

    private void Step(bool isTimed)
    {
        int step = Dense.Run.Steps, window = step % _windows.Count;
        // Now one is first, now the other: what a step leaves in the caches is not always the same one's gain.
        (BenchSide first, BenchSide second) = step % 2 == 0 ? (Dense, Structured) : (Structured, Dense);
        try
        {
            first.Step(window, isTimed);
            second.Step(window, isTimed);
        }
        catch (NotFiniteException exception)
        {
            throw new FailureException($"the numbers stopped being finite in step {step + 1}; try a lower --rate.", exception);
        }
    }
}
