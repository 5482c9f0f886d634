using TinySD.Runtime.Kernels.Lanes;

namespace TinySD.Runtime.Kernels;

/// <summary>Outer-product micro-kernel, up to 20 rows x one register: the forward product where 32 wide registers are to be had.</summary>
/// <remarks>
/// <para>c[r, l] = init[r, l] + sum over i of x[i * xStride + r] * w[keep[i] * wStride + l], for r in [0, R) and l in [0, Width).</para>
/// <para>
/// A lane is a column of the output, a row a sequence of the batch. Rows lie side by side in x (one unit's B values are contiguous), so one
/// pointer and 20 constant offsets reach them all. One accumulator per output element, fused multiply-adds in the order of keep. Rows
/// above R fold away. init may be c; nothing else may overlap c.
/// </para>
/// <para>
/// Kept units are rows of w far apart, so no hardware sees the pattern: each row's next line, ahead floats on, is asked for while this one
/// is used, and so is the next tile of c.
/// </para>
/// </remarks>
internal static unsafe class TallTile
{
    /// <summary>The largest R.</summary>
    public const int MaxRows = 20;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TLanes, TVector, TRows>(
        float* w, nint wStride, nint ahead, float* x, nint xStride, int* keep, int count,
        float* init, nint initStride, float* c, nint cStride)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
        where TRows : struct, ICount
    {
        for (nint r = 0; r < TRows.Value; r++) TLanes.Prefetch(c + (r * cStride) + TLanes.Width);
        TVector c0 = TLanes.Load(init);
        TVector c1 = TRows.Value > 1 ? TLanes.Load(init + (1 * initStride)) : default;
        TVector c2 = TRows.Value > 2 ? TLanes.Load(init + (2 * initStride)) : default;
        TVector c3 = TRows.Value > 3 ? TLanes.Load(init + (3 * initStride)) : default;
        TVector c4 = TRows.Value > 4 ? TLanes.Load(init + (4 * initStride)) : default;
        TVector c5 = TRows.Value > 5 ? TLanes.Load(init + (5 * initStride)) : default;
        TVector c6 = TRows.Value > 6 ? TLanes.Load(init + (6 * initStride)) : default;
        TVector c7 = TRows.Value > 7 ? TLanes.Load(init + (7 * initStride)) : default;
        TVector c8 = TRows.Value > 8 ? TLanes.Load(init + (8 * initStride)) : default;
        TVector c9 = TRows.Value > 9 ? TLanes.Load(init + (9 * initStride)) : default;
        TVector c10 = TRows.Value > 10 ? TLanes.Load(init + (10 * initStride)) : default;
        TVector c11 = TRows.Value > 11 ? TLanes.Load(init + (11 * initStride)) : default;
        TVector c12 = TRows.Value > 12 ? TLanes.Load(init + (12 * initStride)) : default;
        TVector c13 = TRows.Value > 13 ? TLanes.Load(init + (13 * initStride)) : default;
        TVector c14 = TRows.Value > 14 ? TLanes.Load(init + (14 * initStride)) : default;
        TVector c15 = TRows.Value > 15 ? TLanes.Load(init + (15 * initStride)) : default;
        TVector c16 = TRows.Value > 16 ? TLanes.Load(init + (16 * initStride)) : default;
        TVector c17 = TRows.Value > 17 ? TLanes.Load(init + (17 * initStride)) : default;
        TVector c18 = TRows.Value > 18 ? TLanes.Load(init + (18 * initStride)) : default;
        TVector c19 = TRows.Value > 19 ? TLanes.Load(init + (19 * initStride)) : default;
        for (int i = 0; i < count; i++)
        {
            float* weights = w + (keep[i] * wStride);
            TVector u = TLanes.Load(weights);
            TLanes.Prefetch(weights + ahead);
            c0 = TLanes.MultiplyAdd(u, TLanes.Broadcast(x), c0);
            if (TRows.Value > 1) c1 = TLanes.MultiplyAdd(u, TLanes.Broadcast(x + 1), c1);
            if (TRows.Value > 2) c2 = TLanes.MultiplyAdd(u, TLanes.Broadcast(x + 2), c2);
            if (TRows.Value > 3) c3 = TLanes.MultiplyAdd(u, TLanes.Broadcast(x + 3), c3);
            if (TRows.Value > 4) c4 = TLanes.MultiplyAdd(u, TLanes.Broadcast(x + 4), c4);
            if (TRows.Value > 5) c5 = TLanes.MultiplyAdd(u, TLanes.Broadcast(x + 5), c5);
            if (TRows.Value > 6) c6 = TLanes.MultiplyAdd(u, TLanes.Broadcast(x + 6), c6);
            if (TRows.Value > 7) c7 = TLanes.MultiplyAdd(u, TLanes.Broadcast(x + 7), c7);
            if (TRows.Value > 8) c8 = TLanes.MultiplyAdd(u, TLanes.Broadcast(x + 8), c8);
            if (TRows.Value > 9) c9 = TLanes.MultiplyAdd(u, TLanes.Broadcast(x + 9), c9);
            if (TRows.Value > 10) c10 = TLanes.MultiplyAdd(u, TLanes.Broadcast(x + 10), c10);
            if (TRows.Value > 11) c11 = TLanes.MultiplyAdd(u, TLanes.Broadcast(x + 11), c11);
            if (TRows.Value > 12) c12 = TLanes.MultiplyAdd(u, TLanes.Broadcast(x + 12), c12);
            if (TRows.Value > 13) c13 = TLanes.MultiplyAdd(u, TLanes.Broadcast(x + 13), c13);
            if (TRows.Value > 14) c14 = TLanes.MultiplyAdd(u, TLanes.Broadcast(x + 14), c14);
            if (TRows.Value > 15) c15 = TLanes.MultiplyAdd(u, TLanes.Broadcast(x + 15), c15);
            if (TRows.Value > 16) c16 = TLanes.MultiplyAdd(u, TLanes.Broadcast(x + 16), c16);
            if (TRows.Value > 17) c17 = TLanes.MultiplyAdd(u, TLanes.Broadcast(x + 17), c17);
            if (TRows.Value > 18) c18 = TLanes.MultiplyAdd(u, TLanes.Broadcast(x + 18), c18);
            if (TRows.Value > 19) c19 = TLanes.MultiplyAdd(u, TLanes.Broadcast(x + 19), c19);
            x += xStride;
        }

        TLanes.Store(c, c0);
        if (TRows.Value > 1) TLanes.Store(c + (1 * cStride), c1);
        if (TRows.Value > 2) TLanes.Store(c + (2 * cStride), c2);
        if (TRows.Value > 3) TLanes.Store(c + (3 * cStride), c3);
        if (TRows.Value > 4) TLanes.Store(c + (4 * cStride), c4);
        if (TRows.Value > 5) TLanes.Store(c + (5 * cStride), c5);
        if (TRows.Value > 6) TLanes.Store(c + (6 * cStride), c6);
        if (TRows.Value > 7) TLanes.Store(c + (7 * cStride), c7);
        if (TRows.Value > 8) TLanes.Store(c + (8 * cStride), c8);
        if (TRows.Value > 9) TLanes.Store(c + (9 * cStride), c9);
        if (TRows.Value > 10) TLanes.Store(c + (10 * cStride), c10);
        if (TRows.Value > 11) TLanes.Store(c + (11 * cStride), c11);
        if (TRows.Value > 12) TLanes.Store(c + (12 * cStride), c12);
        if (TRows.Value > 13) TLanes.Store(c + (13 * cStride), c13);
        if (TRows.Value > 14) TLanes.Store(c + (14 * cStride), c14);
        if (TRows.Value > 15) TLanes.Store(c + (15 * cStride), c15);
        if (TRows.Value > 16) TLanes.Store(c + (16 * cStride), c16);
        if (TRows.Value > 17) TLanes.Store(c + (17 * cStride), c17);
        if (TRows.Value > 18) TLanes.Store(c + (18 * cStride), c18);
        if (TRows.Value > 19) TLanes.Store(c + (19 * cStride), c19);
    }
}
