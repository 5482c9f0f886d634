namespace TinySD.Runtime.Tests;

/// <summary>What an action allocates.</summary>
internal static class Allocations
{
    /// <summary>Bytes on this thread, the least of a few rounds after a first.</summary>
    public static long LeastOnThisThread(Action action) => Least(action, GC.GetAllocatedBytesForCurrentThread);

    /// <summary>Bytes that a counter counts.</summary>
    /// <remarks>What an action allocates it allocates every time, so the least of a few rounds hides nothing. It leaves out what only
    /// happens once in a process, and the rest of a thread's allocation buffer (less than 8192 bytes), which the counter takes for used
    /// when a collection takes the buffer away.</remarks>
    public static long Least(Action action, Func<long> counter)
    {
        action();
        long least = long.MaxValue;
        for (int round = 0; round < 5 && least > 0; round++)
        {
            long before = counter();
            action();
            least = Math.Min(least, counter() - before);
        }

        return least;
    }
}
