using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace TinySD.Runtime.Kernels.Lanes;

/// <summary>One lane: what is left of a row when the wider lanes have taken theirs.</summary>
internal unsafe struct Lanes1 : ILanes<float>
{
    public static int Width => 1;

    public static bool IsSupported => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Load(float* source) => *source;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* destination, float value) => *destination = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(float* address) => Lanes128.Prefetch(address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PrefetchSecondLevel(float* address) => Lanes128.PrefetchSecondLevel(address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Broadcast(float* source) => *source;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Create(float value) => value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MultiplyAdd(float a, float b, float c) =>
        Fma.IsSupported || AdvSimd.IsSupported ? MathF.FusedMultiplyAdd(a, b, c) : (a * b) + c;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Add(float a, float b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Subtract(float a, float b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Multiply(float a, float b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Divide(float a, float b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sqrt(float value) => MathF.Sqrt(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Min(float a, float b) => a < b ? a : b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Max(float a, float b) => a > b ? a : b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float CopySign(float magnitude, float sign) => MathF.CopySign(magnitude, sign);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Abs(float value) => MathF.Abs(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float PowerOfTwo(float shifted) => BitConverter.Int32BitsToSingle((BitConverter.SingleToInt32Bits(shifted) + 127) << 23);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float IfLess(float a, float b, float yes, float no) => a < b ? yes : no;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float LoadFirst(float* source, int count) => *source;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreFirst(float* destination, float value, int count) => *destination = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadQuads(float* source, nint stride, out float v0, out float v1, out float v2, out float v3)
    {
        v0 = source[0];
        v1 = source[1];
        v2 = source[2];
        v3 = source[3];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreQuads(float* destination, nint stride, float v0, float v1, float v2, float v3)
    {
        destination[0] = v0;
        destination[1] = v1;
        destination[2] = v2;
        destination[3] = v3;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float CreateWords(uint value) => BitConverter.UInt32BitsToSingle(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float CountWords(uint first) => BitConverter.UInt32BitsToSingle(first);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float AddWords(float a, float b) =>
        BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(a) + BitConverter.SingleToUInt32Bits(b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float LowerHalves(float words) => BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(words) << 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float UpperHalves(float words) => BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(words) & 0xFFFF_0000);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float ToFloats(float words) => BitConverter.SingleToInt32Bits(words);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float XorWords(float a, float b) =>
        BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(a) ^ BitConverter.SingleToUInt32Bits(b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MultiplyWords(float a, uint b, out float high)
    {
        ulong product = (ulong)BitConverter.SingleToUInt32Bits(a) * b;
        high = BitConverter.UInt32BitsToSingle((uint)(product >> 32));
        return BitConverter.UInt32BitsToSingle((uint)product);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float IfWordsAtLeast(float words, float bound, float yes) =>
        BitConverter.SingleToUInt32Bits(words) >= BitConverter.SingleToUInt32Bits(bound) ? yes : 0f;
}
