using System.Reflection;

namespace TinySD.Tools.Machines;

/// <summary>Which sources this program was built from.</summary>
internal static class BuildFacts
{
    /// <summary>The commit, or null where the build was not told of any.</summary>
    public static string? Commit { get; } = CommitIn(
        typeof(BuildFacts).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "");

    public static string Name { get; } = $"{TrainingRecord.ThisBuild}, commit {Commit ?? "unknown"}";

    // The .NET SDK writes version+revision, of which ten digits do.
    private static string? CommitIn(string version) => version.Split('+', 2) is [not "", { Length: > 0 } revision]
        ? revision[..Math.Min(10, revision.Length)]
        : null;
}
