using TinySD.Runtime.Inference;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Tests;

/// <summary>What every kind of session promises: steps and runs alike, a batch of many, a state that comes out and goes in.</summary>
public sealed class StreamingSessionTests
{
    private const int Steps = 23, Batch = 3;

    [Test]
    [MethodDataSource(nameof(Every))]
    public async Task Steps_and_runs_of_any_length_have_the_same_bits(SessionCase of)
    {
        foreach (int batch in (int[])[1, Batch])
        {
            StreamingSession session = of.Make(batch);
            double[] expected = [.. Enumerable.Range(0, Steps).SelectMany(t => of.OneStep(session, t))];
            await Assert.That(expected.Length).IsEqualTo(Steps * batch * of.Answers);
            foreach (int together in (int[])[1, 4, Steps + 1])
            {
                session = of.Make(batch, together);
                await Same(of.Run(session, 0, Steps), expected);
                session.Reset();
                int step = batch * of.Answers;
                foreach ((int first, int steps) in new[] { (0, 1), (1, 0), (1, 9), (10, 13) })
                    await Same(of.Run(session, first, steps), expected[(first * step)..((first + steps) * step)]);
                session.Reset();
                await Same(of.RunToLast(session, 0, 10), expected[(9 * step)..(10 * step)]);
                await Same(of.StepInto(session, 10), expected[(10 * step)..(11 * step)]);
                await Same(of.RunToLast(session, 11, Steps - 11), expected[^step..]);
            }
        }
    }

    [Test]
    [MethodDataSource(nameof(Every))]
    public async Task A_sequence_of_a_batch_has_the_bits_that_it_has_alone(SessionCase of)
    {
        double[] all = of.Run(of.Make(17, 3), 0, Steps);
        for (int sequence = 0; sequence < 17; sequence += 4)
        {
            double[] own = [.. Enumerable.Range(0, Steps).SelectMany(t => Of(all, of, 17, t, sequence))];
            await Same(own, of.Run(of.Make(1, 2), 0, Steps, sequence));
        }
    }

    [Test]
    [MethodDataSource(nameof(Every))]
    public async Task Threads_change_no_bit(SessionCase of)
    {
        using var pool = new WorkerPool(2);
        await Same(of.Run(of.Make(Batch, 4, pool), 0, Steps), of.Run(of.Make(Batch, 4), 0, Steps));
    }

    [Test]
    [MethodDataSource(nameof(Every))]
    public async Task A_state_that_was_copied_out_goes_on_in_the_same_and_in_another_session(SessionCase of)
    {
        StreamingSession session = of.Make(Batch);
        byte[] start = StateOf(session);
        double[] first = of.Run(session, 0, 6);
        byte[] state = StateOf(session);
        double[] second = of.Run(session, 6, 6);
        await Assert.That(state.AsSpan().SequenceEqual(start)).IsFalse();
        session.SetState(state);
        await Same(of.Run(session, 6, 6), second);
        StreamingSession other = of.Make(Batch, together: 5);
        other.SetState(state);
        await Assert.That(StateOf(other).AsSpan().SequenceEqual(state)).IsTrue();
        await Same(of.Run(other, 6, 6), second);
        other.SetState(start);
        await Same(of.Run(other, 0, 6), first);
        other.Reset();
        await Assert.That(StateOf(other).AsSpan().SequenceEqual(start)).IsTrue();
    }

    [Test]
    [MethodDataSource(nameof(Every))]
    public async Task A_sequence_can_be_reset_and_moved_by_itself(SessionCase of)
    {
        StreamingSession session = of.Make(Batch), alone = of.Make();
        await Assert.That(session.StateBytes).IsEqualTo(16 + (Batch * (session.SequenceStateBytes - 16)));
        await Assert.That(alone.StateBytes).IsEqualTo(session.SequenceStateBytes);
        of.Run(session, 0, 7);
        byte[] moved = new byte[session.SequenceStateBytes];
        session.CopyState(1, moved);
        double[] expected = of.Run(session, 7, 4);

        // From a batch to a session of its own, and to another place of another batch, while the others go on.
        alone.SetState(moved);
        double[] own = of.Run(alone, 7, 4, sequence: 1);
        StreamingSession other = of.Make(Batch);
        double[] untouched = of.Run(of.Make(Batch), 0, 4);
        other.SetState(2, moved);
        double[] mixed = of.Run(other, 7, 4, sequence: -1);
        StreamingSession partly = of.Make(Batch);
        of.Run(partly, 0, 7);
        partly.Reset(1);
        double[] rest = of.Run(partly, 7, 4);
        StreamingSession fresh = of.Make();
        for (int t = 0; t < 4; t++)
        {
            await Same(Of(own, of, 1, t, 0), Of(expected, of, Batch, t, 1));
            await Same(Of(mixed, of, Batch, t, 2), Of(expected, of, Batch, t, 1));
            await Same(Of(rest, of, Batch, t, 0), Of(expected, of, Batch, t, 0));
            await Same(Of(rest, of, Batch, t, 1), of.OneStep(fresh, 7 + t, sequence: 1));
            await Same(Of(rest, of, Batch, t, 2), Of(expected, of, Batch, t, 2));
        }

        await Assert.That(untouched.Length).IsEqualTo(expected.Length);
        await Assert.That(() => session.Reset(Batch)).Throws<ArgumentOutOfRangeException>();
        await Assert.That(() => session.CopyState(-1, moved)).Throws<ArgumentOutOfRangeException>();
        await Assert.That(() => session.SetState(Batch, moved)).Throws<ArgumentOutOfRangeException>();
    }

