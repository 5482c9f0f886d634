using System.Buffers;
using TinySD.Runtime.Inference;

namespace TinySD.Runtime.Tests;

/// <summary>One thread to a session, any number of them to a model.</summary>
public sealed class SessionThreadsTests
{
    public static IEnumerable<Func<SessionCase>> Every() => SessionCase.All();

    [Test]
    [MethodDataSource(nameof(Every))]
    public async Task A_second_thread_in_a_session_is_told_so_and_the_first_goes_on_undisturbed(SessionCase of)
    {
        double[] expected = of.Run(of.Make(2), 0, 6);
        IntrudingMemory? intruder = null;
        StreamingSession session = of.Make(2, memory: floats =>
            (intruder = new IntrudingMemory(GC.AllocateArray<float>(floats, pinned: true))).Memory);
        byte[] state = new byte[session.StateBytes];
        List<Exception?> met = [];
        foreach (Action use in (Action[])[
            () => of.Run(session, 0, 1), () => of.OneStep(session, 0), () => of.RunToLast(session, 0, 1), () => session.Reset(),
            () => session.Reset(0), () => session.CopyState(state), () => session.SetState(state)])
        {
            session.Reset();
            session.CopyState(state);
            intruder!.Intrude = () => met.Add(Caught(use));
            double[] first = of.Run(session, 0, 1);
            double[] found = [.. first, .. of.Run(session, 1, 5)];
            await Assert.That(found.AsSpan().SequenceEqual(expected)).IsTrue();
        }

        await Assert.That(met.Count).IsEqualTo(7);
        foreach (Exception? exception in met)
        {
            await Assert.That(exception).IsTypeOf<InvalidOperationException>();
            await Assert.That(exception!.Message).IsEqualTo(
                "another thread is in this session: it belongs to one thread at a time. Make a session for each thread, they share the " +
                "model, or let threads take turns with a lock");
        }
    }

    [Test]
    [MethodDataSource(nameof(Every))]
    public async Task Threads_that_take_turns_are_welcome(SessionCase of)
    {
        double[] expected = of.Run(of.Make(), 0, 20);
        StreamingSession session = of.Make();
        double[][] found = new double[20][];
        for (int t = 0; t < found.Length; t++)
        {
            int own = t;
            var thread = new Thread(() => found[own] = of.OneStep(session, own));
            thread.Start();
            thread.Join();
        }

        await Assert.That(found.SelectMany(answers => answers).SequenceEqual(expected)).IsTrue();
    }

    [Test]
    [NotInParallel]
    [MethodDataSource(nameof(Every))]
    public async Task Sessions_of_many_threads_share_a_model(SessionCase of)
    {
        const int Threads = 8, Steps = 40;
        double[][] found = new double[Threads][];
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(number => new Thread(() =>
        {
            StreamingSession session = of.Make();
            found[number] = [.. Enumerable.Range(0, Steps).SelectMany(t => of.OneStep(session, t, number))];
        }))];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        for (int number = 0; number < Threads; number++)
            await Assert.That(found[number].AsSpan().SequenceEqual(of.Run(of.Make(), 0, Steps, number))).IsTrue();
    }

    [Test]
    public async Task A_call_that_was_refused_leaves_no_thread_in_the_session()
    {
        foreach (Func<SessionCase> kind in SessionCase.All())
        {
            SessionCase of = kind();
            StreamingSession session = of.Make();
            await Assert.That(() => session.SetState(new byte[session.StateBytes])).Throws<ArgumentException>();
            if (session is RegressorSession own)
                await Assert.That(() => { own.Step([double.PositiveInfinity, 0]); }).Throws<NotFiniteNumberException>();
            of.OneStep(session, 0);
        }
    }

    private static Exception? Caught(Action use)
    {
        Exception? caught = null;
        var thread = new Thread(() =>
        {
            try
            {
                use();
            }
            catch (Exception exception)
            {
                caught = exception;
            }
        });
        thread.Start();
        thread.Join();
        return caught;
    }

    // The host's memory, through which a session goes in everything that it computes: lets another thread in, once.
    private sealed class IntrudingMemory(float[] floats) : MemoryManager<float>
    {
        public Action? Intrude { get; set; }

        public override Span<float> GetSpan()
        {
            Action? intrude = Intrude;
            Intrude = null;
            intrude?.Invoke();
            return floats;
        }

        public override MemoryHandle Pin(int elementIndex = 0) => throw new NotSupportedException();

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
