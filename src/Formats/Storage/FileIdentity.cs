namespace TinySD.Formats.Storage;

/// <summary>Which file or folder a path leads to, however it is spelled and linked, and also where there is none yet.</summary>
/// <remarks>Where there is one it is known by the numbers of its device and its inode, so that hard links and folders mounted twice are
/// seen through. Where there is none yet it is known by the nearest folder above that exists, and the names below. A symbolic link that
/// leads to nothing counts as where it would write. Where the system does not tell these numbers, whole paths with their links followed are
/// compared, without regard to case.</remarks>
public sealed class FileIdentity : IEquatable<FileIdentity>
{
    private static readonly StringComparer s_names = OperatingSystem.IsLinux() ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase;

    private readonly (ulong Device, ulong Inode)? _numbers;

    // Of the nearest that exists; only compared where there are no numbers.
    private readonly string _existing;

    // Below it; empty where the path itself leads to something.
    private readonly string _missing;

    private FileIdentity(LinkWalk walk, FileStatus? status, string existing, string missing)
    {
        Path = walk.Path;
        Links = walk.Links;
        _numbers = status?.Numbers;
        Names = missing.Length == 0 && status is { } there ? (int)Math.Min(there.Names, int.MaxValue) : 1;
        _existing = existing;
        _missing = missing;
    }

    /// <summary>The whole path with all links followed.</summary>
    public string Path { get; }

    /// <summary>The symbolic links on the way, in order: the whole path of each, and what it says.</summary>
    public IReadOnlyList<(string Path, string Target)> Links { get; }

    /// <summary>How many names, by hard links, the file has; 1 where there is none or the system does not tell.</summary>
    public int Names { get; }

    /// <summary>Finds out what a path leads to. Opens nothing and creates nothing.</summary>
    /// <param name="path">Whole, or relative to the current folder; not empty.</param>
    public static FileIdentity Of(string path) => Of(path, asksNumbers: true);

    /// <summary>The same, with or without the system's numbers: a test's way to a system that has none.</summary>
    internal static FileIdentity Of(string path, bool asksNumbers)
    {
        FileStatus status = default;
        string full = System.IO.Path.GetFullPath(path);
        LinkWalk walk = LinkWalk.Along(full);

        // The system's own answer comes first: it also knows links that are no paths, such as those to open files.
        if (asksNumbers && Libc.TryStat(full, followLink: true, out status)) return new FileIdentity(walk, status, walk.Path, "");
        string existing = walk.Path, missing = "";
        while (true)
        {
            if (asksNumbers && Libc.TryStat(existing, followLink: false, out status))
                return new FileIdentity(walk, status, existing, missing);
            string? above = System.IO.Path.GetDirectoryName(existing);
            if (above is null || System.IO.Path.Exists(existing)) return new FileIdentity(walk, null, existing, missing);
            missing = System.IO.Path.Combine(System.IO.Path.GetFileName(existing), missing);
            existing = above;
        }
    }

    /// <summary>Whether this lies in a folder, at any depth.</summary>
    /// <param name="folder">The folder; it need not exist.</param>
    /// <param name="relative">The names from it to here.</param>
    public bool IsInside(FileIdentity folder, out string relative)
    {
        ArgumentNullException.ThrowIfNull(folder);
        relative = "";
        for (string at = Path; System.IO.Path.GetDirectoryName(at) is { } above; at = above)
        {
            relative = System.IO.Path.Combine(System.IO.Path.GetFileName(at), relative);
            if (Of(above).Equals(folder)) return true;
        }

        return false;
    }

    /// <summary>Whether both lead to one file or folder, or would.</summary>
    public bool Equals(FileIdentity? other) => other is not null && s_names.Equals(_missing, other._missing) && _numbers == other._numbers
        && (_numbers is not null || s_names.Equals(_existing, other._existing));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as FileIdentity);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_numbers, s_names.GetHashCode(_missing));
}
