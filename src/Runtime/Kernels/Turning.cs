using TinySD.Runtime.Kernels.Lanes;

namespace TinySD.Runtime.Kernels;

/// <summary>
/// What lies unit-major, [unit][B], turned into rows of sequences and back, some units and four sequences at a time. The scratch holds
/// <see cref="Sequences"/> rows of <see cref="Units"/> floats.
/// </summary>
internal static unsafe class Turning
{
    /// <summary>Sequences turned at once.</summary>
    public const int Sequences = 4;

    /// <summary>Units turned at once; 8 KiB of stack for all sequences, a multiple of every width.</summary>
    public const int Units = 512;

    /// <summary>Rows of the scratch, a sequence each, to columns of h.</summary>
    public static void Out<TLanes, TVector>(float* turned, int units, int sequences, float* h, int batch)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged => Out<TLanes, TVector>(turned, Units, units, sequences, h, batch);

    /// <summary>Rows that are so many floats apart, a sequence each, to columns of h.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Out<TLanes, TVector>(float* turned, nint stride, int units, int sequences, float* h, int batch)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        int whole = sequences == Sequences ? units / TLanes.Width * TLanes.Width : 0;
        for (int j = 0; j < whole; j += TLanes.Width)
        {
            float* from = turned + j;
            TLanes.StoreQuads(
                h + ((nint)j * batch), batch,
                TLanes.Load(from), TLanes.Load(from + stride), TLanes.Load(from + (2 * stride)), TLanes.Load(from + (3 * stride)));
        }

        for (int j = whole; j < units; j++)
        {
            for (int s = 0; s < sequences; s++) h[((nint)j * batch) + s] = turned[(s * stride) + j];
        }
    }

    /// <summary>Columns of dUp and dRecurrent, added, to rows of the scratch.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void InSum<TLanes, TVector>(float* dUp, float* dRecurrent, int batch, int units, int sequences, float* turned)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        int whole = sequences == Sequences ? units / TLanes.Width * TLanes.Width : 0;
        for (int j = 0; j < whole; j += TLanes.Width)
        {
            float* to = turned + j;
            TLanes.LoadQuads(dUp + ((nint)j * batch), batch, out TVector u0, out TVector u1, out TVector u2, out TVector u3);
            TLanes.LoadQuads(dRecurrent + ((nint)j * batch), batch, out TVector r0, out TVector r1, out TVector r2, out TVector r3);
            TLanes.Store(to, TLanes.Add(u0, r0));
            TLanes.Store(to + Units, TLanes.Add(u1, r1));
            TLanes.Store(to + (2 * Units), TLanes.Add(u2, r2));
            TLanes.Store(to + (3 * Units), TLanes.Add(u3, r3));
        }

        for (int j = whole; j < units; j++)
        {
            nint at = (nint)j * batch;
            for (int s = 0; s < sequences; s++) turned[(s * Units) + j] = dUp[at + s] + dRecurrent[at + s];
        }
    }

    /// <summary>Columns of h to rows of the scratch.</summary>
    public static void In<TLanes, TVector>(float* h, int batch, int units, int sequences, float* turned)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged => In<TLanes, TVector>(h, batch, units, sequences, turned, Units);

    /// <summary>Columns of h to rows that are so many floats apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void In<TLanes, TVector>(float* h, int batch, int units, int sequences, float* turned, nint stride)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        int whole = sequences == Sequences ? units / TLanes.Width * TLanes.Width : 0;
        for (int j = 0; j < whole; j += TLanes.Width)
        {
            float* to = turned + j;
            TLanes.LoadQuads(h + ((nint)j * batch), batch, out TVector v0, out TVector v1, out TVector v2, out TVector v3);
            TLanes.Store(to, v0);
            TLanes.Store(to + stride, v1);
            TLanes.Store(to + (2 * stride), v2);
            TLanes.Store(to + (3 * stride), v3);
        }

        for (int j = whole; j < units; j++)
        {
            for (int s = 0; s < sequences; s++) turned[(s * stride) + j] = h[((nint)j * batch) + s];
        }
    }
}
