namespace TinySD.Runtime.Numerics;

/// <summary>The functions for which .NET asks the system's C library, whose last bits differ from one to the next. These are made of
/// additions, multiplications and divisions alone, which IEEE 754 fixes to the bit, so results are the same on every machine, within three
/// units in the last place of the exact ones.</summary>
internal static class PortableMath
{
    // ln 2 in two parts: the first has 21 zero bits at its end, so that its product with an exponent is exact.
    private const double Ln2High = 0.6931471803691238, Ln2Low = 1.9082149292705877e-10;

    // Beyond these e^x is infinite, or 0.
    private const double LargestExponent = 709.782712893384, SmallestExponent = -745.1332191019412;

    /// <summary>e^x: 2^k times the series of what is left, at most ln 2 / 2.</summary>
    /// <remarks>Perplexities that are on paper were made by it, to the last digit.</remarks>
    public static double Exp(double x)
    {
        if (!IsWithinRange(x, out double result)) return result;
        double r = Reduce(x, out int exponent), sum = 1;
        for (int n = 14; n > 0; n--) sum = 1 + (r * sum / n);
        return Scale(sum, exponent);
    }

    /// <summary>e^x as well, several times as fast: without divisions, and in parts that do not wait for each other (Estrin). Its last
    /// digit can be another.</summary>
    public static double QuickExp(double x)
    {
        if (!IsWithinRange(x, out double result)) return result;
        double r = Reduce(x, out int exponent), r2 = r * r, r4 = r2 * r2;
        double a = 1 + r + ((0.5 + (r * (1.0 / 6))) * r2);
        double b = (1.0 / 24) + (r * (1.0 / 120)) + (((1.0 / 720) + (r * (1.0 / 5040))) * r2);
        double c = (1.0 / 40320) + (r * (1.0 / 362880)) + (((1.0 / 3628800) + (r * (1.0 / 39916800))) * r2);
        double d = (1.0 / 479001600) + (r * (1.0 / 6227020800));
        return Scale(a + (b * r4) + ((c + (d * r4)) * (r4 * r4)), exponent);
    }

    /// <summary>The natural logarithm: k ln 2 and that of 1 + f in [sqrt(1/2), sqrt(2)), which is f - f²/2 + s (f²/2 + R) with s = f / (2 +
    /// f) and R the rest of the series of log((1 + s) / (1 - s)).</summary>
    public static double Log(double x)
    {
        if (double.IsNaN(x) || x < 0) return double.NaN;
        if (x == 0) return double.NegativeInfinity;
        if (double.IsInfinity(x)) return x;
        int k = Math.ILogB(x);
        double m = Math.ScaleB(x, -k);
        if (m > 1.4142135623730951)
        {
            m *= 0.5;
            k++;
        }

        double f = m - 1, s = f / (2 + f), z = s * s, rest = 0;
        for (int n = 25; n > 1; n -= 2) rest = z * ((2.0 / n) + rest);
        double half = 0.5 * f * f;
        return (k * Ln2High) - (half - ((s * (half + rest)) + (k * Ln2Low)) - f);
    }

    /// <summary>cos(π x) for x of 0 to 1.</summary>
    public static double CosPi(double x)
    {
        if (x > 0.5) return -CosPi(1 - x);
        double square = Math.PI * x * (Math.PI * x), sum = 1;
        for (int n = 24; n > 0; n -= 2) sum = 1 - (square * sum / (n * (n - 1)));
        return sum;
    }

    /// <summary>x^n for n of at least 0, by squaring; within n units in the last place.</summary>
    public static double Power(double x, long n)
    {
        double power = 1;
        for (; n > 0; n >>= 1, x *= x)
        {
            if ((n & 1) != 0) power *= x;
        }

        return power;
    }

    // Otherwise the result is there already.
    private static bool IsWithinRange(double x, out double result)
    {
        result = x > LargestExponent ? double.PositiveInfinity : x < SmallestExponent ? 0 : x;
        return x is >= SmallestExponent and <= LargestExponent;
    }

    // x - k ln 2.
    private static double Reduce(double x, out int k)
    {
        double whole = Math.Round(x * 1.4426950408889634);
        k = (int)whole;
        return x - (whole * Ln2High) - (whole * Ln2Low);
    }

    // A power of two whose exponent is a normal number's is made of its bits.
    private static double Scale(double x, int exponent) => exponent is > -1000 and < 1000
        ? x * BitConverter.Int64BitsToDouble((exponent + 1023L) << 52)
        : Math.ScaleB(x, exponent);
}
