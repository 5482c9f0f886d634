using TinySD.Runtime.Numerics;

namespace TinySD.Runtime.Tests;

public sealed class FiniteNumbersTests
{
    [Test]
    [Arguments(float.NaN)]
    [Arguments(float.PositiveInfinity)]
    [Arguments(float.NegativeInfinity)]
    public async Task The_first_that_is_not_finite_is_found_at_any_place_of_any_length(float wrong)
    {
        for (int length = 1; length < 70; length++)
        {
            float[] values = new float[length];
            for (int i = 0; i < length; i++) values[i] = i % 3 == 0 ? float.MinValue : i % 3 == 1 ? float.MaxValue : -0f;
            await Assert.That(FiniteNumbers.IndexOfOther(values)).IsEqualTo(-1);
            for (int at = 0; at < length; at++)
            {
                float[] spoilt = [.. values];
                spoilt[at] = wrong;
                if (at + 2 < length) spoilt[at + 2] = -wrong;
                if (FiniteNumbers.IndexOfOther(spoilt) != at) Assert.Fail($"place {at} of {length}");
            }
        }
    }

    [Test]
    public async Task Every_exponent_and_sign_is_told()
    {
        for (uint high = 0; high < 1 << 16; high++)
        {
            foreach (uint low in new uint[] { 0, 1, 0xFFFF })
            {
                float value = BitConverter.UInt32BitsToSingle((high << 16) | low);
                if (FiniteNumbers.IndexOfOther([value]) < 0 != float.IsFinite(value)) Assert.Fail($"{value}");
            }
        }

        await Assert.That(FiniteNumbers.IndexOfOther([])).IsEqualTo(-1);
    }
}
