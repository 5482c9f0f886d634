using System.Diagnostics.CodeAnalysis;

namespace TinySD.Runtime.Threading;

/// <summary>A fixed set of threads that wait for work by spinning briefly and then sleeping. Running work allocates nothing.</summary>
/// <remarks>One caller at a time; another is refused. Work that throws ends neither a thread nor the pool. Dispose to end the threads; any
/// thread may, at any time, but the work itself is refused.</remarks>
public sealed class WorkerPool : IParallelRunner, IDisposable
{
    // A waiting thread first spins, longer than the serial gap between two products of a training step takes; then it keeps offering its
    // core to others, which costs little when nobody wants it and lets the work go on when threads outnumber cores; then a worker sleeps.
    private const int SpinCount = 2_000, YieldCount = 4_000;

    private readonly Worker[] _workers;
    private ParallelWork _work;
    private Thread? _caller;
    private int _pending, _running;
    private volatile int _stopping;

    /// <summary>Starts <paramref name="threadCount"/> - 1 threads; the caller of <see cref="Run"/> is the last.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The count is not in 1 to 1024.</exception>
    /// <exception cref="OutOfMemoryException">The system lets no more threads start.</exception>
    public WorkerPool(int threadCount)
    {
        const int most = CountedRunner.MaxThreads;
        if (threadCount is < 1 or > most) Throw.OutOfRange(nameof(threadCount), threadCount, $"1 to {most}");
        ThreadCount = threadCount;
        _workers = new Worker[threadCount - 1];
        for (int i = 0; i < _workers.Length; i++)
        {
            try
            {
                _workers[i] = new Worker(this, i + 1);
            }
            catch (OutOfMemoryException exception)
            {
                // Nobody will hold this pool, and so nobody can end the threads that did start.
                foreach (Worker worker in _workers.AsSpan(0, i)) worker.Dispose();
                Throw.NoMemory($"thread {i + 2} of {threadCount}", exception);
            }
        }
    }

    /// <inheritdoc/>
    public int ThreadCount { get; }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The work is cut into another number of parts than the pool has threads.</exception>
    /// <exception cref="InvalidOperationException">Another thread is running work on this pool, or the work itself asks for it.</exception>
    /// <exception cref="ObjectDisposedException">The pool's threads have ended.</exception>
    public void Run(ParallelWork work)
    {
        if (work.Parts != ThreadCount) Throw.WrongParts(work.Parts, ThreadCount);

        // The work lies on its caller's stack: a second one in its place would be read after its caller is gone.
        if (_stopping != 0 || Interlocked.Exchange(ref _running, 1) != 0) Refuse();
        _work = work;
        _caller = Thread.CurrentThread;
        Volatile.Write(ref _pending, _workers.Length);
        foreach (Worker worker in _workers) worker.Wake();

        // No part throws: the work keeps what its loop throws, and there is such a part. So the others are always waited for.
        work.Invoke(0);
        AwaitWorkers();
        _caller = null;
        Volatile.Write(ref _running, 0);
    }

    /// <summary>Ends the threads and waits for them, and before that for the run that is under way; further runs are refused.</summary>
    /// <exception cref="InvalidOperationException">The work itself asks for it, and would wait for its own end.</exception>
    public void Dispose()
    {
        if (Thread.CurrentThread == _caller || Array.Exists(_workers, worker => worker.IsCurrent))
            Throw.Invalid("the pool cannot be disposed by the work it runs; do so when that is done");
        if (Interlocked.Exchange(ref _stopping, 1) != 0) return;

        // Taken and never given back: nobody waits for the workers now.
        var wait = new SpinWait();
        while (Interlocked.Exchange(ref _running, 1) != 0) wait.SpinOnce();
        foreach (Worker worker in _workers) worker.Dispose();
    }

    [DoesNotReturn]
    private void Refuse()
    {
        ObjectDisposedException.ThrowIf(_stopping != 0, this);
        Throw.Invalid("the pool runs the work of one caller at a time; give every caller a pool of its own");
    }

    private void AwaitWorkers()
    {
        for (int spin = 0; Volatile.Read(ref _pending) != 0; spin++)
        {
            if (spin < SpinCount) Thread.SpinWait(1);
            else Thread.Yield();
        }
    }

    private sealed class Worker : IDisposable
    {
        private readonly WorkerPool _pool;
        private readonly int _part;
        private readonly Thread _thread;
        private readonly SemaphoreSlim _wake = new(0);
        private int _ready; // 1: work waits, 0: none, -1: the worker sleeps
        private volatile bool _isEnding;

        public Worker(WorkerPool pool, int part)
        {
            _pool = pool;
            _part = part;
            _thread = new Thread(Loop) { IsBackground = true, Name = "TinySD worker" };
            _thread.Start();
        }

        public bool IsCurrent => _thread == Thread.CurrentThread;

        public void Wake()
        {
            if (Interlocked.Exchange(ref _ready, 1) == -1) _wake.Release();
        }

        public void Dispose()
        {
            _isEnding = true;
            Wake();
            _thread.Join();
            _wake.Dispose();
        }

        private void Loop()
        {
            while (true)
            {
                WaitForWork();
                if (_isEnding) return;
                _pool._work.Invoke(_part);
                Interlocked.Decrement(ref _pool._pending);
            }
        }

        private void WaitForWork()
        {
            for (int spin = 0; spin < SpinCount + YieldCount; spin++)
            {
                if (Volatile.Read(ref _ready) == 1)
                {
                    Volatile.Write(ref _ready, 0);
                    return;
                }

                if (spin < SpinCount) Thread.SpinWait(1);
                else Thread.Yield();
            }

            if (Interlocked.CompareExchange(ref _ready, -1, 0) == 0) _wake.Wait();
            Volatile.Write(ref _ready, 0);
        }
    }
}
