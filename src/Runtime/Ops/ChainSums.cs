namespace TinySD.Runtime.Ops;

/// <summary>Sums over all paths of a linear chain, step by step, in ordinary numbers: every step's vector is scaled to a sum of 1. For
/// scores whose spread is small enough that nothing comes to 0, see <see cref="MostSpread"/>.</summary>
/// <remarks>A path's weight is e to the sum of its scores: K tags, T steps, x [T][K] = e^(emission - the step's largest), w [K][K] =
/// e^(transition from i to j - the largest). All numbers are at most 1. Double precision, additions and multiplications in a fixed order,
/// so the same bits everywhere.</remarks>
internal static class ChainSums
{
    /// <summary>The spread of transitions plus that of a step's emissions, in nats, up to which these sums are exact: a step's vector then
    /// has no element below e^-460, and a product of two of them is a normal number.</summary>
    public const double MostSpread = 460 / 2;

    /// <summary>a [T][K]: shares of the paths up to each step by the tag that they end in; its first row holds the weights of a start,
    /// times x. Returns the logarithm of what the rows were scaled by.</summary>
    public static double Forward(ReadOnlySpan<double> x, ReadOnlySpan<double> w, int tags, Span<double> a)
    {
        double log = PortableMath.Log(Scale(a[..tags]));
        for (int from = 0; from + tags < x.Length; from += tags)
        {
            Span<double> next = a.Slice(from + tags, tags);
            next.Clear();
            for (int i = 0; i < tags; i++) AddScaled(w.Slice(i * tags, tags), a[from + i], next);
            for (int j = 0; j < tags; j++) next[j] *= x[from + tags + j];
            log += PortableMath.Log(Scale(next));
        }

        return log;
    }

    /// <summary>b [T][K]: weights of the paths from each step on by the tag that they are at, scaled; its last row holds those of an end.
    /// y [T][K] = x times b.</summary>
    /// <param name="x">[T][K].</param>
    /// <param name="turned">w with rows for columns: [K][K], to j from i.</param>
    /// <param name="tags">K.</param>
    /// <param name="b">[T][K].</param>
    /// <param name="y">[T][K].</param>
    /// <param name="sums">Receives what each row of b was divided by, [T].</param>
    public static void Backward(
        ReadOnlySpan<double> x, ReadOnlySpan<double> turned, int tags, Span<double> b, Span<double> y, Span<double> sums)
    {
        for (int t = (x.Length / tags) - 1, last = t; t >= 0; t--)
        {
            Span<double> own = b.Slice(t * tags, tags), next = y.Slice(t * tags, tags);
            if (t < last)
            {
                own.Clear();
                for (int j = 0; j < tags; j++) AddScaled(turned.Slice(j * tags, tags), y[((t + 1) * tags) + j], own);
            }

            sums[t] = Scale(own);
            for (int j = 0; j < tags; j++) next[j] = x[(t * tags) + j] * own[j];
        }
    }

    /// <summary>Adds to pairs [K][K] the share of paths that go from i to j between a step and the next.</summary>
    /// <param name="a">The step's row of the forward pass, [K].</param>
    /// <param name="w">[K][K].</param>
    /// <param name="b">The step's row of the backward pass, [K].</param>
    /// <param name="sum">What that was divided by.</param>
    /// <param name="y">The next step's, [K].</param>
    /// <param name="pairs">To which it is added.</param>
    public static void AddPairs(
        ReadOnlySpan<double> a, ReadOnlySpan<double> w, ReadOnlySpan<double> b, double sum, ReadOnlySpan<double> y, Span<double> pairs)
    {
        int tags = a.Length;
        double all = 0;
        for (int i = 0; i < a.Length; i++) all += a[i] * b[i];
        double share = 1 / (all * sum);
        for (int i = 0; i < tags; i++)
        {
            double factor = a[i] * share;
            ReadOnlySpan<double> row = w.Slice(i * tags, tags);
            Span<double> to = pairs.Slice(i * tags, tags);
            for (int j = 0; j < y.Length && j < row.Length && j < to.Length; j++) to[j] += factor * (row[j] * y[j]);
        }
    }

    /// <summary>row /= its sum, which it returns.</summary>
    public static double Scale(Span<double> row)
    {
        double sum = Sum(row);
        Divide(row, sum);
        return sum;
    }

    private static double Sum(ReadOnlySpan<double> row)
    {
        double sum = 0;
        foreach (double value in row) sum += value;
        return sum;
    }

    private static void Divide(Span<double> row, double by)
    {
        double factor = 1 / by;
        foreach (ref double value in row) value *= factor;
    }

    // Sums beside each other do not wait for each other, as those of one after another would.
    private static void AddScaled(ReadOnlySpan<double> x, double factor, Span<double> y)
    {
        for (int j = 0; j < x.Length && j < y.Length; j++) y[j] += factor * x[j];
    }
}
