using TinySD.Runtime.Masks;
using TinySD.Runtime.Numerics;

namespace TinySD.Runtime.Tests;

/// <summary>Nested masks keep the first units, the same share of them at every place, drawn anew for every step or window.</summary>
public sealed class NestedMaskTests
{
    private static readonly DropoutSpec s_nested = new() { Kind = DropoutKind.Nested };
    private static readonly DropoutSpec s_locked = new() { Kind = DropoutKind.NestedLocked };

    [Test]
    [Arguments(false)]
    [Arguments(true)]
    public async Task The_share_comes_from_the_documented_counters(bool isLocked)
    {
        // Written out from the documentation: the words at (0, sample, update, 10:4 t:28), keyed by the seed; the first against the rate of
        // whole masks, the second for one of the shares.
        const ulong seed = 0xFEDCBA9876543210;
        const double whole = 0.25;
        double[] shares = [0.1, 0.4, 0.7, 1];
        DropoutSpec spec = (isLocked ? s_locked : s_nested) with { LeastShare = 0.1f, WholeRate = (float)whole };
        var sampler = new MaskSampler(seed, spec);
        var seen = new HashSet<int>();
        foreach ((int update, int sample, int t) in
            from update in Enumerable.Range(0, 12) from sample in new[] { 0, 3 } from t in new[] { 0, 1, 34 } select (update, sample, t))
        {
            uint time = isLocked ? 0u : (uint)t;
            (uint first, uint second, _, _) = Philox.Block(0, (uint)sample, (uint)update, (10u << 28) | time, 0x76543210, 0xFEDCBA98);
            double share = first / 4294967296.0 < whole ? 1 : shares[(int)(second / 4294967296.0 * 4)];
            foreach (int units in new[] { 1, 7, 64, 650 })
            {
                int expected = Math.Max(1, (int)Math.Floor((share * units) + 0.5 + 1e-9)), number = units % 5;
                int[] keep = new int[units];
                int count = sampler.Keep(new MaskPlace("a place", number, units, 0.3f), new Draw(update, sample), t, keep);
                await Assert.That(count).IsEqualTo(expected).Because($"{units} units, update {update}, sample {sample}, t {t}");
                await Assert.That(keep[..count].SequenceEqual(Enumerable.Range(0, count))).IsTrue();
                seen.Add((int)Math.Round(share * 10));
            }
        }

        await Assert.That(seen.Order().SequenceEqual([1, 4, 7, 10])).IsTrue();
    }

    [Test]
    public async Task Every_place_of_a_step_keeps_the_same_share_and_steps_updates_samples_and_seeds_have_others()
    {
        DropoutSpec spec = s_nested with { LeastShare = 0.001f, ShareCount = 1000 };
        int origin = Kept(1, 2, 3, 4);
        foreach (int number in new[] { 1, 1024, 4095 }) await Assert.That(Kept(1, 2, 3, 4, number)).IsEqualTo(origin);
        foreach (int other in new[] { Kept(5, 2, 3, 4), Kept(1, 5, 3, 4), Kept(1, 2, 5, 4), Kept(1, 2, 3, 5) })
            await Assert.That(other).IsNotEqualTo(origin);
        spec = spec with { Kind = DropoutKind.NestedLocked };
        await Assert.That(Kept(1, 2, 3, 4)).IsEqualTo(Kept(1, 2, 3, 60000));

        int Kept(ulong seed, int update, int sample, int t, int number = 0) =>
            new MaskSampler(seed, spec).Keep(new MaskPlace("x", number, 1000, 0.5f), new Draw(update, sample), t, new int[1000]);
    }

    [Test]
    [Arguments(0f)]
    [Arguments(0.4f)]
    public async Task Shares_are_drawn_alike_and_the_whole_more_often_as_it_is_asked(float whole)
    {
        const int draws = 20000, shares = 5;
        var sampler = new MaskSampler(3, s_nested with { LeastShare = 0.2f, ShareCount = shares, WholeRate = whole });
        int[] counts = new int[shares];
        for (int update = 0; update < draws; update++)
            counts[(sampler.Keep(new MaskPlace("x", 0, 5, 0.5f), new Draw(update), 0, new int[5])) - 1]++;
        for (int i = 0; i < shares; i++)
        {
            double p = ((1 - whole) / shares) + (i == shares - 1 ? whole : 0), sigma = Math.Sqrt(draws * p * (1 - p));
            await Assert.That(Math.Abs(counts[i] - (draws * p))).IsLessThan(5 * sigma).Because($"share {i}: {counts[i]}");
        }
    }

