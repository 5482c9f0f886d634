namespace TinySD.Formats.Hardware;

/// <summary>The profiles that TinySD ships, as they stand in <c>hw-profiles</c>; a native program carries them.</summary>
public static class BuiltInProfiles
{
    private const string Prefix = "hw-profiles/", Suffix = ".json";

    private static readonly Lazy<ImmutableArray<HardwareProfile>> s_all = new(Read);

    /// <summary>Every one: processors before arrays, each kind from small to large.</summary>
    public static ImmutableArray<HardwareProfile> All => s_all.Value;

    /// <summary>Their names, in the order of <see cref="All"/>.</summary>
    public static IEnumerable<string> Names => All.Select(profile => profile.Name);

    /// <summary>A profile and its fallbacks, the profile first; empty for a name that is none.</summary>
    public static ImmutableArray<HardwareProfile> Find(string name)
    {
        if (TextOf(name) is not { } json) return [];
        if (!HardwareProfileFile.TryResolve(name, json, other => (other, TextOf(other), null), out var chain, out FileProblem? problem))
            Throw.Problem(problem);
        return chain;
    }

    /// <summary>The processor profile with the widest instructions that a build runs.</summary>
    public static HardwareProfile? BestFor(CpuFeatures features) =>
        All.Where(profile => profile.Simd is { } simd && features.Runs(simd.Instructions)).MaxBy(profile => profile.Simd!.LaneWidth);

    /// <summary>The text of a profile, or null.</summary>
    internal static byte[]? TextOf(string name)
    {
        using Stream? stream = typeof(BuiltInProfiles).Assembly.GetManifestResourceStream(Prefix + name + Suffix);
        if (stream is null) return null;
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static ImmutableArray<HardwareProfile> Read()
    {
        IEnumerable<string> names = typeof(BuiltInProfiles).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).Select(name => name[Prefix.Length..^Suffix.Length]);
        return [.. names.Select(ReadOne).OrderBy(profile => profile.Kind)
            .ThenBy(profile => profile.Systolic?.Rows ?? profile.Simd!.LaneWidth).ThenBy(profile => profile.Name, StringComparer.Ordinal)];
    }

    private static HardwareProfile ReadOne(string name) =>
        HardwareProfileFile.TryRead(name, TextOf(name), out HardwareProfile? profile, out FileProblem? problem) ? profile
        : throw new FileProblemException(problem);
}
