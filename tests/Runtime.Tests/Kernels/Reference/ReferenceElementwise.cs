using CommunityToolkit.HighPerformance;
using TinySD.Runtime.Kernels;

namespace TinySD.Runtime.Tests;

/// <summary>Plain passes over arrays: the scalar twins of <see cref="Elementwise{TLanes, TVector}"/>.</summary>
internal static class ReferenceElementwise
{
    /// <summary>The sum of x[i]^2.</summary>
    public static double SumOfSquares(ReadOnlySpan<double> x)
    {
        double sum = 0;
        foreach (double value in x) sum += value * value;
        return sum;
    }

    /// <summary>sums[j] = the sum over rows of d[row, j]; d [rows, n].</summary>
    public static void ColumnSums(ReadOnlySpan2D<double> d, Span<double> sums)
    {
        for (int j = 0; j < d.Width; j++)
        {
            sums[j] = 0;
            for (int row = 0; row < d.Height; row++) sums[j] += d[row, j];
        }
    }

    /// <summary>sums[j] = the sum over rows of d[row, j] * x[row, j]; both [rows, n].</summary>
    public static void ProductSums(ReadOnlySpan2D<double> d, ReadOnlySpan2D<double> x, Span<double> sums)
    {
        for (int j = 0; j < d.Width; j++)
        {
            sums[j] = 0;
            for (int row = 0; row < d.Height; row++) sums[j] += d[row, j] * x[row, j];
        }
    }

    /// <summary>y[i] = factor * x[i].</summary>
    public static void Scale(ReadOnlySpan<double> x, Span<double> y, double factor)
    {
        for (int i = 0; i < y.Length; i++) y[i] = factor * x[i];
    }

    /// <summary>y[i] = y[i] + factor * x[i].</summary>
    public static void AddScaled(ReadOnlySpan<double> x, Span<double> y, double factor)
    {
        for (int i = 0; i < y.Length; i++) y[i] += factor * x[i];
    }

    /// <summary>y[i] = y[i] + factor * (a[i] - b[i]).</summary>
    public static void AddDifference(ReadOnlySpan<double> a, ReadOnlySpan<double> b, Span<double> y, double factor)
    {
        for (int i = 0; i < y.Length; i++) y[i] += factor * (a[i] - b[i]);
    }

    /// <summary>y[i] = m[i] * x[i].</summary>
    public static void Multiply(ReadOnlySpan<double> x, ReadOnlySpan<double> m, Span<double> y)
    {
        for (int i = 0; i < y.Length; i++) y[i] = m[i] * x[i];
    }
}
