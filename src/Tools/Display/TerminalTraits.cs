namespace TinySD.Tools.Display;

/// <summary>What the two output streams are connected to; all false where neither is a terminal.</summary>
internal readonly record struct TerminalTraits(bool OutputIsTerminal, bool ErrorIsTerminal, bool UseColor, int Width)
{
    private const int UsualWidth = 80;

    private static readonly string[] s_localeVariables = ["LC_ALL", "LC_CTYPE", "LANG"];

    /// <summary>Asks for the columns again, which whoever drags a window's edge changes; null where they stay <see cref="Width"/>. 0 where
    /// nobody knows.</summary>
    public Func<int>? AskWidth { get; init; }

    /// <summary>Whether terminals show ASCII and nothing else.</summary>
    public bool IsAscii { get; init; }

    /// <summary>The columns of the terminal as they are now.</summary>
    public int Columns => (AskWidth?.Invoke() ?? Width) is > 0 and var known ? known : UsualWidth;

    /// <summary>Asks the system; <c>NO_COLOR</c> and <c>TERM=dumb</c> are honoured.</summary>
    public static TerminalTraits OfThisProcess()
    {
        bool canMoveCursor = Environment.GetEnvironmentVariable("TERM") != "dumb";
        bool useColor = canMoveCursor && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        bool output = !Console.IsOutputRedirected, error = !Console.IsErrorRedirected && canMoveCursor;
        return new TerminalTraits(output, error, useColor, 0)
        {
            AskWidth = () => TerminalSize.Columns(output),
            IsAscii = OperatingSystem.IsWindows()
                ? Console.OutputEncoding.CodePage != Encoding.UTF8.CodePage
                : !IsUtf8(Environment.GetEnvironmentVariable),
        };
    }

    /// <summary>Whether the locale's characters are UTF-8: the first of what decides, by POSIX, that is set says so.</summary>
    /// <param name="variable">A variable of the environment by its name.</param>
    public static bool IsUtf8(Func<string, string?> variable)
    {
        string? locale = s_localeVariables.Select(variable).FirstOrDefault(value => !string.IsNullOrEmpty(value));
        return locale is not null && locale.Replace("-", "", StringComparison.Ordinal).Contains("utf8", StringComparison.OrdinalIgnoreCase);
    }
}
