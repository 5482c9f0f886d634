using System.Globalization;

namespace TinySD.Runtime.Numerics;

/// <summary>Numbers as C prints them, to the last digit: scores are compared with what programs in Perl and Python print.</summary>
internal static class PrintedNumber
{
    private static readonly double[] s_scales = [1, 10, 100, 1000];

    /// <summary>C's <c>%.Nf</c> of a number of at least 0. A tie goes to the even digit, where .NET rounds it up.</summary>
    /// <param name="value">The number, below 10^12.</param>
    /// <param name="digits">Digits behind the point, 1 to 3.</param>
    public static string Fixed(double value, int digits)
    {
        if (!(value >= 0 && value < 1e12)) return value.ToString(CultureInfo.InvariantCulture);

        // What lies behind the point of the scaled number, and what the product lost of it, tell a tie from what is next to one.
        double scale = s_scales[digits], product = value * scale, whole = Math.Floor(product), rest = product - whole;
        double lost = Math.FusedMultiplyAdd(value, scale, -product);
        bool isTie = rest == 0.5 && lost == 0;
        bool goesUp = isTie ? whole % 2 == 1 : rest > 0.5 || (rest == 0.5 && lost > 0);
        long number = (long)whole + (goesUp ? 1 : 0), one = (long)scale;
        string fraction = (number % one).ToString(CultureInfo.InvariantCulture).PadLeft(digits, '0');
        return string.Create(CultureInfo.InvariantCulture, $"{number / one}.{fraction}");
    }
}
