using TinySD.Runtime.Masks;
using TinySD.Runtime.Numerics;

namespace TinySD.Runtime.Tests;

/// <summary>A mask is a pure function of (seed, draw, place, t), and keeps what its case says.</summary>
public sealed class MaskSamplerTests
{
    private const int Units = 64, Sequences = 3;

    private readonly record struct Place(DropoutSite Site, int Layer, int Sample, int Update, int T)
    {
        public MaskPlace At(float rate) => MaskPlace.OfStack(Site, Layer, Units, rate);

        public Draw Draw => new(Update, Sample);
    }

    private static readonly Place _origin = new(DropoutSite.Layer, 1, 1, 1, 1);

    public static IEnumerable<Func<DropoutSpec>> Dropouts() =>
        Cases.Dropouts.Where(spec => spec.Kind != DropoutKind.None).Select(spec => (Func<DropoutSpec>)(() => At(spec, 0.5f)));

    [Test]
    [MethodDataSource(nameof(Dropouts))]
    public async Task Masks_do_not_depend_on_the_order_or_number_of_calls(DropoutSpec spec)
    {
        Place[] places =
        [
            .. from site in Enum.GetValues<DropoutSite>() from layer in new[] { 0, 2 }
               from sample in new[] { 0, 3 } from update in new[] { 0, 9 }
               from t in new[] { 0, 34 } select new Place(site, layer, sample, update, t),
        ];
        var sampler = new MaskSampler(1, spec);
        float[][] inOrder = [.. places.Select(place => Draw(sampler, spec, place))];
        float[][] backwards = [.. Enumerable.Reverse(places).Select(place => Draw(sampler, spec, place)).Reverse()];
        // A run that starts here, as one resumed would.
        float[][] fresh = [.. places.Select(place => Draw(new MaskSampler(1, spec), spec, place))];
        for (int i = 0; i < places.Length; i++)
        {
            await Assert.That(Arrays.FirstDifference(backwards[i], inOrder[i])).IsNull();
            await Assert.That(Arrays.FirstDifference(fresh[i], inOrder[i])).IsNull();
        }
    }

    [Test]
    [MethodDataSource(nameof(Dropouts))]
    public async Task Another_seed_sample_update_site_layer_or_time_step_gives_another_mask(DropoutSpec spec)
    {
        float[] origin = Draw(new MaskSampler(1, spec), spec, _origin);
        Place[] others =
        [
            _origin with { Site = DropoutSite.Embedding }, _origin with { Site = DropoutSite.Recurrent },
            _origin with { Site = DropoutSite.Output },
            _origin with { Layer = 0 }, _origin with { Layer = 2 }, _origin with { Sample = 0 }, _origin with { Update = 0 },
            _origin with { Sample = 1 << 20 },
            _origin with { Update = 1 << 20 },
        ];
        foreach (Place other in others)
            await Assert.That(Arrays.FirstDifference(Draw(new MaskSampler(1, spec), spec, other), origin))
                .IsNotNull().Because(other.ToString());
        foreach (ulong seed in new ulong[] { 0, 2, 1 + (1ul << 32) })
            await Assert.That(Arrays.FirstDifference(Draw(new MaskSampler(seed, spec), spec, _origin), origin))
                .IsNotNull().Because($"seed {seed}");
        foreach (int t in new[] { 0, 2, 65535 })
        {
            string? difference = Arrays.FirstDifference(Draw(new MaskSampler(1, spec), spec, _origin with { T = t }), origin);
            await Assert.That(difference == null).IsEqualTo(spec.IsLocked).Because($"t = {t}");
        }
    }

    [Test]
    [Arguments(21, 8)]
    [Arguments(1500, 600)]
    public async Task Structured_masks_come_from_the_documented_counters_by_selection_sampling(int units, int wanted)
    {
        // Written out from the documentation: Philox words at (block, sample, update, 2:4 site:2 layer:10 t:16), keyed by the seed; Knuth's
        // algorithm S.
        const ulong seed = 0xFEDCBA9876543210;
        const int layer = 3, sample = 4, update = 500, t = 17;
        var spec = new DropoutSpec { Kind = DropoutKind.Structured };
        uint place = (2u << 28) | ((uint)DropoutSite.Recurrent << 26) | (layer << 16) | t;
        var expected = new List<int>();
        for (int unit = 0; unit < units; unit++)
        {
            (uint x0, uint x1, uint x2, uint x3) = Philox.Block((uint)unit / 4, sample, update, place, 0x76543210, 0xFEDCBA98);
            uint word = new[] { x0, x1, x2, x3 }[unit % 4];
            double fraction = word / 4294967296.0;
            if ((int)(fraction * (units - unit)) < wanted - expected.Count) expected.Add(unit);
        }

        int[] keep = new int[units];
        int count = new MaskSampler(seed, spec).Keep(
            MaskPlace.OfStack(DropoutSite.Recurrent, layer, units, 0.6f), new(update, sample), t, keep);
        await Assert.That(string.Join(' ', keep[..count])).IsEqualTo(string.Join(' ', expected));
    }

