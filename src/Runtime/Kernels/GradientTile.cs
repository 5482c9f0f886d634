using TinySD.Runtime.Kernels.Lanes;

namespace TinySD.Runtime.Kernels;

/// <summary>Weight-gradient micro-kernel, up to 6 units x 4 registers, over a list of kept units.</summary>
/// <remarks>
/// <para>
/// For every full group of R units in keep: g[keep[i] * gStride + l] += sum over s, b of x[s * xAhead + i * batch + b] *
/// d[(s * batch + b) * dStride + l], s in [0, steps), b in [0, batch), l in [0, width), a multiple of W * Width.
/// </para>
/// <para>
/// A lane is a column, a row is a unit. One accumulator per element, fused multiply-adds in the order of s, then of b. The groups are
/// walked in here because a group of one time step is short: its set-up counts; and a group's columns, so that its x is read from afar
/// once. Rows above R and registers above W fold away. Meanwhile the d of as many steps that follow is asked for.
/// </para>
/// </remarks>
internal static unsafe class GradientTile
{
    /// <summary>The largest R.</summary>
    public const int MaxRows = 6;

    /// <summary>The largest W.</summary>
    public const int MaxVectors = 4;

    /// <summary>Does the groups that are full and returns how many units that were.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Run<TLanes, TVector, TRows, TVectors>(
        float* d, nint dStride, int width, float* x, nint batch, int steps, nint xAhead, int* keep, int count,
        float* g, nint gStride)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
        where TRows : struct, ICount
        where TVectors : struct, ICount
    {
        int first = 0;
        for (; first + TRows.Value <= count; first += TRows.Value)
        {
            int* units = keep + first;
            float* g0 = g + (units[0] * gStride);
            float* g1 = TRows.Value > 1 ? g + (units[1] * gStride) : null;
            float* g2 = TRows.Value > 2 ? g + (units[2] * gStride) : null;
            float* g3 = TRows.Value > 3 ? g + (units[3] * gStride) : null;
            float* g4 = TRows.Value > 4 ? g + (units[4] * gStride) : null;
            float* g5 = TRows.Value > 5 ? g + (units[5] * gStride) : null;
            for (nint column = 0; column < width; column += TVectors.Value * TLanes.Width)
            {
                TVector c00 = TLanes.Load(g0 + column);
                TVector c01 = TVectors.Value > 1 ? TLanes.Load(g0 + column + TLanes.Width) : default;
                TVector c02 = TVectors.Value > 2 ? TLanes.Load(g0 + column + (2 * TLanes.Width)) : default;
                TVector c03 = TVectors.Value > 3 ? TLanes.Load(g0 + column + (3 * TLanes.Width)) : default;
                TVector c10 = TRows.Value > 1 ? TLanes.Load(g1 + column) : default;
                TVector c11 = TRows.Value > 1 && TVectors.Value > 1 ? TLanes.Load(g1 + column + TLanes.Width) : default;
                TVector c12 = TRows.Value > 1 && TVectors.Value > 2 ? TLanes.Load(g1 + column + (2 * TLanes.Width)) : default;
                TVector c13 = TRows.Value > 1 && TVectors.Value > 3 ? TLanes.Load(g1 + column + (3 * TLanes.Width)) : default;
                TVector c20 = TRows.Value > 2 ? TLanes.Load(g2 + column) : default;
                TVector c21 = TRows.Value > 2 && TVectors.Value > 1 ? TLanes.Load(g2 + column + TLanes.Width) : default;
                TVector c22 = TRows.Value > 2 && TVectors.Value > 2 ? TLanes.Load(g2 + column + (2 * TLanes.Width)) : default;
                TVector c23 = TRows.Value > 2 && TVectors.Value > 3 ? TLanes.Load(g2 + column + (3 * TLanes.Width)) : default;
                TVector c30 = TRows.Value > 3 ? TLanes.Load(g3 + column) : default;
                TVector c31 = TRows.Value > 3 && TVectors.Value > 1 ? TLanes.Load(g3 + column + TLanes.Width) : default;
                TVector c32 = TRows.Value > 3 && TVectors.Value > 2 ? TLanes.Load(g3 + column + (2 * TLanes.Width)) : default;
                TVector c33 = TRows.Value > 3 && TVectors.Value > 3 ? TLanes.Load(g3 + column + (3 * TLanes.Width)) : default;
                TVector c40 = TRows.Value > 4 ? TLanes.Load(g4 + column) : default;
                TVector c41 = TRows.Value > 4 && TVectors.Value > 1 ? TLanes.Load(g4 + column + TLanes.Width) : default;
                TVector c42 = TRows.Value > 4 && TVectors.Value > 2 ? TLanes.Load(g4 + column + (2 * TLanes.Width)) : default;
                TVector c43 = TRows.Value > 4 && TVectors.Value > 3 ? TLanes.Load(g4 + column + (3 * TLanes.Width)) : default;
                TVector c50 = TRows.Value > 5 ? TLanes.Load(g5 + column) : default;
                TVector c51 = TRows.Value > 5 && TVectors.Value > 1 ? TLanes.Load(g5 + column + TLanes.Width) : default;
                TVector c52 = TRows.Value > 5 && TVectors.Value > 2 ? TLanes.Load(g5 + column + (2 * TLanes.Width)) : default;
                TVector c53 = TRows.Value > 5 && TVectors.Value > 3 ? TLanes.Load(g5 + column + (3 * TLanes.Width)) : default;
                // Two addresses reach all six rows of x, and one those of d: more would not stay in registers.
                float* x0 = x + (first * batch), x3 = x0 + (3 * batch), row = d + column;
                nint twoRows = 2 * batch, next = (steps * batch * dStride) + (first / TRows.Value % TVectors.Value * TLanes.Width);
                for (int s = 0; s < steps; s++)
                {
                    for (float* end = x0 + batch; x0 < end; x0++, x3++)
                    {
                        TLanes.Prefetch(row + next);
                        TVector w0 = TLanes.Load(row);
                        TVector w1 = TVectors.Value > 1 ? TLanes.Load(row + TLanes.Width) : default;
                        TVector w2 = TVectors.Value > 2 ? TLanes.Load(row + (2 * TLanes.Width)) : default;
                        TVector w3 = TVectors.Value > 3 ? TLanes.Load(row + (3 * TLanes.Width)) : default;
                        row += dStride;
                        TVector b0 = TLanes.Broadcast(x0);
                        c00 = TLanes.MultiplyAdd(w0, b0, c00);
                        if (TVectors.Value > 1) c01 = TLanes.MultiplyAdd(w1, b0, c01);
                        if (TVectors.Value > 2) c02 = TLanes.MultiplyAdd(w2, b0, c02);
                        if (TVectors.Value > 3) c03 = TLanes.MultiplyAdd(w3, b0, c03);

                        if (TRows.Value > 1)
                        {
                            TVector b1 = TLanes.Broadcast(x0 + batch);
                            c10 = TLanes.MultiplyAdd(w0, b1, c10);
                            if (TVectors.Value > 1) c11 = TLanes.MultiplyAdd(w1, b1, c11);
                            if (TVectors.Value > 2) c12 = TLanes.MultiplyAdd(w2, b1, c12);
                            if (TVectors.Value > 3) c13 = TLanes.MultiplyAdd(w3, b1, c13);
                        }

                        if (TRows.Value > 2)
                        {
                            TVector b2 = TLanes.Broadcast(x0 + twoRows);
                            c20 = TLanes.MultiplyAdd(w0, b2, c20);
                            if (TVectors.Value > 1) c21 = TLanes.MultiplyAdd(w1, b2, c21);
                            if (TVectors.Value > 2) c22 = TLanes.MultiplyAdd(w2, b2, c22);
                            if (TVectors.Value > 3) c23 = TLanes.MultiplyAdd(w3, b2, c23);
                        }

                        if (TRows.Value > 3)
                        {
                            TVector b3 = TLanes.Broadcast(x3);
                            c30 = TLanes.MultiplyAdd(w0, b3, c30);
                            if (TVectors.Value > 1) c31 = TLanes.MultiplyAdd(w1, b3, c31);
                            if (TVectors.Value > 2) c32 = TLanes.MultiplyAdd(w2, b3, c32);
                            if (TVectors.Value > 3) c33 = TLanes.MultiplyAdd(w3, b3, c33);
                        }

                        if (TRows.Value > 4)
                        {
                            TVector b4 = TLanes.Broadcast(x3 + batch);
                            c40 = TLanes.MultiplyAdd(w0, b4, c40);
                            if (TVectors.Value > 1) c41 = TLanes.MultiplyAdd(w1, b4, c41);
                            if (TVectors.Value > 2) c42 = TLanes.MultiplyAdd(w2, b4, c42);
                            if (TVectors.Value > 3) c43 = TLanes.MultiplyAdd(w3, b4, c43);
                        }

                        if (TRows.Value > 5)
                        {
                            TVector b5 = TLanes.Broadcast(x3 + twoRows);
                            c50 = TLanes.MultiplyAdd(w0, b5, c50);
                            if (TVectors.Value > 1) c51 = TLanes.MultiplyAdd(w1, b5, c51);
                            if (TVectors.Value > 2) c52 = TLanes.MultiplyAdd(w2, b5, c52);
                            if (TVectors.Value > 3) c53 = TLanes.MultiplyAdd(w3, b5, c53);
                        }
                    }

                    x0 += xAhead - batch;
                    x3 += xAhead - batch;
                }

                TLanes.Store(g0 + column, c00);
                if (TVectors.Value > 1) TLanes.Store(g0 + column + TLanes.Width, c01);
                if (TVectors.Value > 2) TLanes.Store(g0 + column + (2 * TLanes.Width), c02);
                if (TVectors.Value > 3) TLanes.Store(g0 + column + (3 * TLanes.Width), c03);
                if (TRows.Value > 1) TLanes.Store(g1 + column, c10);
                if (TRows.Value > 1 && TVectors.Value > 1) TLanes.Store(g1 + column + TLanes.Width, c11);
                if (TRows.Value > 1 && TVectors.Value > 2) TLanes.Store(g1 + column + (2 * TLanes.Width), c12);
                if (TRows.Value > 1 && TVectors.Value > 3) TLanes.Store(g1 + column + (3 * TLanes.Width), c13);
                if (TRows.Value > 2) TLanes.Store(g2 + column, c20);
                if (TRows.Value > 2 && TVectors.Value > 1) TLanes.Store(g2 + column + TLanes.Width, c21);
                if (TRows.Value > 2 && TVectors.Value > 2) TLanes.Store(g2 + column + (2 * TLanes.Width), c22);
                if (TRows.Value > 2 && TVectors.Value > 3) TLanes.Store(g2 + column + (3 * TLanes.Width), c23);
                if (TRows.Value > 3) TLanes.Store(g3 + column, c30);
                if (TRows.Value > 3 && TVectors.Value > 1) TLanes.Store(g3 + column + TLanes.Width, c31);
                if (TRows.Value > 3 && TVectors.Value > 2) TLanes.Store(g3 + column + (2 * TLanes.Width), c32);
                if (TRows.Value > 3 && TVectors.Value > 3) TLanes.Store(g3 + column + (3 * TLanes.Width), c33);
                if (TRows.Value > 4) TLanes.Store(g4 + column, c40);
                if (TRows.Value > 4 && TVectors.Value > 1) TLanes.Store(g4 + column + TLanes.Width, c41);
                if (TRows.Value > 4 && TVectors.Value > 2) TLanes.Store(g4 + column + (2 * TLanes.Width), c42);
                if (TRows.Value > 4 && TVectors.Value > 3) TLanes.Store(g4 + column + (3 * TLanes.Width), c43);
                if (TRows.Value > 5) TLanes.Store(g5 + column, c50);
                if (TRows.Value > 5 && TVectors.Value > 1) TLanes.Store(g5 + column + TLanes.Width, c51);
                if (TRows.Value > 5 && TVectors.Value > 2) TLanes.Store(g5 + column + (2 * TLanes.Width), c52);
                if (TRows.Value > 5 && TVectors.Value > 3) TLanes.Store(g5 + column + (3 * TLanes.Width), c53);
            }
        }

        return first;
    }
}
