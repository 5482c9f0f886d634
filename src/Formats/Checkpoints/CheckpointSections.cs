using TinySD.Formats.Models;

namespace TinySD.Formats.Checkpoints;

// The JSON of a checkpoint's header, spelled out apart from the runtime's records: a name changed there must not change the format.

/// <summary>The section <c>progress</c>.</summary>
internal sealed record ProgressSection(
    long Updates, int Epoch, int Step, double LossSum, double Seconds, double TotalSeconds, float LearningRate, long OptimizerUpdates,
    long? AveragedUpdates = null, double? ScoreSum = null)
{
    // More than thirty years, and few enough that a count of the system's ticks does not overflow.
    private const double MostSeconds = 1e9;

    public static ProgressSection From(RunState state) => new(
        state.Updates, state.Epoch, state.Step, state.LossSum, state.Seconds, state.TotalSeconds, state.LearningRate, state.Counts.Updates,
        state.Counts.AveragedUpdates < 0 ? null : state.Counts.AveragedUpdates, state.ScoreSum);

    /// <summary>Whether a run can have taken so long.</summary>
    public static bool IsTime(double seconds) => seconds is >= 0 and <= MostSeconds;

    /// <summary>What is impossible, or null.</summary>
    public string? FindFault()
    {
        if (Updates is < 0 or > int.MaxValue) return $"{Updates} updates; expected 0 to {int.MaxValue}";
        if (Epoch < 0 || Step < 0 || OptimizerUpdates < 0) return "a count is below 0";
        if (AveragedUpdates < 0 || AveragedUpdates > OptimizerUpdates)
            return $"the average is of {Words.Counted(AveragedUpdates.Value, "update")}; expected 0 to {OptimizerUpdates}";
        if (Step > Updates) return $"an epoch has {Words.Counted(Step, "update")}, and all have {Updates}";

        // Both are counted up together from here on: what holds now holds at the run's end.
        if (OptimizerUpdates - Updates > int.MaxValue)
            return $"{OptimizerUpdates} updates of the optimizer; expected 0 to {Updates + int.MaxValue}";
        if (ScoreSum is { } score && !double.IsFinite(score)) return "the sum of the scores is not a number";
        if (!double.IsFinite(LossSum)) return "the sum of the losses is not a number";
        if (!IsTime(Seconds) || !IsTime(TotalSeconds)) return $"a time is not a number from 0 to {MostSeconds} s";
        return LearningRate >= 0 && float.IsFinite(LearningRate) ? null : "the learning rate is not a number of at least 0";
    }

    /// <summary>Where the run stands; its epochs are in another section.</summary>
    public RunState ToState() => new()
    {
        Updates = Updates,
        Epoch = Epoch,
        Step = Step,
        LossSum = LossSum,
        ScoreSum = ScoreSum,
        Seconds = Seconds,
        TotalSeconds = TotalSeconds,
        LearningRate = LearningRate,
        Counts = new TrainerCounts(OptimizerUpdates, AveragedUpdates ?? -1),
    };
}

/// <summary>The epochs in the section <c>run</c>, and the losses within them.</summary>
internal sealed record EpochsSection(RunEpochEntry?[] Epochs, int? BestEpoch = null, LossCurveState? Curve = null)
{
    public static EpochsSection From(RunState state, Metric metric) =>
        new([.. state.Epochs.Select(epoch => RunEpochEntry.From(epoch, metric))], state.BestEpoch, state.Curve);

    /// <summary>A state with these.</summary>
    /// <exception cref="ArgumentException">A result is missing, or is another task's; or the curve is impossible.</exception>
    public RunState AddTo(RunState state, Metric metric)
    {
        if (Epochs.Contains(null)) Throw.Argument("an epoch is null");
        if (Curve?.FindFault(state.Updates) is { } fault) Throw.Argument(fault);
        return state with
        {
            Epochs = Array.ConvertAll(Epochs, epoch => epoch!.ToOutcome(metric)),
            BestEpoch = BestEpoch,
            Curve = Curve,
        };
    }
}

/// <summary>An epoch in the section <c>run</c>.</summary>
/// <param name="Results">As a model's record has them, with their losses.</param>
/// <param name="Steps">Its updates.</param>
/// <param name="Seconds">Its time.</param>
/// <param name="TokensPerSecond">Its speed, of tasks that are measured by perplexity.</param>
/// <param name="TermsPerSecond">Its speed, of others.</param>
internal sealed record RunEpochEntry(
    EpochEntry Results, int Steps, double Seconds, double? TokensPerSecond = null, double? TermsPerSecond = null)
{
    public static RunEpochEntry From(EpochOutcome epoch, Metric metric) => new(
        EpochEntry.From(epoch, metric, hasLosses: true), epoch.Steps, epoch.Seconds, metric.IsPerplexity ? epoch.TermsPerSecond : null,
        metric.IsPerplexity ? null : epoch.TermsPerSecond);

    /// <exception cref="ArgumentException">A result is missing, or is another task's.</exception>
    public EpochOutcome ToOutcome(Metric metric)
    {
        (double? speed, double? other) = metric.IsPerplexity ? (TokensPerSecond, TermsPerSecond) : (TermsPerSecond, TokensPerSecond);
        if (speed is null || other is not null)
            Throw.Argument($"the speed of epoch {Results.Epoch} is missing, or is another task's");
        return Results.ToOutcome(metric) with { Steps = Steps, Seconds = Seconds, TermsPerSecond = speed.Value };
    }
}
