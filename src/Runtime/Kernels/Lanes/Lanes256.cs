using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Floats = System.Runtime.Intrinsics.Vector256<float>;

namespace TinySD.Runtime.Kernels.Lanes;

/// <summary>Eight lanes: AVX2 and FMA.</summary>
/// <remarks>
/// Written with the instruction classes, not with <c>Vector256</c>'s operators: a native binary published for AVX finds AVX2 and FMA at run
/// time through these, while the operators would stay on their slow path.
/// </remarks>
internal unsafe struct Lanes256 : ILanes<Floats>
{
    public static int Width => 8;

    public static bool IsSupported => Avx2.IsSupported && Fma.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats Load(float* source) => Avx.LoadVector256(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* destination, Floats value) => Avx.Store(destination, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(float* address) => Sse.Prefetch0(address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PrefetchSecondLevel(float* address) => Sse.Prefetch1(address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats Broadcast(float* source) => Avx.BroadcastScalarToVector256(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats Create(float value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats MultiplyAdd(Floats a, Floats b, Floats c) => Fma.MultiplyAdd(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats Add(Floats a, Floats b) => Avx.Add(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats Subtract(Floats a, Floats b) => Avx.Subtract(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats Multiply(Floats a, Floats b) => Avx.Multiply(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats Divide(Floats a, Floats b) => Avx.Divide(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats Sqrt(Floats value) => Avx.Sqrt(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats Min(Floats a, Floats b) => Avx.Min(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats Max(Floats a, Floats b) => Avx.Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats CopySign(Floats magnitude, Floats sign) => Avx.Or(Abs(magnitude), Avx.And(sign, Vector256.Create(-0f)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats Abs(Floats value) => Avx.And(value, Vector256.Create(0x7FFFFFFF).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats PowerOfTwo(Floats shifted) =>
        Avx2.ShiftLeftLogical(Avx2.Add(shifted.AsInt32(), Vector256.Create(127)), 23).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats IfLess(Floats a, Floats b, Floats yes, Floats no) =>
        Avx.BlendVariable(no, yes, Avx.CompareLessThan(a, b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats LoadFirst(float* source, int count) => Avx.MaskLoad(source, First(count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreFirst(float* destination, Floats value, int count) => Avx.MaskStore(destination, First(count), value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadQuads(
        float* source, nint stride, out Floats v0, out Floats v1, out Floats v2, out Floats v3)
    {
        v0 = Pair(source, source + (4 * stride));
        v1 = Pair(source + stride, source + (5 * stride));
        v2 = Pair(source + (2 * stride), source + (6 * stride));
        v3 = Pair(source + (3 * stride), source + (7 * stride));
        Turn(ref v0, ref v1, ref v2, ref v3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreQuads(
        float* destination, nint stride, Floats v0, Floats v1, Floats v2, Floats v3)
    {
        Turn(ref v0, ref v1, ref v2, ref v3);
        StorePair(destination, destination + (4 * stride), v0);
        StorePair(destination + stride, destination + (5 * stride), v1);
        StorePair(destination + (2 * stride), destination + (6 * stride), v2);
        StorePair(destination + (3 * stride), destination + (7 * stride), v3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats CreateWords(uint value) => Vector256.Create(value).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats CountWords(uint first) =>
        Avx2.Add(Vector256.Create(first), Vector256.Create(0u, 1, 2, 3, 4, 5, 6, 7)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats AddWords(Floats a, Floats b) => Avx2.Add(a.AsUInt32(), b.AsUInt32()).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats LowerHalves(Floats words) => Avx2.ShiftLeftLogical(words.AsUInt32(), 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats UpperHalves(Floats words) => Avx.And(words, Vector256.Create(0xFFFF_0000).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats ToFloats(Floats words) => Avx.ConvertToVector256Single(words.AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats XorWords(Floats a, Floats b) => Avx.Xor(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats MultiplyWords(Floats a, uint b, out Floats high)
    {
        Vector256<uint> factor = Vector256.Create(b), even = Avx2.Multiply(a.AsUInt32(), factor).AsUInt32();
        Vector256<uint> odd = Avx2.Multiply(Avx2.ShiftRightLogical(a.AsUInt64(), 32).AsUInt32(), factor).AsUInt32();
        high = Avx2.Blend(Avx2.ShiftRightLogical(even.AsUInt64(), 32).AsUInt32(), odd, 0b10101010).AsSingle();
        return Avx2.Blend(even, Avx2.ShiftLeftLogical(odd.AsUInt64(), 32).AsUInt32(), 0b10101010).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats IfWordsAtLeast(Floats words, Floats bound, Floats yes) =>
        Avx.And(Avx2.CompareEqual(Avx2.Max(words.AsUInt32(), bound.AsUInt32()), words.AsUInt32()).AsSingle(), yes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Floats First(int count) =>
        Avx2.CompareGreaterThan(Vector256.Create(count), Vector256.Create(0, 1, 2, 3, 4, 5, 6, 7)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Floats Pair(float* low, float* high) =>
        Avx.InsertVector128(Sse.LoadVector128(low).ToVector256Unsafe(), Sse.LoadVector128(high), 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StorePair(float* low, float* high, Floats value)
    {
        Sse.Store(low, value.GetLower());
        Sse.Store(high, Avx.ExtractVector128(value, 1));
    }

    // Rows become columns within each half.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Turn(ref Floats v0, ref Floats v1, ref Floats v2, ref Floats v3)
    {
        Floats low02 = Avx.UnpackLow(v0, v2), high02 = Avx.UnpackHigh(v0, v2);
        Floats low13 = Avx.UnpackLow(v1, v3), high13 = Avx.UnpackHigh(v1, v3);
        v0 = Avx.UnpackLow(low02, low13);
        v1 = Avx.UnpackHigh(low02, low13);
        v2 = Avx.UnpackLow(high02, high13);
        v3 = Avx.UnpackHigh(high02, high13);
    }
}
