using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace TinySD.Runtime.Hardware;

/// <summary>The vector instructions of a CPU, and those that a build of the program uses on it.</summary>
/// <param name="Cpu">The widest set that the CPU has.</param>
/// <param name="Build">The widest set that this build uses here. A native build's may be less than the CPU's, never more.</param>
public sealed record CpuFeatures(SimdInstructions Cpu, SimdInstructions Build)
{
    /// <summary>Those of the running process.</summary>
    public static CpuFeatures Here { get; } = new(OfCpu(), OfBuild());

    /// <summary>Whether the program was built for less than its CPU has.</summary>
    public bool IsBuiltForLess => Cpu != Build;

    /// <summary>Whether kernels of a set run in this build on this CPU.</summary>
    public bool Runs(SimdInstructions set) => Has(Build, set);

    /// <summary>Whether the CPU has a set, whatever the build uses.</summary>
    public bool CpuHas(SimdInstructions set) => Has(Cpu, set);

    private static bool Has(SimdInstructions most, SimdInstructions set) =>
        set == SimdInstructions.Scalar || set == most || (IsX64(set) && IsX64(most) && set < most);

    private static bool IsX64(SimdInstructions set) => set is SimdInstructions.Sse42 or SimdInstructions.Avx2 or SimdInstructions.Avx512;

    private static SimdInstructions OfBuild()
    {
        if (AdvSimd.Arm64.IsSupported) return SimdInstructions.AdvSimd;
        if (Avx512F.IsSupported) return SimdInstructions.Avx512;
        if (Avx2.IsSupported && Fma.IsSupported) return SimdInstructions.Avx2;
        return Sse42.IsSupported ? SimdInstructions.Sse42 : SimdInstructions.Scalar;
    }

    // A native build answers for itself where it is asked IsSupported, so the CPU is asked directly. What an operating system has turned
    // off, AVX-512 on some, is not seen here; nothing depends on it but advice.
    private static SimdInstructions OfCpu()
    {
        SimdInstructions build = OfBuild();
        if (!X86Base.IsSupported) return build;
        const int fma = 1 << 12, sse42 = 1 << 20, saved = 1 << 27, avx2 = 1 << 5;
        const int avx512F = 1 << 16, avx512Others = (1 << 17) | (1 << 28) | (1 << 30) | (1 << 31);
        (int most, _, _, _) = X86Base.CpuId(0, 0);
        (_, _, int first, _) = X86Base.CpuId(1, 0);
        (_, int seventh, _, _) = most >= 7 ? X86Base.CpuId(7, 0) : default;
        SimdInstructions cpu = (first & sse42) == 0 ? SimdInstructions.Scalar : SimdInstructions.Sse42;
        if ((first & saved) != 0 && (first & fma) != 0 && (seventh & avx2) != 0)
            cpu = (seventh & (avx512F | avx512Others)) == (avx512F | avx512Others) ? SimdInstructions.Avx512 : SimdInstructions.Avx2;

        // What runs is there, whatever the bits say.
        return cpu < build ? build : cpu;
    }
}