    [Test]
    public async Task Unstructured_masks_compare_the_documented_words_with_the_rate()
    {
        const ulong seed = 0xFEDCBA9876543210;
        const int length = 1003, layer = 3, sample = 4, update = 500, t = 17;
        uint place = (2u << 28) | ((uint)DropoutSite.Recurrent << 26) | (layer << 16) | t;
        float[] expected = new float[length], found = new float[length];
        for (int i = 0; i < length; i++)
        {
            (uint x0, uint x1, uint x2, uint x3) = Philox.Block((uint)i / 4, sample, update, place, 0x76543210, 0xFEDCBA98);
            expected[i] = new[] { x0, x1, x2, x3 }[i % 4] / 4294967296.0 >= 0.75 ? 4f : 0f;
        }

        new MaskSampler(seed, new DropoutSpec { Kind = DropoutKind.Random }).Fill(
            MaskPlace.OfStack(DropoutSite.Recurrent, layer, 1, 0.75f), new(update, sample), t, found);
        await Assert.That(Arrays.FirstDifference(found, expected)).IsNull();
    }

    [Test]
    [Arguments(650, 0.5f, 325)]
    [Arguments(1500, 0.65f, 525)]
    [Arguments(200, 0.25f, 150)]
    [Arguments(10, 0.75f, 3)] // 2.5 is rounded away from zero
    [Arguments(7, 0.5f, 4)]
    [Arguments(100, 0f, 100)]
    [Arguments(100, 0.001f, 100)]
    [Arguments(67, 0.99f, 1)]
    [Arguments(1, 0.5f, 1)]
    [Arguments(3, 0.9999f, 1)] // never none
    [Arguments(5, 0.3f, 4)]
    [Arguments(50, 0.65f, 18)]
    [Arguments(10, 0.15f, 9)]
    public async Task Exact_masks_keep_round_of_H_times_1_minus_p_and_at_least_one(int units, float rate, int expected)
    {
        await Assert.That(MaskSampler.KeepCount(units, rate)).IsEqualTo(expected);
        var spec = At(new DropoutSpec { Kind = DropoutKind.Structured }, rate);
        var sampler = new MaskSampler(1, spec);
        int[] keep = new int[units];
        for (int t = 0; t < 50; t++)
        {
            int count = sampler.Keep(MaskPlace.OfStack(DropoutSite.Layer, 1, units, rate), default, t, keep);
            await Assert.That(count).IsEqualTo(expected);
            await Assert.That(keep[..count].Distinct().Order().SequenceEqual(keep[..count])).IsTrue();
            await Assert.That(keep[0] >= 0 && keep[count - 1] < units).IsTrue();
        }
    }

    [Test]
    [Arguments(650, 0.5f, 16, 1, 320)]
    [Arguments(650, 0.5f, 128, 1, 384)] // 2.54 multiples
    [Arguments(1500, 0.65f, 32, 1, 512)]
    [Arguments(64, 0.99f, 16, 1, 16)] // never none
    [Arguments(70, 0.01f, 16, 1, 64)]
    [Arguments(10, 0.5f, 16, 1, 5)] // fewer units than a multiple
    [Arguments(100, 0f, 16, 1, 100)]
    [Arguments(640, 0.5f, 1, 8, 320)]
    [Arguments(640, 0.3f, 16, 8, 448)]
    [Arguments(640, 0.3f, 12, 8, 456)] // 24 units are the least common multiple
    [Arguments(4, 0.5f, 1, 16, 4)] // one group, and never none
    public async Task Kept_counts_are_the_nearest_multiples_and_whole_groups(int units, float rate, int multiple, int group, int expected)
    {
        var spec = At(new DropoutSpec { Kind = DropoutKind.Structured, KeepMultiple = multiple, GroupSize = group }, rate);
        await Assert.That(spec.KeepCount(MaskPlace.OfStack(DropoutSite.Recurrent, 0, units, rate))).IsEqualTo(expected);
        var sampler = new MaskSampler(1, spec);
        int[] keep = new int[units];
        for (int t = 0; t < 20; t++)
            await Assert.That(sampler.Keep(MaskPlace.OfStack(DropoutSite.Layer, 1, units, rate), default, t, keep)).IsEqualTo(expected);
        await Assert.That(sampler.Scale(MaskPlace.OfStack(DropoutSite.Layer, 1, units, rate))).IsEqualTo((float)((double)units / expected));
    }

