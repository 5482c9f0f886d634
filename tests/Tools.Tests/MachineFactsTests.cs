using TinySD.Formats.Hardware;
using TinySD.Runtime.Hardware;
using TinySD.Tools.Machines;

namespace TinySD.Tools.Tests;

/// <summary>What the system says of its caches, from lists as real machines give them, and what becomes of it in a profile.</summary>
public sealed class MachineFactsTests
{
    [Test]
    public async Task Linux_lists_are_read_as_the_kernel_writes_them()
    {
        using var folder = new TestFolder();
        string root = PutCaches(
            folder, ("1", "Data", "48K", "0-1"), ("1", "Instruction", "32K", "0-1"), ("2", "Unified", "1280K", "0-1"),
                ("3", "Unified", "24M", "0-7,12"));
        await Assert.That(LinuxCaches.Read(root)).IsEqualTo(new CacheFacts(48 << 10, 1280 << 10, 24 << 20, false, "the system"));
    }

    [Test]
    public async Task A_second_level_that_more_share_than_the_first_is_shared_by_cores()
    {
        using var folder = new TestFolder();
        string root = PutCaches(folder, ("1", "Data", "32K", "0"), ("1", "Instruction", "48K", "0"), ("2", "Unified", "1024K", "0-3"));
        await Assert.That(LinuxCaches.Read(root)).IsEqualTo(new CacheFacts(32 << 10, 1 << 20, null, true, "the system"));
    }

    [Test]
    [Arguments("abc", "Unified", "2M")]
    [Arguments("2", "Unified", "-1K")]
    [Arguments("2", "Unified", "99999999999999999999K")]
    [Arguments("2", "Unified", "9999999999G")]
    [Arguments("2", "", "1M")]
    public async Task What_cannot_be_read_is_unknown(string level, string type, string size)
    {
        using var folder = new TestFolder();
        await Assert.That(LinuxCaches.Read(PutCaches(folder, (level, type, size, "x-")))).IsNull();
        await Assert.That(LinuxCaches.Read(folder["nowhere"])).IsNull();
    }

    /// <summary>Leaf 4 of an Intel Core i7-4770 (Haswell): 32 KiB in 8 ways, 256 KiB in 8, 8 MiB in 16; lines of 64 bytes; two threads a
    /// core.</summary>
    [Test]
    public async Task Intel_processors_tell_their_caches()
    {
        var cpuid = new CpuidFacts((leaf, part) => (leaf, part) switch
        {
            (0, _) => (13, 0x756E6547, 0x6C65746E, 0x49656E69),
            (4, 0) => (0x1C004121, 0x01C0003F, 63, 0),
            (4, 1) => (0x1C004122, 0x01C0003F, 63, 0),
            (4, 2) => (0x1C004143, 0x01C0003F, 511, 0),
            (4, 3) => (0x1C03C163, 0x03C0003F, 8191, 6),
            _ => default,
        });
        await Assert.That(cpuid.Caches()).IsEqualTo(new CacheFacts(32 << 10, 256 << 10, 8 << 20, false, "the processor (CPUID)"));
        await Assert.That(cpuid.Name()).IsNull();
    }

    /// <summary>Leaf 0x8000001D of an AMD Zen 4: 32 KiB in 8 ways, 1 MiB in 8, 32 MiB in 16 shared by 16 threads.</summary>
    [Test]
    public async Task Amd_processors_tell_their_caches_and_name()
    {
        var cpuid = new CpuidFacts((leaf, part) => (leaf, part) switch
        {
            (0, _) => (16, 0x68747541, 0x444D4163, 0x69746E65),
            (0x80000000, _) => (0x80000028, 0x68747541, 0x444D4163, 0x69746E65),
            (0x80000001, _) => (0, 0, 1 << 22, 0),
            (0x80000002, _) => (0x20444D41, 0x43595045, 0x20202020, 0),
            (0x8000001D, 0) => (0x00004121, 0x01C0003F, 63, 0),
            (0x8000001D, 1) => (0x00004122, 0x01C0003F, 63, 0),
            (0x8000001D, 2) => (0x00004143, 0x01C0003F, 2047, 2),
            (0x8000001D, 3) => (0x0003C163, 0x03C0003F, 32767, 1),
            _ => default,
        });
        await Assert.That(cpuid.Caches()).IsEqualTo(new CacheFacts(32 << 10, 1 << 20, 32 << 20, false, "the processor (CPUID)"));
        await Assert.That(cpuid.Name()).IsEqualTo("AMD EPYC");
    }

    /// <summary>A virtual AMD whose list is empty: the older leaves have the first two levels, and of the third only a sum over all
    /// complexes.</summary>
    [Test]
    public async Task A_virtual_amd_may_tell_less()
    {
        var cpuid = new CpuidFacts((leaf, part) => leaf switch
        {
            0 => (16, 0x68747541, 0x444D4163, 0x69746E65),
            0x80000000 => (0x80000028, 0, 0, 0),
            0x80000001 => (0, 0, 1 << 22, 0),
            0x80000005 => (0, 0, 0x30000140, 0),
            0x80000006 => (0, 0, 0x04008140, 0xFE000000),
            _ => default,
        });
        await Assert.That(cpuid.Caches()).IsEqualTo(new CacheFacts(48 << 10, 1 << 20, null, false, "the processor (CPUID)"));
        await Assert.That(new CpuidFacts((_, _) => default).Caches()).IsNull();
    }

