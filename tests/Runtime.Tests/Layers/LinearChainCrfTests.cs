using TinySD.Runtime.Layers;

namespace TinySD.Runtime.Tests;

/// <summary>The chain's sums, probabilities, gradients and best paths against all paths, written out one by one.</summary>
public sealed class LinearChainCrfTests
{
    [Test]
    [Arguments(1, 1, 1f)]
    [Arguments(1, 4, 1f)]
    [Arguments(2, 1, 3f)]
    [Arguments(3, 5, 2f)]
    [Arguments(5, 4, 0f)]
    [Arguments(4, 5, 40f)]
    [Arguments(3, 6, 400f)]
    [Arguments(3, 5, 5000f)]
    public async Task Sums_and_probabilities_are_those_of_all_paths(int tags, int steps, float range)
    {
        var chain = Chain.Draw(tags, steps, range);
        var crf = chain.ToCrf();
        (double log, double[] probabilities) = chain.Enumerate();
        double[] marginals = new double[steps * tags];
        crf.Marginals(chain.Emissions, marginals);
        await Assert.That(crf.LogPartition(chain.Emissions)).IsEqualTo(log).Within(1e-12 * Math.Max(1, Math.Abs(log)));
        for (int i = 0; i < marginals.Length; i++) await Assert.That(marginals[i]).IsEqualTo(probabilities[i]).Within(1e-9);
    }

    [Test]
    public async Task Scores_of_nought_cost_the_logarithm_of_the_number_of_paths()
    {
        var crf = new LinearChainCrf(2, 50);
        crf.SetScores(new float[4], new float[2], new float[2]);
        await Assert.That(crf.Loss(new float[4], [0, 1])).IsEqualTo(2 * Math.Log(2)).Within(1e-12);
        await Assert.That(crf.Loss(new float[100], new int[50])).IsEqualTo(50 * Math.Log(2)).Within(1e-10);
    }

