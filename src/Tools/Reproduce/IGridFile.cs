namespace TinySD.Tools.Reproduce;

/// <summary>What a file of a grid's folder says. People edit such files, so that nothing in them is taken for granted.</summary>
internal interface IGridFile
{
    /// <summary>What is impossible, or null.</summary>
    string? FindFault();
}

/// <summary>What has to hold for figures in a grid's files.</summary>
internal static class GridFaults
{
    // More than thirty years; sums of such times stay exact enough, and a count of ticks does not overflow.
    private const double MostSeconds = 1e9;

    /// <summary>Of a time.</summary>
    public static string? OfSeconds(string name, double seconds) =>
        seconds is >= 0 and <= MostSeconds ? null : $"{name} is {seconds}; 0 to {MostSeconds} was expected";

    /// <summary>Of a perplexity.</summary>
    public static string? OfPerplexity(string name, double perplexity) => perplexity > 0 ? null : $"{name} is {perplexity}; a number above 0 was expected";

    /// <summary>Of a loss, which older files do not have.</summary>
    public static string? OfLoss(string name, double? loss) =>
        loss is null || double.IsFinite(loss.Value) ? null : $"{name} is {loss}; a finite number was expected";

    /// <summary>Of a learning curve.</summary>
    public static string? OfEpochs(IReadOnlyList<GridEpoch?> epochs)
    {
        for (int index = 0; index < epochs.Count; index++)
        {
            if (epochs[index] is not { } epoch) return $"epoch {index + 1} is null";
            if (epoch.Epoch != index + 1) return $"epoch {epoch.Epoch} stands where epoch {index + 1} belongs";
            if (epoch.Steps < 1) return $"epoch {epoch.Epoch} has {epoch.Steps} steps; at least 1 was expected";
            if (!(epoch.LearningRate >= 0 && float.IsFinite(epoch.LearningRate))) return $"the learning rate of epoch {epoch.Epoch} is no number of at least 0";
            if (OfPerplexity($"trainPerplexity of epoch {epoch.Epoch}", epoch.TrainPerplexity) is { } train) return train;
            if (OfPerplexity($"validPerplexity of epoch {epoch.Epoch}", epoch.ValidPerplexity) is { } valid) return valid;
            string? loss = OfLoss($"trainLoss of epoch {epoch.Epoch}", epoch.TrainLoss) ?? OfLoss($"validLoss of epoch {epoch.Epoch}", epoch.ValidLoss);
            if (loss is not null) return loss;
        }

        return null;
    }
}
