using TinySD.Tools.Machines;

namespace TinySD.Tools.Training;

/// <summary>A model in training to see how fast, a step at a time; whoever drives it decides when.</summary>
internal interface ITimedRun
{
    double LastStepMilliseconds { get; }

    /// <summary>Where the time of its steps goes.</summary>
    PassTimes Times { get; }

    /// <summary>Begins a round at the recipe's learning rate of an epoch, counted from 0.</summary>
    void BeginRound(int epoch);

    /// <summary>Makes one update with a batch of its data, which come again after the last.</summary>
    /// <param name="index">The batch, counted from 0 without end.</param>
    /// <returns>The mean loss.</returns>
    double Step(int index);
}

/// <summary>The times of one step in milliseconds: the whole; the products FP, BP and WG; what is neither a product nor the optimizer;
/// gradient norm and update; and every <see cref="Pass"/> by its number.</summary>
internal sealed record StepTimes(
    double Step, double Forward, double Backward, double WeightGradient, double Elementwise, double Optimizer, double[] Passes)
{
    /// <summary>Those of the step that a model just made.</summary>
    public static StepTimes Of(ITimedRun run)
    {
        PassTimes times = run.Times;
        return new StepTimes(
            run.LastStepMilliseconds, times.Forward.TotalMilliseconds, times.Backward.TotalMilliseconds,
            times.WeightGradient.TotalMilliseconds, times.Elementwise.TotalMilliseconds, times.Optimizer.TotalMilliseconds,
            Array.ConvertAll(Enum.GetValues<Pass>(), pass => times[pass].TotalMilliseconds));
    }
}

/// <summary>One of two models in training, and its steps.</summary>
internal sealed class TimedSide<TRun>(TRun run)
    where TRun : ITimedRun
{
    private readonly List<StepTimes> _steps = [];

    public TRun Run => run;

    public int Steps => _steps.Count;

    /// <summary>The loss of every step, nats per term.</summary>
    public List<double> Losses { get; } = [];

    public void Step(int index, bool isTimed)
    {
        run.Times.Reset();
        Losses.Add(run.Step(index));
        if (isTimed) _steps.Add(StepTimes.Of(run));
    }

    /// <summary>The median over all timed steps, milliseconds; the first steps, in which code is still compiled, do not move it.</summary>
    public double MedianOf(Func<StepTimes, double> part) => Median.Of(_steps.Select(part));
}

/// <summary>Two models of one shape, on the same data. They take turns step by step, so that whatever else the machine does slows both
/// alike.</summary>
internal abstract class StepsInTurn<TRun>(TRun dense, TRun structured)
    where TRun : ITimedRun
{
    /// <summary>Random dropout: every product is computed in full.</summary>
    public TimedSide<TRun> Dense { get; } = new(dense);

    /// <summary>Structured dropout: dropped rows and columns are skipped.</summary>
    public TimedSide<TRun> Structured { get; } = new(structured);

    /// <summary>Begins a round of both at the rate of an epoch, counted from 0.</summary>
    protected void BeginRound(int epoch)
    {
        Dense.Run.BeginRound(epoch);
        Structured.Run.BeginRound(epoch);
    }

    /// <summary>One step of each.</summary>
    protected void Step(bool isTimed, string remedy)
    {
        int step = Dense.Losses.Count;

        // Now one is first, now the other: what a step leaves in the caches is not always the same one's gain.
        (TimedSide<TRun> first, TimedSide<TRun> second) = step % 2 == 0 ? (Dense, Structured) : (Structured, Dense);
        try
        {
            first.Step(step, isTimed);
            second.Step(step, isTimed);
        }
        catch (NotFiniteException exception)
        {
            throw new FailureException($"the numbers stopped being finite in step {step + 1}; {remedy}.", exception);
        }
    }
}
