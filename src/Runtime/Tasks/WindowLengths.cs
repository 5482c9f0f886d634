namespace TinySD.Runtime.Tasks;

/// <summary>How many steps a window has with variable back-propagation length (Merity, Keskar and Socher 2017, section 3): the base
/// length in 95 of 100 windows and half of it in the others, plus normal noise of 5 steps, and at least 5. A pure function of
/// (seed, update).</summary>
/// <remarks>The authors' code sets no upper bound; here a window has at most <see cref="Excess"/> steps more than the base, four standard
/// deviations, so that buffers have a size. The noise is a sum of twelve uniform numbers, normal to within 1 % of a standard deviation and
/// the same on every machine.</remarks>
public static class WindowLengths
{
    /// <summary>Steps that a window may have more than the base length.</summary>
    public const int Excess = 20;

    /// <summary>Steps that a window has at least, and the least base length: below it no window would be as short as asked for.</summary>
    public const int Shortest = 5;

    private const int Deviation = 5;
    private const double HalfShare = 0.05;

    /// <summary>The most steps of a window.</summary>
    public static int Longest(int bptt) => bptt + Excess;

    /// <summary>Steps of the window of an update, counted from 0 over the run.</summary>
    public static int Draw(ulong seed, long update, int bptt)
    {
        var random = new PhiloxStream(seed, RandomPurpose.WindowLength, (uint)update, (uint)(update >> 32));
        double length = random.NextDouble() < HalfShare ? bptt / 2.0 : bptt, noise = -6.0;

        // Twelve uniform numbers have the variance 1, and their sum is exact.
        for (int i = 0; i < 12; i++) noise += random.Next() * (1.0 / 4294967296.0);
        return Math.Clamp((int)(length + (Deviation * noise)), Shortest, Longest(bptt));
    }
}
