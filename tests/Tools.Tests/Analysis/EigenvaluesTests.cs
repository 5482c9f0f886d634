using System.Numerics;
using TinySD.Tools.Analysis;

namespace TinySD.Tools.Tests;

/// <summary>Eigenvalues that are known beforehand, and vectors by their own equations.</summary>
public sealed class EigenvaluesTests
{
    [Test]
    [Arguments(0.9, 0.3)]
    [Arguments(1.0, 1.5707963267948966)]
    [Arguments(1.3, 3.0)]
    public async Task A_turn_has_a_pair_of_its_angle(double length, double angle)
    {
        double c = length * Math.Cos(angle), s = length * Math.Sin(angle);
        Complex[] found = General(2, c, -s, s, c).Values;
        await Assert.That((found[0] - Complex.FromPolarCoordinates(length, angle)).Magnitude).IsLessThan(1e-14);
        await Assert.That(found[1]).IsEqualTo(Complex.Conjugate(found[0]));
    }

    [Test]
    public async Task A_companion_matrix_has_the_roots_of_its_polynomial()
    {
        // (x - 1)(x - 2)(x - 3)(x + 0.5) = x^4 - 5.5 x^3 + 8 x^2 - 0.5 x - 3.
        Complex[] found = General(4, 5.5, -8, 0.5, 3, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0).Values;
        Complex[] roots = [3, 2, 1, -0.5];
        for (int i = 0; i < 4; i++) await Assert.That((found[i] - roots[i]).Magnitude).IsLessThan(1e-13);
    }

    [Test]
    [Arguments(1)]
    [Arguments(3)]
    [Arguments(7)]
    public async Task A_cycle_has_the_roots_of_one(int size)
    {
        var matrix = new double[size * size];
        for (int i = 0; i < size; i++) matrix[(i * size) + ((i + 1) % size)] = 1;
        Complex[] found = General(size, matrix).Values;
        for (int k = 0; k < size; k++)
        {
            Complex root = Complex.FromPolarCoordinates(1, 2 * Math.PI * k / size);
            await Assert.That(found.Min(value => (value - root).Magnitude)).IsLessThan(1e-13);
        }
    }

    [Test]
    public async Task A_defective_matrix_has_its_only_eigenvalue_as_often_as_it_counts()
    {
        Spectrum found = General(3, 2, 1, 0, 0, 2, 1, 0, 0, 2);
        foreach (Complex value in found.Values) await Assert.That((value - 2).Magnitude).IsLessThan(1e-5);

        // It has but one direction: (1, 0, 0) on the right and (0, 0, 1) on the left.
        foreach (Complex[] right in found.Right) await Assert.That((right[0] - 1).Magnitude).IsLessThan(1e-5);
        foreach (Complex[] left in found.Left) await Assert.That((left[2] - 1).Magnitude).IsLessThan(1e-5);
    }

    [Test]
    [Arguments(1)]
    [Arguments(4)]
    public async Task Nothing_has_eigenvalues_of_zero(int size)
    {
        Spectrum found = General(size, new double[size * size]);
        await Assert.That(found.Values.All(value => value == 0)).IsTrue();
        await Assert.That(found.Right.All(vector => vector.Sum(value => value.Magnitude) == 1)).IsTrue();
        (double[] values, _) = Eigenvalues.Symmetric(new double[size * size], size);
        await Assert.That(values.All(value => value == 0)).IsTrue();
    }

    [Test]
    public async Task A_matrix_on_which_older_routines_never_ended_has_an_end()
    {
        // Of the first JAMA's list of faults. Trace and determinant are 2 and 0, and the golden ratio is among its eigenvalues.
        Complex[] found = General(5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 1, 0, 0, 1, 1, 0, 1, 0, 1).Values;
        double golden = (1 + Math.Sqrt(5)) / 2;
        await Assert.That((found[0] - golden).Magnitude).IsLessThan(1e-13);
        await Assert.That(found.Min(value => (value - (1 - golden)).Magnitude)).IsLessThan(1e-13);
    }

    [Test]
    [Arguments(double.NaN)]
    [Arguments(double.PositiveInfinity)]
    public async Task What_is_not_finite_has_none(double number) =>
        await Assert.That(Eigenvalues.General([1, 0, number, 1], 2)).IsNull();

    [Test]
    [Arguments(2)]
    [Arguments(17)]
    [Arguments(64)]
    public async Task Left_and_right_vectors_obey_their_equations_and_are_at_right_angles_across(int size)
    {
        var random = new Random(size);
        double[] matrix = [.. Enumerable.Range(0, size * size).Select(_ => random.NextDouble() - 0.4)];
        (Complex[] values, Complex[][] lefts, Complex[][] rights) = General(size, matrix);
        for (int k = 0; k < size; k++)
        {
            if (k > 0) await Assert.That(values[k].Magnitude).IsLessThanOrEqualTo(values[k - 1].Magnitude);
            (Complex[] left, Complex[] right) = (lefts[k], rights[k]);
            foreach (Complex[] vector in new[] { left, right })
            {
                await Assert.That(Math.Abs(vector.Sum(value => value.Magnitude * value.Magnitude) - 1)).IsLessThan(1e-12);
                Complex largest = vector.MaxBy(value => value.Magnitude);
                await Assert.That(Math.Abs(largest.Imaginary)).IsLessThan(1e-14);
                await Assert.That(largest.Real).IsGreaterThan(0);
            }

            for (int i = 0; i < size; i++)
            {
                Complex row = 0, column = 0;
                for (int j = 0; j < size; j++)
                {
                    row += matrix[(i * size) + j] * right[j];
                    column += left[j] * matrix[(j * size) + i];
                }

                await Assert.That((row - (values[k] * right[i])).Magnitude).IsLessThan(1e-11);
                await Assert.That((column - (values[k] * left[i])).Magnitude).IsLessThan(1e-11);
            }

            for (int other = 0; other < size; other++)
            {
                if (other == k) continue;
                Complex product = lefts[other].Zip(right, (l, r) => l * r).Aggregate(Complex.Zero, (sum, value) => sum + value);
                await Assert.That(product.Magnitude).IsLessThan(1e-9);
            }
        }
    }

    [Test]
    [Arguments(1)]
    [Arguments(12)]
    public async Task A_chain_of_springs_has_its_known_modes(int size)
    {
        // 2 on the diagonal and -1 beside it: 2 - 2 cos(k pi / (n + 1)), with sines as vectors.
        var matrix = new double[size * size];
        for (int i = 0; i < size; i++)
        {
            matrix[(i * size) + i] = 2;
            if (i > 0) matrix[(i * size) + i - 1] = matrix[((i - 1) * size) + i] = -1;
        }

        (double[] values, double[] vectors) = Eigenvalues.Symmetric(matrix, size);
        for (int place = 0; place < size; place++)
        {
            double k = size - place, angle = Math.PI * k / (size + 1);
            await Assert.That(Math.Abs(values[place] - (2 - (2 * Math.Cos(angle))))).IsLessThan(1e-13);
            double scale = Math.Sqrt(2.0 / (size + 1)), product = 0;
            for (int i = 0; i < size; i++) product += vectors[(place * size) + i] * scale * Math.Sin(angle * (i + 1));
            await Assert.That(Math.Abs(Math.Abs(product) - 1)).IsLessThan(1e-12);
        }
    }

    private static Spectrum General(int size, params double[] matrix) => Eigenvalues.General(matrix, size)!;
}
