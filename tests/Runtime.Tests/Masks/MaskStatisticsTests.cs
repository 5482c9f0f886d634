using TinySD.Runtime.Masks;

namespace TinySD.Runtime.Tests;

/// <summary>Masks are fair: rates, subsets, and independence of units, time steps, updates, sites and layers.</summary>
public sealed class MaskStatisticsTests
{
    private const int Draws = 20_000;

    public sealed record MaskCase(MaskDraw How, int Units, float Rate)
    {
        public double KeepRate => How == MaskDraw.ExactCount ? (double)MaskSampler.KeepCount(Units, Rate) / Units : 1.0 - Rate;

        public DropoutSpec Spec => new() { Kind = DropoutKind.Structured, Draw = How };
    }

    public static IEnumerable<Func<MaskCase>> Structured()
    {
        foreach (MaskDraw how in Enum.GetValues<MaskDraw>())
        {
            foreach ((int units, float rate) in new[] { (20, 0.5f), (17, 0.25f), (33, 0.9f) })
                yield return () => new MaskCase(how, units, rate);
        }
    }

    [Test]
    [MethodDataSource(nameof(Structured))]
    public async Task Every_unit_is_kept_as_often_as_the_rate_says(MaskCase draw)
    {
        long[] kept = new long[draw.Units];
        foreach (bool[] mask in Sequence(draw, i => (0, i, 0)))
        {
            for (int unit = 0; unit < kept.Length; unit++) kept[unit] += mask[unit] ? 1 : 0;
        }

        // Each count is binomial. With a fixed sum they are tied to each other, which takes one degree of freedom and 1/H of the variance.
        double p = draw.KeepRate, variance = Draws * p * (1 - p), square = kept.Sum(count => Math.Pow(count - (Draws * p), 2) / variance);
        bool tied = draw.How == MaskDraw.ExactCount;
        double z = Statistics.ChiSquareZ(tied ? square * (draw.Units - 1) / draw.Units : square, tied ? draw.Units - 1 : draw.Units);
        await Assert.That(Math.Abs(z)).IsLessThan(Statistics.Bound);
    }

    [Test]
    public async Task Every_subset_of_k_units_is_as_likely_as_any_other()
    {
        var subsets = new Dictionary<string, long>();
        foreach (bool[] mask in Sequence(new MaskCase(MaskDraw.ExactCount, 7, 0.6f), i => (i / 100, i % 100, 0)))
        {
            string subset = string.Concat(mask.Select(kept => kept ? '1' : '0'));
            subsets[subset] = subsets.GetValueOrDefault(subset) + 1;
        }

        await Assert.That(subsets).Count().IsEqualTo(35); // 3 of 7
        await Assert.That(Math.Abs(Statistics.ChiSquareZ(subsets.Values, Draws / 35.0))).IsLessThan(Statistics.Bound);
    }

    [Test]
    public async Task The_kept_count_of_a_Bernoulli_mask_has_the_binomial_mean_and_variance()
    {
        const int units = 40;
        const double p = 0.3, mean = units * p, variance = units * p * (1 - p);
        var draw = new MaskCase(MaskDraw.Bernoulli, units, 0.7f);
        double[] counts = [.. Sequence(draw, i => (0, i, 0)).Select(mask => (double)mask.Count(kept => kept))];
        await Assert.That(Math.Abs(Statistics.MeanZ(counts.Sum(), Draws, mean, variance))).IsLessThan(Statistics.Bound);
        // The squared deviations' own variance: the binomial's fourth central moment less the squared variance.
        double fourth = variance * (1 + (3 * (units - 2) * p * (1 - p))), squares = counts.Sum(count => (count - mean) * (count - mean));
        await Assert.That(Math.Abs(Statistics.MeanZ(squares, Draws, variance, fourth - (variance * variance))))
            .IsLessThan(Statistics.Bound);
    }

