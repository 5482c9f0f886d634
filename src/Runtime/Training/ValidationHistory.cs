namespace TinySD.Runtime.Training;

/// <summary>What a run decides by the validation figures of its epochs, in order, less being better, as <see cref="Metric.Figure"/> has
/// them. All are pure functions of them, and a figure that is no number is no better than any other.</summary>
public static class ValidationHistory
{
    /// <summary>Whether averaging begins after the last epoch: it is worse than the best of the epochs up to
    /// <paramref name="n"/> before the one before it. So it takes n + 2 epochs at least, as in the authors' code (Merity, Keskar
    /// and Socher 2017, algorithm 1).</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="n"/> is below 0.</exception>
    public static bool IsNonMonotonic(ReadOnlySpan<double> figures, int n)
    {
        if (n < 0) Throw.OutOfRange(nameof(n), n, "0 or above");
        int earlier = figures.Length - 1 - n;
        return earlier > 0 && !(figures[^1] <= Best(figures[..earlier]));
    }

    /// <summary>Epochs that were trained with averaging, if it begins as <see cref="IsNonMonotonic"/> says; null where it
    /// has not begun.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="n"/> is below 0.</exception>
    public static int? EpochsAveraged(ReadOnlySpan<double> figures, int n)
    {
        for (int epochs = 1; epochs <= figures.Length; epochs++)
        {
            if (IsNonMonotonic(figures[..epochs], n)) return figures.Length - epochs;
        }

        return null;
    }

    /// <summary>Epochs since the best one, 0 if it is the last; the first of equals counts.</summary>
    public static int EpochsSinceBest(ReadOnlySpan<double> figures)
    {
        int best = 0;
        for (int epoch = 1; epoch < figures.Length; epoch++)
        {
            if (figures[epoch] < figures[best] || (double.IsNaN(figures[best]) && !double.IsNaN(figures[epoch]))) best = epoch;
        }

        return Math.Max(0, figures.Length - 1 - best);
    }

    /// <summary>Epochs that were no better than the best before them.</summary>
    public static int Stalls(ReadOnlySpan<double> figures)
    {
        int stalls = 0;
        for (int epoch = 1; epoch < figures.Length; epoch++)
        {
            if (!(figures[epoch] < Best(figures[..epoch]))) stalls++;
        }

        return stalls;
    }

    private static double Best(ReadOnlySpan<double> figures)
    {
        double best = figures[0];
        foreach (double figure in figures)
        {
            if (!(figure >= best)) best = double.IsNaN(figure) ? best : figure;
        }

        return best;
    }
}
