namespace TinySD.Tools.Machines;

/// <summary>The middle of a sample. Interruptions only ever add time: a mean would take them for the program's own.</summary>
internal static class Median
{
    /// <summary>The middle value, or the mean of the two in the middle.</summary>
    public static double Of(IEnumerable<double> sample)
    {
        double[] sorted = [.. sample.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
