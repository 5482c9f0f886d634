using TinySD.Runtime.Kernels.Lanes;

namespace TinySD.Runtime.Kernels;

/// <summary>What an attention does with one query and some rows of a table: scores of all rows, and their weighted sum, forward and
/// backward. Rows are <c>table + rows[i] * stride</c>, of so many columns, a multiple of 16.</summary>
/// <remarks>A lane is a column. Sums over columns are those of <see cref="DotTile"/>: 16 virtual lanes and a fixed tree; sums over rows go
/// in the order of the list. So the width changes no bit.</remarks>
internal static unsafe class AttentionRows<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    private const int Lanes = DotTile.VirtualLanes;

    /// <summary>scores[i] = sum over j of q[j] * row i[j].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Dots(float* q, float* table, nint stride, int* rows, int count, int columns, float* scores)
    {
        // Four rows at a time, so that sums do not wait for each other.
        float* partial = stackalloc float[4 * Lanes];
        for (int i = 0; i < count; i += 4)
        {
            float* r0 = Row(i), r1 = Row(i + 1), r2 = Row(i + 2), r3 = Row(i + 3);
            for (int lane = 0; lane < Lanes; lane += TLanes.Width)
            {
                TVector s0 = TLanes.Create(0f), s1 = s0, s2 = s0, s3 = s0;
                for (int j = lane; j < columns; j += Lanes)
                {
                    TVector v = TLanes.Load(q + j);
                    s0 = TLanes.MultiplyAdd(v, TLanes.Load(r0 + j), s0);
                    s1 = TLanes.MultiplyAdd(v, TLanes.Load(r1 + j), s1);
                    s2 = TLanes.MultiplyAdd(v, TLanes.Load(r2 + j), s2);
                    s3 = TLanes.MultiplyAdd(v, TLanes.Load(r3 + j), s3);
                }

                TLanes.Store(partial + lane, s0);
                TLanes.Store(partial + Lanes + lane, s1);
                TLanes.Store(partial + (2 * Lanes) + lane, s2);
                TLanes.Store(partial + (3 * Lanes) + lane, s3);
            }

            for (int k = 0; k < Math.Min(4, count - i); k++) scores[i + k] = DotTile.Reduce(partial + (k * Lanes));
        }

        float* Row(int i) => table + (rows[Math.Min(i, count - 1)] * stride);
    }

    /// <summary>y[j] = sum over i of weights[i] * row i[j].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sum(float* weights, float* table, nint stride, int* rows, int count, int columns, float* y)
    {
        for (int j = 0; j < columns; j += Lanes)
        {
            TVector s0 = TLanes.Create(0f), s1 = s0, s2 = s0, s3 = s0;
            for (int i = 0; i < count; i++)
            {
                float* row = table + (rows[i] * stride) + j;
                TVector w = TLanes.Broadcast(weights + i);
                s0 = TLanes.MultiplyAdd(w, TLanes.Load(row), s0);
                if (TLanes.Width < 16) s1 = TLanes.MultiplyAdd(w, TLanes.Load(row + TLanes.Width), s1);
                if (TLanes.Width < 8) s2 = TLanes.MultiplyAdd(w, TLanes.Load(row + (2 * TLanes.Width)), s2);
                if (TLanes.Width < 8) s3 = TLanes.MultiplyAdd(w, TLanes.Load(row + (3 * TLanes.Width)), s3);
            }

            TLanes.Store(y + j, s0);
            if (TLanes.Width < 16) TLanes.Store(y + j + TLanes.Width, s1);
            if (TLanes.Width < 8) TLanes.Store(y + j + (2 * TLanes.Width), s2);
            if (TLanes.Width < 8) TLanes.Store(y + j + (3 * TLanes.Width), s3);
        }
    }

    /// <summary>Row i[j] += weights[i] * x[j]; rows whose weight is 0 are left alone.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(float* weights, float* x, int columns, float* table, nint stride, int* rows, int count)
    {
        for (int i = 0; i < count; i++)
        {
            if (weights[i] == 0f) continue;
            float* row = table + (rows[i] * stride);
            TVector w = TLanes.Broadcast(weights + i);
            for (int j = 0; j < columns; j += TLanes.Width)
                TLanes.Store(row + j, TLanes.MultiplyAdd(w, TLanes.Load(x + j), TLanes.Load(row + j)));
        }
    }

    /// <summary>scores[i] = sum over j of v[j] * tanh(q[j] + row i[j]).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void TanhDots(float* q, float* v, float* table, nint stride, int* rows, int count, int columns, float* scores)
    {
        float* partial = stackalloc float[Lanes];
        for (int i = 0; i < count; i++)
        {
            float* row = table + (rows[i] * stride);
            for (int lane = 0; lane < Lanes; lane += TLanes.Width)
            {
                TVector sum = TLanes.Create(0f);
                for (int j = lane; j < columns; j += Lanes)
                    sum = TLanes.MultiplyAdd(TLanes.Load(v + j), Tanh(q + j, row + j), sum);
                TLanes.Store(partial + lane, sum);
            }

            scores[i] = DotTile.Reduce(partial);
        }
    }

    /// <summary>The gradient of <see cref="TanhDots"/>, whose scores have the gradient d: added to dq, dv and the rows of dTable, which are
    /// as far apart as the table's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void TanhBackward(
        float* d, float* q, float* v, float* table, nint stride, int* rows, int count, int columns, float* dq, float* dv, float* dTable)
    {
        TVector one = TLanes.Create(1f);
        for (int i = 0; i < count; i++)
        {
            nint at = rows[i] * stride;
            TVector factor = TLanes.Broadcast(d + i);
            for (int j = 0; j < columns; j += TLanes.Width)
            {
                TVector u = Tanh(q + j, table + at + j);
                TLanes.Store(dv + j, TLanes.MultiplyAdd(factor, u, TLanes.Load(dv + j)));
                TVector slope = TLanes.Subtract(one, TLanes.Multiply(u, u));
                TVector g = TLanes.Multiply(TLanes.Multiply(factor, TLanes.Load(v + j)), slope);
                TLanes.Store(dTable + at + j, TLanes.Add(g, TLanes.Load(dTable + at + j)));
                TLanes.Store(dq + j, TLanes.Add(g, TLanes.Load(dq + j)));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Tanh(float* a, float* b) => Activations<TLanes, TVector>.Tanh(TLanes.Add(TLanes.Load(a), TLanes.Load(b)));
}
