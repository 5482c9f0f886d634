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
        for (int j = whole; j < count; j++) partial[j - whole] += SoftmaxRow<Lanes1, float>.Exponential(row + j, max);
        return DotTile.Reduce(partial);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Exponential(float* x, TVector shift)
    {
        TVector e = Activations<TLanes, TVector>.Exp(TLanes.Subtract(TLanes.Load(x), shift));
        TLanes.Store(x, e);
        return e;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Largest(float* row, int count, float* partial)
    {
        float max = row[0];
        int j = 0;
        if (count >= 4 * TLanes.Width)
        {
            TVector m0 = TLanes.Load(row), m1 = m0, m2 = m0, m3 = m0;
            for (; j + (4 * TLanes.Width) <= count; j += 4 * TLanes.Width)
            {
                m0 = TLanes.Max(m0, TLanes.Load(row + j));
                m1 = TLanes.Max(m1, TLanes.Load(row + j + TLanes.Width));
                m2 = TLanes.Max(m2, TLanes.Load(row + j + (2 * TLanes.Width)));
                m3 = TLanes.Max(m3, TLanes.Load(row + j + (3 * TLanes.Width)));
            }

            TLanes.Store(partial, TLanes.Max(TLanes.Max(m0, m1), TLanes.Max(m2, m3)));
            for (int lane = 0; lane < TLanes.Width; lane++) max = MathF.Max(max, partial[lane]);
        }

        for (; j < count; j++) max = MathF.Max(max, row[j]);
        return max;
    }
}
