using System.Diagnostics.CodeAnalysis;

namespace TinySD.Runtime.Numerics;

/// <summary>Throw-helpers: their messages say what was expected, what was found, and its name.</summary>
internal static class Throw
{
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
    public static void PoolIsRunning() =>
        throw new InvalidOperationException("the pool runs the work of one caller at a time; give every caller a pool of its own");

    [DoesNotReturn]
    public static void WrongParts(int found, int expected) =>
        Argument($"the work is cut into {Counted(found, "part")}; {expected} were expected");

    [DoesNotReturn]
    public static void PoolEndsItself() =>
        throw new InvalidOperationException("the pool cannot be disposed by the work it runs; do so when that is done");

    [DoesNotReturn]
    public static void ThreadsChanged(int found, int expected) =>
        throw new InvalidOperationException(
            $"the runner's ThreadCount was {expected} and is {found} now; it must stay what it was when the runner was given");

    [DoesNotReturn]
    public static void NotALogit(int token, float found) =>
        throw new NotFiniteNumberException(
            $"logit {token} is {found}; a finite number was expected, or minus infinity for a token that must not be drawn", found);

    [DoesNotReturn]
    public static void NoLogit(int count) =>
        throw new NotFiniteNumberException($"all {count} logits are minus infinity; one at least must be finite");

    [DoesNotReturn]
    public static void NotFiniteInput(int step, int sequence, int feature, float found) => throw new NotFiniteNumberException(
        $"feature {feature} of sequence {sequence} at step {step} is {found}; a finite number was expected. The state is as it was", found);

    [DoesNotReturn]
    public static void NotFiniteState(string name, int layer, int sequence, int unit, float found) => throw new NotFiniteNumberException(
        $"unit {unit} of {name} of layer {layer}, sequence {sequence}, is {found}; a finite number was expected. The state is as it was",
        found);

    [DoesNotReturn]
    public static void TooManyUpdates(long updates) =>
        throw new InvalidOperationException($"the run has made {updates} updates, and no more can be counted");

    [DoesNotReturn]
    public static void NotFinite(int update, double loss, double gradientNorm) => throw new NotFiniteException(update, loss, gradientNorm);
}
