using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace TinySD.Runtime.Kernels.Lanes;

/// <summary>Sixteen lanes: AVX-512.</summary>
internal unsafe struct Lanes512 : ILanes<Vector512<float>>
{
    public static int Width => 16;

    public static bool IsSupported => Avx512F.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(float* source) => Avx512F.LoadVector512(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* destination, Vector512<float> value) => Avx512F.Store(destination, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(float* address) => Sse.Prefetch0(address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PrefetchSecondLevel(float* address) => Sse.Prefetch1(address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Broadcast(float* source) => Vector512.Create(*source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Create(float value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c) => Avx512F.FusedMultiplyAdd(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Add(Vector512<float> a, Vector512<float> b) => Avx512F.Add(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Subtract(Vector512<float> a, Vector512<float> b) => Avx512F.Subtract(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Multiply(Vector512<float> a, Vector512<float> b) => Avx512F.Multiply(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Divide(Vector512<float> a, Vector512<float> b) => Avx512F.Divide(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Sqrt(Vector512<float> value) => Avx512F.Sqrt(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Min(Vector512<float> a, Vector512<float> b) => Avx512F.Min(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Max(Vector512<float> a, Vector512<float> b) => Avx512F.Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> CopySign(Vector512<float> magnitude, Vector512<float> sign) => (magnitude & Vector512.Create(0x7FFFFFFF).AsSingle()) | (sign & Vector512.Create(-0f));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Abs(Vector512<float> value) => value & Vector512.Create(0x7FFFFFFF).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> PowerOfTwo(Vector512<float> shifted) => Vector512.ShiftLeft(shifted.AsInt32() + Vector512.Create(127), 23).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> IfLess(Vector512<float> a, Vector512<float> b, Vector512<float> yes, Vector512<float> no) =>
        Avx512F.BlendVariable(no, yes, Avx512F.CompareLessThan(a, b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadFirst(float* source, int count) => Avx512F.MaskLoad(source, First(count), Vector512<float>.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreFirst(float* destination, Vector512<float> value, int count) => Avx512F.MaskStore(destination, First(count), value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadQuads(
        float* source, nint stride, out Vector512<float> v0, out Vector512<float> v1, out Vector512<float> v2, out Vector512<float> v3)
    {
        v0 = Four(source, 4 * stride);
        v1 = Four(source + stride, 4 * stride);
        v2 = Four(source + (2 * stride), 4 * stride);
        v3 = Four(source + (3 * stride), 4 * stride);
        Turn(ref v0, ref v1, ref v2, ref v3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreQuads(
        float* destination, nint stride, Vector512<float> v0, Vector512<float> v1, Vector512<float> v2, Vector512<float> v3)
    {
        Turn(ref v0, ref v1, ref v2, ref v3);
        StoreFour(destination, 4 * stride, v0);
        StoreFour(destination + stride, 4 * stride, v1);
        StoreFour(destination + (2 * stride), 4 * stride, v2);
        StoreFour(destination + (3 * stride), 4 * stride, v3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> CreateWords(uint value) => Vector512.Create(value).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> CountWords(uint first) => (Vector512.Create(first) + Vector512<uint>.Indices).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> AddWords(Vector512<float> a, Vector512<float> b) => (a.AsUInt32() + b.AsUInt32()).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> XorWords(Vector512<float> a, Vector512<float> b) => a ^ b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyWords(Vector512<float> a, uint b, out Vector512<float> high)
    {
        Vector512<uint> factor = Vector512.Create(b), even = Avx512F.Multiply(a.AsUInt32(), factor).AsUInt32();
        Vector512<uint> odd = Avx512F.Multiply((a.AsUInt64() >>> 32).AsUInt32(), factor).AsUInt32();
        Vector512<uint> upper = Vector512.Create(0xFFFFFFFF00000000ul).AsUInt32();
        high = Vector512.ConditionalSelect(upper, odd, (even.AsUInt64() >>> 32).AsUInt32()).AsSingle();
        return Avx512F.MultiplyLow(a.AsUInt32(), factor).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> IfWordsAtLeast(Vector512<float> words, Vector512<float> bound, Vector512<float> yes) =>
        Vector512.GreaterThanOrEqual(words.AsUInt32(), bound.AsUInt32()).AsSingle() & yes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> First(int count) => Avx512F.CompareGreaterThan(Vector512.Create(count), Vector512<int>.Indices).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Four(float* source, nint stride) => Vector512.Create(
        Avx.InsertVector128(Sse.LoadVector128(source).ToVector256Unsafe(), Sse.LoadVector128(source + stride), 1),
        Avx.InsertVector128(Sse.LoadVector128(source + (2 * stride)).ToVector256Unsafe(), Sse.LoadVector128(source + (3 * stride)), 1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreFour(float* destination, nint stride, Vector512<float> value)
    {
        Sse.Store(destination, Avx512F.ExtractVector128(value, 0));
        Sse.Store(destination + stride, Avx512F.ExtractVector128(value, 1));
        Sse.Store(destination + (2 * stride), Avx512F.ExtractVector128(value, 2));
        Sse.Store(destination + (3 * stride), Avx512F.ExtractVector128(value, 3));
    }

    // Rows become columns within each quarter.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Turn(ref Vector512<float> v0, ref Vector512<float> v1, ref Vector512<float> v2, ref Vector512<float> v3)
    {
        Vector512<float> low02 = Avx512F.UnpackLow(v0, v2), high02 = Avx512F.UnpackHigh(v0, v2);
        Vector512<float> low13 = Avx512F.UnpackLow(v1, v3), high13 = Avx512F.UnpackHigh(v1, v3);
        v0 = Avx512F.UnpackLow(low02, low13);
        v1 = Avx512F.UnpackHigh(low02, low13);
        v2 = Avx512F.UnpackLow(high02, high13);
        v3 = Avx512F.UnpackHigh(high02, high13);
    }
}
