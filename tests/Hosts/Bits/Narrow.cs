using System.Runtime.InteropServices;
using TinySD.Runtime.Hardware;

namespace TinySD.Hosts.Bits;

/// <summary>Machines of registers narrower than this one's.</summary>
internal static class Narrow
{
    /// <summary>A machine of a number of floats in a register, with tiles of its own; those have no say in the bits either.</summary>
    public static HardwareProfile To(int floats) => new()
    {
        Name = $"{floats}-floats",
        Description = "for the table of bits",
        Simd = new()
        {
            Instructions = floats switch
            {
                16 => SimdInstructions.Avx512,
                8 => SimdInstructions.Avx2,
                _ when RuntimeInformation.ProcessArchitecture == Architecture.Arm64 => SimdInstructions.AdvSimd,
                _ => SimdInstructions.Sse42,
            },
            LaneWidth = floats,
            VectorRegisters = floats == 16 ? 32 : 16,
            L1Bytes = 32 << 10,
            L2Bytes = 256 << 10,
            L3Bytes = 0,
            Cores = 1,
            Tiles = new()
            {
                ForwardRows = 3, ForwardColumns = floats == 16 ? 32 : 16, WindowColumns = 64, StreamedFloats = 100_000, StreamedUnits = 32,
                StreamedAhead = 64, GradientSteps = 4,
            },
        },
    };
}
