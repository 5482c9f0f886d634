using TinySD.Runtime.Kernels;
using TinySD.Runtime.Kernels.Lanes;

namespace TinySD.Runtime.Ops;

/// <summary>Products of whole numbers of 8 bits, compiled for one set of instructions. Exact: the same with any.</summary>
internal abstract unsafe class ByteKernels
{
    /// <summary>Whether sums are those of bytes of x that are 128 larger.</summary>
    public abstract bool IsOffset { get; }

    /// <summary>sums[s, l] = sum over i of the dot product of the four bytes of x[s, i] and w[i, l]; l in [0, columns), a multiple of
    /// 16.</summary>
    public abstract void Sum(int* w, int wStride, int rows, int columns, int* x, int xStride, int sequences, int* sums, int sumStride);
}

/// <inheritdoc/>
internal sealed unsafe class ByteKernels<TBytes, TWords> : ByteKernels
    where TBytes : struct, IByteLanes<TWords>
    where TWords : unmanaged
{
    public override bool IsOffset => TBytes.IsOffset;

    public override void Sum(int* w, int wStride, int rows, int columns, int* x, int xStride, int sequences, int* sums, int sumStride)
    {
        int** at = stackalloc int*[ByteTile.MaxRows];
        int together = RowWalk.ColumnsAtATime(columns, sequences);
        for (int column = 0; column < columns; column += together)
        {
            int width = Math.Min(together, columns - column);
            for (int first = 0, height; first < rows; first += height)
            {
                height = RowWalk.RowsAtATime(rows - first, ByteTile.MaxRows);
                for (int r = 0; r < height; r++) at[r] = w + ((nint)(first + r) * wStride) + column;
                for (int s = 0; s < sequences; s++)
                {
                    int* xs = x + ((nint)s * xStride) + first, to = sums + ((nint)s * sumStride) + column;
                    switch (height)
                    {
                        case 1: ByteTile.Run<TBytes, TWords, N1>(at, width, xs, first == 0, to); break;
                        case 2: ByteTile.Run<TBytes, TWords, N2>(at, width, xs, first == 0, to); break;
                        default: ByteTile.Run<TBytes, TWords, N4>(at, width, xs, first == 0, to); break;
                    }
                }
            }
        }
    }
}
