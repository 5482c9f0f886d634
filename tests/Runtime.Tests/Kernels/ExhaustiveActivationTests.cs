namespace TinySD.Runtime.Tests;

/// <summary>Every one of the 2^32 floats through every activation: the proof that the sampled tests sample.</summary>
/// <remarks>Some ten minutes on one core, so it runs only when asked for: <c>dotnet run -c Release --project tests/Runtime.Tests --</c>
/// <c>--treenode-filter "/*/*/ExhaustiveActivationTests/*" --output Detailed</c>.</remarks>
[Explicit]
[NotInParallel]
public sealed class ExhaustiveActivationTests
{
    private const int Chunk = 1 << 15;
    private const double UlpLimit = 4;

    [Test]
    [MatrixDataSource]
    public async Task Every_float_is_close_monotone_and_the_same_at_every_width([Matrix] Curve curve)
    {
        const int end = 0x7F800000; // infinity
        (float lowest, float highest) = Curves.Range(curve);
        float[] x = new float[Chunk], y = new float[Chunk], other = new float[Chunk];
        (double worst, float at) = (0, 0f);
        float previous = float.NegativeInfinity;
        long falls = 0, differences = 0, floats = 0;
        for (long start = -end; start <= end; start += Chunk)
        {
            int count = (int)Math.Min(Chunk, end + 1L - start);
            for (int i = 0; i < Chunk; i++) x[i] = Curves.At((int)Math.Min(start + i, end));
            Curves.Apply(curve, x, y, Cases.LaneWidths[^1]);
            foreach (int width in (int[])[1, .. Cases.LaneWidths[..^1]])
            {
                Curves.Apply(curve, x, other, width);
                if (Arrays.FirstDifference(other, y) != null) differences++;
            }

            for (int i = 0; i < count; i++)
            {
                if (!(y[i] >= previous)) falls++;
                previous = y[i];
                if (x[i] < lowest || x[i] > highest) continue;
                double exact = Curves.Exact(curve, x[i]), error = Math.Abs(y[i] - exact) / Curves.Unit(exact);
                if (!(error <= worst)) (worst, at) = (error, x[i]);
            }

            floats += count;
        }

        string found = $"{curve}: {floats:N0} floats, {falls} falls, {differences} chunks that differ between widths, " +
            $"worst error {worst:F3} ulp at {at:R}";
        TestContext.Current!.OutputWriter.WriteLine(found);
        await Assert.That(falls).IsEqualTo(0).Because(found);
        await Assert.That(differences).IsEqualTo(0).Because(found);
        await Assert.That(worst).IsLessThan(UlpLimit).Because(found);
    }

    [Test]
    [MatrixDataSource]
    public async Task Every_pattern_that_is_not_a_number_gives_not_a_number([Matrix] Curve curve)
    {
        float[] x = new float[Chunk], y = new float[Chunk];
        long numbers = 0;
        for (uint sign = 0; sign <= 1; sign++)
        {
            for (uint start = 0x7F800000; start < 0x80000000; start += Chunk)
            {
                // The first pattern of all is infinity.
                for (uint i = 0; i < Chunk; i++) x[i] = BitConverter.UInt32BitsToSingle((sign << 31) | Math.Max(start + i, 0x7F800001));
                foreach (int width in (int[])[1, .. Cases.LaneWidths])
                {
                    Curves.Apply(curve, x, y, width);
                    foreach (float value in y) numbers += float.IsNaN(value) ? 0 : 1;
                }
            }
        }

        await Assert.That(numbers).IsEqualTo(0);
    }
}
