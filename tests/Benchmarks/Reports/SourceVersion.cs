using System.ComponentModel;
using System.Diagnostics;
using System.Reflection;

namespace TinySD.Benchmarks.Reports;

/// <summary>Which sources were built.</summary>
internal static class SourceVersion
{
    /// <summary>The commit, and whether the checkout that this was started in has changes on top of it.</summary>
    public static string Describe()
    {
        string version =
            typeof(SourceVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
        string commit = version[(version.IndexOf('+', StringComparison.Ordinal) + 1)..];
        if (Git("rev-parse", "HEAD")?.Trim() != commit) return $"{Short(commit)}, which is not the commit checked out";
        // The results are no sources: one measurement must not make the next look like that of other code.
        return Git("status", "--porcelain", "--untracked-files=no", "--", ":/", ":(top,exclude)tests/Benchmarks/results") is { Length: > 0 }
            ? $"{Short(commit)} with changes"
            : Short(commit);
    }

    private static string Short(string commit) => commit[..Math.Min(commit.Length, 10)];

    private static string? Git(params string[] arguments)
    {
        try
        {
            using var process =
                Process.Start(new ProcessStartInfo("git", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            string text = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? text : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
