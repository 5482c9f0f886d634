namespace TinySD.Runtime.Masks;

/// <summary>Draws masks: which units are kept is a pure function of (seed, update, sample, place, time step). Nothing is remembered, so a
/// run that resumes, replays or is split over threads or machines sees the same masks.</summary>
/// <remarks>Locked cases ignore the time step: their mask is drawn once for a window. Thread-safe; allocates nothing.</remarks>
public readonly struct MaskSampler
{
    // Words drawn at a time, on the stack; a multiple of a block's four.
    private const int DrawnWords = 256;

    // What 16 of the 28 bits of a stream's third coordinate hold, see Stream.
    private const int MostTimeSteps = 65536;

    private readonly ulong _seed;
    private readonly DropoutSpec _spec;

    /// <summary>Draws with a seed, in a case of dropout; rates are the places' own.</summary>
    public MaskSampler(ulong seed, DropoutSpec spec)
    {
        spec.Validate();
        _seed = seed;
        _spec = spec;
    }

    /// <summary>Units kept of <paramref name="units"/> by an exact-count mask: round((1-p)H), halves up, at least 1.</summary>
    /// <param name="units">Units H of the place, at least 1.</param>
    /// <param name="rate">Drop rate p, at least 0 and below 1.</param>
    /// <param name="multiple">Nearest multiple to round to instead, at least one of them; 1 or above, without effect where there
    /// are fewer units.</param>
    /// <param name="group">Units that go together, at least 1: k is counted in groups then. Where the last group is smaller and kept,
    /// fewer units are.</param>
    /// <remarks>Counted in decimals, because a rate is written as one: 0.3 of 5 is a half, and binary 0.3 is not 0.3.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">An argument is out of range.</exception>
    public static int KeepCount(int units, float rate, int multiple = 1, int group = 1)
    {
        if (units < 1) Throw.OutOfRange(nameof(units), units, "at least 1");
        Throw.IfNoRate(rate);
        if (multiple < 1) Throw.OutOfRange(nameof(multiple), multiple, "at least 1");
        if (group < 1) Throw.OutOfRange(nameof(group), group, "at least 1");
        return (int)Math.Min(units, (long)group * KeepGroups(units, rate, multiple, group));
    }

    /// <summary>Units that a share of <paramref name="units"/> is, in training by nested masks and in a model cut out by its share:
    /// round(sH), halves up, at least 1.</summary>
    /// <param name="units">Units H, at least 1.</param>
    /// <param name="share">The share s, above 0 and at most 1.</param>
    /// <param name="multiple">Nearest multiple to round to instead, at least one of them; 1 or above, without effect where there
    /// are fewer units and where the share is 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is out of range.</exception>
    public static int ShareOf(int units, float share, int multiple = 1)
    {
        if (units < 1) Throw.OutOfRange(nameof(units), units, "at least 1");
        if (!(share is > 0f and <= 1f)) Throw.OutOfRange(nameof(share), share, "above 0 and at most 1");
        if (multiple < 1) Throw.OutOfRange(nameof(multiple), multiple, "at least 1");
        return KeptOf(units, (decimal)share, multiple);
    }

    /// <summary>What survivors at a place are multiplied by: H/k for exact counts, both in groups, 1/(1-p) otherwise, so that each
    /// unit's mean is 1; and 1 of nested masks, whose first units are a model of their own.</summary>
    public float Scale(MaskPlace place) => _spec.IsNested ? 1f : _spec.IsStructured && _spec.Draw == MaskDraw.ExactCount
        ? (float)((double)Groups(place.Units, _spec.GroupSize) / KeepGroups(place.Units, place.Rate, _spec.KeepMultiple, _spec.GroupSize))
        : (float)(1.0 / (1.0 - place.Rate));

    /// <summary>Draws the kept units of a structured mask, in increasing order.</summary>
    /// <param name="place">The place.</param>
    /// <param name="draw">The update, and which of its samples.</param>
    /// <param name="t">Time step within the window, 0 to 65535.</param>
    /// <param name="keep">Receives the kept indices; at least as long as the place has units.</param>
    /// <returns>How many are kept.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    /// <exception cref="ArgumentException"><paramref name="keep"/> is too short.</exception>
    public int Keep(MaskPlace place, Draw draw, int t, Span<int> keep)
    {
        Check(draw, t);
        if (keep.Length < place.Units)
            Throw.Argument($"keep holds {keep.Length} indices; room for all {Throw.Counted(place.Units, "unit")} was expected");
        if (_spec.IsNested) return KeepFirst(place, draw, t, keep);
        StructuredMask mask = Structured(place, draw, t);
        PhiloxStream random = mask.Stream;
        Span<uint> words = stackalloc uint[DrawnWords];
        int count = 0;
        for (int group = 0; group < mask.Groups; group += DrawnWords)
        {
            random.Next(words);
            count = mask.Choose(words, group, keep, count);
        }

        return count;
    }

    /// <summary>Draws an unstructured mask: for each unit and sequence 0 or the scale 1/(1-p).</summary>
    /// <param name="place">The place.</param>
    /// <param name="draw">The update, and which of its samples.</param>
    /// <param name="t">Time step within the window, 0 to 65535.</param>
    /// <param name="mask">Receives [H][B] factors.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public void Fill(MaskPlace place, Draw draw, int t, Span<float> mask)
    {
        Check(draw, t);
        UnstructuredMask drawn = Unstructured(place, draw, t);
        PhiloxStream random = drawn.Stream;
        Span<uint> words = stackalloc uint[DrawnWords];
        for (int i = 0; i < mask.Length; i++)
        {
            if (i % DrawnWords == 0) random.Next(words);
            mask[i] = words[i % DrawnWords] >= drawn.Threshold ? drawn.Scale : 0f;
        }
    }

    /// <summary>Whether <see cref="KeepFirst"/> draws, and not <see cref="Structured"/>.</summary>
    internal bool IsNested => _spec.IsNested;

    /// <summary>The nested mask of a place: the share depends on update, sample and time step, and not on the place.</summary>
    internal int KeepFirst(MaskPlace place, Draw draw, int t, Span<int> keep)
    {
        var random = new PhiloxStream(_seed, RandomPurpose.Share, (uint)draw.Sample, (uint)draw.Update, _spec.IsLocked ? 0u : (uint)t);
        bool isWhole = random.Next() < DropThreshold(_spec.WholeRate);
        int index = isWhole ? _spec.ShareCount - 1 : (int)((random.Next() * (ulong)_spec.ShareCount) >> 32);
        int count = KeptOf(place.Units, _spec.ExactShare(index), _spec.KeepMultiple);
        for (int unit = 0; unit < count; unit++) keep[unit] = unit;
        return count;
    }

    /// <summary>What <see cref="Keep"/> draws from, for those who have the words sooner.</summary>
    internal StructuredMask Structured(MaskPlace place, Draw draw, int t)
    {
        int group = _spec.GroupSize;
        int wanted = _spec.Draw == MaskDraw.ExactCount ? KeepGroups(place.Units, place.Rate, _spec.KeepMultiple, group) : 0;
        return new StructuredMask(Stream(place, draw, t), place.Units, group, wanted, (uint)DropThreshold(place.Rate));
    }

    /// <summary>What <see cref="Fill"/> draws from, for kernels that do the same faster.</summary>
    internal UnstructuredMask Unstructured(MaskPlace place, Draw draw, int t) => UnstructuredMask.Of(Stream(place, draw, t), place.Rate);

    /// <summary>Groups of <paramref name="group"/> units, the last one perhaps smaller.</summary>
    internal static int Groups(int units, int group) => ((units - 1) / group) + 1;

    // Groups that an exact-count mask keeps. A multiple of units is a multiple of multiple / gcd(multiple, group) groups.
    private static int KeepGroups(int units, float rate, int multiple, int group) =>
        KeptOf(Groups(units, group), 1m - (decimal)rate, multiple / GreatestCommonDivisor(multiple, group));

    private static int KeptOf(int units, decimal share, int multiple)
    {
        if (share == 1m) return units;
        if (multiple > units) multiple = 1;
        return multiple * Math.Clamp((int)Math.Round(share * units / multiple, MidpointRounding.AwayFromZero), 1, units / multiple);
    }

    private static int GreatestCommonDivisor(int a, int b) => b == 0 ? a : GreatestCommonDivisor(b, a % b);

    internal static ulong DropThreshold(float rate) => (ulong)Math.Round((double)rate * 4294967296.0);

    // Time steps run into the bits of places, if they are too many.
    private static void Check(Draw draw, int t)
    {
        draw.Check();
        if ((uint)t >= MostTimeSteps) Throw.OutOfRange(nameof(t), t, $"0 to {MostTimeSteps - 1}");
    }

    private PhiloxStream Stream(MaskPlace place, Draw draw, int t)
    {
        // 28 bits: 12 of place, 16 of time.
        uint at = ((uint)place.Number << 16) | (_spec.IsLocked ? 0u : (uint)t);
        return new PhiloxStream(_seed, RandomPurpose.Mask, (uint)draw.Sample, (uint)draw.Update, at);
    }
}

