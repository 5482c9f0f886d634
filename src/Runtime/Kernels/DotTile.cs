using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using TinySD.Runtime.Kernels.Lanes;

namespace TinySD.Runtime.Kernels;

/// <summary>Dot-product micro-kernel, up to 5 units x 5 sequences: the backward product, dX[k, b] = sum over n of W[k, n] * D[b, n].</summary>
/// <remarks>
/// Every dot product is kept as 16 virtual lanes, whatever the register's width: lane l sums the columns n with n mod 16 = l, in increasing order, by
/// fused multiply-add; <see cref="Reduce(float*)"/> then sums the lanes by a fixed tree. So the register's width does not change a bit.
/// </remarks>
internal static unsafe class DotTile
{
    /// <summary>Virtual lanes of every dot product.</summary>
    public const int VirtualLanes = 16;

    /// <summary>The largest R.</summary>
    public const int MaxRows = 5;

    /// <summary>The largest S.</summary>
    public const int MaxSequences = 5;

    /// <summary>R S, rounded up to what <see cref="Reduce(float*, int, float*)"/> does at once.</summary>
    public const int MaxSums = 28;

    /// <summary>
    /// partial[(r * S + s) * 16 + l] = sum over i in [0, blocks) of w[r][16 * i + l] * d[s * dStride + 16 * i + l], l in [0, Width). Called once for every Width
    /// lanes of the 16, with w, d and partial moved on by as many. Rows above R and sequences above S fold away; partial overlaps nothing. What
    /// follows ahead0 and ahead1, as long as a row, is asked for meanwhile.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TLanes, TVector, TRows, TSequences>(
        float** w, float* d, nint dStride, int blocks, float* ahead0, float* ahead1, float* partial)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
        where TRows : struct, ICount
        where TSequences : struct, ICount
    {
        float* w0 = w[0];
        float* w1 = TRows.Value > 1 ? w[1] : null;
        float* w2 = TRows.Value > 2 ? w[2] : null;
        float* w3 = TRows.Value > 3 ? w[3] : null;
        float* w4 = TRows.Value > 4 ? w[4] : null;
        float* d0 = d;
        float* d1 = d0 + dStride;
        float* d2 = d1 + dStride;
        float* d3 = d2 + dStride;
        float* d4 = d3 + dStride;
        TVector a00 = TLanes.Create(0f), a01 = a00, a02 = a00, a03 = a00, a04 = a00;
        TVector a10 = a00, a11 = a00, a12 = a00, a13 = a00, a14 = a00;
        TVector a20 = a00, a21 = a00, a22 = a00, a23 = a00, a24 = a00;
        TVector a30 = a00, a31 = a00, a32 = a00, a33 = a00, a34 = a00;
        TVector a40 = a00, a41 = a00, a42 = a00, a43 = a00, a44 = a00;
        nint end = (nint)blocks * VirtualLanes;
        for (nint n = 0; n < end; n += VirtualLanes)
        {
            TLanes.PrefetchSecondLevel(ahead0 + n);
            TLanes.PrefetchSecondLevel(ahead1 + n);
            TVector v0 = TLanes.Load(d0 + n);
            TVector v1 = TSequences.Value > 1 ? TLanes.Load(d1 + n) : default;
            TVector v2 = TSequences.Value > 2 ? TLanes.Load(d2 + n) : default;
            TVector v3 = TSequences.Value > 3 ? TLanes.Load(d3 + n) : default;
            TVector v4 = TSequences.Value > 4 ? TLanes.Load(d4 + n) : default;
            TVector u0 = TLanes.Load(w0 + n);
            a00 = TLanes.MultiplyAdd(u0, v0, a00);
            if (TSequences.Value > 1) a01 = TLanes.MultiplyAdd(u0, v1, a01);
            if (TSequences.Value > 2) a02 = TLanes.MultiplyAdd(u0, v2, a02);
            if (TSequences.Value > 3) a03 = TLanes.MultiplyAdd(u0, v3, a03);
            if (TSequences.Value > 4) a04 = TLanes.MultiplyAdd(u0, v4, a04);

            if (TRows.Value > 1)
            {
                TVector u1 = TLanes.Load(w1 + n);
                a10 = TLanes.MultiplyAdd(u1, v0, a10);
                if (TSequences.Value > 1) a11 = TLanes.MultiplyAdd(u1, v1, a11);
                if (TSequences.Value > 2) a12 = TLanes.MultiplyAdd(u1, v2, a12);
                if (TSequences.Value > 3) a13 = TLanes.MultiplyAdd(u1, v3, a13);
                if (TSequences.Value > 4) a14 = TLanes.MultiplyAdd(u1, v4, a14);
            }

            if (TRows.Value > 2)
            {
                TVector u2 = TLanes.Load(w2 + n);
                a20 = TLanes.MultiplyAdd(u2, v0, a20);
                if (TSequences.Value > 1) a21 = TLanes.MultiplyAdd(u2, v1, a21);
                if (TSequences.Value > 2) a22 = TLanes.MultiplyAdd(u2, v2, a22);
                if (TSequences.Value > 3) a23 = TLanes.MultiplyAdd(u2, v3, a23);
                if (TSequences.Value > 4) a24 = TLanes.MultiplyAdd(u2, v4, a24);
            }

            if (TRows.Value > 3)
            {
                TVector u3 = TLanes.Load(w3 + n);
                a30 = TLanes.MultiplyAdd(u3, v0, a30);
                if (TSequences.Value > 1) a31 = TLanes.MultiplyAdd(u3, v1, a31);
                if (TSequences.Value > 2) a32 = TLanes.MultiplyAdd(u3, v2, a32);
                if (TSequences.Value > 3) a33 = TLanes.MultiplyAdd(u3, v3, a33);
                if (TSequences.Value > 4) a34 = TLanes.MultiplyAdd(u3, v4, a34);
            }

            if (TRows.Value > 4)
            {
                TVector u4 = TLanes.Load(w4 + n);
                a40 = TLanes.MultiplyAdd(u4, v0, a40);
                if (TSequences.Value > 1) a41 = TLanes.MultiplyAdd(u4, v1, a41);
                if (TSequences.Value > 2) a42 = TLanes.MultiplyAdd(u4, v2, a42);
                if (TSequences.Value > 3) a43 = TLanes.MultiplyAdd(u4, v3, a43);
                if (TSequences.Value > 4) a44 = TLanes.MultiplyAdd(u4, v4, a44);
            }
        }

        TLanes.Store(partial, a00);
        if (TSequences.Value > 1) TLanes.Store(partial + (VirtualLanes), a01);
        if (TSequences.Value > 2) TLanes.Store(partial + (2 * VirtualLanes), a02);
        if (TSequences.Value > 3) TLanes.Store(partial + (3 * VirtualLanes), a03);
        if (TSequences.Value > 4) TLanes.Store(partial + (4 * VirtualLanes), a04);
        if (TRows.Value > 1) TLanes.Store(partial + (TSequences.Value * VirtualLanes), a10);
        if (TRows.Value > 1 && TSequences.Value > 1) TLanes.Store(partial + ((TSequences.Value + 1) * VirtualLanes), a11);
        if (TRows.Value > 1 && TSequences.Value > 2) TLanes.Store(partial + ((TSequences.Value + 2) * VirtualLanes), a12);
        if (TRows.Value > 1 && TSequences.Value > 3) TLanes.Store(partial + ((TSequences.Value + 3) * VirtualLanes), a13);
        if (TRows.Value > 1 && TSequences.Value > 4) TLanes.Store(partial + ((TSequences.Value + 4) * VirtualLanes), a14);
        if (TRows.Value > 2) TLanes.Store(partial + (2 * TSequences.Value * VirtualLanes), a20);
        if (TRows.Value > 2 && TSequences.Value > 1) TLanes.Store(partial + (((2 * TSequences.Value) + 1) * VirtualLanes), a21);
        if (TRows.Value > 2 && TSequences.Value > 2) TLanes.Store(partial + (((2 * TSequences.Value) + 2) * VirtualLanes), a22);
        if (TRows.Value > 2 && TSequences.Value > 3) TLanes.Store(partial + (((2 * TSequences.Value) + 3) * VirtualLanes), a23);
        if (TRows.Value > 2 && TSequences.Value > 4) TLanes.Store(partial + (((2 * TSequences.Value) + 4) * VirtualLanes), a24);
        if (TRows.Value > 3) TLanes.Store(partial + (3 * TSequences.Value * VirtualLanes), a30);
        if (TRows.Value > 3 && TSequences.Value > 1) TLanes.Store(partial + (((3 * TSequences.Value) + 1) * VirtualLanes), a31);
        if (TRows.Value > 3 && TSequences.Value > 2) TLanes.Store(partial + (((3 * TSequences.Value) + 2) * VirtualLanes), a32);
        if (TRows.Value > 3 && TSequences.Value > 3) TLanes.Store(partial + (((3 * TSequences.Value) + 3) * VirtualLanes), a33);
        if (TRows.Value > 3 && TSequences.Value > 4) TLanes.Store(partial + (((3 * TSequences.Value) + 4) * VirtualLanes), a34);
        if (TRows.Value > 4) TLanes.Store(partial + (4 * TSequences.Value * VirtualLanes), a40);
        if (TRows.Value > 4 && TSequences.Value > 1) TLanes.Store(partial + (((4 * TSequences.Value) + 1) * VirtualLanes), a41);
        if (TRows.Value > 4 && TSequences.Value > 2) TLanes.Store(partial + (((4 * TSequences.Value) + 2) * VirtualLanes), a42);
        if (TRows.Value > 4 && TSequences.Value > 3) TLanes.Store(partial + (((4 * TSequences.Value) + 3) * VirtualLanes), a43);
        if (TRows.Value > 4 && TSequences.Value > 4) TLanes.Store(partial + (((4 * TSequences.Value) + 4) * VirtualLanes), a44);
    }

    /// <summary>The sum of 16 lanes by the fixed tree: halves, quarters, pairs, the last two.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Reduce(float* partial)
    {
        Vector128<float> quarter = Quarter(partial);
        Vector128<float> pair = quarter + Vector128.Shuffle(quarter, Vector128.Create(2, 3, 0, 1));
        return pair.ToScalar() + pair.GetElement(1);
    }

    /// <summary>sums[i] = <see cref="Reduce(float*)"/> of partial + 16 i, for i in [0, count rounded up to 4): four trees side by side.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Reduce(float* partial, int count, float* sums)
    {
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
}