    [Test]
    public async Task A_loss_is_never_below_nought()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            var chain = Chain.Draw(3, 7, 60f, seed);
            LinearChainCrf crf = chain.ToCrf();
            int[] best = new int[7];
            crf.Decode(chain.Emissions, best);
            await Assert.That(crf.Loss(chain.Emissions, best)).IsGreaterThanOrEqualTo(0);
        }
    }

    [Test]
    [Arguments(3, 5, 1f)]
    [Arguments(4, 1, 1f)]
    [Arguments(2, 6, 300f)]
    public async Task Gradients_are_those_of_small_differences(int tags, int steps, float range)
    {
        const double Step = 1e-3, Scale = 0.7;
        var chain = Chain.Draw(tags, steps, range);
        int[] gold = [.. Enumerable.Range(0, steps).Select(t => t * 5 % tags)];
        float[] dEmissions = new float[steps * tags];
        double[] dScores = new double[(tags * tags) + (2 * tags)];
        double loss = chain.ToCrf().Gradient(chain.Emissions, gold, Scale, dEmissions, dScores);
        await Assert.That(loss).IsEqualTo(chain.EnumerateLoss(gold)).Within(1e-9 * Math.Max(1, loss));
        for (int i = 0; i < dEmissions.Length; i++)
            await Assert.That((double)dEmissions[i]).IsEqualTo(Scale * chain.Slope(chain.Emissions, i, gold, Step)).Within(1e-5);
        for (int i = 0; i < dScores.Length; i++)
        {
            (float[] of, int at) = i < tags * tags ? (chain.Transitions, i)
                : i < (tags * tags) + tags ? (chain.First, i - (tags * tags)) : (chain.Last, i - (tags * tags) - tags);
            await Assert.That(dScores[i]).IsEqualTo(Scale * chain.Slope(of, at, gold, Step)).Within(1e-5);
        }
    }

    [Test]
    [Arguments(1, 3, 1f)]
    [Arguments(4, 1, 1f)]
    [Arguments(3, 6, 2f)]
    [Arguments(3, 5, 0f)]
    [Arguments(2, 7, 9000f)]
    public async Task The_best_path_is_the_best_of_all_and_of_equals_the_lowest_from_the_end(int tags, int steps, float range)
    {
        for (int seed = 0; seed < 20; seed++)
        {
            // Whole numbers, so that sums are exact and equals are frequent.
            var chain = Chain.Draw(tags, steps, range, seed).Rounded();
            int[] best = new int[steps];
            double score = chain.ToCrf().Decode(chain.Emissions, best);
            int[] expected = chain.Best(new TagConstraints(tags));
            await Assert.That(string.Join(' ', best)).IsEqualTo(string.Join(' ', expected));
            await Assert.That(score).IsEqualTo(chain.ScoreOf(expected));
        }
    }

    [Test]
    public async Task Constraints_hold_whatever_the_emissions()
    {
        for (int seed = 0; seed < 100; seed++)
        {
            var chain = Chain.Draw(4, 5, 50f, seed).Rounded();
            var constraints = new TagConstraints(4);
            var random = new Random(seed);
            for (int i = 0; i < 16; i++) constraints[i / 4, i % 4] = random.Next(3) > 0;
            constraints.Begins[random.Next(4)] = false;
            constraints.Ends[random.Next(4)] = false;
            int[] expected = chain.Best(constraints), best = new int[5];
            if (expected.Length == 0) continue;
            chain.ToCrf().Decode(chain.Emissions, best, constraints);
            await Assert.That(string.Join(' ', best)).IsEqualTo(string.Join(' ', expected));
        }
    }

    [Test]
    public async Task Where_no_sequence_is_allowed_the_best_of_all_is_taken()
    {
        var constraints = new TagConstraints(2);
        constraints.Begins[0] = constraints.Ends[1] = constraints[1, 0] = false;
        var crf = new LinearChainCrf(2, 2);
        crf.SetScores(new float[4], new float[2], new float[2]);
        int[] tags = new int[2];
        double score = crf.Decode([1f, 2f, 4f, 3f], tags, constraints);
        await Assert.That(string.Join(' ', tags)).IsEqualTo("1 0");
        await Assert.That(score).IsEqualTo(6);
    }

    [Test]
    public async Task Ten_thousand_steps_are_summed_without_a_loss()
    {
        const int Steps = 10_000;
        var chain = Chain.Draw(3, Steps, 3f);
        LinearChainCrf crf = chain.ToCrf();
        double[] marginals = new double[Steps * 3];
        crf.Marginals(chain.Emissions, marginals);

        // Where a step's scores are far apart, the slow way is taken: it must say the same.
        var far = Chain.Draw(3, Steps, 3f);
        far.Emissions[0] -= 1000f;
        LinearChainCrf slow = far.ToCrf();
        double[] others = new double[Steps * 3];
        slow.Marginals(far.Emissions, others);
        await Assert.That(double.IsFinite(crf.LogPartition(chain.Emissions))).IsTrue();
        for (int i = Steps; i < marginals.Length; i++) await Assert.That(others[i]).IsEqualTo(marginals[i]).Within(1e-9);
    }

    [Test]
    public async Task Wrong_lengths_and_tags_are_refused()
    {
        var crf = new LinearChainCrf(3, 4);
        crf.SetScores(new float[9], new float[3], new float[3]);
        await Assert.That(() => crf.LogPartition([])).Throws<ArgumentException>();
        await Assert.That(() => crf.LogPartition(new float[15])).Throws<ArgumentException>();
        await Assert.That(() => crf.LogPartition(new float[4])).Throws<ArgumentException>();
        await Assert.That(() => crf.Loss(new float[6], [0, 3])).Throws<ArgumentException>();
        await Assert.That(() => crf.Loss(new float[6], [0])).Throws<ArgumentException>();
        await Assert.That(() => crf.SetScores(new float[8], new float[3], new float[3])).Throws<ArgumentException>();
        await Assert.That(() => crf.Decode(new float[6], new int[3])).Throws<ArgumentException>();
    }

    private sealed record Chain(int Tags, int Steps, float[] Emissions, float[] Transitions, float[] First, float[] Last)
    {
        public static Chain Draw(int tags, int steps, float range, int seed = 1)
        {
            var random = new Random(seed);
            return new(tags, steps, Some(steps * tags), Some(tags * tags), Some(tags), Some(tags));

            float[] Some(int count) => [.. Enumerable.Range(0, count).Select(_ => range * ((2f * random.NextSingle()) - 1f))];
        }

        public Chain Rounded() => this with
        {
            Emissions = Round(Emissions),
            Transitions = Round(Transitions),
            First = Round(First),
            Last = Round(Last),
        };

        public LinearChainCrf ToCrf()
        {
            var crf = new LinearChainCrf(Tags, Steps);
            crf.SetScores(Transitions, First, Last);
            return crf;
        }

        public double ScoreOf(int[] path)
        {
            double score = First[path[0]] + (double)Emissions[path[0]];
            for (int t = 1; t < Steps; t++)
                score = score + Transitions[(path[t - 1] * Tags) + path[t]] + Emissions[(t * Tags) + path[t]];
            return score + Last[path[^1]];
        }

        public (double Log, double[] Probabilities) Enumerate()
        {
            int[][] paths = [.. Paths()];
            double[] scores = [.. paths.Select(ScoreOf)];
            double most = scores.Max(), sum = scores.Sum(score => Math.Exp(score - most));
            double[] probabilities = new double[Steps * Tags];
            for (int i = 0; i < paths.Length; i++)
            {
                for (int t = 0; t < Steps; t++) probabilities[(t * Tags) + paths[i][t]] += Math.Exp(scores[i] - most) / sum;
            }

            return (most + Math.Log(sum), probabilities);
        }

        public double EnumerateLoss(int[] gold) => Enumerate().Log - ScoreOf(gold);

        public double Slope(float[] of, int at, int[] gold, double step)
        {
            float before = of[at];
            of[at] = (float)(before + step);
            (double above, double up) = (EnumerateLoss(gold), of[at]);
            of[at] = (float)(before - step);
            double slope = (above - EnumerateLoss(gold)) / (up - of[at]);
            of[at] = before;
            return slope;
        }

        public int[] Best(TagConstraints constraints)
        {
            int[] best = [];
            foreach (int[] path in Paths())
            {
                bool isAllowed = constraints.Begins[path[0]] && constraints.Ends[path[^1]];
                for (int t = 1; t < Steps; t++) isAllowed &= constraints[path[t - 1], path[t]];
                if (!isAllowed) continue;
                double score = ScoreOf(path), top = best.Length == 0 ? double.NegativeInfinity : ScoreOf(best);
                if (score > top || (score == top && IsLower(path, best))) best = path;
            }

            return best;
        }

        private static bool IsLower(int[] path, int[] other)
        {
            for (int t = path.Length - 1; t >= 0; t--)
            {
                if (path[t] != other[t]) return path[t] < other[t];
            }

            return false;
        }

        private IEnumerable<int[]> Paths()
        {
            int count = (int)Math.Pow(Tags, Steps);
            for (int number = 0; number < count; number++)
            {
                int[] path = new int[Steps];
                for (int t = 0, left = number; t < Steps; t++, left /= Tags) path[t] = left % Tags;
                yield return path;
            }
        }

        private static float[] Round(float[] values) => [.. values.Select(value => MathF.Round(value))];
    }
}
