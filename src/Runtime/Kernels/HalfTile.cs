using TinySD.Runtime.Kernels.Lanes;

namespace TinySD.Runtime.Kernels;

/// <summary>As <see cref="RowTile"/>, of weights in bfloat16: rows of words as <see cref="Memory.CompactTensor"/> has them.</summary>
/// <remarks>c[l] = init[l] + sum over i in [0, R) of x[i * xStride] * w[i][l], l in [0, columns), a multiple of 16. Each weight is expanded
/// to single precision, so the sums are those of a matrix of such numbers.</remarks>
internal static unsafe class HalfTile
{
    /// <summary>The largest R.</summary>
    public const int MaxRows = 8;

    private const int Line = 16;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TLanes, TVector, TRows>(float** w, nint columns, float* x, nint xStride, float* init, float* c)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
        where TRows : struct, ICount
    {
        float* w0 = w[0], w1 = TRows.Value > 1 ? w[1] : null, w2 = TRows.Value > 2 ? w[2] : null, w3 = TRows.Value > 2 ? w[3] : null;
        float* w4 = TRows.Value > 4 ? w[4] : null, w5 = TRows.Value > 4 ? w[5] : null;
        float* w6 = TRows.Value > 4 ? w[6] : null, w7 = TRows.Value > 4 ? w[7] : null;
        TVector x0 = TLanes.Broadcast(x), x1 = TRows.Value > 1 ? TLanes.Broadcast(x + xStride) : default;
        TVector x2 = TRows.Value > 2 ? TLanes.Broadcast(x + (2 * xStride)) : default;
        TVector x3 = TRows.Value > 2 ? TLanes.Broadcast(x + (3 * xStride)) : default;
        TVector x4 = TRows.Value > 4 ? TLanes.Broadcast(x + (4 * xStride)) : default;
        TVector x5 = TRows.Value > 4 ? TLanes.Broadcast(x + (5 * xStride)) : default;
        TVector x6 = TRows.Value > 4 ? TLanes.Broadcast(x + (6 * xStride)) : default;
        TVector x7 = TRows.Value > 4 ? TLanes.Broadcast(x + (7 * xStride)) : default;

        // Of a line of 16 words the lower halves are 16 columns and the upper ones the next 16, if there are so many.
        nint whole = columns / (2 * Line) * Line;
        for (nint i = 0; i < whole; i += TLanes.Width)
        {
            nint l = i + (i & -Line);
            TVector words = TLanes.Load(w0 + i);
            TVector a = TLanes.MultiplyAdd(TLanes.LowerHalves(words), x0, TLanes.Load(init + l));
            TVector b = TLanes.MultiplyAdd(TLanes.UpperHalves(words), x0, TLanes.Load(init + l + Line));
            if (TRows.Value > 1)
            {
                words = TLanes.Load(w1 + i);
                a = TLanes.MultiplyAdd(TLanes.LowerHalves(words), x1, a);
                b = TLanes.MultiplyAdd(TLanes.UpperHalves(words), x1, b);
            }

            if (TRows.Value > 2)
            {
                words = TLanes.Load(w2 + i);
                a = TLanes.MultiplyAdd(TLanes.LowerHalves(words), x2, a);
                b = TLanes.MultiplyAdd(TLanes.UpperHalves(words), x2, b);
                words = TLanes.Load(w3 + i);
                a = TLanes.MultiplyAdd(TLanes.LowerHalves(words), x3, a);
                b = TLanes.MultiplyAdd(TLanes.UpperHalves(words), x3, b);
            }

            if (TRows.Value > 4)
            {
                words = TLanes.Load(w4 + i);
                a = TLanes.MultiplyAdd(TLanes.LowerHalves(words), x4, a);
                b = TLanes.MultiplyAdd(TLanes.UpperHalves(words), x4, b);
                words = TLanes.Load(w5 + i);
                a = TLanes.MultiplyAdd(TLanes.LowerHalves(words), x5, a);
                b = TLanes.MultiplyAdd(TLanes.UpperHalves(words), x5, b);
                words = TLanes.Load(w6 + i);
                a = TLanes.MultiplyAdd(TLanes.LowerHalves(words), x6, a);
                b = TLanes.MultiplyAdd(TLanes.UpperHalves(words), x6, b);
                words = TLanes.Load(w7 + i);
                a = TLanes.MultiplyAdd(TLanes.LowerHalves(words), x7, a);
                b = TLanes.MultiplyAdd(TLanes.UpperHalves(words), x7, b);
            }

            TLanes.Store(c + l, a);
            TLanes.Store(c + l + Line, b);
        }

        if (2 * whole == columns) return;
        for (nint i = whole; i < whole + Line; i += TLanes.Width)
        {
            nint l = i + whole;
            TVector a = TLanes.MultiplyAdd(TLanes.LowerHalves(TLanes.Load(w0 + i)), x0, TLanes.Load(init + l));
            if (TRows.Value > 1) a = TLanes.MultiplyAdd(TLanes.LowerHalves(TLanes.Load(w1 + i)), x1, a);
            if (TRows.Value > 2) a = TLanes.MultiplyAdd(TLanes.LowerHalves(TLanes.Load(w2 + i)), x2, a);
            if (TRows.Value > 2) a = TLanes.MultiplyAdd(TLanes.LowerHalves(TLanes.Load(w3 + i)), x3, a);
            if (TRows.Value > 4) a = TLanes.MultiplyAdd(TLanes.LowerHalves(TLanes.Load(w4 + i)), x4, a);
            if (TRows.Value > 4) a = TLanes.MultiplyAdd(TLanes.LowerHalves(TLanes.Load(w5 + i)), x5, a);
            if (TRows.Value > 4) a = TLanes.MultiplyAdd(TLanes.LowerHalves(TLanes.Load(w6 + i)), x6, a);
            if (TRows.Value > 4) a = TLanes.MultiplyAdd(TLanes.LowerHalves(TLanes.Load(w7 + i)), x7, a);
            TLanes.Store(c + l, a);
        }
    }
}
