namespace TinySD.Tools.Display;

/// <summary>Standard output where it is a pipe or a file, written as it comes.</summary>
/// <remarks>
/// The base library's stream takes what a pipe without a reader refuses for written, and <c>generate | head</c> would go on for ever. A
/// file stream of the same handle would write at places of its own, over what others write to that file.
/// </remarks>
internal sealed partial class RedirectedOutput() : OneWayStream(isRead: false)
{
    // EINTR and EPIPE are the same numbers on every Unix, EAGAIN is not.
    private const int StandardOutput = 1, Interrupted = 4, UnixBrokenPipe = 32;

    // STD_OUTPUT_HANDLE, ERROR_BROKEN_PIPE, ERROR_NO_DATA, ERROR_PIPE_NOT_CONNECTED.
    private const int WindowsStandardOutput = -11, WindowsBrokenPipe = 109, WindowsNoData = 232, WindowsNotConnected = 233;

    private static readonly int s_tryAgain = OperatingSystem.IsLinux() ? 11 : 35;

    /// <summary>Writes bytes, all of them.</summary>
    /// <exception cref="BrokenPipeException">Nobody reads the pipe any more.</exception>
    /// <exception cref="IOException">The system failed to write.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty) buffer = buffer[(OperatingSystem.IsWindows() ? WriteWindows(buffer) : WriteUnix(buffer))..];
    }

    private static int WriteUnix(ReadOnlySpan<byte> buffer)
    {
        nint written = Write(StandardOutput, in MemoryMarshal.GetReference(buffer), (nuint)buffer.Length);
        if (written >= 0) return (int)written;
        int error = Marshal.GetLastPInvokeError();
        if (error == UnixBrokenPipe) throw new BrokenPipeException();
        if (error != Interrupted && error != s_tryAgain) throw Failure(error);

        // A pipe that another process has set not to wait is full; its reader needs a moment.
        if (error == s_tryAgain) Thread.Sleep(1);
        return 0;
    }

    private static int WriteWindows(ReadOnlySpan<byte> buffer)
    {
        nint handle = GetStdHandle(WindowsStandardOutput);
        if (WriteFile(handle, in MemoryMarshal.GetReference(buffer), buffer.Length, out int written, 0)) return written;
        int error = Marshal.GetLastPInvokeError();
        throw error is WindowsBrokenPipe or WindowsNoData or WindowsNotConnected ? new BrokenPipeException() : Failure(error);
    }

    private static IOException Failure(int error) => new(Marshal.GetPInvokeErrorMessage(error), error);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(int descriptor, in byte buffer, nuint count);

    [LibraryImport("kernel32", EntryPoint = "GetStdHandle")]
    private static partial nint GetStdHandle(int name);

    [LibraryImport("kernel32", EntryPoint = "WriteFile", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool WriteFile(nint handle, in byte buffer, int count, out int written, nint overlapped);
}
