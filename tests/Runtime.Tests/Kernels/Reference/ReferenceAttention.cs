using TinySD.Runtime.Kernels;

namespace TinySD.Runtime.Tests;

/// <summary>One query that looks at the rows of a table: the twin of <see cref="AttentionRows{TLanes, TVector}"/> and of what its caller
/// makes of it, as the equations of Luong, Pham and Manning 2015, section 3.1, are written.</summary>
/// <param name="Query">[H].</param>
/// <param name="Keys">Of each row, [H].</param>
/// <param name="Values">Of each row, [M].</param>
/// <param name="Vector">[H], for scores v tanh(q + k); empty for q k.</param>
/// <param name="Scale">By which scores are multiplied.</param>
internal sealed record ReferenceAttention(double[] Query, double[][] Keys, double[][] Values, double[] Vector, double Scale)
{
    /// <summary>The weighted mean of the values.</summary>
    public double[] Context
    {
        get
        {
            double[] weights = Weights;
            return [.. Values[0].Select((_, m) => Values.Select((value, i) => weights[i] * value[m]).Sum())];
        }
    }

    /// <summary>One for each row.</summary>
    public double[] Weights
    {
        get
        {
            double[] scores = [.. Keys.Select(key => Scale * Score(key))];
            double max = scores.Max(), sum = scores.Sum(score => Math.Exp(score - max));
            return [.. scores.Select(score => Math.Exp(score - max) / sum)];
        }
    }

    /// <summary>The slope of the sum of context times d, along one of all numbers: by a difference quotient of fourth order.</summary>
    /// <param name="d">The gradient of the context.</param>
    /// <param name="moved">This, that number moved by so much.</param>
    public static double Slope(double[] d, Func<double, ReferenceAttention> moved)
    {
        const double h = 1e-3;
        return ((8 * (At(h) - At(-h))) - (At(2 * h) - At(-2 * h))) / (12 * h);

        double At(double by) => moved(by).Context.Zip(d).Sum(pair => pair.First * pair.Second);
    }

    private double Score(double[] key) => Vector.Length == 0
        ? Query.Zip(key).Sum(pair => pair.First * pair.Second)
        : Vector.Select((v, j) => v * Math.Tanh(Query[j] + key[j])).Sum();
}