    [Test]
    [MatrixDataSource]
    public async Task Neighbouring_masks_are_independent(
        [Matrix(MaskDraw.ExactCount, MaskDraw.Bernoulli)] MaskDraw how,
        [Matrix("time step", "update", "sample", "layer", "site")] string neighbour)
    {
        const int units = 24;
        var draw = new MaskCase(how, units, 0.5f);
        bool[][] masks = [.. Sequence(draw, i => (0, i, 3))], others = neighbour switch
        {
            "time step" => [.. Sequence(draw, i => (0, i, 4))],
            "update" => [.. Sequence(draw, i => (0, i + 1, 3))],
            "sample" => [.. Sequence(draw, i => (1, i, 3))],
            "layer" => [.. Sequence(draw, i => (0, i, 3), layer: 2)],
            _ => [.. Sequence(draw, i => (0, i, 3), site: DropoutSite.Recurrent)],
        };
        double overlap = 0;
        for (int i = 0; i < Draws; i++) overlap += masks[i].Zip(others[i]).Count(pair => pair.First && pair.Second);

        // Units kept by both: hypergeometric for exact counts (k of H twice), binomial with p^2 for Bernoulli draws.
        double p = draw.KeepRate, k = units * p;
        double variance = how == MaskDraw.ExactCount ? k * p * (1 - p) * (units - k) / (units - 1) : units * p * p * (1 - (p * p));
        await Assert.That(Math.Abs(Statistics.MeanZ(overlap, Draws, units * p * p, variance))).IsLessThan(Statistics.Bound);
    }

    [Test]
    public async Task A_random_mask_drops_at_the_rate_and_its_factors_are_independent()
    {
        const int length = 30 * 20, steps = 400;
        const double p = 0.65; // kept
        var spec = new DropoutSpec { Kind = DropoutKind.Random };
        var sampler = new MaskSampler(9, spec);
        MaskPlace place = MaskPlace.OfStack(DropoutSite.Layer, 1, 30, 0.35f);
        float[][] masks = [.. Enumerable.Range(0, steps).Select(t =>
        {
            float[] mask = new float[length];
            sampler.Fill(place, default, t, mask);
            return mask;
        })];
        float scale = sampler.Scale(place);
        await Assert.That(masks.All(mask => mask.All(factor => factor == 0f || factor == scale))).IsTrue();
        long kept = masks.Sum(mask => mask.LongCount(factor => factor != 0f));
        await Assert.That(Math.Abs(Statistics.MeanZ(kept, (long)length * steps, p, p * (1 - p)))).IsLessThan(Statistics.Bound);

        // Both of a pair kept: neighbours within a mask, and the same place one step later.
        long pairs = 0, within = 0, across = 0;
        for (int t = 0; t + 1 < steps; t++)
        {
            for (int i = 0; i + 1 < length; i += 2)
            {
                pairs++;
                within += masks[t][i] != 0f && masks[t][i + 1] != 0f ? 1 : 0;
                across += masks[t][i] != 0f && masks[t + 1][i] != 0f ? 1 : 0;
            }
        }

        // Overlapping pairs across steps share a factor, which adds at most twice their covariance, p^3 - p^4, to the variance.
        double both = p * p, variance = both * (1 - both);
        await Assert.That(Math.Abs(Statistics.MeanZ(within, pairs, both, variance))).IsLessThan(Statistics.Bound);
        await Assert.That(Math.Abs(Statistics.MeanZ(across, pairs, both, variance + (2 * ((p * both) - (both * both))))))
            .IsLessThan(Statistics.Bound);
    }

    private static IEnumerable<bool[]> Sequence(
        MaskCase draw, Func<int, (int Sample, int Update, int T)> place, int layer = 1, DropoutSite site = DropoutSite.Layer)
    {
        var sampler = new MaskSampler(20260101, draw.Spec);
        MaskPlace at = MaskPlace.OfStack(site, layer, draw.Units, draw.Rate);
        int[] keep = new int[draw.Units];
        for (int i = 0; i < Draws; i++)
        {
            (int sample, int update, int t) = place(i);
            bool[] mask = new bool[draw.Units];
            foreach (int unit in keep.AsSpan(0, sampler.Keep(at, new(update, sample), t, keep))) mask[unit] = true;
            yield return mask;
        }
    }
}
