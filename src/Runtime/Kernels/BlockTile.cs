using TinySD.Runtime.Kernels.Lanes;

namespace TinySD.Runtime.Kernels;

/// <summary>Outer-product micro-kernel, up to 6 rows x 4 registers: the forward product with narrow registers or few sequences.</summary>
/// <remarks>
/// <para>c[r, l] = init[r, l] + sum over i of x[i * xStride + r] * w[i][column + l], r in [0, tiles * R), l in [0, W * Width).</para>
/// <para>
/// A lane is a column of the output, a row a sequence of the batch. One accumulator per output element, fused multiply-adds in the order of
/// i. Rows above R and registers above W fold away. init may be c; nothing else may overlap c. The columns that follow in each kept row,
/// ahead floats on, are asked for while these are used.
/// </para>
/// </remarks>
internal static unsafe class BlockTile
{
    /// <summary>The largest R.</summary>
    public const int MaxRows = 6;

    /// <summary>The largest W.</summary>
    public const int MaxVectors = 4;

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
            TVector c02 = TVectors.Value > 2 ? TLanes.Load(init + (2 * TLanes.Width)) : default;
            TVector c03 = TVectors.Value > 3 ? TLanes.Load(init + (3 * TLanes.Width)) : default;
            TVector c10 = TRows.Value > 1 ? TLanes.Load(init + initStride) : default;
            TVector c11 = TRows.Value > 1 && TVectors.Value > 1 ? TLanes.Load(init + initStride + TLanes.Width) : default;
            TVector c12 = TRows.Value > 1 && TVectors.Value > 2 ? TLanes.Load(init + initStride + (2 * TLanes.Width)) : default;
            TVector c13 = TRows.Value > 1 && TVectors.Value > 3 ? TLanes.Load(init + initStride + (3 * TLanes.Width)) : default;
            TVector c20 = TRows.Value > 2 ? TLanes.Load(init + (2 * initStride)) : default;
            TVector c21 = TRows.Value > 2 && TVectors.Value > 1 ? TLanes.Load(init + (2 * initStride) + TLanes.Width) : default;
            TVector c22 = TRows.Value > 2 && TVectors.Value > 2 ? TLanes.Load(init + (2 * initStride) + (2 * TLanes.Width)) : default;
            TVector c23 = TRows.Value > 2 && TVectors.Value > 3 ? TLanes.Load(init + (2 * initStride) + (3 * TLanes.Width)) : default;
            TVector c30 = TRows.Value > 3 ? TLanes.Load(init + (3 * initStride)) : default;
            TVector c31 = TRows.Value > 3 && TVectors.Value > 1 ? TLanes.Load(init + (3 * initStride) + TLanes.Width) : default;
            TVector c32 = TRows.Value > 3 && TVectors.Value > 2 ? TLanes.Load(init + (3 * initStride) + (2 * TLanes.Width)) : default;
            TVector c33 = TRows.Value > 3 && TVectors.Value > 3 ? TLanes.Load(init + (3 * initStride) + (3 * TLanes.Width)) : default;
            TVector c40 = TRows.Value > 4 ? TLanes.Load(init + (4 * initStride)) : default;
            TVector c41 = TRows.Value > 4 && TVectors.Value > 1 ? TLanes.Load(init + (4 * initStride) + TLanes.Width) : default;
            TVector c42 = TRows.Value > 4 && TVectors.Value > 2 ? TLanes.Load(init + (4 * initStride) + (2 * TLanes.Width)) : default;
            TVector c43 = TRows.Value > 4 && TVectors.Value > 3 ? TLanes.Load(init + (4 * initStride) + (3 * TLanes.Width)) : default;
            TVector c50 = TRows.Value > 5 ? TLanes.Load(init + (5 * initStride)) : default;
            TVector c51 = TRows.Value > 5 && TVectors.Value > 1 ? TLanes.Load(init + (5 * initStride) + TLanes.Width) : default;
            TVector c52 = TRows.Value > 5 && TVectors.Value > 2 ? TLanes.Load(init + (5 * initStride) + (2 * TLanes.Width)) : default;
            TVector c53 = TRows.Value > 5 && TVectors.Value > 3 ? TLanes.Load(init + (5 * initStride) + (3 * TLanes.Width)) : default;
            float* xi = x;
            for (int i = 0; i < count; i++)
            {
                float* row = w[i] + column;
                if (TAhead.Value > 0) TLanes.Prefetch(row + ahead);
                if (TAhead.Value > 1) TLanes.Prefetch(row + ahead + LineFloats);
                if (TAhead.Value > 2) TLanes.Prefetch(row + ahead + (2 * LineFloats));
                if (TAhead.Value > 3) TLanes.Prefetch(row + ahead + (3 * LineFloats));
                TVector w0 = TLanes.Load(row);
                TVector w1 = TVectors.Value > 1 ? TLanes.Load(row + TLanes.Width) : default;
                TVector w2 = TVectors.Value > 2 ? TLanes.Load(row + (2 * TLanes.Width)) : default;
                TVector w3 = TVectors.Value > 3 ? TLanes.Load(row + (3 * TLanes.Width)) : default;
                TVector b0 = TLanes.Broadcast(xi);
                c00 = TLanes.MultiplyAdd(w0, b0, c00);
                if (TVectors.Value > 1) c01 = TLanes.MultiplyAdd(w1, b0, c01);
                if (TVectors.Value > 2) c02 = TLanes.MultiplyAdd(w2, b0, c02);
                if (TVectors.Value > 3) c03 = TLanes.MultiplyAdd(w3, b0, c03);

                if (TRows.Value > 1)
                {
                    TVector b1 = TLanes.Broadcast(xi + 1);
                    c10 = TLanes.MultiplyAdd(w0, b1, c10);
                    if (TVectors.Value > 1) c11 = TLanes.MultiplyAdd(w1, b1, c11);
                    if (TVectors.Value > 2) c12 = TLanes.MultiplyAdd(w2, b1, c12);
                    if (TVectors.Value > 3) c13 = TLanes.MultiplyAdd(w3, b1, c13);
                }

                if (TRows.Value > 2)
                {
                    TVector b2 = TLanes.Broadcast(xi + 2);
                    c20 = TLanes.MultiplyAdd(w0, b2, c20);
                    if (TVectors.Value > 1) c21 = TLanes.MultiplyAdd(w1, b2, c21);
                    if (TVectors.Value > 2) c22 = TLanes.MultiplyAdd(w2, b2, c22);
                    if (TVectors.Value > 3) c23 = TLanes.MultiplyAdd(w3, b2, c23);
                }

                if (TRows.Value > 3)
                {
                    TVector b3 = TLanes.Broadcast(xi + 3);
                    c30 = TLanes.MultiplyAdd(w0, b3, c30);
                    if (TVectors.Value > 1) c31 = TLanes.MultiplyAdd(w1, b3, c31);
                    if (TVectors.Value > 2) c32 = TLanes.MultiplyAdd(w2, b3, c32);
                    if (TVectors.Value > 3) c33 = TLanes.MultiplyAdd(w3, b3, c33);
                }

                if (TRows.Value > 4)
                {
                    TVector b4 = TLanes.Broadcast(xi + 4);
                    c40 = TLanes.MultiplyAdd(w0, b4, c40);
                    if (TVectors.Value > 1) c41 = TLanes.MultiplyAdd(w1, b4, c41);
                    if (TVectors.Value > 2) c42 = TLanes.MultiplyAdd(w2, b4, c42);
                    if (TVectors.Value > 3) c43 = TLanes.MultiplyAdd(w3, b4, c43);
                }

                if (TRows.Value > 5)
                {
                    TVector b5 = TLanes.Broadcast(xi + 5);
                    c50 = TLanes.MultiplyAdd(w0, b5, c50);
                    if (TVectors.Value > 1) c51 = TLanes.MultiplyAdd(w1, b5, c51);
                    if (TVectors.Value > 2) c52 = TLanes.MultiplyAdd(w2, b5, c52);
                    if (TVectors.Value > 3) c53 = TLanes.MultiplyAdd(w3, b5, c53);
                }

                xi += xStride;
            }

