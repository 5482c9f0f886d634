using TinySD.Runtime.Kernels.Lanes;

namespace TinySD.Runtime.Kernels;

/// <summary>
/// Rows of an embedding table [V][tokenStride], one for each sequence, turned to and from unit-major columns [units][B], four at a time.
/// </summary>
internal static unsafe class TokenRows<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>x[e * batch + b] = table[tokens[b] * tokenStride + e] for e in [0, units), b in [0, batch).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gather(float* table, nint tokenStride, int* tokens, int batch, int units, float* x)
    {
        int whole = units / TLanes.Width * TLanes.Width;
        for (int b = 0; b < batch; b += 4)
        {
            int sequences = Math.Min(4, batch - b), turned = sequences == 4 ? whole : 0;
            if (turned > 0)
            {
                float* t0 = table + (tokens[b] * tokenStride), t1 = table + (tokens[b + 1] * tokenStride);
                float* t2 = table + (tokens[b + 2] * tokenStride), t3 = table + (tokens[b + 3] * tokenStride);
                for (int e = 0; e < turned; e += TLanes.Width)
                {
                    TVector v0 = TLanes.Load(t0 + e), v1 = TLanes.Load(t1 + e), v2 = TLanes.Load(t2 + e), v3 = TLanes.Load(t3 + e);
                    TLanes.StoreQuads(x + ((nint)e * batch) + b, batch, v0, v1, v2, v3);
                }
            }

            for (int s = b; s < b + sequences; s++)
            {
                float* from = table + (tokens[s] * tokenStride);
                for (int e = turned; e < units; e++) x[((nint)e * batch) + s] = from[e];
            }
        }
    }

    /// <summary>gradient[tokens[b] * tokenStride + e] += dx[e * batch + b] for e in [0, units) and b in [0, batch), b increasing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ScatterAdd(float* dx, int* tokens, int batch, int units, float* gradient, nint tokenStride)
    {
        int whole = units / TLanes.Width * TLanes.Width;
        for (int b = 0; b < batch; b += 4)
        {
            int sequences = Math.Min(4, batch - b), turned = sequences == 4 ? whole : 0;
            if (turned > 0)
            {
                float* g0 = gradient + (tokens[b] * tokenStride), g1 = gradient + (tokens[b + 1] * tokenStride);
                float* g2 = gradient + (tokens[b + 2] * tokenStride), g3 = gradient + (tokens[b + 3] * tokenStride);
                for (int e = 0; e < turned; e += TLanes.Width)
                {
                    TLanes.LoadQuads(dx + ((nint)e * batch) + b, batch, out TVector v0, out TVector v1, out TVector v2, out TVector v3);
                    // One after the other: two sequences may have the same token.
                    TLanes.Store(g0 + e, TLanes.Add(TLanes.Load(g0 + e), v0));
                    TLanes.Store(g1 + e, TLanes.Add(TLanes.Load(g1 + e), v1));
                    TLanes.Store(g2 + e, TLanes.Add(TLanes.Load(g2 + e), v2));
                    TLanes.Store(g3 + e, TLanes.Add(TLanes.Load(g3 + e), v3));
                }
            }

            for (int s = b; s < b + sequences; s++)
            {
                float* to = gradient + (tokens[s] * tokenStride);
                for (int e = turned; e < units; e++) to[e] += dx[((nint)e * batch) + s];
            }
        }
    }
}
