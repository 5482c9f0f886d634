using System.Runtime.InteropServices;

namespace TinySD.Runtime.Numerics;

/// <summary>Finds what is infinite or not a number, as fast as numbers can be read: sessions look at every input.</summary>
internal static class FiniteNumbers
{
    // A float is finite unless all bits of its exponent are set. As integers these are two ranges, one for each sign; the search for floats
    // outside of a range compares them one by one.
    private const int Infinity = 0x7F80_0000, MostPositive = int.MaxValue, MinusInfinity = unchecked((int)0xFF80_0000), MostNegative = -1;

    /// <summary>The place of the first, or -1.</summary>
    public static int IndexOfOther(ReadOnlySpan<float> values)
    {
        ReadOnlySpan<int> bits = MemoryMarshal.Cast<float, int>(values);
        int positive = bits.IndexOfAnyInRange(Infinity, MostPositive), negative = bits.IndexOfAnyInRange(MinusInfinity, MostNegative);
        return positive < 0 || negative < 0 ? Math.Max(positive, negative) : Math.Min(positive, negative);
    }
}
