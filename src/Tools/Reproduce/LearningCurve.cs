namespace TinySD.Tools.Reproduce;

/// <summary>A run's validation perplexity against the time that its training would take by measured step times.</summary>
internal static class LearningCurve
{
    // Sums of the same times in another order are still the same moment.
    private const double Tolerance = 1e-9;

    /// <summary>Seconds of training after every epoch.</summary>
    public static IReadOnlyList<double> Seconds(IReadOnlyList<GridEpoch> epochs, double stepMilliseconds)
    {
        double[] seconds = new double[epochs.Count];
        long steps = 0;
        for (int i = 0; i < seconds.Length; i++)
        {
            steps += epochs[i].Steps;
            seconds[i] = steps * stepMilliseconds / 1000;
        }

        return seconds;
    }

    /// <summary>
    /// The validation perplexity of the best model that a run has after so much training; of whole epochs, since a model is validated after those. A run
    /// that ends before keeps its best.
    /// </summary>
    /// <returns>Null before the end of the first epoch.</returns>
    public static double? BestAt(IReadOnlyList<GridEpoch> epochs, double stepMilliseconds, double seconds)
    {
        IReadOnlyList<double> ends = Seconds(epochs, stepMilliseconds);
        double? best = null;
        for (int i = 0; i < epochs.Count && ends[i] <= seconds * (1 + Tolerance); i++)
        {
            if (!(epochs[i].ValidPerplexity >= best)) best = epochs[i].ValidPerplexity;
        }

        return best;
    }
}
