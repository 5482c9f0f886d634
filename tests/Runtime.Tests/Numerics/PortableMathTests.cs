using TinySD.Runtime.Numerics;

namespace TinySD.Runtime.Tests;

/// <summary>Functions of the runtime's own against the system's, which are exact to a unit in the last place.</summary>
public sealed class PortableMathTests
{
    private const double Ulp = 2.220446049250313e-16;

    [Test]
    public async Task Exp_and_log_are_within_three_units_of_the_system_s()
    {
        var random = new Random(5);
        double worstExp = 0, worstLog = 0;
        for (int i = 0; i < 400_000; i++)
        {
            double x = (random.NextDouble() - 0.5) * (i % 4 == 0 ? 1400 : i % 4 == 1 ? 40 : 2);
            worstExp = Math.Max(worstExp, Math.Abs(PortableMath.Exp(x) - Math.Exp(x)) / Math.Exp(x));
            worstExp = Math.Max(worstExp, Math.Abs(PortableMath.QuickExp(x) - Math.Exp(x)) / Math.Exp(x));
            double y = i % 4 == 0 ? Math.Exp(x) : i % 4 == 1 ? 1 + (x / 100) : 1 + (x * 1e-6);
            if (y > 0 && y != 1) worstLog = Math.Max(worstLog, Math.Abs((PortableMath.Log(y) - Math.Log(y)) / Math.Log(y)));
        }

        await Assert.That(worstExp).IsLessThan(3 * Ulp);
        await Assert.That(worstLog).IsLessThan(3 * Ulp);
    }

    [Test]
    public async Task Ends_and_special_values_are_the_system_s()
    {
        double[] special = [0, -0.0, 1, double.PositiveInfinity, double.NegativeInfinity, double.NaN];
        foreach (double x in (double[])[.. special, 709.7, 709.79, -745.1, -745.2, -1e9, 1e9])
        {
            await Assert.That(PortableMath.Exp(x))
                .IsEqualTo(Math.Exp(x)).Within(3 * Ulp * Math.Min(double.MaxValue / 4, Math.Exp(x))).Because($"exp({x})");
            if (!double.IsFinite(Math.Exp(x)) || Math.Exp(x) == 0) await Assert.That(PortableMath.Exp(x)).IsEqualTo(Math.Exp(x));
            if (!double.IsNormal(Math.Exp(x))) await Assert.That(PortableMath.QuickExp(x)).IsEqualTo(PortableMath.Exp(x));
        }

        foreach (double x in new[] { 0, -0.0, -1, 1, double.PositiveInfinity, double.NaN, double.Epsilon, 1e-310, double.MaxValue })
        {
            double expected = Math.Log(x), found = PortableMath.Log(x);
            await Assert.That(double.IsFinite(expected)
                ? Math.Abs(found - expected) <= 2 * Ulp * Math.Abs(expected)
                : found.Equals(expected)).IsTrue().Because($"log({x})");
        }
    }

    [Test]
    public async Task Cosines_and_powers_are_the_system_s()
    {
        for (int i = 0; i <= 1000; i++)
            await Assert.That(PortableMath.CosPi(i / 1000.0)).IsEqualTo(Math.Cos(Math.PI * i / 1000)).Within(3 * Ulp);
        await Assert.That((PortableMath.CosPi(0), PortableMath.CosPi(1))).IsEqualTo((1, -1));
        foreach (double x in new[] { 1.15, 1.2, 2, 0.9, 0.999f, 1 })
        {
            foreach (long n in new long[] { 0, 1, 2, 3, 33, 500 })
                await Assert.That(PortableMath.Power(x, n)).IsEqualTo(Math.Pow(x, n)).Within(Math.Max(2, n) * Ulp * Math.Pow(x, n));
        }

        await Assert.That(PortableMath.Power(1e30, 20)).IsEqualTo(double.PositiveInfinity);
        await Assert.That(PortableMath.Power(0.999f, 10_000_000_000)).IsEqualTo(0);
    }
}
