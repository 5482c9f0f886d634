using TinySD.Runtime.Kernels.Lanes;

namespace TinySD.Runtime.Kernels;

/// <summary>The words of a <see cref="PhiloxStream"/>, many blocks at a time: a lane is a block of four words.</summary>
internal static unsafe class RandomWords<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    private const int MaxWidth = 16;

    /// <summary>words[i] = word first + i of the stream, i in [0, count); first is a multiple of four.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Fill(in PhiloxStream stream, int first, int count, uint* words)
    {
        float* rest = stackalloc float[4 * MaxWidth];
        for (int i = 0; i < count; i += 4 * TLanes.Width)
        {
            Blocks(in stream, (uint)(first + i) / 4, out TVector x0, out TVector x1, out TVector x2, out TVector x3);
            bool whole = i + (4 * TLanes.Width) <= count;
            TLanes.StoreQuads(whole ? (float*)words + i : rest, 4, x0, x1, x2, x3);
            if (!whole) new ReadOnlySpan<uint>(rest, count - i).CopyTo(new Span<uint>(words + i, count - i));
        }
    }

    /// <summary>mask[i] = scale where word i of the stream is at least the threshold, otherwise 0; i in [0, count).</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Mask(in PhiloxStream stream, uint threshold, float scale, int count, float* mask)
    {
        float* rest = stackalloc float[4 * MaxWidth];
        TVector bound = TLanes.CreateWords(threshold), kept = TLanes.Create(scale);
        for (int i = 0; i < count; i += 4 * TLanes.Width)
        {
            Blocks(in stream, (uint)i / 4, out TVector x0, out TVector x1, out TVector x2, out TVector x3);
            bool whole = i + (4 * TLanes.Width) <= count;
            TLanes.StoreQuads(
                whole ? mask + i : rest, 4,
                TLanes.IfWordsAtLeast(x0, bound, kept), TLanes.IfWordsAtLeast(x1, bound, kept),
                TLanes.IfWordsAtLeast(x2, bound, kept), TLanes.IfWordsAtLeast(x3, bound, kept));
            if (!whole) new ReadOnlySpan<float>(rest, count - i).CopyTo(new Span<float>(mask + i, count - i));
        }
    }

    // Philox.Block, lane l at counter block + l.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Blocks(in PhiloxStream stream, uint block, out TVector x0, out TVector x1, out TVector x2, out TVector x3)
    {
        TVector c0 = TLanes.CountWords(block), c1 = TLanes.CreateWords(stream.C1);
        TVector c2 = TLanes.CreateWords(stream.C2), c3 = TLanes.CreateWords(stream.C3);
        TVector k0 = TLanes.CreateWords(stream.Key0), k1 = TLanes.CreateWords(stream.Key1);
        for (int round = 0; round < Philox.Rounds; round++)
        {
            TVector low0 = TLanes.MultiplyWords(c0, Philox.Multiplier0, out TVector high0);
            TVector low1 = TLanes.MultiplyWords(c2, Philox.Multiplier1, out TVector high1);
            c0 = TLanes.XorWords(TLanes.XorWords(high1, c1), k0);
            c2 = TLanes.XorWords(TLanes.XorWords(high0, c3), k1);
            c1 = low1;
            c3 = low0;
            k0 = TLanes.AddWords(k0, TLanes.CreateWords(Philox.Weyl0));
            k1 = TLanes.AddWords(k1, TLanes.CreateWords(Philox.Weyl1));
        }

        (x0, x1, x2, x3) = (c0, c1, c2, c3);
    }
}
