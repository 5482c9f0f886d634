using TinySD.Formats;

namespace TinySD.Tools.Errors;

/// <summary>The one place that turns an exception into an exit code and a message.</summary>
internal static class Failures
{
    /// <summary>Writes one or two lines, and the trace when asked.</summary>
    /// <param name="exception">What was thrown.</param>
    /// <param name="command">The command as typed, for example <c>tinysd train lm</c>.</param>
    /// <param name="error">Standard error.</param>
    /// <param name="verbose">Whether to add the trace.</param>
    /// <returns>The exit code.</returns>
    public static int Report(Exception exception, string command, TextWriter error, bool verbose)
    {
        (int code, string message) = Describe(exception, command);
        error.WriteLine($"{command}: {message}");
        if (verbose && code != ExitCode.Usage) error.WriteLine(exception);
        return code;
    }

    /// <summary>Text of an exception of the runtime or the base library, on one line.</summary>
    public static string OneLine(Exception exception) => exception.Message.ReplaceLineEndings(" ");

    private static (int Code, string Message) Describe(Exception exception, string command) => exception switch
    {
        UsageException => (ExitCode.Usage, $"{exception.Message}\nSee '{command} --help'."),
        StoppedException => (ExitCode.Stopped, exception.Message),
        OperationCanceledException => (ExitCode.Stopped, "stopped"),
        FailureException or FileProblemException => (ExitCode.Failed, exception.Message),
        OutOfMemoryException => (ExitCode.Failed, "there is not enough memory; for training, lower --hidden, --batch or --bptt"),
        IOException or UnauthorizedAccessException => (ExitCode.Failed, OneLine(exception)),
        _ => (ExitCode.Failed, $"internal error, {exception.GetType().Name}: {OneLine(exception)}\n" +
            "This is a bug in TinySD. Please report it with what --verbose prints."),
    };
}
