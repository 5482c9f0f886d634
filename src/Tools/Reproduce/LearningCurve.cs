using TinySD.Tools.Training;

namespace TinySD.Tools.Reproduce;

/// <summary>A run's validation metric against the time that its training would take by measured step times.</summary>
internal static class LearningCurve
{
    // Sums of the same times in another order are still the same moment.
    private const double Tolerance = 1e-9;

    public static IReadOnlyList<double> Seconds(IReadOnlyList<EpochOutcome> epochs, double stepMilliseconds)
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
    /// The validation metric of the best model that a run has after so much training; of whole epochs, since a model is validated after
    /// those. A run that ends before keeps its best.
    /// </summary>
    /// <returns>Null before the end of the first epoch.</returns>
    public static double? BestAt(TaskWords words, IReadOnlyList<EpochOutcome> epochs, double stepMilliseconds, double seconds)
    {
        IReadOnlyList<double> ends = Seconds(epochs, stepMilliseconds);
        EpochOutcome? best = null;
        for (int i = 0; i < epochs.Count && ends[i] <= seconds * (1 + Tolerance); i++)
        {
            if (best is null || words.FigureOf(epochs[i].Valid) < words.FigureOf(best.Valid)) best = epochs[i];
        }

        return best?.Valid.Metric;
    }
}