    [Test]
    [Arguments(MaskDraw.ExactCount, 24, 3)]
    [Arguments(MaskDraw.ExactCount, 1030, 4)] // the last group is smaller, and there are more groups than words drawn at a time
    [Arguments(MaskDraw.Bernoulli, 23, 5)]
    public async Task Grouped_masks_are_the_masks_of_so_many_units_written_out(MaskDraw draw, int units, int group)
    {
        var grouped = new MaskSampler(9, At(new DropoutSpec { Kind = DropoutKind.Structured, Draw = draw, GroupSize = group }, 0.4f));
        var single = new MaskSampler(9, At(new DropoutSpec { Kind = DropoutKind.Structured, Draw = draw }, 0.4f));
        int groups = (units + group - 1) / group;
        int[] keep = new int[units], keptGroups = new int[groups];
        MaskPlace place = MaskPlace.OfStack(DropoutSite.Recurrent, 1, units, 0.4f),
            placeOfGroups = MaskPlace.OfStack(DropoutSite.Recurrent, 1, groups, 0.4f);
        for (int t = 0; t < 30; t++)
        {
            int count = grouped.Keep(place, new(3, 2), t, keep);
            int kept = single.Keep(placeOfGroups, new(3, 2), t, keptGroups);
            int[] expected = [.. keptGroups[..kept].SelectMany(g => Enumerable.Range(g * group, group)).Where(unit => unit < units)];
            await Assert.That(string.Join(' ', keep[..count])).IsEqualTo(string.Join(' ', expected));
        }

        await Assert.That(grouped.Scale(place)).IsEqualTo(single.Scale(placeOfGroups));
    }

    [Test]
    public async Task Impossible_multiples_and_groups_are_refused()
    {
        await Assert.That(() => new DropoutSpec { KeepMultiple = 0 }.Validate()).Throws<ArgumentOutOfRangeException>();
        await Assert.That(() => new DropoutSpec { GroupSize = 65537 }.Validate()).Throws<ArgumentOutOfRangeException>();
        await Assert.That(() => new DropoutSpec { KeepMultiple = 8, Draw = MaskDraw.Bernoulli }.Validate()).Throws<ArgumentException>();
    }

    [Test]
    [Arguments(DropoutKind.Structured, MaskDraw.ExactCount, 10, 0.75f, 10f / 3f)]
    [Arguments(DropoutKind.StructuredLocked, MaskDraw.ExactCount, 67, 0.99f, 67f)]
    [Arguments(DropoutKind.Structured, MaskDraw.ExactCount, 8, 0f, 1f)]
    [Arguments(DropoutKind.Structured, MaskDraw.Bernoulli, 10, 0.75f, 4f)]
    [Arguments(DropoutKind.StructuredLocked, MaskDraw.Bernoulli, 3, 0.5f, 2f)]
    [Arguments(DropoutKind.Random, MaskDraw.ExactCount, 10, 0.75f, 4f)]
    [Arguments(DropoutKind.Locked, MaskDraw.ExactCount, 3, 0.5f, 2f)]
    public async Task Survivors_are_scaled_by_H_over_k_or_by_1_over_1_minus_p(
        DropoutKind kind, MaskDraw draw, int units, float rate, float scale)
    {
        var sampler = new MaskSampler(1, At(new DropoutSpec { Kind = kind, Draw = draw }, rate));
        await Assert.That(sampler.Scale(MaskPlace.OfStack(DropoutSite.Layer, 1, units, rate))).IsEqualTo(scale);
    }

    [Test]
    [MethodDataSource(nameof(Dropouts))]
    public async Task A_rate_of_0_keeps_everything(DropoutSpec spec)
    {
        DropoutSpec none = At(spec, 0f);
        await Assert.That(Draw(new MaskSampler(1, none), none, _origin).All(factor => factor == 1f)).IsTrue();
    }

    [Test]
    [Arguments((DropoutSite)4, 0, 0, 0, 0, "site must be")]
    [Arguments(DropoutSite.Layer, -1, 0, 0, 0, "layer must be 0 to 1023")]
    [Arguments(DropoutSite.Layer, 1024, 0, 0, 0, "layer must be 0 to 1023")]
    [Arguments(DropoutSite.Layer, 0, -1, 0, 0, "the sample must be 0 or above")]
    [Arguments(DropoutSite.Layer, 0, 0, -1, 0, "the update must be 0 or above")]
    [Arguments(DropoutSite.Layer, 0, 0, 0, -1, "t must be 0 to 65535")]
    [Arguments(DropoutSite.Layer, 1, 0, 0, 65_537, "t must be 0 to 65535")] // else it would be layer 1 at t = 1
    public async Task Places_beyond_the_counters_bits_are_refused(
        DropoutSite site, int layer, int sample, int update, int t, string expected)
    {
        foreach (DropoutSpec spec in Cases.Dropouts.Where(spec => spec.Kind != DropoutKind.None).Select(spec => At(spec, 0.5f)))
        {
            var sampler = new MaskSampler(1, spec);
            int[] keep = new int[Units];
            float[] mask = new float[Units];
            await Assert.That(Messages.Of<ArgumentOutOfRangeException>(() => sampler.Keep(Place(), new(update, sample), t, keep)))
                .Contains(expected);
            await Assert.That(Messages.Of<ArgumentOutOfRangeException>(() => sampler.Fill(Place(), new(update, sample), t, mask)))
                .Contains(expected);
        }

        MaskPlace Place() => MaskPlace.OfStack(site, layer, Units, 0.5f);
    }

