using System.Diagnostics;

namespace TinySD.Tests.Shared;

/// <summary>Other names of files. A test that makes them is skipped on Windows, where they need a privilege.</summary>
internal static class Links
{
    /// <summary>The ways to spell one file otherwise: <c>hard</c>, <c>symbolic</c>, <c>relative</c>, <c>folder</c>.</summary>
    public static IEnumerable<string> Ways => ["hard", "symbolic", "relative", "folder"];

    /// <summary>Makes another name of a file, which need not exist unless the link is hard.</summary>
    /// <param name="way">One of <see cref="Ways"/>.</param>
    /// <param name="file">Its whole path.</param>
    /// <param name="name">The other name, in the same folder, without an extension.</param>
    /// <returns>The whole path under the other name; it ends as the file's does.</returns>
    public static string Make(string way, string file, string name)
    {
        if (OperatingSystem.IsWindows()) Skip.Test("links need a privilege on Windows");
        string folder = Path.GetDirectoryName(file)!, link = Path.Combine(folder, name + Path.GetExtension(file));
        switch (way)
        {
            case "hard":
                Hard(file, link);
                return link;
            case "symbolic":
                File.CreateSymbolicLink(link, file);
                return link;
            case "relative":
                File.CreateSymbolicLink(link, Path.GetFileName(file));
                return link;
            default:
                Directory.CreateSymbolicLink(Path.Combine(folder, name), folder);
                return Path.Combine(folder, name, Path.GetFileName(file));
        }
    }

    /// <summary>A second name of the same right; .NET has no call for it.</summary>
    public static void Hard(string file, string link)
    {
        using Process process = Process.Start("ln", ["--", file, link]);
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"ln ended with {process.ExitCode}");
    }
}
