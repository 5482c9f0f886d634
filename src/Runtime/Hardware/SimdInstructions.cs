namespace TinySD.Runtime.Hardware;

/// <summary>The vector instructions a machine's kernels are made of. On x64 each set holds all before it.</summary>
public enum SimdInstructions
{
    /// <summary>None that is known: four floats at a time, as well as the compiler can.</summary>
    Scalar,

    /// <summary>SSE4.2: 16 registers of 4 floats, no fused multiply-add.</summary>
    Sse42,

    /// <summary>AVX2 with FMA: 16 registers of 8 floats.</summary>
    Avx2,

    /// <summary>AVX-512: 32 registers of 16 floats.</summary>
    Avx512,

    /// <summary>Advanced SIMD (Neon) of 64-bit Arm: 32 registers of 4 floats.</summary>
    AdvSimd,

    /// <summary>Helium (MVE) of Arm's Cortex-M: 8 registers of 4 floats. No .NET runs there; a schedule can be made for it.</summary>
    Helium,
}
