using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TinySD.Runtime.Tests;

/// <summary>Small helpers over arrays: seeded numbers, conversions, and the two comparisons the suite uses, to rounding
/// and to the bit.</summary>
internal static class Arrays
{
    /// <summary>All elements of a rectangular array, row after row.</summary>
    public static Span<double> AsFlat(this double[,] array) =>
        MemoryMarshal.CreateSpan(ref Unsafe.As<byte, double>(ref MemoryMarshal.GetArrayDataReference(array)), array.Length);

    public static double[] ToDoubles(this ReadOnlySpan<float> values)
    {
        double[] doubles = new double[values.Length];
        for (int i = 0; i < doubles.Length; i++) doubles[i] = values[i];
        return doubles;
    }

    public static double[] ToDoubles(this float[] values) => ToDoubles((ReadOnlySpan<float>)values);

    /// <summary>Row-major floats as a [rows, columns] array of doubles.</summary>
    public static double[,] ToMatrix(this ReadOnlySpan<float> values, int rows, int columns)
    {
        var matrix = new double[rows, columns];
        values[..(rows * columns)].ToDoubles().CopyTo(matrix.AsFlat());
        return matrix;
    }

    public static double[,] Transposed(this double[,] matrix)
    {
        var turned = new double[matrix.GetLength(1), matrix.GetLength(0)];
        for (int i = 0; i < matrix.GetLength(0); i++)
        {
            for (int j = 0; j < matrix.GetLength(1); j++) turned[j, i] = matrix[i, j];
        }

        return turned;
    }

    /// <summary>Floats uniform in [-range, range].</summary>
    public static float[] Uniform(int seed, int count, float range = 1f)
    {
        var random = new Random(seed);
        float[] values = new float[count];
        foreach (ref float value in values.AsSpan()) value = range * ((2f * random.NextSingle()) - 1f);
        return values;
    }

    /// <summary>Doubles uniform in [-range, range].</summary>
    public static double[,] Uniform(int seed, int rows, int columns, double range = 1)
    {
        var random = new Random(seed);
        var values = new double[rows, columns];
        foreach (ref double value in values.AsFlat()) value = range * ((2 * random.NextDouble()) - 1);
        return values;
    }

    /// <summary>Tokens uniform in [0, vocabulary).</summary>
    public static int[] Tokens(int seed, int count, int vocabulary)
    {
        var random = new Random(seed);
        int[] tokens = new int[count];
        foreach (ref int token in tokens.AsSpan()) token = random.Next(vocabulary);
        return tokens;
    }

    public static double Norm(ReadOnlySpan<double> values)
    {
        double sum = 0;
        foreach (double value in values) sum += value * value;
        return Math.Sqrt(sum);
    }

    /// <summary>||found - expected|| / ||expected||; 0 where both are 0, infinite where only the expected is.</summary>
    public static double RelativeDistance(ReadOnlySpan<double> found, ReadOnlySpan<double> expected) =>
        RelativeDistance(found, expected, expected);

    /// <summary>||found - expected|| / ||scale||.</summary>
    public static double RelativeDistance(ReadOnlySpan<double> found, ReadOnlySpan<double> expected, ReadOnlySpan<double> scale)
    {
        if (found.Length != expected.Length) throw new ArgumentException($"{found.Length} values found, {expected.Length} expected");
        double sum = 0;
        for (int i = 0; i < found.Length; i++) sum += (found[i] - expected[i]) * (found[i] - expected[i]);
        return sum == 0 ? 0 : Math.Sqrt(sum) / Norm(scale);
    }

    /// <summary>The first element whose bits differ, or null.</summary>
    public static string? FirstDifference(ReadOnlySpan<float> found, ReadOnlySpan<float> expected)
    {
        if (found.Length != expected.Length) return $"{found.Length} values found, {expected.Length} expected";
        for (int i = 0; i < found.Length; i++)
        {
            if (BitConverter.SingleToUInt32Bits(found[i]) != BitConverter.SingleToUInt32Bits(expected[i]))
                return $"[{i}] is {found[i]:R}, not {expected[i]:R}";
        }

        return null;
    }
}
