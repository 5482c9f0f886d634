using TinySD.Runtime.Inference;

namespace TinySD.Runtime.Tests;

public sealed class TokenSamplerTests
{
    private static readonly float[] _logits = [0.5f, -1f, 2f, 1.5f, -3f, 0f];

    [Test]
    public async Task Temperature_0_takes_the_likeliest_and_of_equals_the_first()
    {
        var sampler = new TokenSampler(6, temperature: 0f);
        await Assert.That(sampler.Sample(_logits)).IsEqualTo(2);
        await Assert.That(sampler.Sample([1f, 3f, 3f, 0f, 0f, 0f])).IsEqualTo(1);
    }

    [Test]
    [Arguments(1f, 0)]
    [Arguments(0.5f, 0)]
    [Arguments(3f, 0)]
    [Arguments(1f, 3)]
    [Arguments(2f, 5)]
    [Arguments(1f, 99)]
    public async Task Draws_follow_the_softmax_of_the_logits_over_the_temperature_among_the_k_likeliest(float temperature, int topK)
    {
        const int draws = 20_000;
        int k = topK == 0 ? 6 : Math.Min(topK, 6);
        double[] weights = [.. _logits.Select(logit => _logits.Count(other => other > logit) < k ? Math.Exp(logit / temperature) : 0)];
        var sampler = new TokenSampler(6, temperature, topK, seed: 5);
        long[] counts = new long[6];
        for (int i = 0; i < draws; i++) counts[sampler.Sample(_logits)]++;

        double square = 0;
        for (int token = 0; token < 6; token++)
        {
            double expected = draws * weights[token] / weights.Sum();
            if (expected == 0) await Assert.That(counts[token]).IsEqualTo(0);
            else square += (counts[token] - expected) * (counts[token] - expected) / expected;
        }

        await Assert.That(Math.Abs(Statistics.ChiSquareZ(square, k - 1))).IsLessThan(Statistics.Bound);
    }

    [Test]
    public async Task Of_equally_likely_tokens_no_more_than_k_are_drawn()
    {
        foreach (int k in new[] { 1, 2 })
        {
            var sampler = new TokenSampler(6, topK: k);
            int[] drawn = [.. Enumerable.Range(0, 200).Select(_ => sampler.Sample([1f, 1f, 1f, 1f, 1f, 0f])).Distinct()];
            await Assert.That(drawn.Length).IsLessThanOrEqualTo(k);
        }
    }

    [Test]
    public async Task The_same_seed_draws_the_same_tokens_and_another_seed_others()
    {
        await Assert.That(Draw(1)).IsEqualTo(Draw(1));
        await Assert.That(Draw(2)).IsNotEqualTo(Draw(1));

        static string Draw(ulong seed)
        {
            var sampler = new TokenSampler(6, seed: seed);
            return string.Join(' ', Enumerable.Range(0, 100).Select(_ => sampler.Sample(_logits)));
        }
    }

    [Test]
    public async Task Values_out_of_range_are_refused()
    {
        foreach (float temperature in new[] { -0.1f, float.NaN, float.PositiveInfinity })
            await Assert.That(Messages.Of<ArgumentOutOfRangeException>(() => new TokenSampler(6, temperature))).Contains("temperature must be 0 or above, and finite");
        await Assert.That(Messages.Of<ArgumentOutOfRangeException>(() => new TokenSampler(6, topK: -1))).Contains("topK must be 0 (all) or above");
        await Assert.That(Messages.Of<ArgumentException>(() => new TokenSampler(6).Sample(new float[5]))).IsEqualTo("5 logits given, the sampler was made for 6");
    }

    [Test]
    [Arguments(0)]
    [Arguments(-1)]
    public async Task A_vocabulary_of_no_tokens_is_refused(int size) =>
        await Assert.That(Messages.Of<ArgumentOutOfRangeException>(() => new TokenSampler(size))).Contains("vocabularySize must be at least 1");

    [Test]
    [MatrixDataSource]
    public async Task Logits_that_are_not_numbers_are_refused(
        [Matrix(float.NaN, float.PositiveInfinity)] float bad, [Matrix(0, 1, 5)] int at, [Matrix(0f, 1f)] float temperature, [Matrix(0, 2)] int topK)
    {
        var sampler = new TokenSampler(6, temperature, topK);
        float[] one = [.. _logits], all = [.. _logits.Select(_ => bad)];
        one[at] = bad;
        await Assert.That(Messages.Of<NotFiniteNumberException>(() => sampler.Sample(one))).StartsWith($"logit {at} is ");
        await Assert.That(Messages.Of<NotFiniteNumberException>(() => sampler.Sample(all))).StartsWith("logit 0 is ");
    }

    [Test]
    [MatrixDataSource]
    public async Task Logits_of_minus_infinity_are_never_drawn([Matrix(0f, 1f)] float temperature, [Matrix(0, 2, 5)] int topK)
    {
        const float never = float.NegativeInfinity;
        var sampler = new TokenSampler(6, temperature, topK);
        int[] drawn = [.. Enumerable.Range(0, 200).Select(_ => sampler.Sample([never, 1f, never, 1.1f, never, never])).Distinct().Order()];
        await Assert.That(drawn.SequenceEqual(temperature == 0f ? [3] : [1, 3])).IsTrue();
        await Assert.That(Messages.Of<NotFiniteNumberException>(() => sampler.Sample([never, never, never, never, never, never])))
            .IsEqualTo("all 6 logits are minus infinity; one at least must be finite");
    }
}
