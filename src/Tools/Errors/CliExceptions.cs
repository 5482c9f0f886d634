namespace TinySD.Tools.Errors;

/// <summary>The exit codes that scripts rely on.</summary>
internal static class ExitCode
{
    public const int Done = 0, Failed = 1, Usage = 2, Stopped = 130;

    /// <summary>Whoever read standard output has had enough: what shells say of a program that SIGPIPE ended.</summary>
    public const int BrokenPipe = 141;
}

/// <summary>The command line asks for something that makes no sense: exit code 2.</summary>
internal sealed class UsageException(string message) : Exception(message)
{
    /// <summary>Whether something is missing that every such command needs, so that an example helps.</summary>
    public bool LacksWords { get; init; }
}

/// <summary>The work could not be done: exit code 1. The message is for the user as it stands, and one line.</summary>
internal class FailureException(string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>A second line: what is kept, or what to do.</summary>
    public string? Advice { get; init; }
}

/// <summary>Training came to numbers that are not finite, and would again: exit code 1.</summary>
internal sealed class DivergedException(string message, Exception? cause) : FailureException(message, cause);

/// <summary>Nobody reads standard output any more: exit code 141, and nothing to say.</summary>
internal sealed class BrokenPipeException() : IOException("nobody reads standard output any more");

/// <summary>The user asked for a stop: exit code 130. The message says what was kept.</summary>
internal sealed class StoppedException(string message) : Exception(message)
{
    /// <summary>A second line: how to go on.</summary>
    public string? Advice { get; init; }
}
