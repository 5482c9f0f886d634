using TinySD.Tools.Analysis;

namespace TinySD.Tools.Tests;

/// <summary>h -> tanh(W h + b), written down as it stands, in double precision within.</summary>
internal sealed class TanhMap(double[,] weights, double[] bias, int capacity = 5) : IStateMap
{
    private readonly double[,] _slopes = new double[capacity, bias.Length];

    public int Size => bias.Length;

    public int Capacity => capacity;

    /// <summary>A map of random weights.</summary>
    public static TanhMap Random(int size, int seed, int capacity = 5)
    {
        var random = new Random(seed);
        var weights = new double[size, size];
        for (int i = 0; i < size; i++)
        {
            for (int j = 0; j < size; j++) weights[i, j] = random.NextDouble() - 0.5;
        }

        return new TanhMap(weights, [.. Enumerable.Range(0, size).Select(_ => random.NextDouble() - 0.5)], capacity);
    }

    public double[] Of(double[] state)
    {
        var next = new double[Size];
        for (int i = 0; i < Size; i++)
        {
            double sum = bias[i];
            for (int j = 0; j < Size; j++) sum += weights[i, j] * state[j];
            next[i] = Math.Tanh(sum);
        }

        return next;
    }

    /// <summary>q(h) = 1/2 |h - F(h)|².</summary>
    public double Q(double[] state) => Of(state).Zip(state, (f, h) => (h - f) * (h - f)).Sum() / 2;

    public void Step(ReadOnlySpan<float> states, int count, Span<float> next)
    {
        for (int n = 0; n < count; n++)
        {
            double[] found = Of([.. states.Slice(n * Size, Size).ToArray().Select(value => (double)value)]);
            for (int i = 0; i < Size; i++)
            {
                next[(n * Size) + i] = (float)found[i];
                _slopes[n, i] = 1 - (found[i] * found[i]);
            }
        }
    }

    public void PullBack(ReadOnlySpan<float> vectors, Span<float> gradients)
    {
        for (int n = 0; n < vectors.Length / Size; n++)
        {
            for (int j = 0; j < Size; j++)
            {
                double sum = 0;
                for (int i = 0; i < Size; i++) sum += vectors[(n * Size) + i] * _slopes[n, i] * weights[i, j];
                gradients[(n * Size) + j] = (float)sum;
            }
        }
    }
}
