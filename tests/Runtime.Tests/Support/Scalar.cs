using TinySD.Runtime.Ops;

namespace TinySD.Runtime.Tests;

/// <summary>Single steps of kernels, for twins that have their bits.</summary>
internal static class Scalar
{
    /// <summary>a * b + c, rounded once where the CPU has fused multiply-add, and else twice.</summary>
    public static float MultiplyAdd(float a, float b, float c) =>
        KernelChoice.GivesSameBits ? MathF.FusedMultiplyAdd(a, b, c) : (a * b) + c;
}