    [Test]
    public async Task The_last_places_of_the_counters_bits_differ()
    {
        DropoutSpec spec = At(new DropoutSpec { Kind = DropoutKind.Structured }, 0.5f);
        var sampler = new MaskSampler(1, spec);
        Place last = new(DropoutSite.Output, 1023, int.MaxValue, int.MaxValue, 65_535);
        float[] mask = Draw(sampler, spec, last);
        foreach (Place other in new[] { last with { Layer = 0 }, last with { T = 0 }, last with { Sample = 0 }, last with { Update = 0 } })
            await Assert.That(Arrays.FirstDifference(Draw(sampler, spec, other), mask)).IsNotNull();
    }

    [Test]
    public async Task A_list_without_room_for_all_units_is_refused()
    {
        var sampler = new MaskSampler(1, At(new DropoutSpec { Kind = DropoutKind.Structured }, 0.5f));
        await Assert.That(Messages.Of<ArgumentOutOfRangeException>(() => MaskPlace.OfStack(DropoutSite.Layer, 0, 0, 0.5f)))
            .Contains("units must be at least 1");
        MaskPlace place = MaskPlace.OfStack(DropoutSite.Layer, 0, 10, 0.5f);
        await Assert.That(Messages.Of<ArgumentException>(() => sampler.Keep(place, default, 0, new int[9])))
            .IsEqualTo("keep holds 9 indices; room for all 10 units was expected");
    }

    [Test]
    [Arguments(0, 0.5f, 1, 1, "units must be at least 1")]
    [Arguments(10, float.NaN, 1, 1, "rate must be at least 0 and below 1")]
    [Arguments(10, 1f, 1, 1, "rate must be at least 0 and below 1")]
    [Arguments(10, 1.5f, 1, 1, "rate must be at least 0 and below 1")]
    [Arguments(10, -0.1f, 1, 1, "rate must be at least 0 and below 1")]
    [Arguments(10, 0.5f, 0, 1, "multiple must be at least 1")]
    [Arguments(10, 0.5f, 1, 0, "group must be at least 1")]
    [Arguments(10, 0.5f, 1, -3, "group must be at least 1")]
    public async Task Kept_counts_of_impossible_arguments_are_refused(int units, float rate, int multiple, int group, string expected) =>
        await Assert.That(Messages.Of<ArgumentOutOfRangeException>(() => MaskSampler.KeepCount(units, rate, multiple, group)))
            .Contains(expected);

    [Test]
    [Arguments(int.MaxValue, 0.5f, 1, 1, 1 << 30)] // half of an odd number, rounded up
    [Arguments(int.MaxValue, 0.5f, 1, 65_536, 1 << 30)]
    [Arguments(int.MaxValue, 0f, 1, 65_536, int.MaxValue)]
    [Arguments(10, 0.5f, 1, int.MaxValue, 10)]
    [Arguments(10, 0.5f, int.MaxValue, 1, 5)]
    public async Task Kept_counts_of_the_largest_arguments_do_not_overflow(int units, float rate, int multiple, int group, int expected) =>
        await Assert.That(MaskSampler.KeepCount(units, rate, multiple, group)).IsEqualTo(expected);

    private static DropoutSpec At(DropoutSpec spec, float rate) =>
        spec with { Embedding = rate, Layer = rate, Recurrent = rate, Output = rate };

    // The factors of one mask, [units] or [units][sequences].
    private static float[] Draw(MaskSampler sampler, DropoutSpec spec, Place place)
    {
        MaskPlace at = place.At(spec.RateOf(place.Site));
        float[] factors = new float[spec.IsStructured ? Units : Units * Sequences];
        if (!spec.IsStructured)
        {
            sampler.Fill(at, place.Draw, place.T, factors);
            return factors;
        }

        int[] keep = new int[Units];
        int count = sampler.Keep(at, place.Draw, place.T, keep);
        foreach (int unit in keep[..count]) factors[unit] = sampler.Scale(at);
        return factors;
    }
}
