namespace TinySD.Tools.Display;

/// <summary>What the two output streams are connected to; all false where neither is a terminal.</summary>
internal readonly record struct TerminalTraits(bool OutputIsTerminal, bool ErrorIsTerminal, bool UseColor, int Width)
{
    /// <summary>Asks the system; <c>NO_COLOR</c> and <c>TERM=dumb</c> are honoured.</summary>
    public static TerminalTraits OfThisProcess()
    {
        bool canMoveCursor = Environment.GetEnvironmentVariable("TERM") != "dumb";
        bool useColor = canMoveCursor && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        bool output = !Console.IsOutputRedirected, error = !Console.IsErrorRedirected && canMoveCursor;
        return new TerminalTraits(output, error, useColor, output || error ? WidthOfTerminal() : 0);
    }

    private static int WidthOfTerminal()
    {
        try
        {
            return Console.WindowWidth;
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
