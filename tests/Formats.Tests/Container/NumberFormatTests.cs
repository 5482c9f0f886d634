using System.Buffers.Binary;
using TinySD.Formats.Container;

namespace TinySD.Formats.Tests;

/// <summary>Sixteen-bit numbers against what the bits mean, in double precision: a sign, an exponent and a fraction.</summary>
public sealed class NumberFormatTests
{
    public static IEnumerable<(TensorStorage, int, int)> Formats()
    {
        yield return (TensorStorage.F16, 5, 10);
        yield return (TensorStorage.BF16, 8, 7);
    }

    [Test]
    [MethodDataSource(nameof(Formats))]
    public async Task Each_of_the_65536_numbers_expands_to_its_value_and_rounds_back_to_itself(
        TensorStorage storage, int exponentBits, int fractionBits)
    {
        byte[] bytes = new byte[2 << 16], back = new byte[2 << 16];
        for (int bits = 0; bits < 1 << 16; bits++) BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2 * bits), (ushort)bits);
        float[] values = new float[1 << 16];
        NumberFormat.Expand(bytes, storage, values);
        NumberFormat.Round(values, storage, back);
        var wrong = new List<string>();
        for (int bits = 0; bits < 1 << 16; bits++)
        {
            double expected = ValueOf(bits, exponentBits, fractionBits);
            if (!expected.Equals((double)values[bits])) wrong.Add($"{bits:X4} is {values[bits]}, not {expected}");
            if (double.IsNegative(expected) != float.IsNegative(values[bits]) && !double.IsNaN(expected))
                wrong.Add($"{bits:X4} has the wrong sign");
            int rounded = BinaryPrimitives.ReadUInt16LittleEndian(back.AsSpan(2 * bits));
            if (double.IsNaN(expected) ? !double.IsNaN(ValueOf(rounded, exponentBits, fractionBits)) : rounded != bits)
                wrong.Add($"{bits:X4} comes back as {rounded:X4}");
        }

        await Assert.That(wrong).IsEmpty();
    }

    /// <summary>Between each number and the next: at the middle, just below and just above it. This takes in subnormal numbers and the step
    /// to infinity.</summary>
    [Test]
    [MethodDataSource(nameof(Formats))]
    public async Task What_lies_between_two_numbers_rounds_to_the_nearest_and_ties_to_the_even_one(
        TensorStorage storage, int exponentBits, int fractionBits)
    {
        int infinity = ((1 << exponentBits) - 1) << fractionBits;
        double beyond = Math.ScaleB(1, 1 << (exponentBits - 1));
        var cases = new List<(float Value, int Expected)>();
        for (int low = 0; low < infinity; low++)
        {
            // What would come after the largest number rounds to infinity, which is even.
            double next = low + 1 == infinity ? beyond : ValueOf(low + 1, exponentBits, fractionBits);
            float middle = (float)((ValueOf(low, exponentBits, fractionBits) + next) / 2);
            int even = low % 2 == 0 ? low : low + 1;
            foreach (int sign in new[] { 0, 0x8000 })
            {
                float side = sign == 0 ? 1 : -1;
                cases.Add((side * middle, sign | even));
                cases.Add((side * MathF.BitDecrement(middle), sign | low));
                cases.Add((side * MathF.BitIncrement(middle), sign | (low + 1)));
            }
        }

        float[] values = [.. cases.Select(c => c.Value)];
        byte[] bytes = new byte[2 * values.Length];
        NumberFormat.Round(values, storage, bytes);
        string[] wrong = [.. cases.Select((c, i) => (c.Value, c.Expected,
            Found: BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(2 * i))))
            .Where(c => c.Found != c.Expected).Select(c => $"{c.Value:R} rounds to {c.Found:X4}, not {c.Expected:X4}")];
        await Assert.That(wrong).IsEmpty();
    }

    [Test]
    [Arguments(TensorStorage.F16, 0x477FEFFFu, 0x477FF000u)] // 65519.996 and 65520
    [Arguments(TensorStorage.BF16, 0x7F7F7FFFu, 0x7F7F8000u)]
    public async Task A_number_that_would_become_infinite_is_found_and_the_one_before_it_is_not(
        TensorStorage storage, uint last, uint first)
    {
        (float good, float bad) = (BitConverter.UInt32BitsToSingle(last), BitConverter.UInt32BitsToSingle(first));
        float[] fine = [0, good, -good, float.PositiveInfinity, float.NaN];
        await Assert.That(NumberFormat.FindTooLarge(fine, storage)).IsEqualTo(-1);
        await Assert.That(NumberFormat.FindTooLarge([.. fine, -bad], storage)).IsEqualTo(5);
        await Assert.That(NumberFormat.FindTooLarge([bad, .. fine], storage)).IsEqualTo(0);
        await Assert.That(NumberFormat.FindTooLarge([float.MaxValue], TensorStorage.F32)).IsEqualTo(-1);
        byte[] rounded = new byte[4];
        NumberFormat.Round([good, bad], storage, rounded);
        float[] back = new float[2];
        NumberFormat.Expand(rounded, storage, back);
        await Assert.That(back.Select(float.IsFinite)).IsEquivalentTo([true, false], CollectionOrdering.Matching);
    }

    /// <summary>A NaN whose set bits all lie in the half that is cut off must not become an infinity.</summary>
    [Test]
    [MethodDataSource(nameof(Formats))]
    public async Task Nothing_but_a_NaN_comes_of_a_NaN(TensorStorage storage, int exponentBits, int fractionBits)
    {
        float[] values = [.. new[] { 0x7F800001u, 0xFF800001u, 0x7FC00000u, 0x7FFFFFFFu }.Select(BitConverter.UInt32BitsToSingle)];
        byte[] bytes = new byte[2 * values.Length];
        NumberFormat.Round(values, storage, bytes);
        for (int i = 0; i < values.Length; i++)
            await Assert.That(ValueOf(BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(2 * i)), exponentBits, fractionBits)).IsNaN();
    }

    [Test]
    public async Task Each_of_the_256_whole_numbers_expands_to_itself()
    {
        byte[] bytes = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        float[] values = new float[256];
        NumberFormat.Expand(bytes, TensorStorage.I8, values);
        for (int bits = 0; bits < 256; bits++) await Assert.That(values[bits]).IsEqualTo(bits < 128 ? bits : bits - 256);
    }

    private static double ValueOf(int bits, int exponentBits, int fractionBits)
    {
        int fraction = bits & ((1 << fractionBits) - 1), exponent = (bits >> fractionBits) & ((1 << exponentBits) - 1),
            bias = (1 << (exponentBits - 1)) - 1;
        double sign = bits >> 15 == 0 ? 1 : -1;
        if (exponent == (1 << exponentBits) - 1) return fraction == 0 ? sign * double.PositiveInfinity : double.NaN;
        return exponent == 0
            ? sign * Math.ScaleB(fraction, 1 - bias - fractionBits)
            : sign * Math.ScaleB((1 << fractionBits) + fraction, exponent - bias - fractionBits);
    }
}
