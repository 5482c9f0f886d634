namespace TinySD.Runtime.Ops;

/// <summary>The sums of <see cref="ChainSums"/> in logarithms: slower, for scores of any spread.</summary>
/// <remarks>K tags, T steps, e [T][K] emissions, w [K][K] transitions from i to j.</remarks>
internal static class ChainLogSums
{
    /// <summary>a [T][K]: log of the summed weights of the paths up to each step by the tag they end in; its first row is given.</summary>
    public static void Forward(ReadOnlySpan<double> e, ReadOnlySpan<double> w, int tags, Span<double> a)
    {
        for (int from = 0; from + tags < e.Length; from += tags)
        {
            for (int j = 0; j < tags; j++)
            {
                double most = double.NegativeInfinity, sum = 0;
                for (int i = 0; i < tags; i++) most = Math.Max(most, a[from + i] + w[(i * tags) + j]);
                for (int i = 0; i < tags; i++) sum += PortableMath.QuickExp(a[from + i] + w[(i * tags) + j] - most);
                a[from + tags + j] = most + PortableMath.Log(sum) + e[from + tags + j];
            }
        }
    }

    /// <summary>b [T][K]: log of the summed weights of the paths from each step on by the tag they are at; its last row is given.</summary>
    public static void Backward(ReadOnlySpan<double> e, ReadOnlySpan<double> w, int tags, Span<double> b)
    {
        for (int from = e.Length - (2 * tags); from >= 0; from -= tags)
        {
            ReadOnlySpan<double> next = b.Slice(from + tags, tags), own = e.Slice(from + tags, tags);
            for (int i = 0; i < tags; i++)
            {
                ReadOnlySpan<double> row = w.Slice(i * tags, tags);
                double most = double.NegativeInfinity, sum = 0;
                for (int j = 0; j < tags; j++) most = Math.Max(most, row[j] + own[j] + next[j]);
                for (int j = 0; j < tags; j++) sum += PortableMath.QuickExp(row[j] + own[j] + next[j] - most);
                b[from + i] = most + PortableMath.Log(sum);
            }
        }
    }

    /// <summary>Adds to pairs [K][K] the probability of going from i to j between a step and the next, all in nats: its row of a, the next
    /// one's rows of e and b, and the logarithm of all paths' weights.</summary>
    public static void AddPairs(
        ReadOnlySpan<double> a, ReadOnlySpan<double> w, ReadOnlySpan<double> e, ReadOnlySpan<double> b, double all, Span<double> pairs)
    {
        int tags = a.Length;
        for (int i = 0; i < tags; i++)
        {
            for (int j = 0; j < tags; j++) pairs[(i * tags) + j] += PortableMath.QuickExp(a[i] + w[(i * tags) + j] + e[j] + b[j] - all);
        }
    }

    /// <summary>log of the sum of e^row.</summary>
    public static double Sum(ReadOnlySpan<double> row)
    {
        double most = double.NegativeInfinity, sum = 0;
        foreach (double value in row) most = Math.Max(most, value);
        foreach (double value in row) sum += PortableMath.QuickExp(value - most);
        return most + PortableMath.Log(sum);
    }
}
