using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using Floats = System.Runtime.Intrinsics.Vector128<float>;

namespace TinySD.Runtime.Kernels.Lanes;

/// <summary>Four lanes: Arm NEON, or any x64; without FMA a product is rounded before it is added.</summary>
internal unsafe struct Lanes128 : ILanes<Floats>
{
    public static int Width => 4;

    public static bool IsSupported => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats Load(float* source) => Vector128.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* destination, Floats value) => value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(float* address)
    {
        if (Sse.IsSupported) Sse.Prefetch0(address);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PrefetchSecondLevel(float* address)
    {
        if (Sse.IsSupported) Sse.Prefetch1(address);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats Broadcast(float* source) => Vector128.Create(*source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats Create(float value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats MultiplyAdd(Floats a, Floats b, Floats c)
    {
        if (Fma.IsSupported) return Fma.MultiplyAdd(a, b, c);
        if (AdvSimd.IsSupported) return AdvSimd.FusedMultiplyAdd(c, a, b);
        return (a * b) + c;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats Add(Floats a, Floats b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats Subtract(Floats a, Floats b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats Multiply(Floats a, Floats b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats Divide(Floats a, Floats b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats Sqrt(Floats value) => Vector128.Sqrt(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats Min(Floats a, Floats b) => Vector128.ConditionalSelect(Vector128.LessThan(a, b), a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats Max(Floats a, Floats b) => Vector128.ConditionalSelect(Vector128.GreaterThan(a, b), a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats CopySign(Floats magnitude, Floats sign) =>
        (magnitude & Vector128.Create(0x7FFFFFFF).AsSingle()) | (sign & Vector128.Create(-0f));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats Abs(Floats value) => value & Vector128.Create(0x7FFFFFFF).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats PowerOfTwo(Floats shifted) => Vector128.ShiftLeft(shifted.AsInt32() + Vector128.Create(127), 23).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats IfLess(Floats a, Floats b, Floats yes, Floats no) =>
        Vector128.ConditionalSelect(Vector128.LessThan(a, b), yes, no);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats LoadFirst(float* source, int count) => count switch
    {
        1 => Vector128.CreateScalar(source[0]),
        2 => Vector128.Create(source[0], source[1], 0f, 0f),
        3 => Vector128.Create(source[0], source[1], source[2], 0f),
        _ => Vector128.Load(source),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreFirst(float* destination, Floats value, int count)
    {
        destination[0] = value.ToScalar();
        if (count > 1) destination[1] = value.GetElement(1);
        if (count > 2) destination[2] = value.GetElement(2);
        if (count > 3) destination[3] = value.GetElement(3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadQuads(
        float* source, nint stride, out Floats v0, out Floats v1, out Floats v2, out Floats v3)
    {
        v0 = Vector128.Load(source);
        v1 = Vector128.Load(source + stride);
        v2 = Vector128.Load(source + (2 * stride));
        v3 = Vector128.Load(source + (3 * stride));
        Turn(ref v0, ref v1, ref v2, ref v3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreQuads(
        float* destination, nint stride, Floats v0, Floats v1, Floats v2, Floats v3)
    {
        Turn(ref v0, ref v1, ref v2, ref v3);
        v0.Store(destination);
        v1.Store(destination + stride);
        v2.Store(destination + (2 * stride));
        v3.Store(destination + (3 * stride));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats CreateWords(uint value) => Vector128.Create(value).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats CountWords(uint first) => (Vector128.Create(first) + Vector128.Create(0u, 1, 2, 3)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats AddWords(Floats a, Floats b) => (a.AsUInt32() + b.AsUInt32()).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats LowerHalves(Floats words) => (words.AsUInt32() << 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats UpperHalves(Floats words) => (words.AsUInt32() & Vector128.Create(0xFFFF_0000)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats ToFloats(Floats words) => Vector128.ConvertToSingle(words.AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats XorWords(Floats a, Floats b) => a ^ b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats MultiplyWords(Floats a, uint b, out Floats high)
    {
        (Vector128<ulong> a01, Vector128<ulong> a23) = Vector128.Widen(a.AsUInt32());
        Vector128<ulong> factor = Vector128.Create((ulong)b), p01 = Product(a01, factor), p23 = Product(a23, factor);
        high = Vector128.Narrow(p01 >>> 32, p23 >>> 32).AsSingle();
        return Vector128.Narrow(p01, p23).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats IfWordsAtLeast(Floats words, Floats bound, Floats yes) =>
        Vector128.GreaterThanOrEqual(words.AsUInt32(), bound.AsUInt32()).AsSingle() & yes;

    /// <summary>(a0 + a2) + (a1 + a3), and the same of b, c and d.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats LaneSums(Floats a, Floats b, Floats c, Floats d)
    {
        Floats ab = ZipLow(a, b) + ZipHigh(a, b), cd = ZipLow(c, d) + ZipHigh(c, d);
        return Vector128.Create(ab.GetLower(), cd.GetLower()) + Vector128.Create(ab.GetUpper(), cd.GetUpper());
    }

    // Of numbers below 2^32.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Product(Vector128<ulong> a, Vector128<ulong> b) =>
        Sse2.IsSupported ? Sse2.Multiply(a.AsUInt32(), b.AsUInt32()) : a * b;

    // Rows become columns.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Turn(ref Floats v0, ref Floats v1, ref Floats v2, ref Floats v3)
    {
        Floats low02 = ZipLow(v0, v2), high02 = ZipHigh(v0, v2), low13 = ZipLow(v1, v3), high13 = ZipHigh(v1, v3);
        v0 = ZipLow(low02, low13);
        v1 = ZipHigh(low02, low13);
        v2 = ZipLow(high02, high13);
        v3 = ZipHigh(high02, high13);
    }

    // a0 b0 a1 b1
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Floats ZipLow(Floats a, Floats b)
    {
        if (Sse.IsSupported) return Sse.UnpackLow(a, b);
        if (AdvSimd.Arm64.IsSupported) return AdvSimd.Arm64.ZipLow(a, b);
        return Vector128.Create(a.GetElement(0), b.GetElement(0), a.GetElement(1), b.GetElement(1));
    }

    // a2 b2 a3 b3
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Floats ZipHigh(Floats a, Floats b)
    {
        if (Sse.IsSupported) return Sse.UnpackHigh(a, b);
        if (AdvSimd.Arm64.IsSupported) return AdvSimd.Arm64.ZipHigh(a, b);
        return Vector128.Create(a.GetElement(2), b.GetElement(2), a.GetElement(3), b.GetElement(3));
    }
}
