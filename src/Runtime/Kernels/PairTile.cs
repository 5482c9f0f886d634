using TinySD.Runtime.Kernels.Lanes;

namespace TinySD.Runtime.Kernels;

/// <summary>Outer-product micro-kernel, up to 10 rows x 2 registers: the forward product where 32 wide registers are to be had.</summary>
/// <remarks>
/// <para>c[r, l] = init[r, l] + sum over i of x[i * xStride + r] * w[i][column + l], r in [0, tiles * R), l in [0, W * Width).</para>
/// <para>
/// As <see cref="BlockTile"/>, which has more registers side by side and fewer rows. Every number of x that is read serves two
/// multiply-adds: with one register, loads and not arithmetic are the limit of a core that does two of each in a cycle.
/// </para>
/// </remarks>
internal static unsafe class PairTile
{
    /// <summary>The largest R.</summary>
    public const int MaxRows = 10;

    /// <summary>The largest W.</summary>
    public const int MaxVectors = 2;

    private const int LineFloats = 16;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TLanes, TVector, TRows, TVectors, TAhead>(
        int tiles, float** w, nint column, nint ahead, float* x, nint xStride, int count,
        float* init, nint initStride, float* c, nint cStride)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
        where TRows : struct, ICount
        where TVectors : struct, ICount
        where TAhead : struct, ICount
    {
        for (; tiles > 0; tiles--, x += TRows.Value, init += TRows.Value * initStride, c += TRows.Value * cStride)
        {
            TVector c00 = TLanes.Load(init);
            TVector c01 = TVectors.Value > 1 ? TLanes.Load(init + TLanes.Width) : default;
            TVector c10 = TRows.Value > 1 ? TLanes.Load(init + initStride) : default;
            TVector c11 = TRows.Value > 1 && TVectors.Value > 1 ? TLanes.Load(init + initStride + TLanes.Width) : default;
            TVector c20 = TRows.Value > 2 ? TLanes.Load(init + (2 * initStride)) : default;
            TVector c21 = TRows.Value > 2 && TVectors.Value > 1 ? TLanes.Load(init + (2 * initStride) + TLanes.Width) : default;
            TVector c30 = TRows.Value > 3 ? TLanes.Load(init + (3 * initStride)) : default;
            TVector c31 = TRows.Value > 3 && TVectors.Value > 1 ? TLanes.Load(init + (3 * initStride) + TLanes.Width) : default;
            TVector c40 = TRows.Value > 4 ? TLanes.Load(init + (4 * initStride)) : default;
            TVector c41 = TRows.Value > 4 && TVectors.Value > 1 ? TLanes.Load(init + (4 * initStride) + TLanes.Width) : default;
            TVector c50 = TRows.Value > 5 ? TLanes.Load(init + (5 * initStride)) : default;
            TVector c51 = TRows.Value > 5 && TVectors.Value > 1 ? TLanes.Load(init + (5 * initStride) + TLanes.Width) : default;
            TVector c60 = TRows.Value > 6 ? TLanes.Load(init + (6 * initStride)) : default;
            TVector c61 = TRows.Value > 6 && TVectors.Value > 1 ? TLanes.Load(init + (6 * initStride) + TLanes.Width) : default;
            TVector c70 = TRows.Value > 7 ? TLanes.Load(init + (7 * initStride)) : default;
            TVector c71 = TRows.Value > 7 && TVectors.Value > 1 ? TLanes.Load(init + (7 * initStride) + TLanes.Width) : default;
            TVector c80 = TRows.Value > 8 ? TLanes.Load(init + (8 * initStride)) : default;
            TVector c81 = TRows.Value > 8 && TVectors.Value > 1 ? TLanes.Load(init + (8 * initStride) + TLanes.Width) : default;
            TVector c90 = TRows.Value > 9 ? TLanes.Load(init + (9 * initStride)) : default;
            TVector c91 = TRows.Value > 9 && TVectors.Value > 1 ? TLanes.Load(init + (9 * initStride) + TLanes.Width) : default;
            float* xi = x;
            for (int i = 0; i < count; i++)
            {
                float* row = w[i] + column;
                if (TAhead.Value > 0) TLanes.Prefetch(row + ahead);
                if (TAhead.Value > 1) TLanes.Prefetch(row + ahead + LineFloats);
                TVector w0 = TLanes.Load(row), w1 = TVectors.Value > 1 ? TLanes.Load(row + TLanes.Width) : default;
                TVector b0 = TLanes.Broadcast(xi);
                c00 = TLanes.MultiplyAdd(w0, b0, c00);
                if (TVectors.Value > 1) c01 = TLanes.MultiplyAdd(w1, b0, c01);

                if (TRows.Value > 1)
                {
                    TVector b1 = TLanes.Broadcast(xi + 1);
                    c10 = TLanes.MultiplyAdd(w0, b1, c10);
                    if (TVectors.Value > 1) c11 = TLanes.MultiplyAdd(w1, b1, c11);
                }

                if (TRows.Value > 2)
                {
                    TVector b2 = TLanes.Broadcast(xi + 2);
                    c20 = TLanes.MultiplyAdd(w0, b2, c20);
                    if (TVectors.Value > 1) c21 = TLanes.MultiplyAdd(w1, b2, c21);
                }

                if (TRows.Value > 3)
                {
                    TVector b3 = TLanes.Broadcast(xi + 3);
                    c30 = TLanes.MultiplyAdd(w0, b3, c30);
                    if (TVectors.Value > 1) c31 = TLanes.MultiplyAdd(w1, b3, c31);
                }

                if (TRows.Value > 4)
                {
                    TVector b4 = TLanes.Broadcast(xi + 4);
                    c40 = TLanes.MultiplyAdd(w0, b4, c40);
                    if (TVectors.Value > 1) c41 = TLanes.MultiplyAdd(w1, b4, c41);
                }

                if (TRows.Value > 5)
                {
                    TVector b5 = TLanes.Broadcast(xi + 5);
                    c50 = TLanes.MultiplyAdd(w0, b5, c50);
                    if (TVectors.Value > 1) c51 = TLanes.MultiplyAdd(w1, b5, c51);
                }

                if (TRows.Value > 6)
                {
                    TVector b6 = TLanes.Broadcast(xi + 6);
                    c60 = TLanes.MultiplyAdd(w0, b6, c60);
                    if (TVectors.Value > 1) c61 = TLanes.MultiplyAdd(w1, b6, c61);
                }

                if (TRows.Value > 7)
                {
                    TVector b7 = TLanes.Broadcast(xi + 7);
                    c70 = TLanes.MultiplyAdd(w0, b7, c70);
                    if (TVectors.Value > 1) c71 = TLanes.MultiplyAdd(w1, b7, c71);
                }

                if (TRows.Value > 8)
                {
                    TVector b8 = TLanes.Broadcast(xi + 8);
                    c80 = TLanes.MultiplyAdd(w0, b8, c80);
                    if (TVectors.Value > 1) c81 = TLanes.MultiplyAdd(w1, b8, c81);
                }

                if (TRows.Value > 9)
                {
                    TVector b9 = TLanes.Broadcast(xi + 9);
                    c90 = TLanes.MultiplyAdd(w0, b9, c90);
                    if (TVectors.Value > 1) c91 = TLanes.MultiplyAdd(w1, b9, c91);
                }

                xi += xStride;
            }

            TLanes.Store(c, c00);
            if (TVectors.Value > 1) TLanes.Store(c + TLanes.Width, c01);
            if (TRows.Value > 1) TLanes.Store(c + cStride, c10);
            if (TRows.Value > 1 && TVectors.Value > 1) TLanes.Store(c + cStride + TLanes.Width, c11);
            if (TRows.Value > 2) TLanes.Store(c + (2 * cStride), c20);
            if (TRows.Value > 2 && TVectors.Value > 1) TLanes.Store(c + (2 * cStride) + TLanes.Width, c21);
            if (TRows.Value > 3) TLanes.Store(c + (3 * cStride), c30);
            if (TRows.Value > 3 && TVectors.Value > 1) TLanes.Store(c + (3 * cStride) + TLanes.Width, c31);
            if (TRows.Value > 4) TLanes.Store(c + (4 * cStride), c40);
            if (TRows.Value > 4 && TVectors.Value > 1) TLanes.Store(c + (4 * cStride) + TLanes.Width, c41);
            if (TRows.Value > 5) TLanes.Store(c + (5 * cStride), c50);
            if (TRows.Value > 5 && TVectors.Value > 1) TLanes.Store(c + (5 * cStride) + TLanes.Width, c51);
            if (TRows.Value > 6) TLanes.Store(c + (6 * cStride), c60);
            if (TRows.Value > 6 && TVectors.Value > 1) TLanes.Store(c + (6 * cStride) + TLanes.Width, c61);
            if (TRows.Value > 7) TLanes.Store(c + (7 * cStride), c70);
            if (TRows.Value > 7 && TVectors.Value > 1) TLanes.Store(c + (7 * cStride) + TLanes.Width, c71);
            if (TRows.Value > 8) TLanes.Store(c + (8 * cStride), c80);
            if (TRows.Value > 8 && TVectors.Value > 1) TLanes.Store(c + (8 * cStride) + TLanes.Width, c81);
            if (TRows.Value > 9) TLanes.Store(c + (9 * cStride), c90);
            if (TRows.Value > 9 && TVectors.Value > 1) TLanes.Store(c + (9 * cStride) + TLanes.Width, c91);
        }
    }
}
