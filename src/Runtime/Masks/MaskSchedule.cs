using TinySD.Runtime.Numerics;

namespace TinySD.Runtime.Masks;

/// <summary>
/// Which units are kept: a pure function of (seed, epoch, step, site, layer, time step). Nothing is remembered, so a run that resumes, replays or is
/// split over threads or machines sees the same masks.
/// </summary>
/// <remarks>Locked cases ignore the time step: their mask is drawn once for a window. Thread-safe; allocates nothing.</remarks>
public readonly struct MaskSchedule
{
    private readonly ulong _seed;
    private readonly DropoutSpec _spec;

    /// <summary>A schedule for a seed, a case and its rates.</summary>
    public MaskSchedule(ulong seed, DropoutSpec spec)
    {
        spec.Validate();
        _seed = seed;
        _spec = spec;
    }

    /// <summary>Units kept of <paramref name="units"/> by an exact-count mask: round((1-p)H), halves up, at least 1.</summary>
    /// <remarks>Counted in decimals, because a rate is written as one: 0.3 of 5 is a half, and binary 0.3 is not 0.3.</remarks>
    public static int KeepCount(int units, float rate) => Math.Clamp((int)Math.Round((1m - (decimal)rate) * units, MidpointRounding.AwayFromZero), 1, units);

    /// <summary>What survivors of a site are multiplied by: H/k for exact counts, 1/(1-p) otherwise.</summary>
    public float Scale(DropoutSite site, int units)
    {
        float rate = _spec.RateOf(site);
        return _spec.IsStructured && _spec.Draw == MaskDraw.ExactCount ? (float)((double)units / KeepCount(units, rate)) : (float)(1.0 / (1.0 - rate));
    }

    /// <summary>Draws the kept units of a structured mask, in increasing order.</summary>
    /// <param name="site">The site.</param>
    /// <param name="layer">The layer whose input the site is; the layer count for <see cref="DropoutSite.Output"/>.</param>
    /// <param name="epoch">Epoch, from 0.</param>
    /// <param name="step">Update within the epoch, from 0.</param>
    /// <param name="t">Time step within the window, from 0.</param>
    /// <param name="units">Units H of the site.</param>
    /// <param name="keep">Receives the kept indices; at least <paramref name="units"/> long.</param>
    /// <returns>How many are kept.</returns>
    public int Keep(DropoutSite site, int layer, int epoch, int step, int t, int units, Span<int> keep)
    {
        float rate = _spec.RateOf(site);
        PhiloxStream random = Stream(site, layer, epoch, step, t);
        int count = 0;
        if (_spec.Draw == MaskDraw.Bernoulli)
        {
            ulong threshold = DropThreshold(rate);
            for (int unit = 0; unit < units; unit++)
            {
                if (random.Next() >= threshold) keep[count++] = unit;
            }

            return count;
        }

        // Selection sampling (Knuth, TAOCP vol. 2, 3.4.2, algorithm S): every subset of that size is as likely as any other, and comes out sorted.
        int wanted = KeepCount(units, rate);
        for (int unit = 0; count < wanted; unit++)
        {
            if ((random.Next() * (ulong)(units - unit)) >> 32 < (ulong)(wanted - count)) keep[count++] = unit;
        }

        return count;
    }

    /// <summary>Draws an unstructured mask: for each unit and sequence 0 or the scale 1/(1-p).</summary>
    /// <param name="site">The site.</param>
    /// <param name="layer">The layer whose input the site is; the layer count for <see cref="DropoutSite.Output"/>.</param>
    /// <param name="epoch">Epoch, from 0.</param>
    /// <param name="step">Update within the epoch, from 0.</param>
    /// <param name="t">Time step within the window, from 0.</param>
    /// <param name="mask">Receives [H][B] factors.</param>
    public void Fill(DropoutSite site, int layer, int epoch, int step, int t, Span<float> mask)
    {
        float rate = _spec.RateOf(site);
        float scale = (float)(1.0 / (1.0 - rate));
        ulong threshold = DropThreshold(rate);
        PhiloxStream random = Stream(site, layer, epoch, step, t);
        foreach (ref float factor in mask) factor = random.Next() >= threshold ? scale : 0f;
    }

    private static ulong DropThreshold(float rate) => (ulong)Math.Round((double)rate * 4294967296.0);

    private PhiloxStream Stream(DropoutSite site, int layer, int epoch, int step, int t)
    {
        // 28 bits of place: 2 of site, 10 of layer, 16 of time.
        uint place = ((uint)site << 26) | ((uint)layer << 16) | (_spec.IsLocked ? 0u : (uint)t);
        return new PhiloxStream(_seed, RandomPurpose.Mask, (uint)epoch, (uint)step, place);
    }
}