    [Test]
    [Arguments(200, 0.5f, 1, 100)]
    [Arguments(5, 0.5f, 1, 3)] // halves up
    [Arguments(5, 0.3f, 1, 2)] // as it is written: binary 0.3 is more than 0.3
    [Arguments(10, 0.25f, 1, 3)]
    [Arguments(10, 0.01f, 1, 1)] // never none
    [Arguments(1, 0.5f, 1, 1)]
    [Arguments(650, 1f, 16, 650)] // all of them, whatever the multiple
    [Arguments(650, 0.5f, 16, 320)]
    [Arguments(200, 0.25f, 16, 48)]
    [Arguments(200, 0.01f, 16, 16)]
    [Arguments(200, 0.99f, 16, 192)] // the most multiples that there are
    [Arguments(12, 0.5f, 16, 6)] // fewer units than one multiple
    public async Task A_share_of_units_is_rounded_to_the_nearest_multiple_and_at_least_one(
        int units, float share, int multiple, int expected)
    {
        await Assert.That(MaskSampler.ShareOf(units, share, multiple)).IsEqualTo(expected);
    }

    [Test]
    public async Task Nothing_is_scaled_and_a_site_drops_what_is_dropped_on_average()
    {
        DropoutSpec spec = s_locked with { LeastShare = 0.2f, ShareCount = 5, WholeRate = 0.5f };
        await Assert.That(new MaskSampler(1, spec).Scale(new MaskPlace("x", 0, 10, 0.2f))).IsEqualTo(1f);
        foreach (DropoutSite site in Enum.GetValues<DropoutSite>()) await Assert.That(spec.RateOf(site)).IsEqualTo(0.2f);
        await Assert.That((spec.IsNested, spec.IsStructured, spec.IsLocked)).IsEqualTo((true, true, true));
        await Assert.That(s_nested.IsLocked).IsFalse();
        float[] shares = [.. Enumerable.Range(0, 4).Select(s_nested.ShareAt)];
        await Assert.That(shares.SequenceEqual([0.25f, 0.5f, 0.75f, 1f])).IsTrue();
    }

    [Test]
    public async Task Everything_that_nested_masks_have_not_is_refused_and_said()
    {
        (DropoutSpec Spec, string Message)[] cases =
        [
            (s_nested with { Layer = 0.5f },
                "nested masks have no drop rates: one share of the units is kept everywhere; the layer rate is 0.5, and expected 0"),
            (s_nested with { GroupSize = 2 }, "nested masks keep the first units, and not groups of them; found groups of 2"),
            (s_nested with { Draw = MaskDraw.Bernoulli }, "nested masks keep an exact count of units, and this is left to chance"),
            (s_nested with { LeastShare = 0f }, "the least share of units must be above 0 and below 1"),
            (s_nested with { LeastShare = 1f }, "the least share of units must be above 0 and below 1"),
            (s_nested with { LeastShare = float.NaN }, "the least share of units must be above 0 and below 1"),
            (s_nested with { ShareCount = 1 }, "the number of shares must be 2 to 4096"),
            (s_nested with { ShareCount = 4097 }, "the number of shares must be 2 to 4096"),
            (s_nested with { WholeRate = 1f }, "the rate of whole masks must be"),
            (s_nested with { WholeRate = -0.5f }, "the rate of whole masks must be"),
        ];
        foreach ((DropoutSpec spec, string message) in cases)
            await Assert.That(() => spec.Validate()).Throws<ArgumentException>().WithMessageContaining(message);
        s_nested.Validate();
        await Assert.That(() => s_nested.ShareAt(4)).Throws<ArgumentOutOfRangeException>();
        await Assert.That(() => s_nested.AsNested(DropoutKind.Structured)).Throws<ArgumentOutOfRangeException>();
        await Assert.That(() => MaskSampler.ShareOf(0, 0.5f)).Throws<ArgumentOutOfRangeException>();
        foreach (float share in new[] { 0f, -1f, 1.001f, float.NaN })
            await Assert.That(() => MaskSampler.ShareOf(10, share)).Throws<ArgumentOutOfRangeException>();
        await Assert.That(() => MaskSampler.ShareOf(10, 0.5f, 0)).Throws<ArgumentOutOfRangeException>();
    }

    [Test]
    public async Task Any_other_case_becomes_nested_without_what_nested_masks_have_not()
    {
        DropoutSpec other = new()
        {
            Kind = DropoutKind.Structured, Embedding = 0.1f, Layer = 0.2f, Recurrent = 0.3f, Output = 0.4f, GroupSize = 4, KeepMultiple = 8,
            LeastShare = 0.5f, ShareCount = 3, WholeRate = 0.125f,
        };
        DropoutSpec nested = other.AsNested(DropoutKind.NestedLocked);
        nested.Validate();
        await Assert.That(nested).IsEqualTo(
            new DropoutSpec
            {
                Kind = DropoutKind.NestedLocked, KeepMultiple = 8, LeastShare = 0.5f, ShareCount = 3, WholeRate = 0.125f,
            });
    }
}