    /// <summary>Real facts of this machine make a sound profile, whatever they are.</summary>
    [Test]
    public async Task This_machine_s_facts_fit_a_built_in_profile()
    {
        await Assert.That(MachineFacts.Here.Cores).IsEqualTo(Environment.ProcessorCount);
        if (ProfileFit.Default(CpuFeatures.Here, MachineFacts.Here) is not { } profile) return;
        await Assert.That(profile.FindFault()).IsNull();
        await Assert.That(CpuFeatures.Here.Runs(profile.Simd!.Instructions)).IsTrue();
    }

    [Test]
    public async Task A_profile_keeps_its_measured_tiles_where_caches_are_unknown_or_equal()
    {
        foreach (HardwareProfile profile in BuiltInProfiles.All)
        {
            SimdMachine? simd = profile.Simd;
            if (simd is null)
            {
                await Assert.That(Fit(profile, 32 << 10, 1 << 20, 8 << 20)).IsEqualTo(profile);
                continue;
            }

            await Assert.That(Fit(profile, null, null, null).Simd!.Tiles).IsEqualTo(simd.Tiles);
            await Assert.That(Fit(profile, simd.L1Bytes, Known(simd.L2Bytes), Known(simd.L3Bytes)))
                .IsEqualTo(profile with { Simd = simd with { Cores = 6 } });
        }

        static long? Known(long bytes) => bytes == 0 ? null : bytes;
    }

    /// <summary>Columns: 16 for every 128 KiB of the second level. Streamed: beyond three quarters of the last.</summary>
    [Test]
    [Arguments("x64-avx512", 2L << 20, 105L << 20, false, 256, 20_643_840L)]
    [Arguments("x64-avx512", 1L << 20, 16L << 20, false, 128, 3_145_728L)]
    [Arguments("x64-avx512", null, 64L << 20, false, 128, 12_582_912L)]
    [Arguments("x64-avx2", 512L << 10, 32L << 20, false, 64, 6_291_456L)]
    [Arguments("x64-avx2", 1280L << 10, 24L << 20, false, 160, 4_718_592L)]
    [Arguments("x64-avx2", 16L << 20, 32L << 20, false, 512, 6_291_456L)]
    [Arguments("x64-avx2", 64L << 10, null, false, 32, 6_291_456L)]
    [Arguments("arm64-neon", 1L << 20, 4L << 20, true, 64, 786_432L)]
    [Arguments("arm64-neon", 2L << 20, null, true, 128, 393_216L)]
    [Arguments("arm64-neon", 512L << 10, null, true, 32, 98_304L)]
    public async Task Tiles_follow_the_caches(string name, long? l2, long? l3, bool isShared, int windowColumns, long streamedFloats)
    {
        HardwareProfile profile = BuiltInProfiles.Find(name)[0], fitted = Fit(profile, null, l2, l3, isShared);
        SimdMachine simd = fitted.Simd!;
        await Assert.That(simd.Tiles)
            .IsEqualTo(profile.Simd!.Tiles with { WindowColumns = windowColumns, StreamedFloats = streamedFloats });
        await Assert.That((simd.L1Bytes, simd.L2Bytes, simd.L3Bytes, simd.Cores)).IsEqualTo(
            (profile.Simd.L1Bytes, l2 ?? profile.Simd.L2Bytes, l3 ?? profile.Simd.L3Bytes, 6));
        await Assert.That(fitted.FindFault()).IsNull();
    }

    [Test]
    public async Task Figures_that_make_no_sound_profile_change_nothing()
    {
        HardwareProfile profile = BuiltInProfiles.Find("x64-avx2")[0];
        await Assert.That(Fit(profile, 64 << 10, 32 << 10, null)).IsSameReferenceAs(profile);
        await Assert.That(Fit(profile, 1, null, null)).IsSameReferenceAs(profile);
    }

    private static HardwareProfile Fit(HardwareProfile profile, long? l1, long? l2, long? l3, bool isShared = false) =>
        ProfileFit.Fit(profile, new MachineFacts(6, new CacheFacts(l1, l2, l3, isShared, "a test"), null));

    private static string PutCaches(TestFolder folder, params (string Level, string Type, string Size, string Sharers)[] caches)
    {
        for (int i = 0; i < caches.Length; i++)
        {
            Directory.CreateDirectory(folder[$"cache/index{i}"]);
            folder.PutText($"cache/index{i}/level", caches[i].Level + "\n");
            folder.PutText($"cache/index{i}/type", caches[i].Type + "\n");
            folder.PutText($"cache/index{i}/size", caches[i].Size + "\n");
            folder.PutText($"cache/index{i}/shared_cpu_list", caches[i].Sharers + "\n");
        }

        return folder["cache"];
    }
}
