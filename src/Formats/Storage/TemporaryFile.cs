using System.Text;
using Microsoft.Win32.SafeHandles;

namespace TinySD.Formats;

/// <summary>The file that a writer fills before it takes the target's place: its name, and what becomes of it when its writer dies.</summary>
internal static class TemporaryFile
{
    private const string Extension = ".tmp";

    // What names a file system takes are at most 255 bytes; the random part and the extension have 17 with their dots.
    private const int MaxNameBytes = 255, AddedBytes = 17, RandomLength = 12, RandomDot = 8;

    /// <summary>
    /// Nothing younger is removed, because a living writer's file is not locked at two moments: it is made and locked in two steps, and unlocked before it is
    /// renamed. (Renamed while it is locked it would be refused to its readers for a moment, and Windows would not rename it.)
    /// </summary>
    public static readonly TimeSpan Youngest = TimeSpan.FromSeconds(10);

    /// <summary>A name beside the target that no other writer takes.</summary>
    public static string NameFor(string target) => $"{Stem(target)}.{Path.GetRandomFileName()}{Extension}";

    /// <summary>Removes what writers of this target left that were killed. A living writer holds its file locked.</summary>
    public static void RemoveLeftovers(string target)
    {
        string stem = StemFor(target);
        RemoveLeftovers(Path.GetDirectoryName(target)!, name => name == stem, Youngest);
    }

    /// <summary>Removes what killed writers of some targets left; files that are locked, or younger than that, stay.</summary>
    public static void RemoveLeftovers(string folder, Func<string, bool> isStem, TimeSpan youngest)
    {
        try
        {
            foreach (string path in Directory.EnumerateFiles(folder))
            {
                if (StemOf(Path.GetFileName(path)) is { } stem && isStem(stem) && IsAbandoned(path, youngest)) TryDelete(path);
            }
        }
        catch (Exception exception) when (SystemErrors.IsFromSystem(exception))
        {
            // Cleaning up is a courtesy; a folder may be one that can be written and not listed.
        }
    }

    /// <summary>Makes a file young again, if that can be done: for its writer to do before it lets go, since flushing may have taken long.</summary>
    public static void Refresh(SafeFileHandle file)
    {
        try
        {
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow);
        }
        catch (Exception exception) when (SystemErrors.IsFromSystem(exception))
        {
            // A file system that sets no times sets none back either.
        }
    }

    /// <summary>Removes a file, if that can be done.</summary>
    public static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (SystemErrors.IsFromSystem(exception))
        {
            // The first failure is the one to report; a leftover ending in .tmp is never read by anyone.
        }
    }

    // The target's name, shortened where the addition would make it too long for the file system.
    private static string Stem(string target)
    {
        string name = Path.GetFileName(target);
        while (Encoding.UTF8.GetByteCount(name) + AddedBytes > MaxNameBytes) name = name[..^(char.IsLowSurrogate(name[^1]) && name.Length > 1 ? 2 : 1)];
        return Path.Combine(Path.GetDirectoryName(target)!, name);
    }

    /// <summary>How the names of a target's temporary files begin.</summary>
    public static string StemFor(string target) => Path.GetFileName(Stem(target));

    /// <summary>What <see cref="NameFor"/> added taken off again; null for other names.</summary>
    public static string? StemOf(string name)
    {
        int length = name.Length - (1 + RandomLength + Extension.Length);
        return length > 0 && name[length] == '.' && name[length + 1 + RandomDot] == '.' && name.EndsWith(Extension, StringComparison.Ordinal)
            ? name[..length]
            : null;
    }

    private static bool IsAbandoned(string path, TimeSpan youngest)
    {
        // Asked before, because a writer about to lock its file must not find it locked, and after, because a writer may just have let go of it.
        if (DateTime.UtcNow - File.GetLastWriteTimeUtc(path) < youngest) return false;
        try
        {
            using var lockIt = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return DateTime.UtcNow - File.GetLastWriteTimeUtc(lockIt.SafeFileHandle) >= youngest;
        }
        catch (Exception exception) when (SystemErrors.IsFromSystem(exception))
        {
            return false;
        }
    }
}
