using TinySD.Runtime.Kernels;
using TinySD.Runtime.Kernels.Lanes;
using TinySD.Runtime.Memory;

namespace TinySD.Runtime.Ops;

/// <summary>Products of whole numbers of 8 bits, compiled for one set of instructions. Exact: the same with any.</summary>
internal abstract unsafe class ByteKernels
{
    // Columns whose sums stay in the first-level cache while the rows pass; and fewer, so that some rows stay too while sequences pass.
    private const int RowColumns = 6144, SharedRowColumns = 512;

    /// <summary>Whether sums are those of bytes of x that are 128 larger.</summary>
    public abstract bool IsOffset { get; }

    /// <summary>sums[s, l] = sum over i of the dot product of the four bytes of x[s, i] and w[i, l]; l in [0, columns), a multiple of
    /// 16.</summary>
    public abstract void Sum(int* w, int wStride, int rows, int columns, int* x, int xStride, int sequences, int* sums, int sumStride);

    /// <summary>Of so many columns as many at a time as stay in a cache: parts of equal size, in whole lines of halves.</summary>
    public static int ColumnsAtATime(int columns, int sequences)
    {
        int most = sequences == 1 ? RowColumns : SharedRowColumns, parts = Tiles(columns, most);
        return Tiles(Tiles(columns, parts), CompactTensor.HalfColumns) * CompactTensor.HalfColumns;
    }

    /// <summary>Of so many rows as many at a time as the largest kernel has that does not have more.</summary>
    public static int RowsAtATime(int left, int most) => left >= most ? most : left >= 4 ? 4 : left >= 2 ? 2 : 1;

    private static int Tiles(int count, int most) => (count + most - 1) / most;
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
        int together = ColumnsAtATime(columns, sequences);
        for (int column = 0; column < columns; column += together)
        {
            int width = Math.Min(together, columns - column);
            for (int first = 0, height; first < rows; first += height)
            {
                height = RowsAtATime(rows - first, ByteTile.MaxRows);
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
