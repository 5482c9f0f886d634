namespace TinySD.Runtime.Tests;

/// <summary>Test statistics. Seeds are fixed, so a test that passes passes always; the bounds are what a fair generator keeps to.</summary>
internal static class Statistics
{
    /// <summary>A fair generator passes a standard normal statistic of this size with probability 0.99999 (two sides).</summary>
    public const double Bound = 4.42;

    /// <summary>Pearson's statistic of counts against one expected count, turned into a standard normal one (Wilson and
    /// Hilferty 1931).</summary>
    public static double ChiSquareZ(IReadOnlyCollection<long> counts, double expected) =>
        ChiSquareZ(counts.Sum(count => (count - expected) * (count - expected) / expected), counts.Count - 1);

    /// <summary>A chi-square value turned into a standard normal one.</summary>
    public static double ChiSquareZ(double value, int degrees)
    {
        double spread = 2.0 / (9.0 * degrees);
        return (Math.Cbrt(value / degrees) - (1 - spread)) / Math.Sqrt(spread);
    }

    /// <summary>(mean - expected) / (deviation / sqrt(n)).</summary>
    public static double MeanZ(double sum, long n, double expectedMean, double expectedVariance) =>
        ((sum / n) - expectedMean) / Math.Sqrt(expectedVariance / n);
}
