using TinySD.Formats.Container;
using TinySD.Runtime.Memory;

namespace TinySD.Formats.Checkpoints;

/// <summary>Where a training run of any kind of model stands; all a checkpoint's <c>progress</c> section says.</summary>
public sealed record TrainingProgress
{
    /// <summary>Updates made in all. The next one's masks have this number.</summary>
    public required long Updates { get; init; }

    /// <summary>The epoch that is trained, counted from 0; as many as there are when the run is at its end.</summary>
    public required int Epoch { get; init; }

    /// <summary>Updates made in that epoch: the position in the data.</summary>
    public required int Step { get; init; }

    /// <summary>The sum of that epoch's losses over all tokens, in nats, to the last bit.</summary>
    public required double LossSum { get; init; }

    /// <summary>Time spent in that epoch's updates.</summary>
    public required double Seconds { get; init; }

    /// <summary>Time spent on the run.</summary>
    public required double TotalSeconds { get; init; }

    /// <summary>The learning rate of the epoch's updates; 0 where one that falls with every epoch has become too small for its number format.</summary>
    public required float LearningRate { get; init; }

    /// <summary>Updates as the optimizer counts them.</summary>
    public required long OptimizerUpdates { get; init; }

    /// <summary>Updates that the average of the parameters is the mean of; null where there is no average, or none yet.</summary>
    public long? AveragedUpdates { get; init; }

    // More than thirty years, and few enough that a count of the system's ticks does not overflow.
    private const double MostSeconds = 1e9;

    /// <summary>Whether a run can have taken so long.</summary>
    /// <param name="seconds">Any number.</param>
    internal static bool IsTime(double seconds) => seconds is >= 0 and <= MostSeconds;

    /// <summary>What is impossible, or null.</summary>
    internal string? FindFault()
    {
        if (Updates is < 0 or > int.MaxValue) return $"{Updates} updates; expected 0 to {int.MaxValue}";
        if (Epoch < 0 || Step < 0 || OptimizerUpdates < 0) return "a count is below 0";
        if (AveragedUpdates < 0 || AveragedUpdates > OptimizerUpdates) return $"the average is of {Words.Counted(AveragedUpdates.Value, "update")}; expected 0 to {OptimizerUpdates}";
        if (Step > Updates) return $"an epoch has {Words.Counted(Step, "update")}, and all have {Updates}";

        // Both are counted up together from here on: what holds now holds at the run's end.
        if (OptimizerUpdates - Updates > int.MaxValue) return $"{OptimizerUpdates} updates of the optimizer; expected 0 to {Updates + int.MaxValue}";
        if (!double.IsFinite(LossSum)) return "the sum of the losses is not a number";
        if (!IsTime(Seconds) || !IsTime(TotalSeconds)) return $"a time is not a number from 0 to {MostSeconds} s";
        return LearningRate >= 0 && float.IsFinite(LearningRate) ? null : "the learning rate is not a number of at least 0";
    }
}

/// <summary>Tensors of a checkpoint: those of one block, with something before their names.</summary>
/// <param name="Prefix">Before the names that the block's layout has.</param>
/// <param name="Block">The numbers: written from here, read into here.</param>
/// <param name="AreWeights">Whether numbers that are not finite are refused, as in a model.</param>
public sealed record CheckpointBlock(string Prefix, ParameterBlock Block, bool AreWeights = false)
{
    internal IEnumerable<TensorToWrite> Tensors => Block.Layout.Tensors.Select(slot => new TensorToWrite(Prefix + slot.Name, Block, slot));
}
