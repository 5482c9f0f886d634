namespace TinySD.Tools.Display;

/// <summary>Asks a terminal how wide it is.</summary>
internal static partial class TerminalSize
{
    // TIOCGWINSZ, whose number other systems than Linux have another of.
    private const nuint GetWindowSize = 0x5413;
    private const int StandardOutput = 1, StandardError = 2;

    /// <summary>Its columns; 0 where it does not say.</summary>
    /// <param name="isOutput">Whether it is the terminal of standard output, else that of standard error.</param>
    public static int Columns(bool isOutput)
    {
        // The base library asks the one of standard output only, which may be a file while progress is drawn.
        if (OperatingSystem.IsLinux())
        {
            return Ask(isOutput ? StandardOutput : StandardError, GetWindowSize, out Size size) == 0 ? size.Columns : 0;
        }

        try
        {
            return Console.WindowWidth;
        }
        catch (IOException)
        {
            return 0;
        }
    }

    [LibraryImport("libc", EntryPoint = "ioctl")]
    private static partial int Ask(int descriptor, nuint request, out Size size);

    // struct winsize.
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Size
    {
        public readonly ushort Rows, Columns, Width, Height;
    }
}
