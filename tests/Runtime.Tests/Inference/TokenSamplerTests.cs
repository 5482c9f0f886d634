using TinySD.Runtime.Inference;
using TinySD.Runtime.Numerics;

namespace TinySD.Runtime.Tests;

public sealed class TokenSamplerTests
{
    private static readonly float[] _logits = [0.5f, -1f, 2f, 1.5f, -3f, 0f];

    [Test]
    public async Task Its_state_goes_on_with_the_same_draws_whatever_seed_it_was_made_with()
    {
        float[] logits = Arrays.Uniform(3, 50);
        var sampler = new TokenSampler(50, temperature: 1.5f, seed: 0xFEDCBA9876543210);
        int[] first = Draw(sampler, 7);
        byte[] state = new byte[sampler.StateBytes];
        sampler.CopyState(state);
        int[] expected = Draw(sampler, 20);
        var other = new TokenSampler(50, temperature: 1.5f, seed: 3);
        int[] own = Draw(other, 7);
        other.SetState(state);
        await Assert.That(Draw(other, 20).SequenceEqual(expected)).IsTrue();
        await Assert.That(own.SequenceEqual(first)).IsFalse();
        other.Reset();
        await Assert.That(Draw(other, 7).SequenceEqual(own)).IsTrue();
        sampler.Reset();
        await Assert.That(Draw(sampler, 7).SequenceEqual(first)).IsTrue();

        // What is none is refused, and the draws go on.
        await Assert.That(() => sampler.SetState(new byte[state.Length])).Throws<ArgumentException>();
        await Assert.That(() => sampler.SetState(state.AsSpan(1))).Throws<ArgumentException>();
        await Assert.That(() => new TokenSampler(51).SetState(state)).Throws<ArgumentException>();
        byte[] negative = [.. state];
        negative[^1] = 0x80;
        await Assert.That(() => sampler.SetState(negative)).Throws<ArgumentException>();
        await Assert.That(Draw(sampler, 20).SequenceEqual(expected)).IsTrue();

        int[] Draw(TokenSampler from, int count) => [.. Enumerable.Range(0, count).Select(_ => from.Sample(logits))];
    }

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
    [MatrixDataSource]
    public async Task Tokens_are_those_of_a_draw_among_the_first_k_of_all_logits_in_order(
        [Matrix(1, 2, 7, 61)] int vocabulary, [Matrix(1, 2, 5, 30, 60, 61, 62, 1000, 0)] int topK, [Matrix(1f, 0.4f)] float temperature)
    {
        const int draws = 300;
        const ulong seed = 9;
        int k = topK == 0 ? vocabulary : Math.Min(topK, vocabulary);
        var sampler = new TokenSampler(vocabulary, temperature, topK, seed);
        var random = new PhiloxStream(seed, RandomPurpose.Sampling, 0);
        var values = new Random(topK + vocabulary);
        var failures = new List<string>();
        for (int draw = 0; draw < draws; draw++)
        {
            // Few different numbers, and so many ties, in one draw; in the next hardly any. Up to nine in ten of them may not be drawn.
            int distinct = draw % 2 == 0 ? 4 : 10_000, never = draw % 10;
            float[] logits = [.. Enumerable.Range(0, vocabulary).Select(_ =>
                values.Next(10) < never ? float.NegativeInfinity : values.Next(-distinct, distinct) * 6f / distinct)];
            logits[values.Next(vocabulary)] = 0f;
            if (draw % 3 == 0) logits[values.Next(vocabulary)] = -0f;

            // LINQ's sort is stable: of equals, the first ones.
            int[] allowed = [.. Enumerable.Range(0, vocabulary).OrderByDescending(token => logits[token]).Take(k).Order()];
            double[] weights = [.. allowed.Select(token => PortableMath.Exp(((double)logits[token] - logits.Max()) / temperature))];
            double sum = 0;
            foreach (double weight in weights) sum += weight;
            double left = random.NextDouble() * sum;
            int at = 0;
            while ((left -= weights[at]) >= 0) at++;
            int found = sampler.Sample(logits);
            if (found != allowed[at]) failures.Add($"draw {draw}: {found}, not {allowed[at]}");
        }

        await Assert.That(failures).IsEmpty();
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
            await Assert.That(Messages.Of<ArgumentOutOfRangeException>(() => new TokenSampler(6, temperature)))
                .Contains("temperature must be 0 or above, and finite");
        await Assert.That(Messages.Of<ArgumentOutOfRangeException>(() => new TokenSampler(6, topK: -1)))
            .Contains("topK must be 0 (all) or above");
        await Assert.That(Messages.Of<ArgumentException>(() => new TokenSampler(6).Sample(new float[5])))
            .IsEqualTo("5 logits given, the sampler was made for 6");
    }