    [Test]
    [MethodDataSource(nameof(Every))]
    public async Task What_is_no_state_is_refused_and_what_was_there_stays(SessionCase of)
    {
        StreamingSession session = of.Make(Batch);
        of.Run(session, 0, 6);
        byte[] state = StateOf(session);
        await Assert.That(() => session.SetState(state.AsSpan(0, state.Length - 1))).Throws<ArgumentException>();
        await Assert.That(() => session.SetState([.. state, 0])).Throws<ArgumentException>();
        await Assert.That(() => session.SetState(new byte[state.Length])).Throws<ArgumentException>();
        await Assert.That(() => session.CopyState(new byte[1])).Throws<ArgumentException>();
        for (int at = 0; at < 16; at++)
        {
            byte[] damaged = [.. state];
            damaged[at] ^= 0x10;
            await Assert.That(() => session.SetState(damaged)).Throws<ArgumentException>().Because($"byte {at}");
        }

        // The first number of the last sequence: the ones before it are sound, and yet none may be taken.
        byte[] poisoned = [.. state];
        BitConverter.TryWriteBytes(poisoned.AsSpan(16 + (2 * (session.SequenceStateBytes - 16))), float.NaN);
        await Assert.That(() => session.SetState(poisoned)).Throws<ArgumentException>();
        await Assert.That(StateOf(session).AsSpan().SequenceEqual(state)).IsTrue();
    }

    [Test]
    public async Task A_state_of_another_kind_or_shape_is_refused_by_name()
    {
        RecurrentSession Stack(CellKind cell, int hidden, int layers) =>
            new(new RecurrentStack(new() { Cell = cell, InputSize = 2, HiddenSize = hidden, LayerCount = layers }));
        RecurrentSession gru = Stack(CellKind.Gru, 8, 1);
        var model = new LanguageModelSession(Cases.Model(Cases.Config(5, 2, 8, 1) with { Cell = CellKind.Gru }));
        byte[] state = StateOf(gru);
        await Assert.That(Messages.Of<ArgumentException>(() => model.SetState(state)))
            .IsEqualTo("the state is of kind 'recurrent-stack'; 'language-model' was expected");
        RecurrentSession[] others = [Stack(CellKind.Lstm, 4, 1), Stack(CellKind.Gru, 4, 2), Stack(CellKind.RnnTanh, 8, 1)];
        foreach (RecurrentSession other in others)
        {
            await Assert.That(other.StateBytes).IsEqualTo(gru.StateBytes);
            await Assert.That(Messages.Of<ArgumentException>(() => other.SetState(state)))
                .IsEqualTo("the state is of a recurrent-stack of another shape; one of the same model was expected");
        }
    }

    [Test]
    public async Task A_state_has_the_layout_that_is_written_down()
    {
        var stack = new RecurrentStack(new() { Cell = CellKind.Lstm, InputSize = 2, HiddenSize = 3, LayerCount = 2 });
        stack.Parameters.Values.Fill(0.3f);
        var session = new RecurrentSession(stack, batch: 2);
        session.Step([1, 2, 3, 4], new float[6]);
        float[] h = new float[2 * 2 * 3], c = new float[h.Length], expected = [.. Layout()];
        session.CopyState(h, c);
        byte[] state = StateOf(session);
        expected = [.. Layout()];
        float[] found = [.. Enumerable.Range(0, expected.Length).Select(i => BitConverter.ToSingle(state, 16 + (4 * i)))];
        await Assert.That(state.Length).IsEqualTo(16 + (4 * 2 * 2 * 2 * 3));
        await Assert.That(Arrays.FirstDifference(found, expected)).IsNull();

        // Sequence by sequence, layer by layer, h and then c.
        IEnumerable<float> Layout()
        {
            for (int sequence = 0; sequence < 2; sequence++)
            {
                for (int layer = 0; layer < 2; layer++)
                {
                    int at = ((layer * 2) + sequence) * 3;
                    foreach (float value in h[at..(at + 3)]) yield return value;
                    foreach (float value in c[at..(at + 3)]) yield return value;
                }
            }
        }
    }

