using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using TinySD.Runtime.Kernels.Lanes;

namespace TinySD.Runtime.Kernels;

/// <summary>Dot-product micro-kernel, up to 6 units x 4 sequences: dX[k, b] = sum of W[k, n] * D[b, n] over n, backward.</summary>
/// <remarks>
/// Every dot product is kept as 16 virtual lanes, whatever the register's width: lane l sums the columns n with n mod 16 = l, in increasing
/// order, by fused multiply-add; <see cref="Reduce(float*)"/> then sums the lanes by a fixed tree. So its width changes no bit.
/// </remarks>
internal static unsafe class DotTile
{
    /// <summary>Virtual lanes of every dot product.</summary>
    public const int VirtualLanes = 16;

    /// <summary>The largest R.</summary>
    public const int MaxRows = 6;

    /// <summary>The largest S.</summary>
    public const int MaxSequences = 4;

    /// <summary>Sums are reduced so many at a time: room for them must be there.</summary>
    public const int SumsAtOnce = 16;

    /// <summary>The most sums of a tile.</summary>
    public const int MaxSums = MaxRows * MaxSequences;

    /// <summary>
    /// partial[r * rowSums + (i * S + s) * 16 + l] = or += sum over n of w[r][n] * d[(i * S + s) * dStride + n], n in [0, 16 * blocks) with
    /// n mod 16 = l, for r in [0, R), i in [0, tiles), s in [0, S): sums begin, or go on. Rows above R and sequences above S fold away.
    /// Meanwhile what follows <paramref name="ahead"/>, as long as a row, is asked for, one or two rows by every tile.
    /// </summary>
    /// <remarks>Tiles of sequences are walked in here because one in a piece of a row is short: a call of its own would count.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TLanes, TVector, TRows, TSequences>(
        float** w, float* d, nint dStride, int tiles, int blocks, bool begins, float** ahead, float* partial, nint rowSums)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
        where TRows : struct, ICount
        where TSequences : struct, ICount
    {
        const int lanes = VirtualLanes;
        nint end = (nint)blocks * lanes, fromRow = begins ? 0 : rowSums;

        // What the stack gives is zero here.
        float* zeros = stackalloc float[lanes * MaxSequences];
        for (int tile = 0; tile < tiles; tile++, d += TSequences.Value * dStride, partial += TSequences.Value * lanes)
        {
            for (nint lane = 0; lane < lanes; lane += TLanes.Width)
            {
                float* sums0 = partial + lane;
                float* sums1 = sums0 + rowSums;
                float* sums2 = sums1 + rowSums;
                float* sums3 = sums2 + rowSums;
                float* sums4 = sums3 + rowSums;
                float* sums5 = sums4 + rowSums;
                float* from0 = begins ? zeros : sums0;
                float* from1 = from0 + fromRow;
                float* from2 = from1 + fromRow;
                float* from3 = from2 + fromRow;
                float* from4 = from3 + fromRow;
                float* from5 = from4 + fromRow;
                TVector a00 = TLanes.Load(from0);
                TVector a01 = TSequences.Value > 1 ? TLanes.Load(from0 + lanes) : default;
                TVector a02 = TSequences.Value > 2 ? TLanes.Load(from0 + (2 * lanes)) : default;
                TVector a03 = TSequences.Value > 3 ? TLanes.Load(from0 + (3 * lanes)) : default;
                TVector a10 = TRows.Value > 1 ? TLanes.Load(from1) : default;
                TVector a11 = TRows.Value > 1 && TSequences.Value > 1 ? TLanes.Load(from1 + lanes) : default;
                TVector a12 = TRows.Value > 1 && TSequences.Value > 2 ? TLanes.Load(from1 + (2 * lanes)) : default;
                TVector a13 = TRows.Value > 1 && TSequences.Value > 3 ? TLanes.Load(from1 + (3 * lanes)) : default;
                TVector a20 = TRows.Value > 2 ? TLanes.Load(from2) : default;
                TVector a21 = TRows.Value > 2 && TSequences.Value > 1 ? TLanes.Load(from2 + lanes) : default;
                TVector a22 = TRows.Value > 2 && TSequences.Value > 2 ? TLanes.Load(from2 + (2 * lanes)) : default;
                TVector a23 = TRows.Value > 2 && TSequences.Value > 3 ? TLanes.Load(from2 + (3 * lanes)) : default;
                TVector a30 = TRows.Value > 3 ? TLanes.Load(from3) : default;
                TVector a31 = TRows.Value > 3 && TSequences.Value > 1 ? TLanes.Load(from3 + lanes) : default;
                TVector a32 = TRows.Value > 3 && TSequences.Value > 2 ? TLanes.Load(from3 + (2 * lanes)) : default;
                TVector a33 = TRows.Value > 3 && TSequences.Value > 3 ? TLanes.Load(from3 + (3 * lanes)) : default;
                TVector a40 = TRows.Value > 4 ? TLanes.Load(from4) : default;
                TVector a41 = TRows.Value > 4 && TSequences.Value > 1 ? TLanes.Load(from4 + lanes) : default;
                TVector a42 = TRows.Value > 4 && TSequences.Value > 2 ? TLanes.Load(from4 + (2 * lanes)) : default;
                TVector a43 = TRows.Value > 4 && TSequences.Value > 3 ? TLanes.Load(from4 + (3 * lanes)) : default;
                TVector a50 = TRows.Value > 5 ? TLanes.Load(from5) : default;
                TVector a51 = TRows.Value > 5 && TSequences.Value > 1 ? TLanes.Load(from5 + lanes) : default;
                TVector a52 = TRows.Value > 5 && TSequences.Value > 2 ? TLanes.Load(from5 + (2 * lanes)) : default;
                TVector a53 = TRows.Value > 5 && TSequences.Value > 3 ? TLanes.Load(from5 + (3 * lanes)) : default;
                float* ahead0 = ahead[Math.Min(tile, TRows.Value - 1)], ahead1 = ahead[Math.Min(tile + tiles, TRows.Value - 1)];
                float* d0 = d + lane;
                float* d1 = d0 + dStride;
                float* d2 = d1 + dStride;
                float* d3 = d2 + dStride;
                float* w0 = w[0] + lane;
                float* w1 = TRows.Value > 1 ? w[1] + lane : null;
                float* w2 = TRows.Value > 2 ? w[2] + lane : null;
                float* w3 = TRows.Value > 3 ? w[3] + lane : null;
                float* w4 = TRows.Value > 4 ? w[4] + lane : null;
                float* w5 = TRows.Value > 5 ? w[5] + lane : null;
                for (nint n = 0; n < end; n += lanes)
                {
                    TLanes.Prefetch(ahead0);
                    TLanes.Prefetch(ahead1);
                    ahead0 += lanes;
                    ahead1 += lanes;
                    TVector v0 = TLanes.Load(d0 + n);
                    TVector v1 = TSequences.Value > 1 ? TLanes.Load(d1 + n) : default;
                    TVector v2 = TSequences.Value > 2 ? TLanes.Load(d2 + n) : default;
                    TVector v3 = TSequences.Value > 3 ? TLanes.Load(d3 + n) : default;
                    TVector u0 = TLanes.Load(w0 + n);
                    a00 = TLanes.MultiplyAdd(u0, v0, a00);
                    if (TSequences.Value > 1) a01 = TLanes.MultiplyAdd(u0, v1, a01);
                    if (TSequences.Value > 2) a02 = TLanes.MultiplyAdd(u0, v2, a02);
                    if (TSequences.Value > 3) a03 = TLanes.MultiplyAdd(u0, v3, a03);

                    if (TRows.Value > 1)
                    {
                        TVector u1 = TLanes.Load(w1 + n);
                        a10 = TLanes.MultiplyAdd(u1, v0, a10);
                        if (TSequences.Value > 1) a11 = TLanes.MultiplyAdd(u1, v1, a11);
                        if (TSequences.Value > 2) a12 = TLanes.MultiplyAdd(u1, v2, a12);
                        if (TSequences.Value > 3) a13 = TLanes.MultiplyAdd(u1, v3, a13);
                    }

                    if (TRows.Value > 2)
                    {
                        TVector u2 = TLanes.Load(w2 + n);
                        a20 = TLanes.MultiplyAdd(u2, v0, a20);
                        if (TSequences.Value > 1) a21 = TLanes.MultiplyAdd(u2, v1, a21);
                        if (TSequences.Value > 2) a22 = TLanes.MultiplyAdd(u2, v2, a22);
                        if (TSequences.Value > 3) a23 = TLanes.MultiplyAdd(u2, v3, a23);
                    }

                    if (TRows.Value > 3)
                    {
                        TVector u3 = TLanes.Load(w3 + n);
                        a30 = TLanes.MultiplyAdd(u3, v0, a30);
                        if (TSequences.Value > 1) a31 = TLanes.MultiplyAdd(u3, v1, a31);
                        if (TSequences.Value > 2) a32 = TLanes.MultiplyAdd(u3, v2, a32);
                        if (TSequences.Value > 3) a33 = TLanes.MultiplyAdd(u3, v3, a33);
                    }

                    if (TRows.Value > 4)
                    {
                        TVector u4 = TLanes.Load(w4 + n);
                        a40 = TLanes.MultiplyAdd(u4, v0, a40);
                        if (TSequences.Value > 1) a41 = TLanes.MultiplyAdd(u4, v1, a41);
                        if (TSequences.Value > 2) a42 = TLanes.MultiplyAdd(u4, v2, a42);
                        if (TSequences.Value > 3) a43 = TLanes.MultiplyAdd(u4, v3, a43);
                    }

                    if (TRows.Value > 5)
                    {
                        TVector u5 = TLanes.Load(w5 + n);
                        a50 = TLanes.MultiplyAdd(u5, v0, a50);
                        if (TSequences.Value > 1) a51 = TLanes.MultiplyAdd(u5, v1, a51);
                        if (TSequences.Value > 2) a52 = TLanes.MultiplyAdd(u5, v2, a52);
                        if (TSequences.Value > 3) a53 = TLanes.MultiplyAdd(u5, v3, a53);
                    }
                }

                TLanes.Store(sums0, a00);
                if (TSequences.Value > 1) TLanes.Store(sums0 + lanes, a01);
                if (TSequences.Value > 2) TLanes.Store(sums0 + (2 * lanes), a02);
                if (TSequences.Value > 3) TLanes.Store(sums0 + (3 * lanes), a03);
                if (TRows.Value > 1) TLanes.Store(sums1, a10);
                if (TRows.Value > 1 && TSequences.Value > 1) TLanes.Store(sums1 + lanes, a11);
                if (TRows.Value > 1 && TSequences.Value > 2) TLanes.Store(sums1 + (2 * lanes), a12);
                if (TRows.Value > 1 && TSequences.Value > 3) TLanes.Store(sums1 + (3 * lanes), a13);
                if (TRows.Value > 2) TLanes.Store(sums2, a20);
                if (TRows.Value > 2 && TSequences.Value > 1) TLanes.Store(sums2 + lanes, a21);
                if (TRows.Value > 2 && TSequences.Value > 2) TLanes.Store(sums2 + (2 * lanes), a22);
                if (TRows.Value > 2 && TSequences.Value > 3) TLanes.Store(sums2 + (3 * lanes), a23);
                if (TRows.Value > 3) TLanes.Store(sums3, a30);
                if (TRows.Value > 3 && TSequences.Value > 1) TLanes.Store(sums3 + lanes, a31);
                if (TRows.Value > 3 && TSequences.Value > 2) TLanes.Store(sums3 + (2 * lanes), a32);
                if (TRows.Value > 3 && TSequences.Value > 3) TLanes.Store(sums3 + (3 * lanes), a33);
                if (TRows.Value > 4) TLanes.Store(sums4, a40);
                if (TRows.Value > 4 && TSequences.Value > 1) TLanes.Store(sums4 + lanes, a41);
                if (TRows.Value > 4 && TSequences.Value > 2) TLanes.Store(sums4 + (2 * lanes), a42);
                if (TRows.Value > 4 && TSequences.Value > 3) TLanes.Store(sums4 + (3 * lanes), a43);
                if (TRows.Value > 5) TLanes.Store(sums5, a50);
                if (TRows.Value > 5 && TSequences.Value > 1) TLanes.Store(sums5 + lanes, a51);
                if (TRows.Value > 5 && TSequences.Value > 2) TLanes.Store(sums5 + (2 * lanes), a52);
                if (TRows.Value > 5 && TSequences.Value > 3) TLanes.Store(sums5 + (3 * lanes), a53);
            }
        }
    }

    /// <summary>The sum of 16 lanes by the fixed tree: halves, quarters, pairs, the last two.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Reduce(float* partial)
    {
        Vector128<float> quarter = Quarter(partial);
        Vector128<float> pair = quarter + Vector128.Shuffle(quarter, Vector128.Create(2, 3, 0, 1));
        return pair.ToScalar() + pair.GetElement(1);
    }

    /// <summary>sums[i] = <see cref="Reduce(float*)"/> of partial + 16 i, i below count rounded up to <see cref="SumsAtOnce"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Reduce(float* partial, int count, float* sums)
    {
        if (Avx512F.IsSupported)
        {
            for (int i = 0; i < count; i += 16, partial += 16 * VirtualLanes)
                Pairs(Quarters(partial, 0), Quarters(partial, 1), Quarters(partial, 2), Quarters(partial, 3)).Store(sums + i);
            return;
        }

        for (int i = 0; i < count; i += 4, partial += 4 * VirtualLanes)
        {
            Vector128<float> a = Quarter(partial), b = Quarter(partial + VirtualLanes);
            Vector128<float> c = Quarter(partial + (2 * VirtualLanes)), d = Quarter(partial + (3 * VirtualLanes));
            Lanes128.LaneSums(a, b, c, d).Store(sums + i);
        }
    }

    // The upper half of 16 lanes added to the lower, then the upper quarter.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Quarter(float* partial) =>
        (Vector128.Load(partial) + Vector128.Load(partial + 8)) + (Vector128.Load(partial + 4) + Vector128.Load(partial + 12));

    // The same of sums first, first + 4, first + 8 and first + 12, side by side.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Quarters(float* partial, int first)
    {
        partial += first * VirtualLanes;
        Vector512<float> a = Halves(Vector512.Load(partial), Vector512.Load(partial + (4 * VirtualLanes)));
        Vector512<float> b = Halves(Vector512.Load(partial + (8 * VirtualLanes)), Vector512.Load(partial + (12 * VirtualLanes)));
        return Avx512F.Shuffle4x128(a, b, 0x88) + Avx512F.Shuffle4x128(a, b, 0xDD);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Halves(Vector512<float> a, Vector512<float> b) =>
        Avx512F.Shuffle4x128(a, b, 0x44) + Avx512F.Shuffle4x128(a, b, 0xEE);

    // 4 times 4 quarters: their pairs, then the last two of each; sum 4 i + j comes from quarter i of argument j.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Pairs(Vector512<float> q0, Vector512<float> q1, Vector512<float> q2, Vector512<float> q3)
    {
        Vector512<float> low = Avx512F.Shuffle(q0, q1, 0x44) + Avx512F.Shuffle(q0, q1, 0xEE);
        Vector512<float> high = Avx512F.Shuffle(q2, q3, 0x44) + Avx512F.Shuffle(q2, q3, 0xEE);
        return Avx512F.Shuffle(low, high, 0x88) + Avx512F.Shuffle(low, high, 0xDD);
    }
}
