namespace TinySD.Tools.Errors;

/// <summary>Turns an exception into an exit code and a message.</summary>
internal static class Failures
{
    // As the console shows it.
    private const string LineFeed = "\\u000A";

    /// <summary>Writes one or two lines about a command as typed, for example <c>tinysd train lm</c>, and the trace when asked.</summary>
    /// <returns>The exit code.</returns>
    public static int Report(Exception exception, string command, TextWriter error, bool verbose)
    {
        (int code, string message, string? advice) = Describe(exception, command);

        // Two lines and no more: what a name or a path brings with it is shown and ends none.
        error.WriteLine($"{command}: {message}");
        // The second is not broken, however narrow the terminal: what it says to type is to be copied.
        if (advice is not null) error.Write($"{advice.Replace("\n", LineFeed, StringComparison.Ordinal)}\n");
        if (verbose && code != ExitCode.Usage) error.Write($"{exception}\n");
        return code;
    }

    /// <summary>Text of an exception of the runtime or the base library, on one line.</summary>
    public static string OneLine(Exception exception) => exception.Message.ReplaceLineEndings(" ");

    private static (int Code, string Message, string? Advice) Describe(Exception exception, string command) => exception switch
    {
        UsageException => (ExitCode.Usage, exception.Message, $"See '{command} --help'."),
        StoppedException stopped => (ExitCode.Stopped, stopped.Message, stopped.Advice),
        OperationCanceledException => (ExitCode.Stopped, "stopped", null),
        FailureException failure => (ExitCode.Failed, failure.Message, failure.Advice),
        FileProblemException file => (ExitCode.Failed, exception.Message, KindAdvice.For(file.Problem)),
        OutOfMemoryException => (ExitCode.Failed, Memory.Message(exception), Memory.AdviceFor(command, exception)),
        IOException or UnauthorizedAccessException => (ExitCode.Failed, OneLine(exception), null),
        _ => (ExitCode.Failed, $"internal error, {exception.GetType().Name}: {OneLine(exception)}",
            "This is a bug in TinySD. Please report it with what --verbose prints."),
    };
}
