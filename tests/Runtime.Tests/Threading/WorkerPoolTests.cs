using System.Globalization;
using TinySD.Runtime.Inference;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Tests;

/// <summary>Splitting a range, and the pool that runs the parts.</summary>
[NotInParallel]
public sealed class WorkerPoolTests
{
    // Of a test that would otherwise wait for ever; far longer than anything here takes.
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    [Test]
    public async Task Parts_cover_a_range_once_start_on_the_grain_and_differ_by_at_most_one_grain()
    {
        var failures = new List<string>();
        foreach (int count in new[] { 0, 1, 2, 15, 16, 17, 100, 4096, 12_345, int.MaxValue })
        {
            foreach (int grain in new[] { 1, 2, 16, 8192 })
            {
                foreach (int parts in new[] { 1, 2, 3, 7, 64, 1024 })
                {
                    int at = 0;
                    (long least, long most) = (long.MaxValue, 0);
                    for (int part = 0; part < parts; part++)
                    {
                        (int start, int end) = ParallelWork.Split(count, grain, part, parts);
                        if (start != at || end < start || (start % grain != 0 && start != count))
                            failures.Add($"{count}/{grain}/{parts}: part {part} is {start} to {end}");
                        at = end;
                        long grains = ((long)end - start + grain - 1) / grain;
                        (least, most) = (Math.Min(least, grains), Math.Max(most, grains));
                    }

                    if (at != count || most - least > 1)
                        failures.Add($"{count}/{grain}/{parts}: ends at {at}, parts of {least} to {most} grains");
                }
            }
        }

        await Assert.That(failures).IsEmpty();
    }

    [Test]
    [Arguments(1)]
    [Arguments(2)]
    [Arguments(3)]
    public async Task Every_index_is_run_once_in_many_rapid_runs(int threads)
    {
        using var pool = new WorkerPool(threads);
        await Assert.That(pool.ThreadCount).IsEqualTo(threads);
        int[] runs = new int[97];
        for (int round = 1; round <= 500; round++)
        {
            Count(pool, runs);
            await Assert.That(runs.All(count => count == round)).IsTrue();
        }
    }

    [Test]
    public async Task Workers_that_fell_asleep_wake_up()
    {
        using var pool = new WorkerPool(2);
        int[] runs = new int[97];
        for (int round = 1; round <= 5; round++)
        {
            // Far longer than a worker spins; had it not slept, the test would pass all the same.
            Thread.Sleep(30);
            Count(pool, runs);
            await Assert.That(runs.All(count => count == round)).IsTrue();
        }
    }

    [Test]
    public async Task Disposing_ends_sleeping_and_idle_pools_and_may_be_repeated()
    {
        for (int i = 0; i < 10; i++)
        {
            var pool = new WorkerPool(3);
            if (i % 2 == 0) Count(pool, new int[10]);
            if (i % 3 == 0) Thread.Sleep(10);
            pool.Dispose();
            pool.Dispose();
        }

        await Assert.That(Messages.Of<ArgumentOutOfRangeException>(() => new WorkerPool(0))).Contains("threadCount must be 1 to 1024");
        await Assert.That(Messages.Of<ArgumentOutOfRangeException>(() => new WorkerPool(1025))).Contains("threadCount must be 1 to 1024");
    }

    [Test]
    public async Task A_second_caller_a_nested_one_and_one_that_comes_too_late_are_refused()
    {
        var pool = new WorkerPool(2);
        var nested = new NestedBody { Pool = pool, Said = new string[2] };
        new CountedRunner(pool).For(2, 1, ref nested);
        const string refusal = "the pool runs the work of one caller at a time";
        await Assert.That(nested.Said.All(said => said.StartsWith(refusal, StringComparison.Ordinal))).IsTrue();
        int[] runs = new int[97];
        Count(pool, runs);
        await Assert.That(runs.All(count => count == 1)).IsTrue();
        pool.Dispose();
        for (int i = 0; i < 2; i++) await Assert.That(() => Count(pool, runs)).Throws<ObjectDisposedException>();
    }

