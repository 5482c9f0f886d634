using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace TinySD.Tests.Shared;

/// <summary>A small file system, so that a disk can be full. The test is skipped where the user may not mount one.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly string _path;

    private SmallDisk(string path) => _path = path;

    public static SmallDisk Mount(string path, int kibibytes = 64)
    {
        SmallDisk? disk = TryMount(path, kibibytes);
        if (disk is null) Skip.Test("this user cannot mount a small file system (root on Linux can)");
        return disk!;
    }

    /// <summary>The same; null where the user may not.</summary>
    public static SmallDisk? TryMount(string path, int kibibytes)
    {
        Directory.CreateDirectory(path);
        string size = string.Create(CultureInfo.InvariantCulture, $"size={kibibytes}k");
        return OperatingSystem.IsLinux() && Run("mount", "-t", "tmpfs", "-o", size, "tinysd-test", path) == 0 ? new SmallDisk(path) : null;
    }

    /// <summary>Makes it read-only, as a write-protected disk is.</summary>
    public void Protect()
    {
        if (Run("mount", "-o", "remount,ro", _path) != 0) Skip.Test("this user cannot make a file system read-only");
    }

    /// <summary>Takes it away at once, also while a process that was killed on it is not yet quite gone: then the system drops it when that
    /// is.</summary>
    public void Dispose()
    {
        if (Run("umount", "--lazy", _path) != 0) throw new InvalidOperationException($"{_path} is still mounted");
    }

    private static int Run(string program, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode;
        }
        catch (Win32Exception)
        {
            return -1;
        }
    }
}
