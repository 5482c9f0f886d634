using TinySD.Tools.Machines;

namespace TinySD.Tools.Options;

/// <summary>The option that names a hardware profile, and what becomes of one that does not run here.</summary>
internal static class Profiles
{
    private const string Name = "--profile";

    public static FileOption Option() => Option(
        "The hardware profile, one that 'tinysd hw list' shows or a file, as 'tinysd hw detect' writes. Speed only: the result is the " +
        "same. [default: the best built-in one that runs here, fitted to this machine's caches]");

    /// <summary>The option, for another use.</summary>
    public static FileOption Option(string help)
    {
        var option = new FileOption(Name, "NAME|FILE", help, (files, name) => Declare(files, name, Name));
        option.CompletionSources.Add([.. BuiltInProfiles.Names]);
        return HelpGroup.Machine.Of(option)[0];
    }

    /// <summary>Adds the files that a profile is read from, those of its fallbacks included.</summary>
    public static void Declare(CommandFiles files, string? name, string option)
    {
        if (name is null || !BuiltInProfiles.Find(name).IsEmpty || !IsFile(name)) return;
        files.Read(name, option);
        foreach (string fallback in HardwareProfileFile.FilesOf(name).Skip(1)) files.Read(fallback, $"a fallback of {option}");
    }

    /// <summary>The profile to run under.</summary>
    /// <exception cref="FailureException">It does not run on this CPU or in this build.</exception>
    public static HardwareProfile? Read(ParseResult parsed, FileOption option) => parsed.GetValue(option) is { } name
        ? Runnable(Find(name, option.Name), CpuFeatures.Here)
        : ProfileFit.Default(CpuFeatures.Here, MachineFacts.Here);

    /// <summary>The profile that something is said about, one that does not run here too; by default the one to run under, which may be
    /// none.</summary>
    /// <exception cref="UsageException">It is of a systolic array, or there is none of that name.</exception>
    public static HardwareProfile? ReadToAdvise(ParseResult parsed, FileOption option)
    {
        if (parsed.GetValue(option) is not { } name) return ProfileFit.Default(CpuFeatures.Here, MachineFacts.Here);
        HardwareProfile profile = Find(name, option.Name)[0];
        return profile.Simd is not null
            ? profile
            : throw new UsageException($"{option.Name} is '{name}', a systolic array, on which no model runs; expected a processor's.");
    }

    /// <summary>A profile and its fallbacks, by name or from a file.</summary>
    /// <exception cref="UsageException">There is none of that name.</exception>
    /// <exception cref="FileProblemException">The file is not as it should be.</exception>
    public static ImmutableArray<HardwareProfile> Find(string name, string option) =>
        TryFind(name) is { IsEmpty: false } chain
            ? chain
            : throw new UsageException(
                $"{option} is '{name}'; expected the name of a file or one of {string.Join(", ", BuiltInProfiles.Names)}" +
                Suggestion.End(name, BuiltInProfiles.Names));

    public static string Arrays { get; } =
        string.Join(", ", BuiltInProfiles.All.Where(profile => profile.Kind == HardwareKind.Systolic).Select(profile => profile.Name));

    /// <summary>A profile of a systolic array, by name or from a file; <c>16x16</c> is short for <c>systolic-16x16</c>.</summary>
    /// <exception cref="UsageException">There is none of that name, or it is of a processor.</exception>
    /// <exception cref="FileProblemException">The file is not as it should be.</exception>
    public static HardwareProfile FindArray(string name)
    {
        ImmutableArray<HardwareProfile> chain = BuiltInProfiles.Find($"systolic-{name}");
        if (chain.IsEmpty) chain = TryFind(name);
        if (chain is [{ Systolic: not null } profile, ..]) return profile;
        string found = chain.IsEmpty ? $"'{name}'" : $"'{name}', a processor";
        string end = chain.IsEmpty ? Suggestion.End(name, Arrays.Split(", ")) : ".";
        throw new UsageException($"--profile is {found}; expected a systolic array, one of {Arrays}, or the file of one{end}");
    }

    /// <summary>The first of a chain, if it runs.</summary>
    /// <exception cref="FailureException">It does not; one line says what to do.</exception>
    public static HardwareProfile Runnable(ImmutableArray<HardwareProfile> chain, CpuFeatures here)
    {
        HardwareProfile profile = chain[0];
        if (profile.Simd is { } simd && here.Runs(simd.Instructions)) return profile;
        HardwareProfile? other = chain.FirstOrDefault(p => p.Simd is { } machine && here.Runs(machine.Instructions))
            ?? BuiltInProfiles.BestFor(here);
        string instead = other is null ? "leave --profile out" : $"use --profile {other.Name}";
        string named = $"the profile {profile.Name}";
        if (profile.Simd is null) throw new FailureException($"{named} is of a systolic array, on which nothing trains; {instead}.");
        string needs = $"{named} needs {Names.Instructions.NameOf(profile.Simd.Instructions)}";
        throw new FailureException(here.CpuHas(profile.Simd.Instructions)
            ? $"{needs}, for which this program was not built; {instead}, or publish with -p:HardwareProfile={profile.Name}."
            : $"{needs}, which this CPU does not have; {instead}.");
    }

    // Empty for a name that is neither.
    private static ImmutableArray<HardwareProfile> TryFind(string name)
    {
        ImmutableArray<HardwareProfile> chain = BuiltInProfiles.Find(name);
        return chain.IsEmpty && IsFile(name) ? HardwareProfileFile.Load(name) : chain;
    }

    private static bool IsFile(string name) =>
        name.EndsWith(".json", StringComparison.OrdinalIgnoreCase) || name.Contains('/') || File.Exists(name);

    /// <summary>One line where the program was built for less than its CPU has, or null.</summary>
    public static string? BuiltForLess(CpuFeatures here)
    {
        if (!here.IsBuiltForLess) return null;
        string better = BuiltInProfiles.BestFor(here with { Build = here.Cpu })?.Name ?? "";
        string bits = KernelChoice.GivesSameBits
            ? ""
            : " Without fused multiply-add its results are close to those of other builds, and have not the same bits.";
        return $"This program was built for {Names.Instructions.NameOf(here.Build)}, " +
            $"and the CPU has {Names.Instructions.NameOf(here.Cpu)}: " +
            $"dotnet publish src/Tools -c Release -p:HardwareProfile={better} makes a faster one.{bits}";
    }
}
