using TinySD.Runtime.Kernels.Lanes;

namespace TinySD.Runtime.Kernels;

/// <summary>As <see cref="RowTile"/>, of whole numbers of 8 bits: rows of words as <see cref="Memory.CompactTensor"/> has them, four rows
/// of the matrix each, times words of four numbers each.</summary>
/// <remarks>sums[l] = or += sum over i in [0, R), s in [0, 4) of byte s of x[i] * byte s of w[i][l], l in [0, columns), a multiple of 16.
/// Exact, whatever the instructions. A tile begins with 0 where it is the first of its columns.</remarks>
internal static unsafe class ByteTile
{
    /// <summary>The largest R.</summary>
    public const int MaxRows = 4;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TBytes, TVector, TRows>(int** w, nint columns, int* x, bool begins, int* sums)
        where TBytes : struct, IByteLanes<TVector>
        where TVector : unmanaged
        where TRows : struct, ICount
    {
        int* w0 = w[0], w1 = TRows.Value > 1 ? w[1] : null, w2 = TRows.Value > 2 ? w[2] : null, w3 = TRows.Value > 2 ? w[3] : null;
        TVector x0 = TBytes.Broadcast(x[0]), u0 = TBytes.Unsigned(x0);
        TVector x1 = TRows.Value > 1 ? TBytes.Broadcast(x[1]) : default, u1 = TRows.Value > 1 ? TBytes.Unsigned(x1) : default;
        TVector x2 = TRows.Value > 2 ? TBytes.Broadcast(x[2]) : default, u2 = TRows.Value > 2 ? TBytes.Unsigned(x2) : default;
        TVector x3 = TRows.Value > 2 ? TBytes.Broadcast(x[3]) : default, u3 = TRows.Value > 2 ? TBytes.Unsigned(x3) : default;
        for (nint l = 0; l < columns; l += 2 * TBytes.Width)
        {
            TVector a = begins ? default : TBytes.Load(sums + l), b = begins ? default : TBytes.Load(sums + l + TBytes.Width);
            a = TBytes.AddDots(a, x0, u0, TBytes.Load(w0 + l));
            b = TBytes.AddDots(b, x0, u0, TBytes.Load(w0 + l + TBytes.Width));
            if (TRows.Value > 1)
            {
                a = TBytes.AddDots(a, x1, u1, TBytes.Load(w1 + l));
                b = TBytes.AddDots(b, x1, u1, TBytes.Load(w1 + l + TBytes.Width));
            }

            if (TRows.Value > 2)
            {
                a = TBytes.AddDots(a, x2, u2, TBytes.Load(w2 + l));
                b = TBytes.AddDots(b, x2, u2, TBytes.Load(w2 + l + TBytes.Width));
                a = TBytes.AddDots(a, x3, u3, TBytes.Load(w3 + l));
                b = TBytes.AddDots(b, x3, u3, TBytes.Load(w3 + l + TBytes.Width));
            }

            TBytes.Store(sums + l, a);
            TBytes.Store(sums + l + TBytes.Width, b);
        }
    }
}
