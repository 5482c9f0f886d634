namespace TinySD.Tools.Errors;

/// <summary>Tells people of failures.</summary>
internal static class Failures
{
    // As the console shows it.
    private const string LineFeed = "\\u000A";

    /// <summary>Writes one or two lines about a command as typed, for example <c>tinysd train lm</c>, and the trace when asked.</summary>
    /// <returns>The exit code.</returns>
    public static int Report(Failure failure, string command, TextWriter error, Exception? trace)
    {
        // Two lines and no more: what a name or a path brings with it is shown and ends none.
        error.WriteLine($"{command}: {failure.Message}");

        // The second is not broken, however narrow the terminal: what it says to type is to be copied.
        if (failure.Remedy is not null) error.Write($"{failure.Remedy.Replace("\n", LineFeed, StringComparison.Ordinal)}\n");
        if (trace is not null && failure.Code != ExitCode.Usage) error.Write($"{trace}\n");
        return failure.Code;
    }

    /// <summary>Text of an exception of the runtime or the base library, on one line.</summary>
    public static string OneLine(Exception exception) => exception.Message.ReplaceLineEndings(" ");
}
