using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Floats = System.Runtime.Intrinsics.Vector512<float>;

namespace TinySD.Runtime.Kernels.Lanes;

/// <summary>Sixteen lanes: AVX-512.</summary>
internal unsafe struct Lanes512 : ILanes<Floats>
{
    public static int Width => 16;

    public static bool IsSupported => Avx512F.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats Load(float* source) => Avx512F.LoadVector512(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* destination, Floats value) => Avx512F.Store(destination, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(float* address) => Sse.Prefetch0(address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PrefetchSecondLevel(float* address) => Sse.Prefetch1(address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats Broadcast(float* source) => Vector512.Create(*source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats Create(float value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats MultiplyAdd(Floats a, Floats b, Floats c) => Avx512F.FusedMultiplyAdd(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats Add(Floats a, Floats b) => Avx512F.Add(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats Subtract(Floats a, Floats b) => Avx512F.Subtract(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats Multiply(Floats a, Floats b) => Avx512F.Multiply(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats Divide(Floats a, Floats b) => Avx512F.Divide(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats Sqrt(Floats value) => Avx512F.Sqrt(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats Min(Floats a, Floats b) => Avx512F.Min(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats Max(Floats a, Floats b) => Avx512F.Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats CopySign(Floats magnitude, Floats sign) =>
        (magnitude & Vector512.Create(0x7FFFFFFF).AsSingle()) | (sign & Vector512.Create(-0f));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats Abs(Floats value) => value & Vector512.Create(0x7FFFFFFF).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats PowerOfTwo(Floats shifted) => Vector512.ShiftLeft(shifted.AsInt32() + Vector512.Create(127), 23).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats IfLess(Floats a, Floats b, Floats yes, Floats no) =>
        Avx512F.BlendVariable(no, yes, Avx512F.CompareLessThan(a, b));

#if NET10_0_OR_GREATER
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats LoadFirst(float* source, int count) => Avx512F.MaskLoad(source, First(count), Floats.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreFirst(float* destination, Floats value, int count) => Avx512F.MaskStore(destination, First(count), value);
#else
    // .NET 8 has no masked moves of sixteen floats.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats LoadFirst(float* source, int count)
    {
        Floats first = First(count);
        return Vector512.Create(Avx.MaskLoad(source, first.GetLower()), Avx.MaskLoad(source + 8, first.GetUpper()));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreFirst(float* destination, Floats value, int count)
    {
        Floats first = First(count);
        Avx.MaskStore(destination, first.GetLower(), value.GetLower());
        Avx.MaskStore(destination + 8, first.GetUpper(), value.GetUpper());
    }
#endif

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadQuads(
        float* source, nint stride, out Floats v0, out Floats v1, out Floats v2, out Floats v3)
    {
        v0 = Four(source, 4 * stride);
        v1 = Four(source + stride, 4 * stride);
        v2 = Four(source + (2 * stride), 4 * stride);
        v3 = Four(source + (3 * stride), 4 * stride);
        Turn(ref v0, ref v1, ref v2, ref v3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreQuads(
        float* destination, nint stride, Floats v0, Floats v1, Floats v2, Floats v3)
    {
        Turn(ref v0, ref v1, ref v2, ref v3);
        StoreFour(destination, 4 * stride, v0);
        StoreFour(destination + stride, 4 * stride, v1);
        StoreFour(destination + (2 * stride), 4 * stride, v2);
        StoreFour(destination + (3 * stride), 4 * stride, v3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats CreateWords(uint value) => Vector512.Create(value).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats CountWords(uint first) => (Vector512.Create(first) + Indices.AsUInt32()).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats AddWords(Floats a, Floats b) => (a.AsUInt32() + b.AsUInt32()).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats LowerHalves(Floats words) => Avx512F.ShiftLeftLogical(words.AsUInt32(), 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats UpperHalves(Floats words) => Avx512F.And(words.AsUInt32(), Vector512.Create(0xFFFF_0000)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats ToFloats(Floats words) => Avx512F.ConvertToVector512Single(words.AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats XorWords(Floats a, Floats b) => a ^ b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats MultiplyWords(Floats a, uint b, out Floats high)
    {
        Vector512<uint> factor = Vector512.Create(b), even = Avx512F.Multiply(a.AsUInt32(), factor).AsUInt32();
        Vector512<uint> odd = Avx512F.Multiply((a.AsUInt64() >>> 32).AsUInt32(), factor).AsUInt32();
        Vector512<uint> upper = Vector512.Create(0xFFFFFFFF00000000ul).AsUInt32();
        high = Vector512.ConditionalSelect(upper, odd, (even.AsUInt64() >>> 32).AsUInt32()).AsSingle();
        return Avx512F.MultiplyLow(a.AsUInt32(), factor).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats IfWordsAtLeast(Floats words, Floats bound, Floats yes) =>
        Vector512.GreaterThanOrEqual(words.AsUInt32(), bound.AsUInt32()).AsSingle() & yes;

    private static Vector512<int> Indices => Vector512.Create(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Floats First(int count) => Avx512F.CompareGreaterThan(Vector512.Create(count), Indices).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Floats Four(float* source, nint stride) => Vector512.Create(
        Avx.InsertVector128(Sse.LoadVector128(source).ToVector256Unsafe(), Sse.LoadVector128(source + stride), 1),
        Avx.InsertVector128(Sse.LoadVector128(source + (2 * stride)).ToVector256Unsafe(), Sse.LoadVector128(source + (3 * stride)), 1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreFour(float* destination, nint stride, Floats value)
    {
        Sse.Store(destination, Avx512F.ExtractVector128(value, 0));
        Sse.Store(destination + stride, Avx512F.ExtractVector128(value, 1));
        Sse.Store(destination + (2 * stride), Avx512F.ExtractVector128(value, 2));
        Sse.Store(destination + (3 * stride), Avx512F.ExtractVector128(value, 3));
    }

    // Rows become columns within each quarter.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Turn(ref Floats v0, ref Floats v1, ref Floats v2, ref Floats v3)
    {
        Floats low02 = Avx512F.UnpackLow(v0, v2), high02 = Avx512F.UnpackHigh(v0, v2);
        Floats low13 = Avx512F.UnpackLow(v1, v3), high13 = Avx512F.UnpackHigh(v1, v3);
        v0 = Avx512F.UnpackLow(low02, low13);
        v1 = Avx512F.UnpackHigh(low02, low13);
        v2 = Avx512F.UnpackLow(high02, high13);
        v3 = Avx512F.UnpackHigh(high02, high13);
    }
}
