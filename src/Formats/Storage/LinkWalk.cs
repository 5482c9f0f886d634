namespace TinySD.Formats.Storage;

/// <summary>A path with its symbolic links followed name by name, as the system does when it opens it.</summary>
/// <remarks>.NET has a call that follows the links of the last name only, and takes <c>..</c> in a link's text off as letters.</remarks>
/// <param name="Path">Whole, and without a link where <paramref name="IsCircle"/> is false; what it leads to need not exist.</param>
/// <param name="Links">The links in order: the whole path of each, and what it says.</param>
/// <param name="IsCircle">Whether there were more links than any system follows.</param>
internal sealed record LinkWalk(string Path, IReadOnlyList<(string Path, string Target)> Links, bool IsCircle)
{
    // As Linux does it.
    private const int MostLinks = 40;

    private static readonly char[] s_separators = [System.IO.Path.DirectorySeparatorChar, System.IO.Path.AltDirectorySeparatorChar];

    /// <summary>Walks.</summary>
    public static LinkWalk Along(string full)
    {
        var links = new List<(string Path, string Target)>();
        var rest = new Stack<string>();
        string at = Start(full, rest);
        while (rest.TryPop(out string? name))
        {
            if (name == ".") continue;
            if (name == "..")
            {
                at = System.IO.Path.GetDirectoryName(at) ?? at;
                continue;
            }

            string next = System.IO.Path.Combine(at, name);
            if (TargetOf(next) is not { Length: > 0 } target)
            {
                at = next;
                continue;
            }

            if (links.Count == MostLinks) return new LinkWalk(full, links, IsCircle: true);
            links.Add((next, target));
            at = System.IO.Path.IsPathRooted(target) ? Start(target, rest) : Push(at, target, rest);
        }

        return new LinkWalk(at, links, IsCircle: false);
    }

    /// <summary>What a symbolic link says, or null for everything else.</summary>
    public static string? TargetOf(string path)
    {
        try
        {
            return (Directory.Exists(path) ? (FileSystemInfo)new DirectoryInfo(path) : new FileInfo(path)).LinkTarget;
        }
        catch (Exception exception) when (SystemErrors.IsFromSystem(exception))
        {
            // What cannot be looked at cannot be followed either.
            return null;
        }
    }

    private static string Start(string rooted, Stack<string> rest)
    {
        // On Windows a root may lack its drive.
        string root = System.IO.Path.GetPathRoot(rooted)!;
        return Push(System.IO.Path.GetFullPath(root), rooted[root.Length..], rest);
    }

    private static string Push(string at, string names, Stack<string> rest)
    {
        string[] steps = names.Split(s_separators, StringSplitOptions.RemoveEmptyEntries);
        for (int i = steps.Length - 1; i >= 0; i--) rest.Push(steps[i]);
        return at;
    }
}
