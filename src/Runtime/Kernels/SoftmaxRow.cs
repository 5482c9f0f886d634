using TinySD.Runtime.Kernels.Lanes;

namespace TinySD.Runtime.Kernels;

/// <summary>Softmax of a row of logits, in place, its sum in 16 virtual lanes: the same bits at every width, of 4 lanes or more.</summary>
internal static unsafe class SoftmaxRow<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>row[j] = e^(row[j] - max) for j in
    /// [0, count); returns their sum and, in <paramref name="max"/>, the largest logit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Exponentials(float* row, int count, out float max)
    {
        const int lanes = DotTile.VirtualLanes;
        float* partial = stackalloc float[lanes];
        max = Largest(row, count, partial);
        int whole = count / lanes * lanes;
        TVector shift = TLanes.Create(max), s0 = TLanes.Create(0f), s1 = s0, s2 = s0, s3 = s0;
        for (int j = 0; j < whole; j += lanes)
        {
            s0 = TLanes.Add(s0, Exponential(row + j, shift));
            if (TLanes.Width < 16) s1 = TLanes.Add(s1, Exponential(row + j + TLanes.Width, shift));
            if (TLanes.Width < 8) s2 = TLanes.Add(s2, Exponential(row + j + (2 * TLanes.Width), shift));
            if (TLanes.Width < 8) s3 = TLanes.Add(s3, Exponential(row + j + (3 * TLanes.Width), shift));
        }

        TLanes.Store(partial, s0);
        if (TLanes.Width < 16) TLanes.Store(partial + TLanes.Width, s1);
        if (TLanes.Width < 8) TLanes.Store(partial + (2 * TLanes.Width), s2);
        if (TLanes.Width < 8) TLanes.Store(partial + (3 * TLanes.Width), s3);
        AddLast(row + whole, count - whole, shift, partial);
        return DotTile.Reduce(partial);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Exponential(float* x, TVector shift)
    {
        TVector e = Activations<TLanes, TVector>.Exp(TLanes.Subtract(TLanes.Load(x), shift));
        TLanes.Store(x, e);
        return e;
    }

    // The exponentials of fewer than 16 logits, each in its lane's sum.
    private static void AddLast(float* row, int count, TVector shift, float* partial)
    {
        for (; count > 0; count -= TLanes.Width, row += TLanes.Width, partial += TLanes.Width)
        {
            var first = new FirstLanes<TLanes, TVector>(Math.Min(count, TLanes.Width));
            TVector e = Activations<TLanes, TVector>.Exp(TLanes.Subtract(first.Load(row), shift));
            first.Store(row, e);
            first.Store(partial, TLanes.Add(TLanes.Load(partial), e));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Largest(float* row, int count, float* partial)
    {
        float max = row[0];
        if (count < TLanes.Width)
        {
            for (int j = 1; j < count; j++) max = MathF.Max(max, row[j]);
            return max;
        }

        // The last register begins before the end of those before it: the largest stays the largest.
        TVector m0 = TLanes.Load(row + count - TLanes.Width), m1 = m0, m2 = m0, m3 = m0;
        int i = 0;
        for (; i + (4 * TLanes.Width) <= count; i += 4 * TLanes.Width)
        {
            m0 = TLanes.Max(m0, TLanes.Load(row + i));
            m1 = TLanes.Max(m1, TLanes.Load(row + i + TLanes.Width));
            m2 = TLanes.Max(m2, TLanes.Load(row + i + (2 * TLanes.Width)));
            m3 = TLanes.Max(m3, TLanes.Load(row + i + (3 * TLanes.Width)));
        }

        for (; i + TLanes.Width <= count; i += TLanes.Width) m0 = TLanes.Max(m0, TLanes.Load(row + i));
        TLanes.Store(partial, TLanes.Max(TLanes.Max(m0, m1), TLanes.Max(m2, m3)));
        float x = partial[0], y = partial[1], z = partial[2];
        max = partial[3];
        for (int lane = 4; lane < TLanes.Width; lane += 4)
        {
            x = MathF.Max(x, partial[lane]);
            y = MathF.Max(y, partial[lane + 1]);
            z = MathF.Max(z, partial[lane + 2]);
            max = MathF.Max(max, partial[lane + 3]);
        }

        return MathF.Max(MathF.Max(x, y), MathF.Max(z, max));
    }
}
