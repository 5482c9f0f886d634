using CommunityToolkit.HighPerformance;

namespace TinySD.Runtime.Tests;

/// <summary>The three products of a layer over its kept units, one time step at a time: the scalar twins of the macro-kernels.</summary>
/// <remarks>Written for reading, in double precision, as sums of products in the order of the formulas. Shapes: x, dx [K, B]; w, g [K, N];
/// c, d [B, N]. Only the rows of x, w and g that <c>keep</c> lists are looked at.</remarks>
internal static class ReferenceProducts
{
    /// <summary>c[b, n] += sum over kept k of x[k, b] * w[k, n].</summary>
    public static void Forward(ReadOnlySpan2D<double> x, ReadOnlySpan2D<double> w, ReadOnlySpan<int> keep, Span2D<double> c)
    {
        for (int b = 0; b < c.Height; b++)
        {
            for (int n = 0; n < c.Width; n++)
            {
                foreach (int k in keep) c[b, n] += x[k, b] * w[k, n];
            }
        }
    }

    /// <summary>dx[k, b] = scale * sum over n of d[b, n] * w[k, n] for kept k, 0 for the others.</summary>
    public static void Backward(ReadOnlySpan2D<double> w, ReadOnlySpan2D<double> d, ReadOnlySpan<int> keep, double scale, Span2D<double> dx)
    {
        dx.Clear();
        foreach (int k in keep)
        {
            for (int b = 0; b < d.Height; b++)
            {
                double sum = 0;
                for (int n = 0; n < d.Width; n++) sum += d[b, n] * w[k, n];
                dx[k, b] = scale * sum;
            }
        }
    }

    /// <summary>g[k, n] += sum over b of x[k, b] * d[b, n] for kept k; the other rows stay as they are.</summary>
    public static void WeightGradient(ReadOnlySpan2D<double> x, ReadOnlySpan2D<double> d, ReadOnlySpan<int> keep, Span2D<double> g)
    {
        foreach (int k in keep)
        {
            for (int n = 0; n < g.Width; n++)
            {
                for (int b = 0; b < d.Height; b++) g[k, n] += x[k, b] * d[b, n];
            }
        }
    }
}
