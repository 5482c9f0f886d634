using System.Reflection;

namespace TinySD.Tools.Machines;

/// <summary>Which sources this program was built from.</summary>
internal static class BuildFacts
{
    private const int ShortDigits = 10;

    /// <summary>The commit, or null where the build was not told of any.</summary>
    public static string? Commit { get; } = CommitIn(
        typeof(BuildFacts).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "");

    /// <summary>Name, version and commit.</summary>
    public static string Name { get; } = $"{TrainingRecord.ThisBuild}, commit {Commit ?? "unknown"}";

    // The .NET SDK writes version+revision.
    private static string? CommitIn(string version) =>
        version.IndexOf('+') is > 0 and int at && version[(at + 1)..] is { Length: > 0 } revision ? revision[..Math.Min(ShortDigits, revision.Length)] : null;
}
