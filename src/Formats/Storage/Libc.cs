using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace TinySD.Formats;

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
}

/// <summary>The two things .NET has no call for: telling a device from a file, and making a rename durable.</summary>
internal static partial class Libc
{
    private const int InvalidArgument = 22, AtWorkingDirectory = -100;

    /// <summary>What a path names, symbolic links followed.</summary>
    /// <remarks>Opening a pipe blocks and renaming over a device removes it, so this is asked before either.</remarks>
    public static PathKind KindOf(string path)
    {
        if (Directory.Exists(path)) return PathKind.Directory;
        if (!File.Exists(path)) return PathKind.Missing;
        if (!OperatingSystem.IsLinux()) return PathKind.File;

        // struct statx is the same on every processor; its 16-bit file mode lies at byte 28.
        Span<byte> status = stackalloc byte[256];
        try
        {
            if (StatX(AtWorkingDirectory, path, 0, 1, ref MemoryMarshal.GetReference(status)) != 0) return PathKind.File;
        }
        catch (EntryPointNotFoundException)
        {
            return PathKind.File;
        }

        return (BinaryPrimitives.ReadUInt16LittleEndian(status[28..]) & 0xF000) == 0x8000 ? PathKind.File : PathKind.Special;
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
