using System.Runtime.CompilerServices;
using TinySD.Runtime.Numerics;

namespace TinySD.Runtime.Masks;

/// <summary>
/// Which units are kept: a pure function of (seed, epoch, step, site, layer, time step). Nothing is remembered, so a run that resumes, replays or is
/// split over threads or machines sees the same masks.
/// </summary>
/// <remarks>Locked cases ignore the time step: their mask is drawn once for a window. Thread-safe; allocates nothing.</remarks>
public readonly struct MaskSchedule
{
    // Words drawn at a time, on the stack; a multiple of a block's four.
    private const int DrawnWords = 256;

    // What the 28 bits of a place hold, see Stream.
    private const int MostLayers = 1024, MostTimeSteps = 65536;

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
    /// <param name="units">Units H of the site, at least 1.</param>
    /// <param name="rate">Drop rate p, at least 0 and below 1.</param>
    /// <param name="multiple">Nearest multiple to round to instead, at least one of them; 1 or above, without effect where there are fewer units.</param>
    /// <param name="group">Units that go together, at least 1: k is counted in groups then. Where the last group is smaller and kept, fewer units are.</param>
    /// <remarks>Counted in decimals, because a rate is written as one: 0.3 of 5 is a half, and binary 0.3 is not 0.3.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">An argument is out of range.</exception>
    public static int KeepCount(int units, float rate, int multiple = 1, int group = 1)
    {
        CheckUnits(units);
        if (!(rate >= 0f && rate < 1f)) Throw.OutOfRange(nameof(rate), rate, "at least 0 and below 1");
        if (multiple < 1) Throw.OutOfRange(nameof(multiple), multiple, "at least 1");
        if (group < 1) Throw.OutOfRange(nameof(group), group, "at least 1");
        return (int)Math.Min(units, (long)group * KeepGroups(units, rate, multiple, group));
    }

    /// <summary>What survivors of a site are multiplied by: H/k for exact counts, both in groups, 1/(1-p) otherwise. Each unit's mean is 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are no units.</exception>
    public float Scale(DropoutSite site, int units)
    {
        CheckUnits(units);
        float rate = _spec.RateOf(site);
        return _spec.IsStructured && _spec.Draw == MaskDraw.ExactCount
            ? (float)((double)Groups(units, _spec.GroupSize) / KeepGroups(units, rate, _spec.KeepMultiple, _spec.GroupSize))
            : (float)(1.0 / (1.0 - rate));
    }

    /// <summary>Draws the kept units of a structured mask, in increasing order.</summary>
    /// <param name="site">The site.</param>
    /// <param name="layer">The layer whose input the site is, 0 to 1023; the layer count for <see cref="DropoutSite.Output"/>.</param>
    /// <param name="epoch">Epoch, from 0.</param>
    /// <param name="step">Update within the epoch, from 0.</param>
    /// <param name="t">Time step within the window, 0 to 65535.</param>
    /// <param name="units">Units H of the site, at least 1.</param>
    /// <param name="keep">Receives the kept indices; at least <paramref name="units"/> long.</param>
    /// <returns>How many are kept.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    /// <exception cref="ArgumentException"><paramref name="keep"/> is too short.</exception>
    public int Keep(DropoutSite site, int layer, int epoch, int step, int t, int units, Span<int> keep)
    {
        CheckPlace(site, layer, epoch, step, t);
        CheckUnits(units);
        if (keep.Length < units) Throw.Argument($"keep holds {keep.Length} indices; room for all {Throw.Counted(units, "unit")} was expected");
        StructuredMask draw = Structured(site, layer, epoch, step, t, units);
        PhiloxStream random = draw.Stream;
        Span<uint> words = stackalloc uint[DrawnWords];
        int count = 0;
        for (int group = 0; group < draw.Groups; group += DrawnWords)
        {
            random.Next(words);
            count = draw.Choose(words, group, keep, count);
        }

        return count;
    }

    /// <summary>Draws an unstructured mask: for each unit and sequence 0 or the scale 1/(1-p).</summary>
    /// <param name="site">The site.</param>
    /// <param name="layer">The layer whose input the site is, 0 to 1023; the layer count for <see cref="DropoutSite.Output"/>.</param>
    /// <param name="epoch">Epoch, from 0.</param>
    /// <param name="step">Update within the epoch, from 0.</param>
    /// <param name="t">Time step within the window, 0 to 65535.</param>
    /// <param name="mask">Receives [H][B] factors.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public void Fill(DropoutSite site, int layer, int epoch, int step, int t, Span<float> mask)
    {
        CheckPlace(site, layer, epoch, step, t);
        UnstructuredMask draw = Unstructured(site, layer, epoch, step, t);
        PhiloxStream random = draw.Stream;
        Span<uint> words = stackalloc uint[DrawnWords];
        for (int i = 0; i < mask.Length; i++)
        {
            if (i % DrawnWords == 0) random.Next(words);
            mask[i] = words[i % DrawnWords] >= draw.Threshold ? draw.Scale : 0f;
        }
    }

    /// <summary>What <see cref="Keep"/> draws from, for those who have the words sooner.</summary>
    internal StructuredMask Structured(DropoutSite site, int layer, int epoch, int step, int t, int units)
    {
        float rate = _spec.RateOf(site);
        int group = _spec.GroupSize, wanted = _spec.Draw == MaskDraw.ExactCount ? KeepGroups(units, rate, _spec.KeepMultiple, group) : 0;
        return new StructuredMask(Stream(site, layer, epoch, step, t), units, group, wanted, (uint)DropThreshold(rate));
    }

    /// <summary>What <see cref="Fill"/> draws from, for kernels that do the same faster.</summary>
    internal UnstructuredMask Unstructured(DropoutSite site, int layer, int epoch, int step, int t)
    {
        return UnstructuredMask.Of(Stream(site, layer, epoch, step, t), _spec.RateOf(site));
    }

    /// <summary>Groups of <paramref name="group"/> units, the last one perhaps smaller.</summary>
    internal static int Groups(int units, int group) => ((units - 1) / group) + 1;

    // Groups that an exact-count mask keeps. A multiple of units is a multiple of multiple / gcd(multiple, group) groups.
    private static int KeepGroups(int units, float rate, int multiple, int group)
    {
        int groups = Groups(units, group), together = multiple / GreatestCommonDivisor(multiple, group);
        if (rate == 0f) return groups;
        if (together > groups) together = 1;
        return together * Math.Clamp((int)Math.Round((1m - (decimal)rate) * groups / together, MidpointRounding.AwayFromZero), 1, groups / together);
    }

    private static int GreatestCommonDivisor(int a, int b) => b == 0 ? a : GreatestCommonDivisor(b, a % b);

    internal static ulong DropThreshold(float rate) => (ulong)Math.Round((double)rate * 4294967296.0);

    private static void CheckUnits(int units)
    {
        if (units < 1) Throw.OutOfRange(nameof(units), units, "at least 1");
    }

    // Layers run into the bits of sites, and time steps into those of layers, if they are too many.
    private static void CheckPlace(DropoutSite site, int layer, int epoch, int step, int t)
    {
        if ((uint)site > (uint)DropoutSite.Output) Throw.OutOfRange(nameof(site), site, "one of the sites");
        if ((uint)layer >= MostLayers) Throw.OutOfRange(nameof(layer), layer, $"0 to {MostLayers - 1}");
        if (epoch < 0) Throw.OutOfRange(nameof(epoch), epoch, "0 or above");
        if (step < 0) Throw.OutOfRange(nameof(step), step, "0 or above");
        if ((uint)t >= MostTimeSteps) Throw.OutOfRange(nameof(t), t, $"0 to {MostTimeSteps - 1}");
    }

    private PhiloxStream Stream(DropoutSite site, int layer, int epoch, int step, int t)
    {
        // 28 bits of place: 2 of site, 10 of layer, 16 of time.
        uint place = ((uint)site << 26) | ((uint)layer << 16) | (_spec.IsLocked ? 0u : (uint)t);
        return new PhiloxStream(_seed, RandomPurpose.Mask, (uint)epoch, (uint)step, place);
    }
}