    [Test]
    [MatrixDataSource]
    public async Task Work_that_throws_on_any_thread_throws_at_its_caller_when_all_parts_have_ended_and_the_pool_goes_on(
        [Matrix(2, 3, 5)] int threads, [Matrix("0", "1", "last", "all but the caller's", "all")] string which)
    {
        using var pool = new WorkerPool(threads);
        int[] runs = new int[97];
        for (int round = 1; round <= 100; round++)
        {
            // Whether workers wait, sleep or are slow must not matter.
            if (round % 50 == 0) Thread.Sleep(30);
            bool[] throws = [.. Enumerable.Range(0, threads).Select(part => which switch
            {
                "last" => part == threads - 1,
                "all" => true,
                "all but the caller's" => part > 0,
                _ => part.ToString(CultureInfo.InvariantCulture) == which,
            })];
            int[] ended = new int[threads];
            TimeoutException thrown = Assert.Throws<TimeoutException>(() => Throwing(pool, throws, ended, spin: round % 3 == 0 ? 2000 : 0));
            await Assert.That(ended.All(count => count == 1)).IsTrue();
            await Assert.That(throws[int.Parse(thrown.Message, CultureInfo.InvariantCulture)]).IsTrue();
            await Assert.That(thrown.StackTrace).Contains(nameof(ParallelWork.Invoke));
            Count(pool, runs);
            await Assert.That(runs.All(count => count == round)).IsTrue();
        }
    }

    [Test]
    public async Task A_hosts_runner_sees_no_exception_of_the_work_and_its_caller_the_first()
    {
        int[] ended = new int[5];
        var runner = new Backwards(5);
        TimeoutException thrown = Assert.Throws<TimeoutException>(() => Throwing(runner, [true, false, true, true, false], ended));
        await Assert.That(thrown.Message).IsEqualTo("3");
        await Assert.That(ended.All(count => count == 1)).IsTrue();
        await Assert.That(runner.Ended).IsEqualTo(1);
    }

    [Test]
    public async Task A_loop_of_one_part_throws_as_it_is()
    {
        using var pool = new WorkerPool(3);
        foreach (IParallelRunner runner in new IParallelRunner[] { SingleThread.Instance, pool })
        {
            await Assert.That(Assert.Throws<TimeoutException>(() =>
            {
                var body = new ThrowingBody { Throws = [true], Ended = new int[1] };
                new CountedRunner(runner).For(1, 1, ref body);
            }).Message).IsEqualTo("0");
        }
    }

    [Test]
    [Arguments(0)]
    [Arguments(1)]
    [Arguments(2)]
    public async Task A_nested_run_and_a_disposal_by_the_work_itself_are_refused_at_the_outer_caller(int part)
    {
        using var pool = new WorkerPool(3);
        int[] runs = new int[97];
        for (int round = 1; round <= 50; round++)
        {
            await Assert.That(Messages.Of<InvalidOperationException>(() => Do(() => Count(pool, new int[97]))))
                .IsEqualTo("the pool runs the work of one caller at a time; give every caller a pool of its own");
            await Assert.That(Messages.Of<InvalidOperationException>(() => Do(pool.Dispose)))
                .IsEqualTo("the pool cannot be disposed by the work it runs; do so when that is done");
            Count(pool, runs);
            await Assert.That(runs.All(count => count == round)).IsTrue();
        }

        void Do(Action action)
        {
            var body = new ActingBody { Part = part, Action = action };
            new CountedRunner(pool).For(3, 1, ref body);
        }
    }

    [Test]
    public async Task Work_cut_for_another_number_of_threads_is_refused_before_it_is_run()
    {
        using var pool = new WorkerPool(3);
        int[] runs = new int[97];
        foreach (int threads in new[] { 2, 4 })
        {
            var body = new CountBody { Runs = runs };
            Action run = () => new CountedRunner(new Handing(threads, pool)).For(runs.Length, 3, ref body);
            await Assert.That(Messages.Of<ArgumentException>(run)).IsEqualTo($"the work is cut into {threads} parts; 3 were expected");
        }

        await Assert.That(Messages.Of<ArgumentException>(() => pool.Run(default)))
            .IsEqualTo("the work is cut into 0 parts; 3 were expected");
        await Assert.That(runs.All(count => count == 0)).IsTrue();
        Count(pool, runs);
        await Assert.That(runs.All(count => count == 1)).IsTrue();
    }

