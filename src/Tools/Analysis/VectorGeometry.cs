using System.Numerics;

namespace TinySD.Tools.Analysis;

/// <summary>How a few vectors stand to each other, and to others.</summary>
internal static class VectorGeometry
{
    // Below this share of its length, what is left of a vector beside the others is rounding.
    private const double Dependent = 1e-10;

    /// <summary>The angles of all pairs, in degrees: (0,1), (0,2), …, (1,2), …; not a number where a vector has no length.</summary>
    public static double[] Angles(IReadOnlyList<double[]> vectors)
    {
        var angles = new List<double>();
        for (int a = 0; a < vectors.Count; a++)
        {
            for (int b = a + 1; b < vectors.Count; b++) angles.Add(Angle(vectors[a], vectors[b]));
        }

        return [.. angles];
    }

    /// <summary>The angle between the vertices of a regular simplex as seen from its middle, in degrees: arccos(-1 / (N - 1)).</summary>
    /// <param name="count">Vertices N, at least 2.</param>
    public static double SimplexAngle(int count) => double.RadiansToDegrees(Math.Acos(-1.0 / (count - 1)));

    /// <summary>The vectors less their mean.</summary>
    public static double[][] Centred(IReadOnlyList<double[]> vectors)
    {
        double[] mean = [.. Enumerable.Range(0, vectors[0].Length).Select(i => vectors.Average(vector => vector[i]))];
        return [.. vectors.Select(vector => vector.Zip(mean, (value, m) => value - m).ToArray())];
    }

    /// <summary>An orthonormal basis of what the vectors span.</summary>
    public static double[][] Basis(IReadOnlyList<double[]> vectors)
    {
        var basis = new List<double[]>();
        foreach (double[] vector in vectors)
        {
            double[] rest = [.. vector];
            double length = Length(vector);

            // Twice is enough (Kahan; Parlett, "The symmetric eigenvalue problem").
            for (int pass = 0; pass < 2; pass++)
            {
                foreach (double[] direction in basis)
                {
                    double along = Dot(direction, rest);
                    for (int i = 0; i < rest.Length; i++) rest[i] -= along * direction[i];
                }
            }

            double left = Length(rest);
            if (left > Dependent * length) basis.Add(Array.ConvertAll(rest, value => value / left));
        }

        return [.. basis];
    }

    /// <summary>The length of a vector's shadow in a space, over its own: 0 at right angles, 1 within it.</summary>
    public static double ShareWithin(IReadOnlyList<double[]> basis, Complex[] vector)
    {
        double all = 0, within = 0;
        foreach (Complex value in vector) all += Square(value);
        foreach (double[] direction in basis)
        {
            Complex along = 0;
            for (int i = 0; i < vector.Length; i++) along += direction[i] * vector[i];
            within += Square(along);
        }

        return all > 0 ? Math.Min(1, Math.Sqrt(within / all)) : 0;

        static double Square(Complex value) => (value.Real * value.Real) + (value.Imaginary * value.Imaginary);
    }

    // By the halves of a rhombus: exact for small and for large angles too, where the cosine's slope is 0.
    private static double Angle(double[] a, double[] b)
    {
        double lengthA = Length(a), lengthB = Length(b);
        if (lengthA == 0 || lengthB == 0) return double.NaN;
        double[] sum = new double[a.Length], difference = new double[a.Length];
        for (int i = 0; i < a.Length; i++)
        {
            double x = a[i] / lengthA, y = b[i] / lengthB;
            (sum[i], difference[i]) = (x + y, x - y);
        }

        return double.RadiansToDegrees(2 * Math.Atan2(Length(difference), Length(sum)));
    }

    private static double Dot(double[] a, double[] b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++) sum += a[i] * b[i];
        return sum;
    }

    private static double Length(double[] vector) => Math.Sqrt(Dot(vector, vector));
}
