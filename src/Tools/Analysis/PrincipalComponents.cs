namespace TinySD.Tools.Analysis;

/// <summary>The orthogonal directions along which vectors vary, the one of most variance first.</summary>
/// <param name="First">Where the numbers looked at begin in a vector.</param>
/// <param name="Mean">Their mean, [n].</param>
/// <param name="Variances">The variance along each direction, [n], falling; not below 0.</param>
/// <param name="Directions">The directions, [n][n], each of length 1 and with its largest number positive.</param>
internal sealed record PrincipalComponents(int First, double[] Mean, double[] Variances, double[] Directions)
{
    /// <summary>Finds those of the numbers [first, first + count) of vectors.</summary>
    public static PrincipalComponents Of(Covariance covariance, int first, int count)
    {
        (double[] values, double[] vectors) = Eigenvalues.Symmetric(covariance.Matrix(first, count), count);
        return new(first, covariance.Mean()[first..(first + count)], Array.ConvertAll(values, value => Math.Max(0, value)), vectors);
    }

    /// <summary>The sum of all variances.</summary>
    public double Total => Variances.Sum();

    /// <summary>The share of each direction in the whole variance, which is 0 where nothing varies.</summary>
    public double[] Shares => Total > 0 ? Array.ConvertAll(Variances, variance => variance / Total) : new double[Variances.Length];

    /// <summary>(sum of variances)^2 / sum of squared variances: n for n equal ones, 1 where a single one is not 0, and 0 where nothing
    /// varies.</summary>
    public double ParticipationRatio => ParticipationOf(Variances);

    /// <inheritdoc cref="ParticipationRatio"/>
    public static double ParticipationOf(IReadOnlyList<double> variances)
    {
        double total = variances.Sum();
        return total > 0 ? 1 / variances.Sum(variance => variance / total * (variance / total)) : 0;
    }

    /// <summary>How many directions, from the first on, have this share of the variance together; 0 where nothing varies.</summary>
    public int Reaching(double share) => Reaching(Variances, share);

    /// <inheritdoc cref="Reaching(double)"/>
    public static int Reaching(IReadOnlyList<double> variances, double share)
    {
        double total = variances.Sum(), sum = 0;
        if (!(total > 0)) return 0;

        // A hair's breadth below is rounding.
        for (int i = 0; i < variances.Count; i++)
            if ((sum += variances[i]) >= share * total * (1 - 1e-12)) return i + 1;
        return variances.Count;
    }

    /// <summary>Where a vector lies along the first directions, as many as <paramref name="along"/> has room for; further ones are
    /// 0.</summary>
    public void Project(ReadOnlySpan<float> vector, Span<double> along)
    {
        along.Clear();
        for (int k = 0; k < Math.Min(along.Length, Variances.Length); k++)
        {
            ReadOnlySpan<double> direction = Directions.AsSpan(k * Mean.Length, Mean.Length);
            for (int i = 0; i < direction.Length; i++) along[k] += direction[i] * (vector[First + i] - Mean[i]);
        }
    }
}
