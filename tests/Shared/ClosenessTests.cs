namespace TinySD.Tests;

/// <summary>Compiled into every suite, because each must find the comparisons by itself.</summary>
public sealed class ClosenessTests
{
    [Test]
    [Arguments(0.5, 1.0, true, true)]
    [Arguments(1.0, 1.0, false, true)]
    [Arguments(1.5, 1.0, false, false)]
    [Arguments(double.NaN, 1.0, false, false)]
    [Arguments(0.5, double.NaN, false, false)]
    [Arguments(double.NaN, double.PositiveInfinity, false, false)]
    public async Task Only_a_number_is_below_or_at_a_limit(double found, double limit, bool isBelow, bool isAtMost)
    {
        (float single, float most) = ((float)found, (float)limit);
        await Assert.That(await Passes(async () => await Assert.That(found).IsLessThan(limit))).IsEqualTo(isBelow);
        await Assert.That(await Passes(async () => await Assert.That(single).IsLessThan(most))).IsEqualTo(isBelow);
        await Assert.That(await Passes(async () => await Assert.That(found).IsLessThanOrEqualTo(limit))).IsEqualTo(isAtMost);
        await Assert.That(await Passes(async () => await Assert.That(single).IsLessThanOrEqualTo(most))).IsEqualTo(isAtMost);
    }

    [Test]
    [Arguments(double.NaN)]
    public async Task The_other_comparisons_are_TUnit_s_and_fail_too(double found)
    {
        await Assert.That(await Passes(async () => await Assert.That(found).IsGreaterThan(0))).IsFalse();
        await Assert.That(await Passes(async () => await Assert.That(found).IsGreaterThanOrEqualTo(0))).IsFalse();
        await Assert.That(await Passes(async () => await Assert.That(found).IsBetween(0, 1))).IsFalse();
    }

    [Test]
    [Arguments(0.5, 1.0)]
    public async Task A_reason_and_another_assertion_may_follow(double found, double limit) =>
        await Assert.That(found).IsLessThan(limit).Because("it is").And.IsGreaterThan(0);

    [Test]
    public async Task The_largest_difference_keeps_what_is_not_a_number()
    {
        float[] found = [1, 2, 3];
        await Assert.That(Closeness.Furthest(found, new[] { 1.0, 2.5, 3.0 })).IsEqualTo(0.5);
        found[1] = float.NaN;
        await Assert.That(double.IsNaN(Closeness.Furthest(found, new[] { 1.0, 2.5, 9.0 }))).IsTrue();
        await Assert.That(() => Closeness.Furthest(found, new[] { 1f, 2f })).Throws<InvalidOperationException>();
    }

    private static async Task<bool> Passes(Func<Task> assertion)
    {
        try
        {
            await assertion();
            return true;
        }
        catch (TUnit.Assertions.Exceptions.AssertionException)
        {
            return false;
        }
    }
}
