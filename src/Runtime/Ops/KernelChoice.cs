using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using TinySD.Runtime.Hardware;
using TinySD.Runtime.Kernels.Lanes;

namespace TinySD.Runtime.Ops;

/// <summary>Decides which kernels run, by the processor, the build and the hardware profile.</summary>
public static class KernelChoice
{
    /// <summary>The instruction set of the kernels that run here: AVX-512, AVX2 (with FMA), AdvSIMD, SSE, or none.</summary>
    public static string InstructionSet => NameOf(WidestLanes);

    /// <summary>The instruction set of the kernels that run under a profile; without one, <see cref="InstructionSet"/>.</summary>
    public static string InstructionSetUnder(HardwareProfile? profile) => NameOf(profile?.Simd?.LaneWidth ?? WidestLanes);

    /// <summary>Whether this build on this CPU gives the bits that every other one gives for which this is true, whatever the processor,
    /// the registers, the threads and the compiler.</summary>
    /// <remarks>
    /// False without fused multiply-add: results are then close, not equal, and slower to come by. Either the CPU has none (x64 before
    /// 2013), or the program was published natively and not told to use it, which <see cref="CpuFeatures.IsBuiltForLess"/> tells;
    /// <c>buildTransitive/TinySD.Runtime.targets</c> tells it.
    /// </remarks>
    public static bool GivesSameBits => Fma.IsSupported || AdvSimd.IsSupported;

    /// <summary>The widest kernels that this CPU and this build run.</summary>
    internal static KernelSet Best { get; } = ForLaneWidth(WidestLanes);

    /// <summary>16, 8 or 4 floats.</summary>
    internal static int WidestLanes => Lanes512.IsSupported ? Lanes512.Width : Lanes256.IsSupported ? Lanes256.Width : Lanes128.Width;

    private static ByteKernels WideBytes => ByteLanesVnni.IsSupported
        ? new ByteKernels<ByteLanesVnni, Vector256<int>>()
        : new ByteKernels<ByteLanes256, Vector256<int>>();

    private static string NameOf(int width) => width switch
    {
        16 => "AVX-512",
        8 => "AVX2",
        _ => AdvSimd.IsSupported ? "AdvSIMD" : Sse.IsSupported ? "SSE" : "none",
    };

    /// <summary>The kernels of a width, for tests that run every suite at each.</summary>
    /// <exception cref="ArgumentOutOfRangeException">This CPU or this build does not run that width.</exception>
    internal static KernelSet ForLaneWidth(int width, ProductTiles? tiles = null)
    {
        tiles ??= ProductTiles.For(width);
        if (width == 16 && Lanes512.IsSupported) return new LaneKernels<Lanes512, Vector512<float>>(tiles, WideBytes);
        if (width == 8 && Lanes256.IsSupported) return new LaneKernels<Lanes256, Vector256<float>>(tiles, WideBytes);
        if (width != 4) Throw.OutOfRange(nameof(width), width, $"4, 8 or 16 and at most {WidestLanes} on this CPU and in this build");
        return new LaneKernels<Lanes128, Vector128<float>>(tiles, new ByteKernels<ByteLanes128, Vector128<int>>());
    }

    /// <summary>The kernels that a profile asks for; without one, the best.</summary>
    /// <exception cref="ArgumentException">The profile is unsound, is no processor's, or its instructions do not run here.</exception>
    internal static KernelSet For(HardwareProfile? profile)
    {
        if (profile is null) return Best;
        profile.Validate();
        if (profile.Simd is not { } simd)
            Throw.Argument($"the hardware profile {profile.Name} is of a systolic array, on which no kernel runs");
        else if (CpuFeatures.Here.Runs(simd.Instructions)) return ForLaneWidth(simd.LaneWidth, simd.Tiles);
        Throw.Argument($"the hardware profile {profile.Name} asks for instructions that this CPU or this build does not have");
        return null;
    }
}