    [Test]
    [MethodDataSource(nameof(Every))]
    public async Task Nothing_is_allocated_by_steps_runs_states_and_resets(SessionCase of)
    {
        foreach ((int batch, int together) in new[] { (1, 1), (1, 3), (Batch, 2) })
        {
            StreamingSession session = of.Make(batch, together);
            Action use = of.Use(session, 5);
            byte[] state = new byte[session.StateBytes], one = new byte[session.SequenceStateBytes];
            await Assert.That(Allocations.LeastOnThisThread(() =>
            {
                use();
                session.CopyState(state);
                session.CopyState(0, one);
                session.Reset();
                session.SetState(state);
                session.Reset(0);
                session.SetState(0, one);
            })).IsEqualTo(0);
        }
    }

    [Test]
    [MethodDataSource(nameof(Every))]
    public async Task Wrong_numbers_of_steps_sequences_and_answers_are_refused(SessionCase of)
    {
        StreamingSession session = of.Make(Batch), alone = of.Make();
        await Assert.That(() => of.Make(0)).Throws<ArgumentOutOfRangeException>();
        await Assert.That(() => of.Make(1, 0)).Throws<ArgumentOutOfRangeException>();
        byte[] before = StateOf(session);
        switch (session)
        {
            case LanguageModelSession own:
                await Assert.That(() => { own.Step(1); }).Throws<ArgumentException>();
                await Assert.That(() => { own.Step([1, 2]); }).Throws<ArgumentException>();
                await Assert.That(() => { own.Run([1, 2, 3, 1]); }).Throws<ArgumentException>();
                await Assert.That(() => { own.Run([]); }).Throws<ArgumentException>();
                await Assert.That(() => { own.Run([1, 2, 3, 1, 99, 3]); }).Throws<ArgumentException>();
                await Assert.That(() => own.Run([1, 2, 3], new float[1])).Throws<ArgumentException>();
                break;
            case RegressorSession own:
                await Assert.That(() => { own.Step([1, 2]); }).Throws<ArgumentException>();
                await Assert.That(() => { own.Run([1]); }).Throws<ArgumentException>();
                await Assert.That(() => { own.Run([]); }).Throws<ArgumentException>();
                await Assert.That(() => own.Run([1, 2, 3, 4, 5, 6], new double[1])).Throws<ArgumentException>();
                await Assert.That(Messages.Of<NotFiniteNumberException>(() => { own.Run([0, 0, 0, 0, 0, 0, 0, 0, 0, 1e300, 0, 0]); }))
                    .IsEqualTo("'b' at step 1 of series 1 is 1E+300; a finite number was expected. The state is as it was");
                break;
            case ClassifierSession own:
                await Assert.That(() => { own.Step(1); }).Throws<ArgumentException>();
                await Assert.That(() => { own.Run(new double[4]); }).Throws<ArgumentException>();
                await Assert.That(() => own.Run(new double[9], new double[1])).Throws<ArgumentException>();
                await Assert.That(() => own.Run(new double[9], default(Span<double>))).Throws<ArgumentException>();
                await Assert.That(() => { own.Run(new int[4]); }).Throws<ArgumentException>();
                await Assert.That(() => own.Run(new int[3], default(Span<double>))).Throws<ArgumentException>();
                break;
            case RecurrentSession own:
                await Assert.That(() => own.Step(new float[5], new float[18])).Throws<ArgumentException>();
                await Assert.That(() => own.Run(new float[16], new float[54])).Throws<ArgumentException>();
                break;
        }

        await Assert.That(StateOf(session).AsSpan().SequenceEqual(before)).IsTrue();
        await Assert.That(alone.Batch).IsEqualTo(1);
    }

    public static IEnumerable<Func<SessionCase>> Every() => SessionCase.All();

    private static byte[] StateOf(StreamingSession session)
    {
        byte[] state = new byte[session.StateBytes];
        session.CopyState(state);
        return state;
    }

    private static double[] Of(double[] answers, SessionCase of, int batch, int t, int sequence) =>
        answers[(((t * batch) + sequence) * of.Answers)..((((t * batch) + sequence) * of.Answers) + of.Answers)];

    private static async Task Same(double[] found, double[] expected)
    {
        await Assert.That(found.Length).IsEqualTo(expected.Length);
        for (int i = 0; i < found.Length; i++)
        {
            if (BitConverter.DoubleToInt64Bits(found[i]) != BitConverter.DoubleToInt64Bits(expected[i]))
                Assert.Fail($"[{i}] is {found[i]:R}, not {expected[i]:R}");
        }
    }
}
