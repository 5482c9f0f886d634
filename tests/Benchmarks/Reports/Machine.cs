using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using TinySD.Runtime.Ops;

namespace TinySD.Benchmarks.Reports;

/// <summary>What figures depend on besides the code: all of it goes above them.</summary>
internal static class Machine
{
    /// <summary>The CPU's name; virtual machines often hide all of it but the family.</summary>
    public static string Cpu { get; } = FromLines("/proc/cpuinfo", "model name") is { } name
        ? $"{name} (family {FromLines("/proc/cpuinfo", "cpu family")}, model {FromLines("/proc/cpuinfo", "model\t")})"
        : $"unknown {RuntimeInformation.ProcessArchitecture}";

    /// <summary>The operating system's name.</summary>
    public static string OperatingSystem { get; } =
        FromLines("/etc/os-release", "PRETTY_NAME")?.Trim('"') ?? RuntimeInformation.OSDescription;

    /// <summary>Whether this is a native build.</summary>
    public static bool IsNative => !RuntimeFeature.IsDynamicCodeSupported;

    /// <summary>Runtime and compiler.</summary>
    public static string Runtime { get; } = $"{RuntimeInformation.FrameworkDescription}, {(IsNative ? "NativeAOT" : "JIT")}";

    /// <summary>The instruction sets that this build uses on this CPU.</summary>
    public static string InstructionSets
    {
        get
        {
            (bool Supported, string Name)[] sets =
            [
                (Avx.IsSupported, "AVX"), (Avx2.IsSupported, "AVX2"), (Fma.IsSupported, "FMA"), (Avx512F.IsSupported, "AVX-512"),
                (AdvSimd.IsSupported, "AdvSIMD"),
            ];
            return $"{string.Join(", ", sets.Where(set => set.Supported).Select(set => set.Name))}; {KernelChoice.WidestLanes} lanes";
        }
    }

    /// <summary>The kernel's setting of transparent huge pages, where it has one.</summary>
    public static string HugePages
    {
        get
        {
            const string path = "/sys/kernel/mm/transparent_hugepage/enabled";
            if (!File.Exists(path)) return "unknown";
            string text = File.ReadAllText(path);
            int from = text.IndexOf('[') + 1, to = text.IndexOf(']');
            return from > 0 && to > from ? text[from..to] : text.Trim();
        }
    }

    private static string? FromLines(string path, string key)
    {
        if (!File.Exists(path)) return null;
        string? line = File.ReadLines(path).FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal));
        return line?[(line.IndexOfAny(['=', ':']) + 1)..].Trim();
    }
}
