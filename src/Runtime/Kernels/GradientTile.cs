using TinySD.Runtime.Kernels.Lanes;

namespace TinySD.Runtime.Kernels;

/// <summary>Weight-gradient micro-kernel, up to 6 units x 4 registers, over a list of kept units.</summary>
/// <remarks>
/// <para>
/// For every full group of R units in keep: g[keep[i] * gStride + l] += sum over s, b of x[s * xAhead + i * batch + b] *
/// d[(s * batch + b) * dStride + l], s in [0, steps), b in [0, batch), l in [0, W * Width).
/// </para>
/// <para>
/// A lane is a column, a row is a unit. One accumulator per element, fused multiply-adds in the order of s, then of b. The groups are
/// walked in here because a group of one time step is short: its set-up counts. Rows above R and registers above W fold away. Meanwhile the
/// d of as many steps that follow is asked for.
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
        float* d, nint dStride, float* x, nint batch, int steps, nint xAhead, int* keep, int count, float* g, nint gStride)
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
            TVector c00 = TLanes.Load(g0);
            TVector c01 = TVectors.Value > 1 ? TLanes.Load(g0 + TLanes.Width) : default;
            TVector c02 = TVectors.Value > 2 ? TLanes.Load(g0 + (2 * TLanes.Width)) : default;
            TVector c03 = TVectors.Value > 3 ? TLanes.Load(g0 + (3 * TLanes.Width)) : default;
            TVector c10 = TRows.Value > 1 ? TLanes.Load(g1) : default;
            TVector c11 = TRows.Value > 1 && TVectors.Value > 1 ? TLanes.Load(g1 + TLanes.Width) : default;
            TVector c12 = TRows.Value > 1 && TVectors.Value > 2 ? TLanes.Load(g1 + (2 * TLanes.Width)) : default;
            TVector c13 = TRows.Value > 1 && TVectors.Value > 3 ? TLanes.Load(g1 + (3 * TLanes.Width)) : default;
            TVector c20 = TRows.Value > 2 ? TLanes.Load(g2) : default;
            TVector c21 = TRows.Value > 2 && TVectors.Value > 1 ? TLanes.Load(g2 + TLanes.Width) : default;
            TVector c22 = TRows.Value > 2 && TVectors.Value > 2 ? TLanes.Load(g2 + (2 * TLanes.Width)) : default;
            TVector c23 = TRows.Value > 2 && TVectors.Value > 3 ? TLanes.Load(g2 + (3 * TLanes.Width)) : default;
            TVector c30 = TRows.Value > 3 ? TLanes.Load(g3) : default;
            TVector c31 = TRows.Value > 3 && TVectors.Value > 1 ? TLanes.Load(g3 + TLanes.Width) : default;
            TVector c32 = TRows.Value > 3 && TVectors.Value > 2 ? TLanes.Load(g3 + (2 * TLanes.Width)) : default;
            TVector c33 = TRows.Value > 3 && TVectors.Value > 3 ? TLanes.Load(g3 + (3 * TLanes.Width)) : default;
            TVector c40 = TRows.Value > 4 ? TLanes.Load(g4) : default;
            TVector c41 = TRows.Value > 4 && TVectors.Value > 1 ? TLanes.Load(g4 + TLanes.Width) : default;
            TVector c42 = TRows.Value > 4 && TVectors.Value > 2 ? TLanes.Load(g4 + (2 * TLanes.Width)) : default;
            TVector c43 = TRows.Value > 4 && TVectors.Value > 3 ? TLanes.Load(g4 + (3 * TLanes.Width)) : default;
            TVector c50 = TRows.Value > 5 ? TLanes.Load(g5) : default;
            TVector c51 = TRows.Value > 5 && TVectors.Value > 1 ? TLanes.Load(g5 + TLanes.Width) : default;
            TVector c52 = TRows.Value > 5 && TVectors.Value > 2 ? TLanes.Load(g5 + (2 * TLanes.Width)) : default;
            TVector c53 = TRows.Value > 5 && TVectors.Value > 3 ? TLanes.Load(g5 + (3 * TLanes.Width)) : default;
            float* x0 = x + (first * batch);
            float* x1 = x0 + batch;
            float* x2 = x1 + batch;
            float* x3 = x2 + batch;
            float* x4 = x3 + batch;
            float* x5 = x4 + batch;
            float* row = d, next = d + (steps * batch * dStride) + (first / TRows.Value % TVectors.Value * TLanes.Width);
            for (int s = 0; s < steps; s++)
            {
                for (nint b = 0; b < batch; b++)
                {
                    TLanes.Prefetch(next);
                    TVector w0 = TLanes.Load(row);
                    TVector w1 = TVectors.Value > 1 ? TLanes.Load(row + TLanes.Width) : default;
                    TVector w2 = TVectors.Value > 2 ? TLanes.Load(row + (2 * TLanes.Width)) : default;
                    TVector w3 = TVectors.Value > 3 ? TLanes.Load(row + (3 * TLanes.Width)) : default;
                    row += dStride;
                    next += dStride;
                    TVector b0 = TLanes.Broadcast(x0 + b);
                    c00 = TLanes.MultiplyAdd(w0, b0, c00);
                    if (TVectors.Value > 1) c01 = TLanes.MultiplyAdd(w1, b0, c01);
                    if (TVectors.Value > 2) c02 = TLanes.MultiplyAdd(w2, b0, c02);
                    if (TVectors.Value > 3) c03 = TLanes.MultiplyAdd(w3, b0, c03);

                    if (TRows.Value > 1)
                    {
                        TVector b1 = TLanes.Broadcast(x1 + b);
                        c10 = TLanes.MultiplyAdd(w0, b1, c10);
                        if (TVectors.Value > 1) c11 = TLanes.MultiplyAdd(w1, b1, c11);
                        if (TVectors.Value > 2) c12 = TLanes.MultiplyAdd(w2, b1, c12);
                        if (TVectors.Value > 3) c13 = TLanes.MultiplyAdd(w3, b1, c13);
                    }

                    if (TRows.Value > 2)
                    {
                        TVector b2 = TLanes.Broadcast(x2 + b);
                        c20 = TLanes.MultiplyAdd(w0, b2, c20);
                        if (TVectors.Value > 1) c21 = TLanes.MultiplyAdd(w1, b2, c21);
                        if (TVectors.Value > 2) c22 = TLanes.MultiplyAdd(w2, b2, c22);
                        if (TVectors.Value > 3) c23 = TLanes.MultiplyAdd(w3, b2, c23);
                    }

                    if (TRows.Value > 3)
                    {
                        TVector b3 = TLanes.Broadcast(x3 + b);
                        c30 = TLanes.MultiplyAdd(w0, b3, c30);
                        if (TVectors.Value > 1) c31 = TLanes.MultiplyAdd(w1, b3, c31);
                        if (TVectors.Value > 2) c32 = TLanes.MultiplyAdd(w2, b3, c32);
                        if (TVectors.Value > 3) c33 = TLanes.MultiplyAdd(w3, b3, c33);
                    }

                    if (TRows.Value > 4)
                    {
                        TVector b4 = TLanes.Broadcast(x4 + b);
                        c40 = TLanes.MultiplyAdd(w0, b4, c40);
                        if (TVectors.Value > 1) c41 = TLanes.MultiplyAdd(w1, b4, c41);
                        if (TVectors.Value > 2) c42 = TLanes.MultiplyAdd(w2, b4, c42);
                        if (TVectors.Value > 3) c43 = TLanes.MultiplyAdd(w3, b4, c43);
                    }

                    if (TRows.Value > 5)
                    {
                        TVector b5 = TLanes.Broadcast(x5 + b);
                        c50 = TLanes.MultiplyAdd(w0, b5, c50);
                        if (TVectors.Value > 1) c51 = TLanes.MultiplyAdd(w1, b5, c51);
                        if (TVectors.Value > 2) c52 = TLanes.MultiplyAdd(w2, b5, c52);
                        if (TVectors.Value > 3) c53 = TLanes.MultiplyAdd(w3, b5, c53);
                    }
                }

                x0 += xAhead;
                if (TRows.Value > 1) x1 += xAhead;
                if (TRows.Value > 2) x2 += xAhead;
                if (TRows.Value > 3) x3 += xAhead;
                if (TRows.Value > 4) x4 += xAhead;
                if (TRows.Value > 5) x5 += xAhead;
            }

            TLanes.Store(g0, c00);
            if (TVectors.Value > 1) TLanes.Store(g0 + TLanes.Width, c01);
            if (TVectors.Value > 2) TLanes.Store(g0 + (2 * TLanes.Width), c02);
            if (TVectors.Value > 3) TLanes.Store(g0 + (3 * TLanes.Width), c03);
            if (TRows.Value > 1) TLanes.Store(g1, c10);
            if (TRows.Value > 1 && TVectors.Value > 1) TLanes.Store(g1 + TLanes.Width, c11);
            if (TRows.Value > 1 && TVectors.Value > 2) TLanes.Store(g1 + (2 * TLanes.Width), c12);
            if (TRows.Value > 1 && TVectors.Value > 3) TLanes.Store(g1 + (3 * TLanes.Width), c13);
            if (TRows.Value > 2) TLanes.Store(g2, c20);
            if (TRows.Value > 2 && TVectors.Value > 1) TLanes.Store(g2 + TLanes.Width, c21);
            if (TRows.Value > 2 && TVectors.Value > 2) TLanes.Store(g2 + (2 * TLanes.Width), c22);
            if (TRows.Value > 2 && TVectors.Value > 3) TLanes.Store(g2 + (3 * TLanes.Width), c23);
            if (TRows.Value > 3) TLanes.Store(g3, c30);
            if (TRows.Value > 3 && TVectors.Value > 1) TLanes.Store(g3 + TLanes.Width, c31);
            if (TRows.Value > 3 && TVectors.Value > 2) TLanes.Store(g3 + (2 * TLanes.Width), c32);
            if (TRows.Value > 3 && TVectors.Value > 3) TLanes.Store(g3 + (3 * TLanes.Width), c33);
            if (TRows.Value > 4) TLanes.Store(g4, c40);
            if (TRows.Value > 4 && TVectors.Value > 1) TLanes.Store(g4 + TLanes.Width, c41);
            if (TRows.Value > 4 && TVectors.Value > 2) TLanes.Store(g4 + (2 * TLanes.Width), c42);
            if (TRows.Value > 4 && TVectors.Value > 3) TLanes.Store(g4 + (3 * TLanes.Width), c43);
            if (TRows.Value > 5) TLanes.Store(g5, c50);
            if (TRows.Value > 5 && TVectors.Value > 1) TLanes.Store(g5 + TLanes.Width, c51);
            if (TRows.Value > 5 && TVectors.Value > 2) TLanes.Store(g5 + (2 * TLanes.Width), c52);
            if (TRows.Value > 5 && TVectors.Value > 3) TLanes.Store(g5 + (3 * TLanes.Width), c53);
        }

        return first;
    }
}
