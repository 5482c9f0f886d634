using TinySD.Runtime.Kernels;
using TinySD.Runtime.Kernels.Lanes;
using TinySD.Runtime.Memory;

namespace TinySD.Runtime.Ops;

// Products of a few sequences with weights that come from memory row by row.
internal sealed unsafe partial class LaneKernels<TLanes, TVector>
{
    // Below it magnitudes are taken for 0: their reciprocal is near the end of the range.
    private const float LeastMagnitude = 1e-30f;

    // 1.5 * 2^23: a float that this is added to is a whole number, rounded to even, in its lowest bits.
    private const float Shift = 12582912f;

    public override void ForwardHalves(
        float* w, int wStride, int columns, float* x, int batch, int sequences, int* keep, int count,
        float* init, int initStride, float* c, int cStride)
    {
        if (count == 0) CopyInit(init, initStride, sequences, columns, c, cStride);
        float** rows = stackalloc float*[HalfTile.MaxRows];
        int together = RowWalk.ColumnsAtATime(columns, sequences);
        for (int column = 0; column < columns; column += together)
        {
            int width = Math.Min(together, columns - column);
            for (int first = 0, height; first < count; first += height)
            {
                height = RowWalk.RowsAtATime(count - first, HalfTile.MaxRows);
                for (int r = 0; r < height; r++) rows[r] = w + ((nint)keep[first + r] * wStride) + (column / 2);
                for (int s = 0; s < sequences; s++)
                {
                    float* xs = x + ((nint)first * batch) + s, cs = c + ((nint)s * cStride) + column;
                    float* from = first == 0 ? init + ((nint)s * initStride) + column : cs;
                    switch (height)
                    {
                        case 1: HalfTile.Run<TLanes, TVector, N1>(rows, width, xs, batch, from, cs); break;
                        case 2: HalfTile.Run<TLanes, TVector, N2>(rows, width, xs, batch, from, cs); break;
                        case 4: HalfTile.Run<TLanes, TVector, N4>(rows, width, xs, batch, from, cs); break;
                        default: HalfTile.Run<TLanes, TVector, N8>(rows, width, xs, batch, from, cs); break;
                    }
                }
            }
        }
    }

    public override void ScaleSums(
        int* sums, int sumStride, int columns, float* factors, int* offsets, float* scales, int sequences,
        float* init, int initStride, float* c, int cStride)
    {
        bool isOffset = Bytes.IsOffset;
        for (int s = 0; s < sequences; s++, sums += sumStride, init += initStride, c += cStride)
        {
            TVector scale = TLanes.Create(scales[s]);
            for (int l = 0; l < columns; l += TLanes.Width)
            {
                TVector sum = TLanes.Load((float*)(sums + l));
                if (isOffset) sum = TLanes.AddWords(sum, TLanes.Load((float*)(offsets + l)));
                TVector factor = TLanes.Multiply(scale, TLanes.Load(factors + l));
                TLanes.Store(c + l, TLanes.MultiplyAdd(TLanes.ToFloats(sum), factor, TLanes.Load(init + l)));
            }
        }
    }

    [SkipLocalsInit]
    public override float RoundToBytes(float* x, int count, sbyte* bytes)
    {
        float largest = Largest(x, count);
        for (int i = count; i % CompactTensor.RowsOfWord != 0; i++) bytes[i] = 0;
        if (!(largest >= LeastMagnitude))
        {
            new Span<sbyte>(bytes, count).Clear();
            return float.IsNaN(largest) ? largest : 0f;
        }

        TVector factor = TLanes.Create(CompactTensor.MaxInt8 / largest), shift = TLanes.Create(Shift);
        float* shifted = stackalloc float[TLanes.Width];
        for (int i = 0, n; i < count; i += n)
        {
            n = Math.Min(TLanes.Width, count - i);
            TVector numbers = n == TLanes.Width ? TLanes.Load(x + i) : TLanes.LoadFirst(x + i, n);
            TLanes.Store(shifted, TLanes.Add(TLanes.Multiply(numbers, factor), shift));
            for (int l = 0; l < n; l++) bytes[i + l] = (sbyte)((int*)shifted)[l];
        }

        return largest / CompactTensor.MaxInt8;
    }

    // Weights in single precision, one sequence.
    private static void ForwardRow(float* w, int wStride, int columns, float* x, int* keep, int count, float* init, float* c)
    {
        if (count == 0) CopyInit(init, 0, 1, columns, c, 0);
        float** rows = stackalloc float*[RowTile.MaxRows];
        int together = RowWalk.ColumnsAtATime(columns, 1);
        for (int column = 0; column < columns; column += together)
        {
            int width = Math.Min(together, columns - column);
            float* from = init + column, to = c + column;
            for (int first = 0, height; first < count; first += height, from = to)
            {
                height = RowWalk.RowsAtATime(count - first, RowTile.MaxRows);
                for (int r = 0; r < height; r++) rows[r] = w + ((nint)keep[first + r] * wStride) + column;
                switch (height)
                {
                    case 1: RowTile.Run<TLanes, TVector, N1>(rows, width, x + first, from, to); break;
                    case 2: RowTile.Run<TLanes, TVector, N2>(rows, width, x + first, from, to); break;
                    case 4: RowTile.Run<TLanes, TVector, N4>(rows, width, x + first, from, to); break;
                    default: RowTile.Run<TLanes, TVector, N8>(rows, width, x + first, from, to); break;
                }
            }
        }
    }

    private static void CopyInit(float* init, int initStride, int sequences, int columns, float* c, int cStride)
    {
        for (int s = 0; s < sequences && init != c; s++)
            new ReadOnlySpan<float>(init + ((nint)s * initStride), columns).CopyTo(new Span<float>(c + ((nint)s * cStride), columns));
    }

    // The largest magnitude; not a number where one is infinite or not a number.
    [SkipLocalsInit]
    private static float Largest(float* x, int count)
    {
        TVector largest = default, watch = default;
        for (int i = 0; i < count; i += TLanes.Width)
        {
            int n = Math.Min(TLanes.Width, count - i);
            TVector numbers = n == TLanes.Width ? TLanes.Load(x + i) : TLanes.LoadFirst(x + i, n);
            largest = TLanes.Max(largest, TLanes.Abs(numbers));
            watch = TLanes.Add(watch, TLanes.Multiply(numbers, default));
        }

        float* lanes = stackalloc float[2 * TLanes.Width];
        TLanes.Store(lanes, largest);
        TLanes.Store(lanes + TLanes.Width, watch);
        float most = 0f, sum = 0f;
        for (int l = 0; l < TLanes.Width; l++)
        {
            most = Math.Max(most, lanes[l]);
            sum += lanes[TLanes.Width + l];
        }

        return float.IsNaN(sum) ? float.NaN : most;
    }
}