    [Test]
    public async Task A_pool_disposed_while_its_work_throws_ends_and_the_exception_arrives()
    {
        for (int round = 0; round < 100; round++)
        {
            var pool = new WorkerPool(2 + (round % 3));
            int rounds = 0;
            Task hammer = Alone(() =>
            {
                try
                {
                    while (true)
                    {
                        int[] ended = new int[pool.ThreadCount];
                        try
                        {
                            Throwing(pool, [.. ended.Select(_ => true)], ended);
                        }
                        catch (TimeoutException exception)
                        {
                            if (ended.Any(count => count != 1)) throw new InvalidDataException("a part had not ended", exception);
                        }

                        Volatile.Write(ref rounds, rounds + 1);
                    }
                }
                catch (ObjectDisposedException)
                {
                }
            });
            SpinWait.SpinUntil(() => Volatile.Read(ref rounds) > 0 || hammer.IsCompleted);
            Thread.SpinWait(round * 10);
            await Alone(pool.Dispose).WaitAsync(_patience);
            await hammer.WaitAsync(_patience);
        }
    }

    [Test]
    public async Task Disposing_waits_for_the_run_that_is_under_way()
    {
        var pool = new WorkerPool(2);
        using var gate = new ManualResetEventSlim();
        using var entered = new CountdownEvent(2);
        Task run = Alone(() =>
        {
            var body = new GatedBody { Gate = gate, Entered = entered };
            new CountedRunner(pool).For(2, 1, ref body);
        });
        entered.Wait();
        Task dispose = Alone(pool.Dispose);
        await Assert.That(await Task.WhenAny(run, dispose, Task.Delay(100)) is { } first && first != run && first != dispose).IsTrue();
        gate.Set();
        await Task.WhenAll(run, dispose).WaitAsync(_patience);
    }

    [Test]
    public async Task A_pool_disposed_in_the_midst_of_runs_ends_them_whole()
    {
        for (int round = 0; round < 400; round++)
        {
            var pool = new WorkerPool(2 + (round % 2));
            int[] runs = new int[97];
            int rounds = 0;
            Task hammer = Alone(() =>
            {
                try
                {
                    while (true)
                    {
                        Count(pool, runs);
                        Volatile.Write(ref rounds, rounds + 1);
                    }
                }
                catch (ObjectDisposedException)
                {
                }
            });
            SpinWait.SpinUntil(() => Volatile.Read(ref rounds) > 0);
            Thread.SpinWait(round * 10);
            await Alone(pool.Dispose).WaitAsync(_patience);
            await hammer.WaitAsync(_patience);
            await Assert.That(runs.All(count => count == rounds)).IsTrue();
        }
    }

    [Test]
    [Arguments(-1)]
    [Arguments(3)]
    public async Task A_host_that_asks_for_a_part_that_is_none_is_refused(int part)
    {
        int[] runs = new int[97];
        var body = new CountBody { Runs = runs };
        Action run = () => new CountedRunner(new Strange(part)).For(runs.Length, 3, ref body);
        await Assert.That(run).Throws<ArgumentOutOfRangeException>();
        await Assert.That(runs.All(count => count == 0)).IsTrue();
    }

    [Test]
    public async Task A_hosts_own_runner_may_run_the_parts_in_any_order_on_any_thread()
    {
        LanguageModelConfig config = Cases.Config(vocabulary: 37, embedding: 21, hidden: 50, layers: 2);
        DropoutSpec dropout = new() { Kind = DropoutKind.Structured, Layer = 0.5f, Recurrent = 0.5f };
        float[][] trained = [.. new IParallelRunner[] { SingleThread.Instance, new Backwards(5) }.Select(runner =>
        {
            LanguageModel model = Cases.Model(config);
            var trainer = new LanguageModelTrainer(model, Cases.Recipe(config, batch: 5, timeSteps: 3, dropout), runner, KernelChoice.Best);
            for (int step = 0; step < 3; step++) trainer.Step(Arrays.Tokens(step, 15, 37), Arrays.Tokens(step + 9, 15, 37), new Draw(step));
            return model.Parameters.Values.ToArray();
        })];
        await Assert.That(Arrays.FirstDifference(trained[1], trained[0])).IsNull();
    }

    [Test]
    [Arguments(1, 64)]
    [Arguments(3, 2)]
    [Arguments(2, 0)]
    public async Task A_runner_whose_thread_count_changes_is_refused_before_it_is_run(int before, int after)
    {
        LanguageModelConfig config = Cases.Config(vocabulary: 37, embedding: 21, hidden: 50, layers: 2);
        var runner = new Adjustable { ThreadCount = before };
        var trainer = new LanguageModelTrainer(Cases.Model(config), Cases.Recipe(config, batch: 5, timeSteps: 3), runner);
        runner.ThreadCount = after;
        int[] inputs = Arrays.Tokens(1, 15, 37), targets = Arrays.Tokens(2, 15, 37);
        await Assert.That(Messages.Of<InvalidOperationException>(() => trainer.Step(inputs, targets, new Draw(0))))
            .IsEqualTo($"the runner's ThreadCount was {before} and is {after} now; it must stay what it was when the runner was given");
        await Assert.That(runner.Runs).IsEqualTo(0);
    }

