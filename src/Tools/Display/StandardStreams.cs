namespace TinySD.Tools.Display;

/// <summary>The descriptors that a process is started with, of which whoever starts it may have closed some.</summary>
internal static partial class StandardStreams
{
    // F_GETFD and FD_CLOEXEC, the same on every Unix.
    private const int GetFlags = 1, CloseOnExec = 1;
    private const int Count = 3, Output = 1, Error = 2;

    private static readonly List<SafeHandle> s_held = [];

    /// <summary>Puts a file that is nothing where a descriptor was closed, so that no file which is opened later is written to as if it
    /// were the terminal.</summary>
    public static void HoldClosed()
    {
        // A file gets the lowest number that is free.
        for (int descriptor = 0; !OperatingSystem.IsWindows() && descriptor < Count; descriptor++)
        {
            if (AskFlags(descriptor, GetFlags) < 0) s_held.Add(File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite));
        }
    }

    /// <summary>Where results go; writing fails where that was closed. To be asked for before <see cref="HoldClosed"/>, as all of
    /// these.</summary>
    public static Stream OpenOutput() => !WasGiven(Output) ? new ClosedStream()
        : Console.IsOutputRedirected ? new RedirectedOutput() : Console.OpenStandardOutput();

    /// <summary>Where diagnostics go. That nobody gets them is no reason to stop: they go nowhere then.</summary>
    public static Stream OpenError() => WasGiven(Error) ? new UnheardStream(Console.OpenStandardError()) : Stream.Null;

    // What this process has opened itself, as the runtime may have before any code of ours, is closed in those that it starts; what it was
    // given was not.
    private static bool WasGiven(int descriptor) =>
        OperatingSystem.IsWindows() || (AskFlags(descriptor, GetFlags) is >= 0 and var flags && (flags & CloseOnExec) == 0);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int AskFlags(int descriptor, int command);

    private sealed class ClosedStream() : OneWayStream(isRead: false)
    {
        public override void Write(ReadOnlySpan<byte> bytes) => throw new IOException("standard output is closed");
    }

    private sealed class UnheardStream(Stream inner) : OneWayStream(isRead: false)
    {
        private bool _isHeard = true;

        public override void Write(ReadOnlySpan<byte> bytes)
        {
            if (!_isHeard) return;
            try
            {
                inner.Write(bytes);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // Its reader is gone, its disk is full, or it is open for reading only.
                _isHeard = false;
            }
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
