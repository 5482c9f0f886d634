using System.Runtime.CompilerServices;
using TinySD.Runtime.Kernels.Lanes;

namespace TinySD.Runtime.Kernels;

/// <summary>Outer-product micro-kernel, up to 6 rows x 4 registers: weight gradients everywhere, forward products with narrow registers.</summary>
/// <remarks>
/// <para>
/// c[r, l] = init[r, l] + sum over s, i of x[r][s * segmentStride + keep[i] * xStride] * p[(s * segmentLength + keep[i]) * pStride + l], for r in
/// [0, R), l in [0, W * Width), s in [0, segments).
/// </para>
/// <para>
/// A lane is a column of the output. In a weight gradient a row is a unit and the sum runs over time steps (segments) and sequences; in a
/// forward product a row is a sequence and the sum runs over kept units (one segment). One accumulator per output element, fused
/// multiply-adds in the order of s, then of keep. Rows above R and registers above W fold away. init[r] may be c[r]; nothing else may overlap c.
/// </para>
/// </remarks>
internal static unsafe class BlockTile
{
    /// <summary>The largest R.</summary>
    public const int MaxRows = 6;

    /// <summary>The largest W.</summary>
    public const int MaxVectors = 4;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TLanes, TVector, TRows, TVectors>(
        float* p, int pStride, float** x, int xStride, int* keep, int count, int segments, int segmentLength, int segmentStride, float** init, float** c)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
        where TRows : struct, ICount
        where TVectors : struct, ICount
    {
        float* x0 = x[0];
        float* x1 = TRows.Value > 1 ? x[1] : null;
        float* x2 = TRows.Value > 2 ? x[2] : null;
        float* x3 = TRows.Value > 3 ? x[3] : null;
        float* x4 = TRows.Value > 4 ? x[4] : null;
        float* x5 = TRows.Value > 5 ? x[5] : null;
        TVector c00 = TLanes.Load(init[0]);
        TVector c01 = TVectors.Value > 1 ? TLanes.Load(init[0] + TLanes.Width) : default;
        TVector c02 = TVectors.Value > 2 ? TLanes.Load(init[0] + (2 * TLanes.Width)) : default;
        TVector c03 = TVectors.Value > 3 ? TLanes.Load(init[0] + (3 * TLanes.Width)) : default;
        TVector c10 = TRows.Value > 1 ? TLanes.Load(init[1]) : default;
        TVector c11 = TRows.Value > 1 && TVectors.Value > 1 ? TLanes.Load(init[1] + TLanes.Width) : default;
        TVector c12 = TRows.Value > 1 && TVectors.Value > 2 ? TLanes.Load(init[1] + (2 * TLanes.Width)) : default;
        TVector c13 = TRows.Value > 1 && TVectors.Value > 3 ? TLanes.Load(init[1] + (3 * TLanes.Width)) : default;
        TVector c20 = TRows.Value > 2 ? TLanes.Load(init[2]) : default;
        TVector c21 = TRows.Value > 2 && TVectors.Value > 1 ? TLanes.Load(init[2] + TLanes.Width) : default;
        TVector c22 = TRows.Value > 2 && TVectors.Value > 2 ? TLanes.Load(init[2] + (2 * TLanes.Width)) : default;
        TVector c23 = TRows.Value > 2 && TVectors.Value > 3 ? TLanes.Load(init[2] + (3 * TLanes.Width)) : default;
        TVector c30 = TRows.Value > 3 ? TLanes.Load(init[3]) : default;
        TVector c31 = TRows.Value > 3 && TVectors.Value > 1 ? TLanes.Load(init[3] + TLanes.Width) : default;
        TVector c32 = TRows.Value > 3 && TVectors.Value > 2 ? TLanes.Load(init[3] + (2 * TLanes.Width)) : default;
        TVector c33 = TRows.Value > 3 && TVectors.Value > 3 ? TLanes.Load(init[3] + (3 * TLanes.Width)) : default;
        TVector c40 = TRows.Value > 4 ? TLanes.Load(init[4]) : default;
        TVector c41 = TRows.Value > 4 && TVectors.Value > 1 ? TLanes.Load(init[4] + TLanes.Width) : default;
        TVector c42 = TRows.Value > 4 && TVectors.Value > 2 ? TLanes.Load(init[4] + (2 * TLanes.Width)) : default;
        TVector c43 = TRows.Value > 4 && TVectors.Value > 3 ? TLanes.Load(init[4] + (3 * TLanes.Width)) : default;
        TVector c50 = TRows.Value > 5 ? TLanes.Load(init[5]) : default;
        TVector c51 = TRows.Value > 5 && TVectors.Value > 1 ? TLanes.Load(init[5] + TLanes.Width) : default;
        TVector c52 = TRows.Value > 5 && TVectors.Value > 2 ? TLanes.Load(init[5] + (2 * TLanes.Width)) : default;
        TVector c53 = TRows.Value > 5 && TVectors.Value > 3 ? TLanes.Load(init[5] + (3 * TLanes.Width)) : default;
        for (int s = 0; s < segments; s++)
        {
            for (int i = 0; i < count; i++)
            {
                nint k = keep[i];
                float* row = p + (k * pStride);
                nint at = k * xStride;
                TVector w0 = TLanes.Load(row);
                TVector w1 = TVectors.Value > 1 ? TLanes.Load(row + TLanes.Width) : default;
                TVector w2 = TVectors.Value > 2 ? TLanes.Load(row + (2 * TLanes.Width)) : default;
                TVector w3 = TVectors.Value > 3 ? TLanes.Load(row + (3 * TLanes.Width)) : default;
                TVector b0 = TLanes.Broadcast(x0 + at);
                c00 = TLanes.MultiplyAdd(w0, b0, c00);
                if (TVectors.Value > 1) c01 = TLanes.MultiplyAdd(w1, b0, c01);
                if (TVectors.Value > 2) c02 = TLanes.MultiplyAdd(w2, b0, c02);
                if (TVectors.Value > 3) c03 = TLanes.MultiplyAdd(w3, b0, c03);
                if (TRows.Value > 1)
                {
                    TVector b1 = TLanes.Broadcast(x1 + at);
                    c10 = TLanes.MultiplyAdd(w0, b1, c10);
                    if (TVectors.Value > 1) c11 = TLanes.MultiplyAdd(w1, b1, c11);
                    if (TVectors.Value > 2) c12 = TLanes.MultiplyAdd(w2, b1, c12);
                    if (TVectors.Value > 3) c13 = TLanes.MultiplyAdd(w3, b1, c13);
                }

                if (TRows.Value > 2)
                {
                    TVector b2 = TLanes.Broadcast(x2 + at);
                    c20 = TLanes.MultiplyAdd(w0, b2, c20);
                    if (TVectors.Value > 1) c21 = TLanes.MultiplyAdd(w1, b2, c21);
                    if (TVectors.Value > 2) c22 = TLanes.MultiplyAdd(w2, b2, c22);
                    if (TVectors.Value > 3) c23 = TLanes.MultiplyAdd(w3, b2, c23);
                }

                if (TRows.Value > 3)
                {
                    TVector b3 = TLanes.Broadcast(x3 + at);
                    c30 = TLanes.MultiplyAdd(w0, b3, c30);
                    if (TVectors.Value > 1) c31 = TLanes.MultiplyAdd(w1, b3, c31);
                    if (TVectors.Value > 2) c32 = TLanes.MultiplyAdd(w2, b3, c32);
                    if (TVectors.Value > 3) c33 = TLanes.MultiplyAdd(w3, b3, c33);
                }

                if (TRows.Value > 4)
                {
                    TVector b4 = TLanes.Broadcast(x4 + at);
                    c40 = TLanes.MultiplyAdd(w0, b4, c40);
                    if (TVectors.Value > 1) c41 = TLanes.MultiplyAdd(w1, b4, c41);
                    if (TVectors.Value > 2) c42 = TLanes.MultiplyAdd(w2, b4, c42);
                    if (TVectors.Value > 3) c43 = TLanes.MultiplyAdd(w3, b4, c43);
                }

                if (TRows.Value > 5)
                {
                    TVector b5 = TLanes.Broadcast(x5 + at);
                    c50 = TLanes.MultiplyAdd(w0, b5, c50);
                    if (TVectors.Value > 1) c51 = TLanes.MultiplyAdd(w1, b5, c51);
                    if (TVectors.Value > 2) c52 = TLanes.MultiplyAdd(w2, b5, c52);
                    if (TVectors.Value > 3) c53 = TLanes.MultiplyAdd(w3, b5, c53);
                }
            }

            p += (nint)segmentLength * pStride;
            x0 += segmentStride;
            if (TRows.Value > 1) x1 += segmentStride;
            if (TRows.Value > 2) x2 += segmentStride;
            if (TRows.Value > 3) x3 += segmentStride;
            if (TRows.Value > 4) x4 += segmentStride;
            if (TRows.Value > 5) x5 += segmentStride;
        }

        TLanes.Store(c[0], c00);
        if (TVectors.Value > 1) TLanes.Store(c[0] + TLanes.Width, c01);
        if (TVectors.Value > 2) TLanes.Store(c[0] + (2 * TLanes.Width), c02);
        if (TVectors.Value > 3) TLanes.Store(c[0] + (3 * TLanes.Width), c03);
        if (TRows.Value > 1) TLanes.Store(c[1], c10);
        if (TRows.Value > 1 && TVectors.Value > 1) TLanes.Store(c[1] + TLanes.Width, c11);
        if (TRows.Value > 1 && TVectors.Value > 2) TLanes.Store(c[1] + (2 * TLanes.Width), c12);
        if (TRows.Value > 1 && TVectors.Value > 3) TLanes.Store(c[1] + (3 * TLanes.Width), c13);
        if (TRows.Value > 2) TLanes.Store(c[2], c20);
        if (TRows.Value > 2 && TVectors.Value > 1) TLanes.Store(c[2] + TLanes.Width, c21);
        if (TRows.Value > 2 && TVectors.Value > 2) TLanes.Store(c[2] + (2 * TLanes.Width), c22);
        if (TRows.Value > 2 && TVectors.Value > 3) TLanes.Store(c[2] + (3 * TLanes.Width), c23);
        if (TRows.Value > 3) TLanes.Store(c[3], c30);
        if (TRows.Value > 3 && TVectors.Value > 1) TLanes.Store(c[3] + TLanes.Width, c31);
        if (TRows.Value > 3 && TVectors.Value > 2) TLanes.Store(c[3] + (2 * TLanes.Width), c32);
        if (TRows.Value > 3 && TVectors.Value > 3) TLanes.Store(c[3] + (3 * TLanes.Width), c33);
        if (TRows.Value > 4) TLanes.Store(c[4], c40);
        if (TRows.Value > 4 && TVectors.Value > 1) TLanes.Store(c[4] + TLanes.Width, c41);
        if (TRows.Value > 4 && TVectors.Value > 2) TLanes.Store(c[4] + (2 * TLanes.Width), c42);
        if (TRows.Value > 4 && TVectors.Value > 3) TLanes.Store(c[4] + (3 * TLanes.Width), c43);
        if (TRows.Value > 5) TLanes.Store(c[5], c50);
        if (TRows.Value > 5 && TVectors.Value > 1) TLanes.Store(c[5] + TLanes.Width, c51);
        if (TRows.Value > 5 && TVectors.Value > 2) TLanes.Store(c[5] + (2 * TLanes.Width), c52);
        if (TRows.Value > 5 && TVectors.Value > 3) TLanes.Store(c[5] + (3 * TLanes.Width), c53);
    }
}
