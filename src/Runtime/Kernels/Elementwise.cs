using TinySD.Runtime.Kernels.Lanes;

namespace TinySD.Runtime.Kernels;

/// <summary>Plain passes over arrays: sums, products, scaled copies. A lane is an element.</summary>
internal static unsafe class Elementwise<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>y[r * yStride + l] = x[r * xStride + l], r in [0, rows), l in [0, count). Rows of y that follow are asked for before they
    /// are written: far apart, they would be waited for one by one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void CopyRows(float* x, nint xStride, int rows, int count, float* y, nint yStride)
    {
        const int rowsAhead = 8, lineFloats = 16;
        for (int r = 0; r < rows; r++, x += xStride, y += yStride)
        {
            float* ahead = y + (Math.Min(rowsAhead, rows - 1 - r) * yStride);
            for (int i = 0; i < count; i += lineFloats) TLanes.Prefetch(ahead + i);
            new ReadOnlySpan<float>(x, count).CopyTo(new Span<float>(y, count));
        }
    }

    /// <summary>The sum of squares of <paramref name="count"/> floats, a multiple of 16, in 16 virtual lanes, at least 4 real.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float SumOfSquares(float* x, int count)
    {
        TVector s0 = TLanes.Create(0f), s1 = s0, s2 = s0, s3 = s0;
        for (int i = 0; i < count; i += DotTile.VirtualLanes)
        {
            s0 = AddSquare(x + i, s0);
            if (TLanes.Width < 16) s1 = AddSquare(x + i + TLanes.Width, s1);
            if (TLanes.Width < 8) s2 = AddSquare(x + i + (2 * TLanes.Width), s2);
            if (TLanes.Width < 8) s3 = AddSquare(x + i + (3 * TLanes.Width), s3);
        }

        float* partial = stackalloc float[DotTile.VirtualLanes];
        TLanes.Store(partial, s0);
        if (TLanes.Width < 16) TLanes.Store(partial + TLanes.Width, s1);
        if (TLanes.Width < 8) TLanes.Store(partial + (2 * TLanes.Width), s2);
        if (TLanes.Width < 8) TLanes.Store(partial + (3 * TLanes.Width), s3);
        return DotTile.Reduce(partial);
    }

    /// <summary>Row i of y = factor * row keep[i] of x, rows of <paramref name="length"/> floats; y may not be x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void GatherRows(float* x, int length, int* keep, int count, float factor, float* y)
    {
        TVector f = TLanes.Create(factor);
        for (int i = 0; i < count; i++, y += length)
        {
            float* row = x + ((nint)keep[i] * length);
            int at = 0;
            for (; at + TLanes.Width <= length; at += TLanes.Width) TLanes.Store(y + at, TLanes.Multiply(f, TLanes.Load(row + at)));
            if (at == length) continue;

            // The rest by one register that overlaps the last, if there was one.
            int last = length - TLanes.Width;
            if (last >= 0) TLanes.Store(y + last, TLanes.Multiply(f, TLanes.Load(row + last)));
            else for (; at < length; at++) y[at] = factor * row[at];
        }
    }

    /// <summary>y = factor * x; y may be x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scale(float* x, int count, float factor, float* y)
    {
        TVector f = TLanes.Create(factor);
        int i = 0;
        for (; i + TLanes.Width <= count; i += TLanes.Width) TLanes.Store(y + i, TLanes.Multiply(f, TLanes.Load(x + i)));
        for (; i < count; i++) y[i] = factor * x[i];
    }

    /// <summary>y = factor * x + shift; y may be x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ScaleAndShift(float* x, int count, float factor, float shift, float* y)
    {
        TVector f = TLanes.Create(factor), by = TLanes.Create(shift);
        int i = 0;
        for (; i + TLanes.Width <= count; i += TLanes.Width) TLanes.Store(y + i, TLanes.MultiplyAdd(f, TLanes.Load(x + i), by));
        for (; i < count; i++) y[i] = Lanes1.MultiplyAdd(factor, x[i], shift);
    }

    /// <summary>y = m * x; y may be x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(float* x, float* m, int count, float* y)
    {
        int i = 0;
        for (; i + TLanes.Width <= count; i += TLanes.Width) TLanes.Store(y + i, TLanes.Multiply(TLanes.Load(m + i), TLanes.Load(x + i)));
        for (; i < count; i++) y[i] = m[i] * x[i];
    }

    /// <summary>sums[j] += the sum over rows of d[row * dStride + j], in order, j in [0, count).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddColumnSums(float* d, nint dStride, int rows, int count, float* sums)
    {
        int whole = count / TLanes.Width * TLanes.Width, row = 0;
        // Four rows at once, so that the sums, which need not fit the cache, are read and written once for all of them.
        for (; row + 4 <= rows; row += 4)
        {
            float* d0 = d + (row * dStride), d1 = d0 + dStride, d2 = d1 + dStride, d3 = d2 + dStride;
            for (int j = 0; j < whole; j += TLanes.Width)
            {
                TVector sum = TLanes.Add(TLanes.Add(TLanes.Load(sums + j), TLanes.Load(d0 + j)), TLanes.Load(d1 + j));
                TLanes.Store(sums + j, TLanes.Add(TLanes.Add(sum, TLanes.Load(d2 + j)), TLanes.Load(d3 + j)));
            }

            for (int j = whole; j < count; j++) sums[j] = sums[j] + d0[j] + d1[j] + d2[j] + d3[j];
        }

        for (; row < rows; row++)
        {
            float* from = d + (row * dStride);
            for (int j = 0; j < whole; j += TLanes.Width) TLanes.Store(sums + j, TLanes.Add(TLanes.Load(sums + j), TLanes.Load(from + j)));
            for (int j = whole; j < count; j++) sums[j] += from[j];
        }
    }

    /// <summary>sums[j] += the sum over rows of d[row * dStride + j] * x[row * xStride + j], in order, j in [0, count).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddProductSums(float* d, nint dStride, float* x, nint xStride, int rows, int count, float* sums)
    {
        int whole = count / TLanes.Width * TLanes.Width;
        for (int row = 0; row < rows; row++, d += dStride, x += xStride)
        {
            for (int j = 0; j < whole; j += TLanes.Width)
                TLanes.Store(sums + j, TLanes.MultiplyAdd(TLanes.Load(d + j), TLanes.Load(x + j), TLanes.Load(sums + j)));
            for (int j = whole; j < count; j++) sums[j] = Lanes1.MultiplyAdd(d[j], x[j], sums[j]);
        }
    }

    /// <summary>y = y + factor * x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddScaled(float* x, int count, float factor, float* y)
    {
        TVector f = TLanes.Create(factor);
        int i = 0;
        for (; i + TLanes.Width <= count; i += TLanes.Width)
            TLanes.Store(y + i, TLanes.MultiplyAdd(f, TLanes.Load(x + i), TLanes.Load(y + i)));
        for (; i < count; i++) y[i] = Lanes1.MultiplyAdd(factor, x[i], y[i]);
    }

    /// <summary>y = y + factor * (a - b).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddDifference(float* a, float* b, int count, float factor, float* y)
    {
        TVector f = TLanes.Create(factor);
        int i = 0;
        for (; i + TLanes.Width <= count; i += TLanes.Width)
            TLanes.Store(y + i, TLanes.MultiplyAdd(f, TLanes.Subtract(TLanes.Load(a + i), TLanes.Load(b + i)), TLanes.Load(y + i)));
        for (; i < count; i++) y[i] = Lanes1.MultiplyAdd(factor, a[i] - b[i], y[i]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector AddSquare(float* x, TVector sum)
    {
        TVector v = TLanes.Load(x);
        return TLanes.MultiplyAdd(v, v, sum);
    }
}
