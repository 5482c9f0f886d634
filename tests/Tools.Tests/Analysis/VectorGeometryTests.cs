using System.Numerics;
using TinySD.Tools.Analysis;

namespace TinySD.Tools.Tests;

/// <summary>Angles, simplices, shadows and time constants, by hand.</summary>
public sealed class VectorGeometryTests
{
    [Test]
    public async Task Angles_are_exact_near_the_ends_too()
    {
        double[][] vectors = [[2, 0], [0, 0.5], [-3, 3e-9], [7, 7e-9], [0, 0]];
        double[] found = VectorGeometry.Angles(vectors);
        double tiny = double.RadiansToDegrees(1e-9);
        double[] expected = [90, 180 - tiny, tiny, double.NaN, 90 - tiny, 90 - tiny, double.NaN, 180 - (2 * tiny), double.NaN, double.NaN];
        for (int i = 0; i < expected.Length; i++)
        {
            await Assert.That(double.IsNaN(found[i])).IsEqualTo(double.IsNaN(expected[i]));
            if (!double.IsNaN(expected[i])) await Assert.That(Math.Abs(found[i] - expected[i])).IsLessThan(1e-13);
        }
    }

    [Test]
    [Arguments(2, 180)]
    [Arguments(3, 120)]
    [Arguments(4, 109.47122063449069)]
    [Arguments(5, 104.47751218592992)]
    [Arguments(6, 101.53695903281549)]
    public async Task Axes_less_their_mean_are_a_simplex(int count, double degrees)
    {
        await Assert.That(Math.Abs(VectorGeometry.SimplexAngle(count) - degrees)).IsLessThan(1e-12);
        double[][] axes = [.. Enumerable.Range(0, count).Select(k => Enumerable.Range(0, count).Select(i => i == k ? 3.0 : 1).ToArray())];
        foreach (double angle in VectorGeometry.Angles(VectorGeometry.Centred(axes)))
            await Assert.That(Math.Abs(angle - degrees)).IsLessThan(1e-12);
        await Assert.That(VectorGeometry.Angles(axes).Length).IsEqualTo(count * (count - 1) / 2);
        await Assert.That(VectorGeometry.Basis(axes).Length).IsEqualTo(count);
        await Assert.That(VectorGeometry.Basis(VectorGeometry.Centred(axes)).Length).IsEqualTo(count - 1);
    }

    [Test]
    public async Task The_share_within_a_plane_is_the_cosine_of_the_angle_to_it()
    {
        double[][] plane = VectorGeometry.Basis([[1, 1, 0], [1, -1, 0], [5, 0, 0]]);
        await Assert.That(plane.Length).IsEqualTo(2);
        await Assert.That(VectorGeometry.ShareWithin(plane, [3, 0, 4])).IsEqualTo(0.6).Within(1e-15);
        await Assert.That(VectorGeometry.ShareWithin(plane, [0, 0, Complex.ImaginaryOne])).IsEqualTo(0);
        await Assert.That(VectorGeometry.ShareWithin(plane, [1, Complex.ImaginaryOne, 0])).IsEqualTo(1).Within(1e-15);
        await Assert.That(VectorGeometry.ShareWithin(plane, [0, 0, 0])).IsEqualTo(0);
        await Assert.That(VectorGeometry.ShareWithin([], [1, 0, 0])).IsEqualTo(0);
    }

    [Test]
    public async Task Time_constants_are_the_steps_of_one_e_fold()
    {
        await Assert.That(Math.Abs(TimeConstant.Of(Math.Exp(-0.1)) - 10)).IsLessThan(1e-12);
        await Assert.That(Math.Abs(TimeConstant.Of(-Math.Exp(0.01)) - 100)).IsLessThan(1e-10);
        await Assert.That(Math.Abs(TimeConstant.Of(new Complex(0, 0.5)) - (1 / Math.Log(2)))).IsLessThan(1e-14);
        await Assert.That(TimeConstant.Of(1)).IsEqualTo(double.PositiveInfinity);
        await Assert.That(TimeConstant.Of(0)).IsEqualTo(0);
    }
}
