namespace TinySD.Tools.Errors;

/// <summary>What went wrong, as a command ends with it.</summary>
/// <param name="Code">The exit code.</param>
/// <param name="Message">What was wrong, and where.</param>
/// <param name="Remedy">What to do, or what is kept; null for nothing beyond the message.</param>
internal sealed record Failure(int Code, string Message, string? Remedy)
{
    /// <summary>The file that it is about; null where it is about none, or nobody knows.</summary>
    public string? File { get; init; }

    /// <summary>The byte of it, counted from 0; likewise.</summary>
    public long? Offset { get; init; }

    /// <summary>Of an exception that ended a command.</summary>
    /// <param name="exception">The exception.</param>
    /// <param name="command">The command as typed, for example <c>tinysd train lm</c>.</param>
    /// <param name="example">A line of it that works; null for none.</param>
    public static Failure Of(Exception exception, string command, string? example = null)
    {
        FileProblem? problem = (exception as FileProblemException ?? exception.InnerException as FileProblemException)?.Problem;
        return Described(exception, command, example) with { File = problem?.File, Offset = problem?.Offset };
    }

    private static Failure Described(Exception exception, string command, string? example) => exception switch
    {
        UsageException { LacksWords: true } when example is not null =>
            new(ExitCode.Usage, exception.Message, $"See '{command} --help'; for example: {example}"),
        UsageException => new(ExitCode.Usage, exception.Message, $"See '{command} --help'."),
        StoppedException stopped => new(ExitCode.Stopped, stopped.Message, stopped.Advice),
        OperationCanceledException => new(ExitCode.Stopped, "stopped", null),
        FailureException failure => new(ExitCode.Failed, failure.Message, failure.Advice),
        FileProblemException file => new(ExitCode.Failed, exception.Message, KindAdvice.For(file.Problem)),
        OutOfMemoryException => new(ExitCode.Failed, Memory.Message(exception), Memory.AdviceFor(command, exception)),
        IOException or UnauthorizedAccessException => new(ExitCode.Failed, Failures.OneLine(exception), null),
        _ => new(ExitCode.Failed, $"internal error, {exception.GetType().Name}: {Failures.OneLine(exception)}",
            "This is a bug in TinySD. Please report it with what --verbose prints."),
    };
}
