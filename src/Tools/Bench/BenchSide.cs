using TinySD.Tools.Machines;
using TinySD.Tools.Tasks.LanguageModeling;

namespace TinySD.Tools.Bench;

/// <summary>The times of one step in milliseconds: the whole; the products FP, BP and WG; what is neither a product nor the optimizer;
/// gradient norm and update; and every <see cref="Pass"/> by its number.</summary>
internal sealed record StepTimes(
    double Step, double Forward, double Backward, double WeightGradient, double Elementwise, double Optimizer, double[] Passes)
{
    /// <summary>Those of the step that a model just made.</summary>
    public static StepTimes Of(TimedModel run)
    {
        PassTimes times = run.Times;
        return new StepTimes(
            run.LastStepMilliseconds, times.Forward.TotalMilliseconds, times.Backward.TotalMilliseconds,
            times.WeightGradient.TotalMilliseconds, times.Elementwise.TotalMilliseconds, times.Optimizer.TotalMilliseconds,
            [.. Enum.GetValues<Pass>().Select(pass => times[pass].TotalMilliseconds)]);
    }
}

/// <summary>One of two models in training, and its steps.</summary>
internal sealed class BenchSide(TimedModel run)
{
    private readonly List<StepTimes> _steps = [];

    public TimedModel Run => run;

    /// <summary>Steps that were timed.</summary>
    public int Steps => _steps.Count;

    /// <summary>The loss of every step, nats per token.</summary>
    public List<double> Losses { get; } = [];

    /// <summary>One update.</summary>
    public void Step(int window, bool isTimed)
    {
        run.Times.Reset();
        Losses.Add(run.Step(window));
        if (isTimed) _steps.Add(StepTimes.Of(run));
    }

    /// <summary>The median over all timed steps, milliseconds; the first steps, in which code is still compiled, do not move it.</summary>
    public double MedianOf(Func<StepTimes, double> part) => Median.Of(_steps.Select(part));
}

/// <summary>Two models of one shape, on the same windows. They take turns step by step, so that whatever else the machine does slows both
/// alike.</summary>
internal abstract class SideBySide(
    LanguageModelRecipe dense, LanguageModelRecipe structured, int vocabulary, TokenWindows windows, IParallelRunner runner,
    HardwareProfile? hardware)
{
    protected IParallelRunner Runner => runner;

    protected HardwareProfile? Hardware => hardware;

    /// <summary>Random dropout: every product is computed in full.</summary>
    public BenchSide Dense { get; } = new(new TimedModel(dense, vocabulary, windows, runner, hardware));

    /// <summary>Structured dropout: dropped rows and columns are skipped.</summary>
    public BenchSide Structured { get; } = new(new TimedModel(structured, vocabulary, windows, runner, hardware));

    /// <summary>Begins a round of both at the rate of an epoch, counted from 0.</summary>
    protected void BeginRound(int epoch)
    {
        Dense.Run.BeginRound(epoch);
        Structured.Run.BeginRound(epoch);
    }

    /// <summary>One step of each.</summary>
    protected void Step(bool isTimed, string remedy)
    {
        int step = Dense.Losses.Count, window = step % windows.Count;

        // Now one is first, now the other: what a step leaves in the caches is not always the same one's gain.
        (BenchSide first, BenchSide second) = step % 2 == 0 ? (Dense, Structured) : (Structured, Dense);
        try
        {
            first.Step(window, isTimed);
            second.Step(window, isTimed);
        }
        catch (NotFiniteException exception)
        {
            throw new FailureException($"the numbers stopped being finite in step {step + 1}; {remedy}.", exception);
        }
    }
}
