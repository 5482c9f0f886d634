using System.Runtime.Intrinsics;
using TinySD.Runtime.Kernels;
using TinySD.Runtime.Kernels.Lanes;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Numerics;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Tests;

/// <summary>Random words and masks drawn many blocks at a time are those drawn one by one, to the bit.</summary>
[NotInParallel]
public sealed class RandomWordsTests
{
    private const ulong Seed = 0xFEDCBA9876543210;

    private static int[] Widths => [1, .. Cases.LaneWidths];

    [Test]
    public async Task The_first_words_are_the_published_ones()
    {
        // Random123, kat_vectors, philox4x32 10: counter 0, key 0.
        uint[] expected = [0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u];
        foreach (int width in Widths)
            await Assert.That(Words(width, new PhiloxStream(0, 0, 0), 0, 4).AsSpan().SequenceEqual(expected)).IsTrue();
    }

    [Test]
    public async Task Words_are_those_of_the_stream_wherever_it_is_entered()
    {
        var stream = new PhiloxStream(Seed, RandomPurpose.Mask, 0xFFFFFFFF, 0x80000001, 0x0ABCDEF7);
        PhiloxStream oneByOne = stream;
        uint[] all = new uint[400];
        foreach (ref uint word in all.AsSpan()) word = oneByOne.Next();
        foreach (int width in Widths)
        {
            foreach (int first in new[] { 0, 4, 100 })
            {
                foreach (int count in new[] { 1, 3, 4, 5, 63, 64, 65, 200, 256 })
                {
                    await Assert.That(Words(width, stream, first, count).AsSpan().SequenceEqual(all.AsSpan(first, count))).IsTrue()
                        .Because($"{count} words from {first} on, {width} lanes");
                }
            }
        }
    }

    [Test]
    [MatrixDataSource]
    public async Task Unstructured_masks_are_the_samplers(
        [Matrix(1, 7, 64, 650, 2081)] int length, [Matrix(0f, 0.0001f, 0.35f, 0.5f, 0.9999999f)] float rate)
    {
        const int steps = 3;
        var sampler = new MaskSampler(Seed, new DropoutSpec { Kind = DropoutKind.Random });
        MaskPlace place = MaskPlace.OfStack(DropoutSite.Layer, 1, 1, rate);
        float[] expected = new float[steps * length];
        for (int t = 0; t < steps; t++) sampler.Fill(place, new(3, 2), t, expected.AsSpan(t * length, length));
        await EachWidthAndRunner(ops =>
        {
            var masks = new GuardedBuffer("masks", steps * length, float.NaN);
            ops.FillMasks(sampler, place, new(3, 2), steps, length, masks.Span);
            return masks.Damage() ?? Arrays.FirstDifference(masks.Span, expected);
        });
    }

    [Test]
    [MatrixDataSource]
    public async Task Kept_units_are_the_samplers(
        [Matrix(MaskDraw.ExactCount, MaskDraw.Bernoulli)] MaskDraw how, [Matrix(1, 5, 256, 650, 1500, 2048)] int units,
        [Matrix(0f, 0.35f, 0.99f)] float rate,
        [Matrix(1, 6)] int group)
    {
        const int steps = 20;
        var sampler = new MaskSampler(Seed, new DropoutSpec { Kind = DropoutKind.Structured, Draw = how, GroupSize = group });
        MaskPlace place = MaskPlace.OfStack(DropoutSite.Recurrent, 0, units, rate);
        string expected = string.Empty;
        int[] list = new int[units];
        for (int t = 0; t < steps; t++) expected += Text(list.AsSpan(0, sampler.Keep(place, new(2, 1), t, list)));
        await EachWidthAndRunner(ops =>
        {
            int[] keep = new int[steps * units], counts = new int[steps];
            ops.DrawKeep(sampler, place, new(2, 1), keep, counts);
            string found = string.Empty;
            for (int t = 0; t < steps; t++) found += Text(keep.AsSpan(t * units, counts[t]));
            return found == expected ? null : "other units";
        });
    }

    private static string Text(Span<int> units) => $"{string.Join(' ', units.ToArray())}\n";

    private static async Task EachWidthAndRunner(Func<VectorOps, string?> difference)
    {
        using var pool = new WorkerPool(3);
        foreach (int width in Cases.LaneWidths)
        {
            foreach (IParallelRunner runner in (IParallelRunner[])[SingleThread.Instance, pool])
            {
                await Assert.That(difference(new VectorOps(runner, KernelChoice.ForLaneWidth(width)))).IsNull()
                    .Because($"{width} lanes, {runner.ThreadCount} threads");
            }
        }
    }

    private static uint[] Words(int width, PhiloxStream stream, int first, int count) => width switch
    {
        1 => Words<Lanes1, float>(stream, first, count),
        4 => Words<Lanes128, Vector128<float>>(stream, first, count),
        8 => Words<Lanes256, Vector256<float>>(stream, first, count),
        _ => Words<Lanes512, Vector512<float>>(stream, first, count),
    };

    private static unsafe uint[] Words<TLanes, TVector>(PhiloxStream stream, int first, int count)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        uint[] words = new uint[count];
        fixed (uint* pw = words) RandomWords<TLanes, TVector>.Fill(in stream, first, count, pw);
        return words;
    }
}