/// <summary>An unstructured mask: word i of the stream keeps element i when it is at least the threshold, and then scales it.</summary>
internal readonly record struct UnstructuredMask(PhiloxStream Stream, uint Threshold, float Scale)
{
    /// <summary>Each element is dropped with probability <paramref name="rate"/>, and survivors are scaled by 1/(1-rate).</summary>
    public static UnstructuredMask Of(PhiloxStream stream, float rate) =>
        new(stream, (uint)MaskSampler.DropThreshold(rate), (float)(1.0 / (1.0 - rate)));

    /// <summary>Embedding dropout by word for one window (Gal and Ghahramani 2016): a word is dropped wherever it stands in the window, or
    /// nowhere; in the whole batch alike or in each sequence by itself. A pure function of (seed, draw, table, word, sequence): word i of
    /// the stream decides token i, of sequence b word b V + i.</summary>
    public static UnstructuredMask OfWords(ulong seed, float rate, int table, Draw draw) =>
        Of(new PhiloxStream(seed, RandomPurpose.WordMask, (uint)draw.Sample, (uint)draw.Update, (uint)table), rate);
}

/// <summary>A structured mask: word i of the stream decides on group i of <c>Group</c> units. <c>Wanted</c> is the exact count of groups;
/// where it is 0 each group is kept whose word is at least the threshold.</summary>
internal readonly record struct StructuredMask(PhiloxStream Stream, int Units, int Group, int Wanted, uint Threshold)
{
    /// <summary>Groups, and words to draw.</summary>
    public int Groups => MaskSampler.Groups(Units, Group);

    /// <summary>Decides on the groups from <paramref name="first"/> on, one for each word, and appends the kept units to the
    /// <paramref name="count"/> in keep.</summary>
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

        // Selection sampling (Knuth, TAOCP vol. 2, 3.4.2, algorithm S): every subset of that size is as likely as any other, and comes out
        // sorted.
        for (int i = 0; i < words.Length && count < Wanted; i++)
        {
            keep[count] = first + i;
            count += (words[i] * (ulong)(Units - first - i)) >> 32 < (ulong)(Wanted - count) ? 1 : 0;
        }

        return count;
    }

    // The same draw over groups. Only the last group can be smaller, and after it there is nothing to decide, so kept units count whole
    // groups until then.
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
