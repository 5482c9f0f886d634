namespace TinySD.Formats;

/// <summary>Throw-helpers: a file's fault is a <see cref="FileProblemException"/>, a caller's an argument or an invalid-operation
/// exception.</summary>
internal static class Throw
{
    [DoesNotReturn]
    public static void Problem(FileProblem problem) => throw new FileProblemException(problem);

    [DoesNotReturn]
    public static void Problem(FileProblem problem, Exception cause) => throw new FileProblemException(problem, cause);

    [DoesNotReturn]
    public static void Argument(string message) => throw new ArgumentException(message);

    [DoesNotReturn]
    public static void OutOfRange(string name, object? found, string expected) =>
        throw new ArgumentOutOfRangeException(name, found, $"{name} must be {expected}");

    [DoesNotReturn]
    public static void NoMasks(string path) =>
        throw new InvalidOperationException(
            $"{path}: no update's masks are ready; one must be begun, and not refused, before masks are asked for");

    [DoesNotReturn]
    public static void DamagedGzip() => throw new InvalidDataException("damaged, cut short, or with other bytes behind its end");

    [DoesNotReturn]
    public static void BigEndian() =>
        throw new PlatformNotSupportedException("TinySD's files hold little-endian numbers; this processor is big-endian");
}