    [Test]
    [Arguments(0)]
    [Arguments(-1)]
    public async Task A_vocabulary_of_no_tokens_is_refused(int size) =>
        await Assert.That(Messages.Of<ArgumentOutOfRangeException>(() => new TokenSampler(size)))
            .Contains("vocabularySize must be at least 1");

    [Test]
    [MatrixDataSource]
    public async Task Logits_that_are_not_numbers_are_refused(
        [Matrix(float.NaN, float.PositiveInfinity)] float bad, [Matrix(0, 1, 5)] int at, [Matrix(0f, 1f)] float temperature,
        [Matrix(0, 2)] int topK)
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

    [Test]
    [MatrixDataSource]
    public async Task Forbidden_tokens_are_as_logits_of_minus_infinity([Matrix(0f, 0.7f)] float temperature, [Matrix(0, 2, 5)] int topK)
    {
        int[] forbidden = [2, 4, 2];
        float[] without = [.. _logits.Select((logit, token) => forbidden.Contains(token) ? float.NegativeInfinity : logit)];
        var sampler = new TokenSampler(6, temperature, topK, seed: 7, forbidden);
        var expected = new TokenSampler(6, temperature, topK, seed: 7);
        int[] drawn = [.. Enumerable.Range(0, 300).Select(_ => sampler.Sample(_logits))];
        await Assert.That(drawn.SequenceEqual(Enumerable.Range(0, 300).Select(_ => expected.Sample(without)))).IsTrue();
        await Assert.That(drawn.Intersect(forbidden)).IsEmpty();

        // They are no state: another sampler goes on with the draws, and with what it is forbidden itself.
        byte[] state = new byte[sampler.StateBytes];
        sampler.CopyState(state);
        expected.SetState(state);
        await Assert.That(sampler.Sample(_logits)).IsEqualTo(expected.Sample(without));
    }

    [Test]
    public async Task Forbidding_all_tokens_or_one_that_is_none_is_refused()
    {
        await Assert.That(Messages.Of<ArgumentException>(() => new TokenSampler(2, forbidden: [1, 0])))
            .IsEqualTo("all 2 tokens are forbidden; one at least must be left to draw");
        foreach (int none in new[] { -1, 2 })
            await Assert.That(Messages.Of<ArgumentOutOfRangeException>(() => new TokenSampler(2, forbidden: [none])))
                .Contains("forbidden must be 0 to 1");
        var sampler = new TokenSampler(2, forbidden: [0]);
        await Assert.That(Messages.Of<NotFiniteNumberException>(() => sampler.Sample([1f, float.NegativeInfinity])))
            .IsEqualTo("the logits of all tokens that are not forbidden are minus infinity; one at least must be finite");

        // What overflows is told, also where it may not be drawn.
        await Assert.That(Messages.Of<NotFiniteNumberException>(() => sampler.Sample([float.NaN, 1f]))).StartsWith("logit 0 is ");
    }

    [Test]
    [Arguments(1f, 0)]
    [Arguments(0.5f, 0)]
    [Arguments(2f, 3)]
    public async Task Probabilities_are_the_softmax_over_what_may_be_drawn(float temperature, int topK)
    {
        int[] forbidden = [3];
        int k = topK == 0 ? 6 : topK;
        double[] weights =
        [
            .. _logits.Select((logit, token) => !forbidden.Contains(token)
                && _logits.Where((_, other) => !forbidden.Contains(other)).Count(other => other > logit) < k
                    ? Math.Exp(logit / temperature)
                    : 0),
        ];
        double[] probabilities = [9, 9, 9, 9, 9, 9];
        new TokenSampler(6, temperature, topK, seed: 1, forbidden).Probabilities(_logits, probabilities);
        for (int token = 0; token < 6; token++)
            await Assert.That(probabilities[token]).IsEqualTo(weights[token] / weights.Sum()).Within(1e-14);
    }

    [Test]
    public async Task At_temperature_0_all_probability_is_the_likeliests_and_nothing_is_drawn()
    {
        double[] probabilities = new double[6];
        var sampler = new TokenSampler(6, temperature: 0f, forbidden: [2]);
        byte[] before = new byte[sampler.StateBytes], after = new byte[sampler.StateBytes];
        sampler.CopyState(before);
        sampler.Probabilities(_logits, probabilities);
        sampler.CopyState(after);
        await Assert.That(string.Join(' ', probabilities)).IsEqualTo("0 0 0 1 0 0");
        await Assert.That(before.SequenceEqual(after)).IsTrue();
        await Assert.That(Messages.Of<ArgumentException>(() => sampler.Probabilities(_logits, new double[5])))
            .IsEqualTo("room for 5 probabilities given, the sampler was made for 6");
    }
}
