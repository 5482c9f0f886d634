namespace TinySD.Runtime.Threading;

/// <summary>Where parallelism comes from: the host's own job system, <see cref="WorkerPool"/>, or <see cref="SingleThread"/>. The runtime
/// only says what to run; the split of the work never changes a result's bits.</summary>
public interface IParallelRunner
{
    /// <summary>How many parts run side by side, 1 to 1024; fixed for the runner's life.</summary>
    /// <remarks>Whatever is given a runner asks for this and takes memory for so many parts; it refuses a number out of range then, by an
    /// <see cref="ArgumentOutOfRangeException"/>, and another number later, by an <see cref="InvalidOperationException"/>.</remarks>
    int ThreadCount { get; }

    /// <summary>Calls <see cref="ParallelWork.Invoke"/> once for every part in [0, <see cref="ThreadCount"/>), and returns when
    /// all have ended.</summary>
    /// <remarks>
    /// <para>Parts may run on any threads and in any order. None may run on when this call has ended, in whatever way: what they work on
    /// lies on the caller's stack. So an implementation that cannot run them throws before it has called any, or waits for those it has
    /// called; what it throws goes to whoever asked the runtime to compute.</para>
    /// <para>It need not catch anything: a loop that throws is no concern of the runner, since the work keeps the exception, and the
    /// runtime's caller gets it when this call has returned. What was being computed is then unfinished.</para>
    /// <para>Must not be called from within itself. Implementations allocate nothing, and do not keep the work, which ends with the call.
    /// All threads, the caller's too, must compute as .NET sets them up: to the nearest, and denormal numbers neither flushed nor taken for
    /// zero, which audio threads often are set to; results could depend on the thread otherwise.</para>
    /// </remarks>
    void Run(ParallelWork work);
}

/// <summary>Runs every part on the caller's thread.</summary>
public sealed class SingleThread : IParallelRunner
{
    /// <summary>The only one needed: it has no state.</summary>
    public static SingleThread Instance { get; } = new();

    /// <inheritdoc/>
    public int ThreadCount => 1;

    /// <inheritdoc/>
    public void Run(ParallelWork work) => work.Invoke(0);
}
