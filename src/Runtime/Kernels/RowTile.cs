using TinySD.Runtime.Kernels.Lanes;

namespace TinySD.Runtime.Kernels;

/// <summary>Matrix-vector micro-kernel: some whole rows of weights times a number each, the forward product of one sequence.</summary>
/// <remarks>
/// <para>c[l] = init[l] + sum over i in [0, R) of x[i] * w[i][l], l in [0, columns), a multiple of 16.</para>
/// <para>
/// Every weight is read once, so that memory sets the pace: few long runs at a time are what it gives fastest, and nothing is asked for
/// ahead of them. The sums stay in the first-level cache from call to call. Fused multiply-adds in the order of i, as in
/// <see cref="BlockTile"/>. init may be c; nothing else may overlap c.
/// </para>
/// </remarks>
internal static unsafe class RowTile
{
    /// <summary>The largest R.</summary>
    public const int MaxRows = 8;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TLanes, TVector, TRows>(float** w, nint columns, float* x, float* init, float* c)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
        where TRows : struct, ICount
    {
        float* w0 = w[0], w1 = TRows.Value > 1 ? w[1] : null, w2 = TRows.Value > 2 ? w[2] : null, w3 = TRows.Value > 2 ? w[3] : null;
        float* w4 = TRows.Value > 4 ? w[4] : null, w5 = TRows.Value > 4 ? w[5] : null;
        float* w6 = TRows.Value > 4 ? w[6] : null, w7 = TRows.Value > 4 ? w[7] : null;
        TVector x0 = TLanes.Broadcast(x), x1 = TRows.Value > 1 ? TLanes.Broadcast(x + 1) : default;
        TVector x2 = TRows.Value > 2 ? TLanes.Broadcast(x + 2) : default, x3 = TRows.Value > 2 ? TLanes.Broadcast(x + 3) : default;
        TVector x4 = TRows.Value > 4 ? TLanes.Broadcast(x + 4) : default, x5 = TRows.Value > 4 ? TLanes.Broadcast(x + 5) : default;
        TVector x6 = TRows.Value > 4 ? TLanes.Broadcast(x + 6) : default, x7 = TRows.Value > 4 ? TLanes.Broadcast(x + 7) : default;
        nint l = 0, last = columns - (2 * TLanes.Width);
        for (; l <= last; l += 2 * TLanes.Width)
        {
            TVector a = TLanes.Load(init + l), b = TLanes.Load(init + l + TLanes.Width);
            a = TLanes.MultiplyAdd(TLanes.Load(w0 + l), x0, a);
            b = TLanes.MultiplyAdd(TLanes.Load(w0 + l + TLanes.Width), x0, b);
            if (TRows.Value > 1)
            {
                a = TLanes.MultiplyAdd(TLanes.Load(w1 + l), x1, a);
                b = TLanes.MultiplyAdd(TLanes.Load(w1 + l + TLanes.Width), x1, b);
            }

            if (TRows.Value > 2)
            {
                a = TLanes.MultiplyAdd(TLanes.Load(w2 + l), x2, a);
                b = TLanes.MultiplyAdd(TLanes.Load(w2 + l + TLanes.Width), x2, b);
                a = TLanes.MultiplyAdd(TLanes.Load(w3 + l), x3, a);
                b = TLanes.MultiplyAdd(TLanes.Load(w3 + l + TLanes.Width), x3, b);
            }

            if (TRows.Value > 4)
            {
                a = TLanes.MultiplyAdd(TLanes.Load(w4 + l), x4, a);
                b = TLanes.MultiplyAdd(TLanes.Load(w4 + l + TLanes.Width), x4, b);
                a = TLanes.MultiplyAdd(TLanes.Load(w5 + l), x5, a);
                b = TLanes.MultiplyAdd(TLanes.Load(w5 + l + TLanes.Width), x5, b);
                a = TLanes.MultiplyAdd(TLanes.Load(w6 + l), x6, a);
                b = TLanes.MultiplyAdd(TLanes.Load(w6 + l + TLanes.Width), x6, b);
                a = TLanes.MultiplyAdd(TLanes.Load(w7 + l), x7, a);
                b = TLanes.MultiplyAdd(TLanes.Load(w7 + l + TLanes.Width), x7, b);
            }

            TLanes.Store(c + l, a);
            TLanes.Store(c + l + TLanes.Width, b);
        }

        if (l == columns) return;
        TVector d = TLanes.MultiplyAdd(TLanes.Load(w0 + l), x0, TLanes.Load(init + l));
        if (TRows.Value > 1) d = TLanes.MultiplyAdd(TLanes.Load(w1 + l), x1, d);
        if (TRows.Value > 2) d = TLanes.MultiplyAdd(TLanes.Load(w3 + l), x3, TLanes.MultiplyAdd(TLanes.Load(w2 + l), x2, d));
        if (TRows.Value > 4)
        {
            d = TLanes.MultiplyAdd(TLanes.Load(w5 + l), x5, TLanes.MultiplyAdd(TLanes.Load(w4 + l), x4, d));
            d = TLanes.MultiplyAdd(TLanes.Load(w7 + l), x7, TLanes.MultiplyAdd(TLanes.Load(w6 + l), x6, d));
        }

        TLanes.Store(c + l, d);
    }
}
