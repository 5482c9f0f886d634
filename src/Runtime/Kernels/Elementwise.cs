using System.Runtime.CompilerServices;
using TinySD.Runtime.Kernels.Lanes;

namespace TinySD.Runtime.Kernels;

/// <summary>Plain passes over arrays: sums of squares, scaled copies, optimizer updates. A lane is an element.</summary>
internal static unsafe class Elementwise
{
    /// <summary>The sum of squares of <paramref name="count"/> floats, a multiple of 16, in 16 virtual lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float SumOfSquares<TLanes, TVector>(float* x, int count)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        float* partial = stackalloc float[DotTile.VirtualLanes];
        for (int lane = 0; lane < DotTile.VirtualLanes; lane += TLanes.Width)
        {
            TVector sum = TLanes.Create(0f);
            for (int i = lane; i < count; i += DotTile.VirtualLanes)
            {
                TVector v = TLanes.Load(x + i);
                sum = TLanes.MultiplyAdd(v, v, sum);
            }

            TLanes.Store(partial + lane, sum);
        }

        return DotTile.Reduce(partial);
    }

    /// <summary>Row i of y = factor * row keep[i] of x, rows of <paramref name="length"/> floats; y may not be x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void GatherRows<TLanes, TVector>(float* x, int length, int* keep, int count, float factor, float* y)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        TVector f = TLanes.Create(factor);
        for (int i = 0; i < count; i++, y += length)
        {
            float* row = x + ((nint)keep[i] * length);
            int at = 0;
            for (; at + TLanes.Width <= length; at += TLanes.Width) TLanes.Store(y + at, TLanes.Multiply(f, TLanes.Load(row + at)));
            if (at == length) continue;

            // The rest by one register that overlaps the last, if there was one.
            if (length >= TLanes.Width) TLanes.Store(y + length - TLanes.Width, TLanes.Multiply(f, TLanes.Load(row + length - TLanes.Width)));
            else for (; at < length; at++) y[at] = factor * row[at];
        }
    }

    /// <summary>y = factor * x; y may be x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scale<TLanes, TVector>(float* x, float* y, int count, float factor)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        TVector f = TLanes.Create(factor);
        int i = 0;
        for (; i + TLanes.Width <= count; i += TLanes.Width) TLanes.Store(y + i, TLanes.Multiply(f, TLanes.Load(x + i)));
        for (; i < count; i++) y[i] = factor * x[i];
    }

    /// <summary>y = m * x; y may be x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply<TLanes, TVector>(float* x, float* m, float* y, int count)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        int i = 0;
        for (; i + TLanes.Width <= count; i += TLanes.Width) TLanes.Store(y + i, TLanes.Multiply(TLanes.Load(m + i), TLanes.Load(x + i)));
        for (; i < count; i++) y[i] = m[i] * x[i];
    }

    /// <summary>y = y + x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Accumulate<TLanes, TVector>(float* x, float* y, int count)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        int i = 0;
        for (; i + TLanes.Width <= count; i += TLanes.Width) TLanes.Store(y + i, TLanes.Add(TLanes.Load(y + i), TLanes.Load(x + i)));
        for (; i < count; i++) y[i] += x[i];
    }

    /// <summary>p = p - rate * g; <paramref name="count"/> is a multiple of 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Descend<TLanes, TVector>(float* p, float* g, int count, float rate)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        TVector r = TLanes.Create(-rate);
        for (int i = 0; i < count; i += TLanes.Width) TLanes.Store(p + i, TLanes.MultiplyAdd(r, TLanes.Load(g + i), TLanes.Load(p + i)));
    }

    /// <summary>
    /// Adam: with s g the clipped gradient, m = b1 m + (1 - b1) s g, v = b2 v + (1 - b2) (s g)^2, p = p - rate m / (sqrt(v) correction + epsilon).
    /// <paramref name="count"/> is a multiple of 16.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Adam<TLanes, TVector>(
        float* p, float* g, float* m, float* v, int count, float scale, float rate, float beta1, float beta2, float correction, float epsilon)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        TVector s = TLanes.Create(scale), negativeRate = TLanes.Create(-rate), c = TLanes.Create(correction), e = TLanes.Create(epsilon);
        TVector b1 = TLanes.Create(beta1), b2 = TLanes.Create(beta2), a1 = TLanes.Create(1f - beta1), a2 = TLanes.Create(1f - beta2);
        for (int i = 0; i < count; i += TLanes.Width)
        {
            TVector gradient = TLanes.Multiply(s, TLanes.Load(g + i));
            TVector first = TLanes.MultiplyAdd(a1, gradient, TLanes.Multiply(b1, TLanes.Load(m + i)));
            TVector second = TLanes.MultiplyAdd(a2, TLanes.Multiply(gradient, gradient), TLanes.Multiply(b2, TLanes.Load(v + i)));
            TVector step = TLanes.Divide(first, TLanes.MultiplyAdd(TLanes.Sqrt(second), c, e));
            TLanes.Store(m + i, first);
            TLanes.Store(v + i, second);
            TLanes.Store(p + i, TLanes.MultiplyAdd(negativeRate, step, TLanes.Load(p + i)));
        }
    }
}
