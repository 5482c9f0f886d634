using TinySD.Tools.Training;

namespace TinySD.Tools.Reproduce;

/// <summary>What a file of a grid's folder says. People edit such files, so that nothing in them is taken for granted.</summary>
internal interface IGridFile
{
    /// <summary>What is impossible, or null.</summary>
    string? FindFault(GridKind kind);
}

/// <summary>What has to hold for figures in a grid's files.</summary>
/// <param name="words">What the task is measured by.</param>
internal readonly struct GridFaults(TaskWords words)
{
    // More than thirty years; sums of such times stay exact enough, and a count of ticks does not overflow.
    private const double MostSeconds = 1e9;

    /// <summary>Of a time.</summary>
    public static string? OfSeconds(string name, double seconds) =>
        seconds is >= 0 and <= MostSeconds ? null : $"{name} is {seconds}; 0 to {MostSeconds} was expected";

    /// <summary>Of a metric.</summary>
    /// <param name="data"><c>train</c>, <c>valid</c> or <c>test</c>.</param>
    /// <param name="value">The value.</param>
    /// <param name="place">Where it stands, after the name.</param>
    public string? OfMetric(string data, double value, string place = "")
    {
        bool isSound = words.IsExpOfLoss ? value > 0 : double.IsFinite(value) || (data == "train" && double.IsNaN(value));
        string expected = words.IsExpOfLoss ? "a number above 0" : "a finite number";
        return isSound ? null : $"{data}{words.JsonEnd}{place} is {value}; {expected} was expected";
    }

    /// <summary>Of a loss, which older files of a metric that is exp of it do not have.</summary>
    public string? OfLoss(string name, double? loss) =>
        (loss is null ? words.IsExpOfLoss : double.IsFinite(loss.Value)) ? null
            : $"{name} is {(loss is null ? "missing" : loss)}; a finite number was expected";

    /// <summary>Of a learning curve.</summary>
    public string? OfEpochs(IReadOnlyList<EpochOutcome?> epochs)
    {
        for (int index = 0; index < epochs.Count; index++)
        {
            if (epochs[index] is not { } epoch) return $"epoch {index + 1} is null";
            string place = $" of epoch {epoch.Epoch}";
            if (epoch.Epoch != index + 1) return $"epoch {epoch.Epoch} stands where epoch {index + 1} belongs";
            if (epoch.Steps < 1) return $"epoch {epoch.Epoch} has {epoch.Steps} steps; at least 1 was expected";
            if (!(epoch.LearningRate >= 0 && float.IsFinite(epoch.LearningRate)))
                return $"the learning rate{place} is no number of at least 0";
            string? fault = OfMetric("train", epoch.Train.Metric, place) ?? OfMetric("valid", epoch.Valid.Metric, place)
                ?? OfLoss($"trainLoss{place}", GridEpochEntry.Known(epoch.Train.Loss))
                ?? OfLoss($"validLoss{place}", GridEpochEntry.Known(epoch.Valid.Loss));
            if (fault is not null) return fault;
        }

        return null;
    }
}
