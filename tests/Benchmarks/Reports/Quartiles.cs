namespace TinySD.Benchmarks.Reports;

/// <summary>The spread of a sample: medians and quartiles, since a mean takes every interruption for the contestant's own.</summary>
internal readonly record struct Quartiles(double Minimum, double Lower, double Median, double Upper)
{
    public static Quartiles Of(IEnumerable<double> sample)
    {
        double[] sorted = [.. sample.Order()];
        return new Quartiles(sorted[0], At(0.25), At(0.5), At(0.75));

        // Between two neighbours in proportion to the distance from each.
        double At(double share)
        {
            double place = share * (sorted.Length - 1);
            int below = (int)place, above = Math.Min(below + 1, sorted.Length - 1);
            return sorted[below] + ((place - below) * (sorted[above] - sorted[below]));
        }
    }
}
