namespace TinySD.Tools.Machines;

/// <summary>Fits a built-in profile to what the system says of the machine, without measuring anything.</summary>
internal static class ProfileFit
{
    // Of the second-level cache, a column of weights takes what 2,048 units have; the x64 tiles, measured beside 1 MiB, are 128 wide.
    private const int BytesPerColumn = 8192, FewestColumns = 32, MostColumns = 512;

    /// <summary>The built-in profile that fits this machine best, fitted; <see langword="null"/> where none runs.</summary>
    public static HardwareProfile? Default(CpuFeatures features, MachineFacts facts) =>
        BuiltInProfiles.BestFor(features) is { } best ? Fit(best, facts) : null;

    /// <summary>The profile with the machine's cores and caches, and with tiles that follow the caches where they differ from the
    /// profile's. A figure that is not known stays as it is, and so does a profile that would not be sound with the others.</summary>
    public static HardwareProfile Fit(HardwareProfile profile, MachineFacts facts)
    {
        if (profile.Simd is not { } simd) return profile;
        CacheFacts caches = facts.Caches;
        SimdMachine machine = simd with
        {
            Cores = facts.Cores,
            L1Bytes = caches.L1Bytes ?? simd.L1Bytes,
            L2Bytes = caches.L2Bytes ?? simd.L2Bytes,
            L3Bytes = caches.L3Bytes ?? simd.L3Bytes,
        };
        ProductTiles tiles = simd.Tiles;
        if (machine.L2Bytes != simd.L2Bytes) tiles = tiles with { WindowColumns = WindowColumns(machine.L2Bytes, caches.L2IsShared) };
        if (LastCache(machine) != LastCache(simd)) tiles = tiles with { StreamedFloats = StreamedFloats(LastCache(machine)) };
        HardwareProfile fitted = profile with { Simd = machine with { Tiles = tiles } };
        return fitted.FindFault() is null ? fitted : profile;
    }

    // Cores that share a cache leave each other less: half is what arm64-neon takes.
    private static int WindowColumns(long l2Bytes, bool isShared)
    {
        long columns = l2Bytes / BytesPerColumn / (isShared ? 2 : 1);
        return (int)Math.Clamp(columns / ProductTiles.LineFloats * ProductTiles.LineFloats, FewestColumns, MostColumns);
    }

    // Three quarters of the last cache: the rest holds what else a step touches.
    private static long StreamedFloats(long lastBytes) => lastBytes / 4 * 3 / sizeof(float);

    private static long LastCache(SimdMachine machine) =>
        machine.L3Bytes > 0 ? machine.L3Bytes : machine.L2Bytes > 0 ? machine.L2Bytes : machine.L1Bytes;
}