    [Test]
    [Arguments(0)]
    [Arguments(-1)]
    [Arguments(1025)]
    public async Task A_runner_of_no_threads_or_of_too_many_is_refused(int threads)
    {
        LanguageModelConfig config = Cases.Config(vocabulary: 37, embedding: 21, hidden: 50, layers: 2);
        var stack = new RecurrentStack(new RecurrentStackConfig { Cell = CellKind.Lstm, InputSize = 3, HiddenSize = 50 });
        LanguageModel model = Cases.Model(config);
        var runner = new Adjustable { ThreadCount = threads };
        Func<object>[] users =
        [
            () => new LanguageModelTrainer(model, Cases.Recipe(config, batch: 5, timeSteps: 3), runner),
            () => new LanguageModelSession(model, runner),
            () => new RecurrentSession(stack, 1, 1, runner), () => new ProductTrial(ProductKind.ForwardStep, 16, 16, 1, 1, runner),
        ];
        foreach (Func<object> user in users)
            await Assert.That(Messages.Of<ArgumentOutOfRangeException>(user)).Contains("the runner's ThreadCount must be 1 to 1024");
    }

    // On a thread of its own: the thread pool may have none to spare.
    private static Task Alone(Action action) =>
        Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static void Throwing(IParallelRunner runner, bool[] throws, int[] ended, int spin = 0)
    {
        var body = new ThrowingBody { Throws = throws, Ended = ended, Spin = spin };
        new CountedRunner(runner).For(throws.Length, 1, ref body);
    }

    private static void Count(WorkerPool pool, int[] runs)
    {
        var body = new CountBody { Runs = runs };
        new CountedRunner(pool).For(runs.Length, 3, ref body);
    }

    private struct CountBody : IRangeBody
    {
        public int[] Runs;

        public readonly void Run(int part, int start, int end)
        {
            for (int i = start; i < end; i++) Interlocked.Increment(ref Runs[i]);
        }
    }

    private struct NestedBody : IRangeBody
    {
        public WorkerPool Pool;
        public string[] Said;

        public readonly void Run(int part, int start, int end)
        {
            try
            {
                Count(Pool, new int[97]);
            }
            catch (InvalidOperationException exception)
            {
                Said[part] = exception.Message;
            }
        }
    }

    private struct ThrowingBody : IRangeBody
    {
        public bool[] Throws;
        public int[] Ended;
        public int Spin;

        public readonly void Run(int part, int start, int end)
        {
            // The longer, the fewer throw: those who leave first must wait.
            if (!Throws[part]) Thread.SpinWait(Spin);
            Interlocked.Increment(ref Ended[part]);
            if (Throws[part]) throw new TimeoutException(part.ToString(CultureInfo.InvariantCulture));
        }
    }

    private struct ActingBody : IRangeBody
    {
        public int Part;
        public Action Action;

        public readonly void Run(int part, int start, int end)
        {
            if (part == Part) Action();
        }
    }

    private struct GatedBody : IRangeBody
    {
        public ManualResetEventSlim Gate;
        public CountdownEvent Entered;

        public readonly void Run(int part, int start, int end)
        {
            Entered.Signal();
            Gate.Wait();
        }
    }

    private sealed class Strange(int part) : IParallelRunner
    {
        public int ThreadCount => 3;

        public void Run(ParallelWork work) => work.Invoke(part);
    }

    private sealed class Adjustable : IParallelRunner
    {
        public int ThreadCount { get; set; }

        public int Runs { get; private set; }

        public void Run(ParallelWork work)
        {
            Runs++;
            for (int part = 0; part < ThreadCount; part++) work.Invoke(part);
        }
    }

    private sealed class Backwards(int parts) : IParallelRunner
    {
        public int ThreadCount => parts;

        public int Ended { get; private set; }

        public void Run(ParallelWork work)
        {
            for (int part = parts - 1; part >= 0; part--) work.Invoke(part);
            Ended++;
        }
    }

    private sealed class Handing(int threads, WorkerPool pool) : IParallelRunner
    {
        public int ThreadCount => threads;

        public void Run(ParallelWork work) => pool.Run(work);
    }
}
