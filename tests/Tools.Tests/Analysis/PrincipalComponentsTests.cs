using TinySD.Tools.Analysis;

namespace TinySD.Tools.Tests;

/// <summary>Principal components of data whose covariance is known.</summary>
public sealed class PrincipalComponentsTests
{
    // An orthonormal basis of four dimensions, by halves.
    private static readonly double[][] s_basis =
        [[0.5, 0.5, 0.5, 0.5], [0.5, -0.5, 0.5, -0.5], [0.5, 0.5, -0.5, -0.5], [0.5, -0.5, -0.5, 0.5]];

    [Test]
    public async Task Variances_and_directions_are_those_the_data_was_made_with()
    {
        double[] spreads = [1, 8, 0, 4];
        double[] middle = [1000, -3, 0, 7];
        var covariance = new Covariance(4);
        for (int k = 0; k < 4; k++)
        {
            foreach (int sign in new[] { -1, 1 })
                covariance.Add([.. Enumerable.Range(0, 4).Select(i => (float)(middle[i] + (sign * spreads[k] * s_basis[k][i])))]);
        }

        var found = PrincipalComponents.Of(covariance, 0, 4);

        // Two of eight points lie at each spread.
        await Assert.That(Closeness.Furthest(found.Variances, (double[])[16.0, 4, 0.25, 0])).IsLessThan(1e-12);
        await Assert.That(Closeness.Furthest(found.Mean, middle)).IsLessThan(1e-12);
        await Assert.That(Closeness.Furthest(found.Directions[..4], s_basis[1])).IsLessThan(1e-12);
        await Assert.That(Closeness.Furthest(found.Directions[4..8], s_basis[3])).IsLessThan(1e-12);
        await Assert.That(Math.Abs(found.ParticipationRatio - (20.25 * 20.25 / (256 + 16 + 0.0625)))).IsLessThan(1e-12);

        // 16, 20 and 20.25 of 20.25.
        await Assert.That(found.Reaching(0.79)).IsEqualTo(1);
        await Assert.That(found.Reaching(0.9)).IsEqualTo(2);
        await Assert.That(found.Reaching(0.98)).IsEqualTo(2);
        await Assert.That(found.Reaching(0.99)).IsEqualTo(3);
        await Assert.That(found.Reaching(1)).IsEqualTo(3);

        double[] along = new double[5];
        found.Project([1004f, -7f, 4f, 3f], along);
        await Assert.That(Closeness.Furthest(along, (double[])[8.0, 0, 0, 0, 0])).IsLessThan(1e-12);
    }

    [Test]
    [Arguments(1)]
    [Arguments(63)]
    [Arguments(64)]
    [Arguments(65)]
    [Arguments(300)]
    public async Task Any_number_of_vectors_has_the_covariance_of_two_passes(int count)
    {
        const int Size = 19;
        var random = new Random(count);
        float[][] vectors =
            [.. Enumerable.Range(0, count).Select(n => Enumerable.Range(0, Size).Select(i => 50f + n + random.NextSingle()).ToArray())];
        var covariance = new Covariance(Size);
        foreach (float[] vector in vectors) covariance.Add(vector);
        double[] mean = [.. Enumerable.Range(0, Size).Select(i => vectors.Average(vector => (double)vector[i]))];
        const int First = 3, Some = 11;
        double[] found = covariance.Matrix(First, Some);
        for (int i = 0; i < Some; i++)
        {
            for (int j = 0; j < Some; j++)
            {
                double expected = vectors.Average(v => (v[First + i] - mean[First + i]) * (v[First + j] - mean[First + j]));
                await Assert.That(Math.Abs(found[(i * Some) + j] - expected)).IsLessThan(1e-11 * count * count);
            }
        }

        await Assert.That(Closeness.Furthest(covariance.Mean(), mean)).IsLessThan(1e-10);
        await Assert.That(covariance.Count).IsEqualTo(count);
    }

    [Test]
    public async Task Equal_variances_count_one_each_and_none_is_none()
    {
        await Assert.That(PrincipalComponents.ParticipationOf([3, 3, 3, 3, 0])).IsEqualTo(4);
        await Assert.That(PrincipalComponents.ParticipationOf([1e-200, 0])).IsEqualTo(1);
        await Assert.That(PrincipalComponents.Reaching([0.5, 0.5], 0.5)).IsEqualTo(1);
        await Assert.That(PrincipalComponents.Reaching([0.5, 0.5], 0.51)).IsEqualTo(2);
        var covariance = new Covariance(3);
        for (int i = 0; i < 70; i++) covariance.Add([0.1f, 2, -3]);
        var found = PrincipalComponents.Of(covariance, 0, 3);
        await Assert.That(found.Total).IsLessThan(1e-25);
        var empty = PrincipalComponents.Of(new Covariance(3), 0, 3);
        await Assert.That(empty.Reaching(0.9)).IsEqualTo(0);
        await Assert.That(empty.ParticipationRatio).IsEqualTo(0);
        await Assert.That(empty.Shares).IsEquivalentTo([0.0, 0, 0]);
    }
}
