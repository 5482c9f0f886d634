using System.Runtime.ExceptionServices;

namespace TinySD.Runtime.Threading;

/// <summary>A loop over a range, cut into one part per thread. Lives on its caller's stack, who waits until all are done.</summary>
public readonly unsafe struct ParallelWork
{
    private readonly void* _body, _failure;
    private readonly delegate*<void*, int, int, int, void> _run;
    private readonly int _count, _grain, _parts;

    internal ParallelWork(void* body, void* failure, delegate*<void*, int, int, int, void> run, int count, int grain, int parts)
    {
        _body = body;
        _failure = failure;
        _run = run;
        _count = count;
        _grain = grain;
        _parts = parts;
    }

    /// <summary>Into how many parts the loop is cut: the <see cref="IParallelRunner.ThreadCount"/> of the runner it was made for.</summary>
    internal int Parts => _parts;

    /// <summary>Runs part <paramref name="part"/> of the loop on the calling thread. An exception of the loop's own stays with
    /// the work, which has it thrown to the loop's caller when <see cref="IParallelRunner.Run"/> has returned; the runner's
    /// threads never see it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such part.</exception>
    public void Invoke(int part)
    {
        if ((uint)part >= (uint)_parts) Throw.OutOfRange(nameof(part), part, "a part of the loop");
        (int start, int end) = Split(_count, _grain, part, _parts);
        if (start >= end) return;
        try
        {
            _run(_body, part, start, end);
        }
        catch (Exception exception)
        {
            // The first one is told of.
            Interlocked.CompareExchange(ref Unsafe.AsRef<Exception?>(_failure), exception, null);
        }
    }

    /// <summary>One part of [0, count) cut into parts that differ by at most one grain and start at multiples of it.</summary>
    internal static (int Start, int End) Split(int count, int grain, int part, int parts)
    {
        long grains = (count + (long)grain - 1) / grain;
        long start = grains * part / parts * grain, end = grains * (part + 1) / parts * grain;
        return ((int)Math.Min(start, count), (int)Math.Min(end, count));
    }
}

/// <summary>The body of a parallel loop.</summary>
internal interface IRangeBody
{
    /// <summary>Does [start, end); <paramref name="part"/> picks a thread's own scratch.</summary>
    void Run(int part, int start, int end);
}

/// <summary>A runner and its thread count, asked for once: scratch is sized by it, and a host might give another number later.</summary>
internal readonly unsafe struct CountedRunner
{
    /// <summary>The most threads there can be.</summary>
    public const int MaxThreads = 1024;

    private readonly IParallelRunner _runner;

    /// <exception cref="ArgumentOutOfRangeException">The runner's count is not in 1 to 1024.</exception>
    public CountedRunner(IParallelRunner runner)
    {
        _runner = runner;
        ThreadCount = runner.ThreadCount;
        if (ThreadCount is < 1 or > MaxThreads) Throw.OutOfRange("the runner's ThreadCount", ThreadCount, $"1 to {MaxThreads}");
    }

    /// <summary>Threads; every part is below it.</summary>
    public int ThreadCount { get; }

    /// <summary>Runs <paramref name="body"/> over [0, count), cut at multiples of <paramref name="grain"/>. Allocates nothing.</summary>
    /// <remarks>What the body throws comes out here, from any thread, when all parts have ended; of several exceptions the first.</remarks>
    /// <exception cref="InvalidOperationException">The runner's count is another one now: a part may lack scratch, or not run.</exception>
    public void For<TBody>(int count, int grain, scoped ref TBody body)
        where TBody : struct, IRangeBody
    {
        int found = _runner.ThreadCount;
        if (found != ThreadCount) Throw.ThreadsChanged(found, ThreadCount);
        if (ThreadCount == 1 || count <= grain)
        {
            if (count > 0) body.Run(0, 0, count);
            return;
        }

        // Both stay where they are, on this stack, until Run returns; what they refer to is reported to the collector from this frame.
        Exception? failure = null;
        void* pBody = Unsafe.AsPointer(ref body), pFailure = Unsafe.AsPointer(ref failure);
        _runner.Run(new ParallelWork(pBody, pFailure, &RunRange<TBody>, count, grain, ThreadCount));
        if (failure is not null) ExceptionDispatchInfo.Throw(failure);
    }

    private static void RunRange<TBody>(void* body, int part, int start, int end)
        where TBody : struct, IRangeBody => Unsafe.AsRef<TBody>(body).Run(part, start, end);
}
