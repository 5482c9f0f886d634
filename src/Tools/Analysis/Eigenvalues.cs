using System.Numerics;
using MathNet.Numerics;
using MathNet.Numerics.Providers.LinearAlgebra;

namespace TinySD.Tools.Analysis;

/// <summary>The eigenvalues of a general matrix A, the largest in size first, of a pair that with the positive imaginary part; and of each
/// its vectors of length 1, whose largest number is real and positive.</summary>
/// <param name="Values">λ, [S].</param>
/// <param name="Left">l with l A = λ l, not conjugated, [S][S].</param>
/// <param name="Right">r with A r = λ r, [S][S].</param>
internal sealed record Spectrum(Complex[] Values, Complex[][] Left, Complex[][] Right);

/// <summary>Eigenvalues of dense matrices, by Math.NET Numerics' managed routines.</summary>
/// <remarks>Its managed provider is called by name: whatever chooses among providers would look for native libraries.</remarks>
internal static class Eigenvalues
{
    /// <summary>Those of a symmetric matrix, the largest first, and its eigenvectors.</summary>
    /// <param name="matrix">[n][n], finite.</param>
    /// <param name="size">n.</param>
    /// <returns>Values [n]; vectors [n][n], each of length 1 and with its largest number positive.</returns>
    public static (double[] Values, double[] Vectors) Symmetric(double[] matrix, int size)
    {
        (Complex[] found, double[] packed) = Decompose(matrix, size, isSymmetric: true);
        int[] order = [.. Enumerable.Range(0, size).OrderByDescending(k => found[k].Real).ThenBy(k => k)];
        var vectors = new double[size * size];
        for (int k = 0; k < size; k++)
        {
            ReadOnlySpan<double> vector = packed.AsSpan(order[k] * size, size);
            double sign = vector[Largest(vector)] < 0 ? -1 : 1;
            for (int i = 0; i < size; i++) vectors[(k * size) + i] = sign * vector[i];
        }

        return (Array.ConvertAll(order, k => found[k].Real), vectors);

        static int Largest(ReadOnlySpan<double> vector)
        {
            int at = 0;
            for (int i = 1; i < vector.Length; i++)
                if (Math.Abs(vector[i]) > Math.Abs(vector[at])) at = i;
            return at;
        }
    }

    /// <summary>Those of any matrix; null where the iteration does not converge, or a number is not finite.</summary>
    /// <param name="matrix">[n][n].</param>
    /// <param name="size">n.</param>
    public static Spectrum? General(double[] matrix, int size)
    {
        if (Array.Exists(matrix, value => !double.IsFinite(value))) return null;
        var turned = new double[matrix.Length];
        for (int i = 0; i < size; i++)
        {
            for (int j = 0; j < size; j++) turned[(j * size) + i] = matrix[(i * size) + j];
        }

        try
        {
            // The routine reads columns, so that it sees the rows of what it is given as columns: the first is that of A's left vectors.
            (Complex[] values, double[] left) = Decompose(matrix, size, isSymmetric: false);
            (Complex[] again, double[] right) = Decompose(turned, size, isSymmetric: false);
            int[] order =
            [
                .. Enumerable.Range(0, size).OrderByDescending(k => values[k].Magnitude).ThenByDescending(k => values[k].Real)
                    .ThenByDescending(k => values[k].Imaginary),
            ];
            int[] partners = Partners(Array.ConvertAll(order, k => values[k]), again);
            return new Spectrum(
                Array.ConvertAll(order, k => values[k]), Array.ConvertAll(order, k => VectorOf(values, left, k)),
                Array.ConvertAll(partners, k => VectorOf(again, right, k)));
        }
        catch (NonConvergenceException)
        {
            return null;
        }
    }

    private static (Complex[] Values, double[] Packed) Decompose(double[] matrix, int size, bool isSymmetric)
    {
        var values = new Complex[size];
        var vectors = new double[size * size];
        if (Array.TrueForAll(matrix, value => value == 0))
        {
            // The routine compares with the matrix's norm, and would never end here.
            for (int i = 0; i < size; i++) vectors[(i * size) + i] = 1;
            return (values, vectors);
        }

        ManagedLinearAlgebraProvider.Instance.EigenDecomp(isSymmetric, size, [.. matrix], vectors, values, new double[size * size]);
        return (values, vectors);
    }

    // The same eigenvalue found twice differs by rounding: each takes the nearest that is left.
    private static int[] Partners(Complex[] values, Complex[] others)
    {
        var isTaken = new bool[others.Length];
        var partners = new int[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            int best = -1;
            for (int k = 0; k < others.Length; k++)
            {
                if (!isTaken[k] && (best < 0 || (others[k] - values[i]).Magnitude < (others[best] - values[i]).Magnitude)) best = k;
            }

            isTaken[best] = true;
            partners[i] = best;
        }

        return partners;
    }

    // A pair of complex eigenvalues has the real and the imaginary part of the first one's vector in its two columns.
    private static Complex[] VectorOf(Complex[] values, double[] packed, int k)
    {
        int size = values.Length;
        var vector = new Complex[size];
        bool isSecond = values[k].Imaginary < 0;
        int real = isSecond ? k - 1 : k;
        for (int i = 0; i < size; i++)
        {
            double imaginary = values[k].Imaginary == 0 ? 0 : packed[((real + 1) * size) + i];
            vector[i] = new Complex(packed[(real * size) + i], isSecond ? -imaginary : imaginary);
        }

        Complex largest = vector[0];
        double squares = 0;
        foreach (Complex value in vector)
        {
            if (value.Magnitude > largest.Magnitude) largest = value;
            squares += (value.Real * value.Real) + (value.Imaginary * value.Imaginary);
        }

        double length = Math.Sqrt(squares);
        Complex turn = Complex.Conjugate(largest) / (largest.Magnitude * length);
        return Array.ConvertAll(vector, value => value * turn);
    }
}
