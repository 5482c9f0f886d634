using System.Diagnostics.CodeAnalysis;

namespace TinySD.Runtime.Numerics;

/// <summary>Throw-helpers: their messages say what was expected, what was found, and its name.</summary>
internal static class Throw
{
    /// <summary>Nested masks where there can be none.</summary>
    /// <param name="what">What it is: "a tagger".</param>
    [DoesNotReturn]
    public static void NotNested(string what) => Argument(
        $"{what} cannot have nested masks: these are for stacks of one direction, whose first units are a smaller model");

    /// <summary>A number and what it counts, for a message.</summary>
    public static string Counted(long count, string what) => $"{count} {what}{(count == 1 ? "" : "s")}";

    [DoesNotReturn]
    public static void OutOfRange(string name, object? found, string expected) =>
        throw new ArgumentOutOfRangeException(name, found, $"{name} must be {expected}");

    [DoesNotReturn]
    public static void Argument(string message) => throw new ArgumentException(message);

    [DoesNotReturn]
    public static void NoMemory(string what, Exception cause) => throw new InsufficientMemoryException($"no memory for {what}", cause);

    [DoesNotReturn]
    public static void WrongParts(int found, int expected) =>
        Argument($"the work is cut into {Counted(found, "part")}; {expected} were expected");

    [DoesNotReturn]
    public static void ThreadsChanged(int found, int expected) =>
        throw new InvalidOperationException(
            $"the runner's ThreadCount was {expected} and is {found} now; it must stay what it was when the runner was given");

    [DoesNotReturn]
    public static void NotFinite(int update, double loss, double gradientNorm) => throw new NotFiniteException(update, loss, gradientNorm);

    [DoesNotReturn]
    public static void Invalid(string message) => throw new InvalidOperationException(message);

    [DoesNotReturn]
    public static void NoFloats(string what, object format) =>
        Invalid($"{what} held as {format}, for running only; training, and what reads weights, takes a model in single precision");

    [DoesNotReturn]
    public static void TwoThreads(string? message) => Invalid(message ??
        "another thread is in this session: it belongs to one thread at a time. Make a session for each thread, they share the model, or " +
        "let threads take turns with a lock");

    [DoesNotReturn]
    public static void NotANumber(float found, string message) => throw new NotFiniteNumberException(message, found);

    /// <summary>Gives back what is not null, where there is no room for a statement.</summary>
    /// <exception cref="ArgumentNullException">It is null.</exception>
    public static T IfNull<T>([NotNull] T? value, [CallerArgumentExpression(nameof(value))] string name = "")
        where T : class
    {
        ArgumentNullException.ThrowIfNull(value, name);
        return value;
    }

    /// <summary>Refuses a drop rate, or a share that stays from update to update, outside [0, 1).</summary>
    public static void IfNoRate(float rate, [CallerArgumentExpression(nameof(rate))] string name = "")
    {
        if (!(rate >= 0f && rate < 1f)) OutOfRange(name, rate, "at least 0 and below 1");
    }

    /// <summary>Refuses a span that is too short.</summary>
    public static void IfShorter(int found, int needed, string name)
    {
        if (found < needed) Argument($"{name} holds {Counted(found, "number")}; at least {needed} were expected");
    }

    /// <summary>Refuses what is below 0, infinite or not a number.</summary>
    public static void IfNegative(float value, [CallerArgumentExpression(nameof(value))] string name = "")
    {
        if (!(value >= 0f && float.IsFinite(value))) OutOfRange(name, value, "0 or above, and finite");
    }

    /// <summary>Refuses a number that is none of an enumeration's.</summary>
    public static void IfUndefined<T>(T value, [CallerArgumentExpression(nameof(value))] string name = "")
        where T : struct, Enum
    {
        if (!Enum.IsDefined(value)) OutOfRange(name, value, "one of its names");
    }
}