/// <summary>An unstructured mask: word i of the stream keeps element i when it is at least the threshold, and then scales it.</summary>
internal readonly record struct UnstructuredMask(PhiloxStream Stream, uint Threshold, float Scale)
{
    /// <summary>Each element is dropped with probability <paramref name="rate"/>, and survivors are scaled by 1/(1-rate).</summary>
    public static UnstructuredMask Of(PhiloxStream stream, float rate) => new(stream, (uint)MaskSchedule.DropThreshold(rate), (float)(1.0 / (1.0 - rate)));
}

/// <summary>
/// A structured mask: word i of the stream decides on group i of <c>Group</c> units. <c>Wanted</c> is the exact count of groups; where it is 0 each group is
/// kept whose word is at least the threshold.
/// </summary>
internal readonly record struct StructuredMask(PhiloxStream Stream, int Units, int Group, int Wanted, uint Threshold)
{
    /// <summary>Groups, and words to draw.</summary>
    public int Groups => MaskSchedule.Groups(Units, Group);

    /// <summary>
    /// Decides on the groups from <paramref name="first"/> on, one for each word, and appends the kept units to the <paramref name="count"/> in keep.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int Choose(ReadOnlySpan<uint> words, int first, Span<int> keep, int count)
    {
        words = words[..Math.Min(words.Length, Groups - first)];
        if (Group > 1) return ChooseGroups(words, first, keep, count);

        // An index is written whether it is kept or not: a branch on the toss of a coin would be mispredicted half of the time.
        if (Wanted == 0)
        {
            for (int i = 0; i < words.Length; i++)
            {
                keep[count] = first + i;
                count += words[i] >= Threshold ? 1 : 0;
            }

            return count;
        }

        // Selection sampling (Knuth, TAOCP vol. 2, 3.4.2, algorithm S): every subset of that size is as likely as any other, and comes out sorted.
        for (int i = 0; i < words.Length && count < Wanted; i++)
        {
            keep[count] = first + i;
            count += (words[i] * (ulong)(Units - first - i)) >> 32 < (ulong)(Wanted - count) ? 1 : 0;
        }

        return count;
    }

    // The same draw over groups. Only the last group can be smaller, and after it there is nothing to decide, so kept units count whole groups until then.
    private int ChooseGroups(ReadOnlySpan<uint> words, int first, Span<int> keep, int count)
    {
        int groups = Groups;
        for (int i = 0; i < words.Length; i++)
        {
            bool isKept = Wanted == 0
                ? words[i] >= Threshold
                : (words[i] * (ulong)(groups - first - i)) >> 32 < (ulong)(Wanted - (count / Group));
            if (!isKept) continue;
            int end = Math.Min((first + i + 1) * Group, Units);
            for (int unit = (first + i) * Group; unit < end; unit++) keep[count++] = unit;
        }

        return count;
    }
}
