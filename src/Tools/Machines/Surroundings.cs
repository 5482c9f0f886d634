using System.Runtime.InteropServices;
using TinySD.Runtime.Ops;

namespace TinySD.Tools.Machines;

/// <summary>What figures depend on besides the command: a report is worth little without it.</summary>
/// <param name="Processor">Its name, or that it is not known.</param>
/// <param name="Cores">Cores that the process may use.</param>
/// <param name="Caches">Those of one core, in words.</param>
/// <param name="InstructionSet">Of the kernels that run.</param>
/// <param name="OperatingSystem">Its name and version.</param>
/// <param name="Runtime">.NET's name and version.</param>
/// <param name="Profile">The hardware profile.</param>
/// <param name="Threads">Threads computed with.</param>
/// <param name="Build">This program and its commit.</param>
internal sealed record Surroundings(
    string Processor, int Cores, string Caches, string InstructionSet, string OperatingSystem, string Runtime, string Profile, int Threads, string Build)
{
    /// <summary>Those of this process.</summary>
    /// <param name="profile">The machine that the kernels were told of.</param>
    /// <param name="threads">Threads that they run on.</param>
    public static Surroundings Here(HardwareProfile? profile, int threads)
    {
        MachineFacts facts = MachineFacts.Here;
        (string Name, long? Bytes)[] caches = [("L1", facts.Caches.L1Bytes), ("L2", facts.Caches.L2Bytes), ("L3", facts.Caches.L3Bytes)];
        string[] known = [.. caches.Where(cache => cache.Bytes is not null).Select(cache => $"{cache.Name} {Size(cache.Bytes!.Value)}")];
        return new Surroundings(
            facts.Processor ?? $"unknown {RuntimeInformation.ProcessArchitecture}", facts.Cores, known.Length > 0 ? string.Join(", ", known) : "unknown",
            KernelChoice.InstructionSetUnder(profile), RuntimeInformation.OSDescription, RuntimeInformation.FrameworkDescription,
            profile?.Name ?? "none", threads, BuildFacts.Name);
    }

    /// <summary>Each with its name, for a table.</summary>
    public IEnumerable<(string Name, string Value)> Rows()
    {
        yield return ("processor", Processor);
        yield return ("cores", Figures.Count(Cores));
        yield return ("caches", Caches);
        yield return ("instruction set", InstructionSet);
        yield return ("operating system", OperatingSystem);
        yield return ("runtime", Runtime);
        yield return ("hardware profile", Profile);
        yield return ("threads", Figures.Count(Threads));
        yield return ("program", Build);
    }

    private static string Size(long bytes) => bytes >= 1 << 20 ? $"{Figures.Setting((float)(bytes / 1048576.0))} MiB" : $"{Figures.Count(bytes / 1024)} KiB";
}
