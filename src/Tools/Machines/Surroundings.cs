namespace TinySD.Tools.Machines;

/// <summary>What figures depend on besides the command: a report is worth little without it.</summary>
internal sealed record Surroundings(
    string Processor, int Cores, string Caches, string InstructionSet, string OperatingSystem, string Runtime, string Profile,
    int Threads, string Build)
{
    /// <summary>Those of this process, whose kernels were told of a machine and run on so many threads.</summary>
    public static Surroundings Here(HardwareProfile? profile, int threads)
    {
        MachineFacts facts = MachineFacts.Here;
        string caches = string.Join(", ", facts.Caches.Known.Select(cache => $"{cache.Name} {Figures.Size(cache.Bytes)}"));
        return new Surroundings(
            facts.Processor ?? $"unknown {RuntimeInformation.ProcessArchitecture}", facts.Cores, caches.Length > 0 ? caches : "unknown",
            KernelChoice.InstructionSetUnder(profile), RuntimeInformation.OSDescription, RuntimeInformation.FrameworkDescription,
            profile?.Name ?? "none", threads, BuildFacts.Name);
    }

    /// <summary>Each with its name, for a table.</summary>
    public IEnumerable<(string Name, string Value)> Rows() =>
    [
        ("processor", Processor), ("cores", Figures.Count(Cores)), ("caches", Caches), ("instruction set", InstructionSet),
        ("operating system", OperatingSystem), ("runtime", Runtime), ("hardware profile", Profile), ("threads", Figures.Count(Threads)),
        ("program", Build),
    ];
}
