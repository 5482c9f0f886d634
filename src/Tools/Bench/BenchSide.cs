using TinySD.Tools.Machines;
using TinySD.Tools.Tasks.LanguageModeling;

namespace TinySD.Tools.Bench;

/// <summary>The times of one step, milliseconds.</summary>
/// <param name="Step">The whole step.</param>
/// <param name="Forward">The forward products, FP.</param>
/// <param name="Backward">The products that give the inputs' gradients, BP.</param>
/// <param name="WeightGradient">The products that give the weights' gradients, WG.</param>
/// <param name="Elementwise">What is neither a product nor the optimizer.</param>
/// <param name="Optimizer">Gradient norm and update.</param>
/// <param name="Passes">Every <see cref="Pass"/> by its number.</param>
internal sealed record StepTimes(
    double Step, double Forward, double Backward, double WeightGradient, double Elementwise, double Optimizer, double[] Passes)
{
    /// <summary>Those of the step that a model just made.</summary>
    public static StepTimes Of(TimedModel run)
    {
        PassTimes times = run.Times;
        return new StepTimes(
            run.LastStepMilliseconds, times.Forward.TotalMilliseconds, times.Backward.TotalMilliseconds, times.WeightGradient.TotalMilliseconds,
            times.Elementwise.TotalMilliseconds, times.Optimizer.TotalMilliseconds,
            [.. Enum.GetValues<Pass>().Select(pass => times[pass].TotalMilliseconds)]);
    }
}

/// <summary>One of the two models, and the times of its steps.</summary>
internal sealed class BenchSide(TimedModel run)
{
    private readonly List<StepTimes> _steps = [];

    /// <summary>The model in training.</summary>
    public TimedModel Run => run;

    /// <summary>Steps that were timed.</summary>
    public int Steps => _steps.Count;

    /// <summary>One update.</summary>
    public void Step(int window, bool isTimed)
    {
        run.Times.Reset();
        run.Step(window);
        if (isTimed) _steps.Add(StepTimes.Of(run));
    }

    /// <summary>The median over all steps, milliseconds.</summary>
    public double MedianOf(Func<StepTimes, double> part) => Median.Of(_steps.Select(part));
}