            TLanes.Store(c, c00);
            if (TVectors.Value > 1) TLanes.Store(c + TLanes.Width, c01);
            if (TVectors.Value > 2) TLanes.Store(c + (2 * TLanes.Width), c02);
            if (TVectors.Value > 3) TLanes.Store(c + (3 * TLanes.Width), c03);
            if (TRows.Value > 1) TLanes.Store(c + cStride, c10);
            if (TRows.Value > 1 && TVectors.Value > 1) TLanes.Store(c + cStride + TLanes.Width, c11);
            if (TRows.Value > 1 && TVectors.Value > 2) TLanes.Store(c + cStride + (2 * TLanes.Width), c12);
            if (TRows.Value > 1 && TVectors.Value > 3) TLanes.Store(c + cStride + (3 * TLanes.Width), c13);
            if (TRows.Value > 2) TLanes.Store(c + (2 * cStride), c20);
            if (TRows.Value > 2 && TVectors.Value > 1) TLanes.Store(c + (2 * cStride) + TLanes.Width, c21);
            if (TRows.Value > 2 && TVectors.Value > 2) TLanes.Store(c + (2 * cStride) + (2 * TLanes.Width), c22);
            if (TRows.Value > 2 && TVectors.Value > 3) TLanes.Store(c + (2 * cStride) + (3 * TLanes.Width), c23);
            if (TRows.Value > 3) TLanes.Store(c + (3 * cStride), c30);
            if (TRows.Value > 3 && TVectors.Value > 1) TLanes.Store(c + (3 * cStride) + TLanes.Width, c31);
            if (TRows.Value > 3 && TVectors.Value > 2) TLanes.Store(c + (3 * cStride) + (2 * TLanes.Width), c32);
            if (TRows.Value > 3 && TVectors.Value > 3) TLanes.Store(c + (3 * cStride) + (3 * TLanes.Width), c33);
            if (TRows.Value > 4) TLanes.Store(c + (4 * cStride), c40);
            if (TRows.Value > 4 && TVectors.Value > 1) TLanes.Store(c + (4 * cStride) + TLanes.Width, c41);
            if (TRows.Value > 4 && TVectors.Value > 2) TLanes.Store(c + (4 * cStride) + (2 * TLanes.Width), c42);
            if (TRows.Value > 4 && TVectors.Value > 3) TLanes.Store(c + (4 * cStride) + (3 * TLanes.Width), c43);
            if (TRows.Value > 5) TLanes.Store(c + (5 * cStride), c50);
            if (TRows.Value > 5 && TVectors.Value > 1) TLanes.Store(c + (5 * cStride) + TLanes.Width, c51);
            if (TRows.Value > 5 && TVectors.Value > 2) TLanes.Store(c + (5 * cStride) + (2 * TLanes.Width), c52);
            if (TRows.Value > 5 && TVectors.Value > 3) TLanes.Store(c + (5 * cStride) + (3 * TLanes.Width), c53);
        }
    }
}
