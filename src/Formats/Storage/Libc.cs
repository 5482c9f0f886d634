namespace TinySD.Formats.Storage;

/// <summary>What kind of thing a path names.</summary>
internal enum PathKind
{
    /// <summary>Nothing, or nothing that can be seen.</summary>
    Missing,

    /// <summary>A file, or something that this system cannot tell from a file.</summary>
    File,

    /// <summary>A folder.</summary>
    Directory,

    /// <summary>A pipe, a socket or a device.</summary>
    Special,

    /// <summary>A symbolic link, where it was asked about itself.</summary>
    Link,
}

/// <summary>What Linux says of a file.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Names">How many names it has: hard links.</param>
/// <param name="Numbers">The device and the number of the inode, which no other file has as long as this one is there.</param>
internal readonly record struct FileStatus(PathKind Kind, uint Names, (ulong Device, ulong Inode) Numbers);

/// <summary>The three things .NET has no call for: telling a device from a file, telling whether two names are one file's, and making a
/// rename durable.</summary>
internal static partial class Libc
{
    private const int InvalidArgument = 22, AtWorkingDirectory = -100;

    // Flags and mask of statx: not through a link; the open file itself; kind, number of names and inode.
    private const int NoFollow = 0x100, EmptyPath = 0x1000;
    private const uint Wanted = 0x1 | 0x4 | 0x100;

    /// <summary>What a path names, symbolic links followed.</summary>
    /// <remarks>Opening a pipe blocks and renaming over a device removes it, so this is asked before either.</remarks>
    public static PathKind KindOf(string path)
    {
        if (Directory.Exists(path)) return PathKind.Directory;
        if (!File.Exists(path)) return PathKind.Missing;
        if (!OperatingSystem.IsLinux()) return PathKind.File;

        return TryStat(path, followLink: true, out FileStatus status) ? status.Kind : PathKind.File;
    }

    /// <summary>Asks what a path leads to.</summary>
    /// <returns>False where there is nothing, or nothing that can be seen, and always on other systems than Linux.</returns>
    public static bool TryStat(string path, bool followLink, out FileStatus status)
    {
        status = default;
        return OperatingSystem.IsLinux() && TryStat(AtWorkingDirectory, path, followLink ? 0 : NoFollow, out status);
    }

    /// <summary>Asks about an open file.</summary>
    /// <returns>False on other systems than Linux.</returns>
    public static bool TryStat(SafeFileHandle file, out FileStatus status)
    {
        status = default;
        return OperatingSystem.IsLinux() && TryStat((int)file.DangerousGetHandle(), "", EmptyPath, out status);
    }

    private static bool TryStat(int directory, string path, int flags, out FileStatus status)
    {
        status = default;
        Span<byte> bytes = stackalloc byte[256];
        try
        {
            if (StatX(directory, path, flags, Wanted, ref MemoryMarshal.GetReference(bytes)) != 0) return false;
        }
        catch (EntryPointNotFoundException)
        {
            return false;
        }

        // struct statx is the same on every processor.
        uint names = BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..]);
        int mode = BinaryPrimitives.ReadUInt16LittleEndian(bytes[28..]) & 0xF000;
        ulong inode = BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..]);
        ulong major = BinaryPrimitives.ReadUInt32LittleEndian(bytes[136..]), minor = BinaryPrimitives.ReadUInt32LittleEndian(bytes[140..]);
        PathKind kind = mode switch
        {
            0x8000 => PathKind.File,
            0x4000 => PathKind.Directory,
            0xA000 => PathKind.Link,
            _ => PathKind.Special,
        };
        status = new FileStatus(kind, names, ((major << 32) | minor, inode));
        return true;
    }

    /// <summary>Flushes a folder's entries to disk, without which a rename may be undone by a power failure. Nothing to do on
    /// Windows.</summary>
    /// <returns>0, or the system's error number.</returns>
    public static int FlushDirectory(string directory)
    {
        if (OperatingSystem.IsWindows()) return 0;
        int descriptor = Open(directory, 0);

        // A folder that may be written but not listed cannot be opened; its file is written all the same.
        if (descriptor < 0) return 0;
        int error = FSync(descriptor) == 0 ? 0 : Marshal.GetLastPInvokeError();
        _ = Close(descriptor);

        // Some file systems have nothing to flush for a folder and say so in this way.
        return error == InvalidArgument ? 0 : error;
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int directory, string path, int flags, uint mask, ref byte status);
}
