using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace TinySD.Runtime.Kernels.Lanes;

/// <summary>Eight words: AVX-VNNI, whose one instruction takes bytes without a sign on one side.</summary>
internal unsafe struct ByteLanesVnni : IByteLanes<Vector256<int>>
{
    public static int Width => 8;

    public static bool IsSupported => AvxVnni.IsSupported;

    public static bool IsOffset => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Load(int* source) => Avx.LoadVector256(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(int* destination, Vector256<int> value) => Avx.Store(destination, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Broadcast(int value) => Vector256.Create(value);

    // -127 to 127, and 128 more.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Unsigned(Vector256<int> x) => Avx2.Xor(x, Vector256.Create(unchecked((int)0x8080_8080)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> AddDots(Vector256<int> sums, Vector256<int> x, Vector256<int> unsigned, Vector256<int> w) =>
        AvxVnni.MultiplyWideningAndAdd(sums, unsigned.AsByte(), w.AsSByte());
}

/// <summary>Eight words: AVX2. Pairs of products are summed to 16 bits with a sign: magnitudes of at most 127 on both sides fit, so x gives
/// its magnitudes and w takes its signs.</summary>
internal unsafe struct ByteLanes256 : IByteLanes<Vector256<int>>
{
    public static int Width => 8;

    public static bool IsSupported => Avx2.IsSupported;

    public static bool IsOffset => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Load(int* source) => Avx.LoadVector256(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(int* destination, Vector256<int> value) => Avx.Store(destination, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Broadcast(int value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Unsigned(Vector256<int> x) => Avx2.Abs(x.AsSByte()).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> AddDots(Vector256<int> sums, Vector256<int> x, Vector256<int> unsigned, Vector256<int> w)
    {
        Vector256<short> pairs = Avx2.MultiplyAddAdjacent(unsigned.AsByte(), Avx2.Sign(w.AsSByte(), x.AsSByte()));
        return Avx2.Add(sums, Avx2.MultiplyAddAdjacent(pairs, Vector256.Create((short)1)));
    }
}

/// <summary>Four words: Arm, with its dot product or without; x64 with SSSE3, as AVX2 does it; or any processor.</summary>
internal unsafe struct ByteLanes128 : IByteLanes<Vector128<int>>
{
    public static int Width => 4;

    public static bool IsSupported => true;

    public static bool IsOffset => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Load(int* source) => Vector128.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(int* destination, Vector128<int> value) => value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Broadcast(int value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Unsigned(Vector128<int> x) => Vector128.Abs(x.AsSByte()).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> AddDots(Vector128<int> sums, Vector128<int> x, Vector128<int> unsigned, Vector128<int> w)
    {
        if (Dp.IsSupported) return Dp.DotProduct(sums, x.AsSByte(), w.AsSByte());
        if (AdvSimd.Arm64.IsSupported)
        {
            Vector128<short> low = AdvSimd.MultiplyWideningLower(x.AsSByte().GetLower(), w.AsSByte().GetLower());
            Vector128<short> high = AdvSimd.MultiplyWideningUpper(x.AsSByte(), w.AsSByte());
            Vector128<int> lowPairs = AdvSimd.AddPairwiseWidening(low), highPairs = AdvSimd.AddPairwiseWidening(high);
            return AdvSimd.Add(sums, AdvSimd.Arm64.AddPairwise(lowPairs, highPairs));
        }

        if (Ssse3.IsSupported)
        {
            Vector128<short> pairs = Ssse3.MultiplyAddAdjacent(unsigned.AsByte(), Ssse3.Sign(w.AsSByte(), x.AsSByte()));
            return Sse2.Add(sums, Sse2.MultiplyAddAdjacent(pairs, Vector128.Create((short)1)));
        }

        // Products fit 16 bits.
        (Vector128<short> xLow, Vector128<short> xHigh) = Vector128.Widen(x.AsSByte());
        (Vector128<short> wLow, Vector128<short> wHigh) = Vector128.Widen(w.AsSByte());
        (Vector128<int> first, Vector128<int> second) = Vector128.Widen(xLow * wLow);
        (Vector128<int> third, Vector128<int> fourth) = Vector128.Widen(xHigh * wHigh);
        return sums + Vector128.Create(Vector128.Sum(first), Vector128.Sum(second), Vector128.Sum(third), Vector128.Sum(fourth));
    }
}
