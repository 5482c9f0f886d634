using TinySD.Runtime.Inference;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;
using TinySD.Runtime.Numerics;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Tests;

/// <summary>Bare stacks: every variant of every cell against its formula in double precision, and the promises of a session.</summary>
public sealed class RecurrentSessionTests
{
    private const int T = 70, B = 3, I = 5, H = 18;

    private static readonly int[] _lengths = [T, 0, 66], _short = [2, 0, 1];

    public static IEnumerable<Func<RecurrentStackConfig>> Stacks()
    {
        foreach (RecurrentDirection direction in Enum.GetValues<RecurrentDirection>())
        {
            foreach (CellKind cell in Enum.GetValues<CellKind>()) yield return () => Config(cell, direction);
            yield return () => Config(CellKind.Gru, direction) with { ResetBeforeProduct = true, Clip = 0.5f };
            yield return () => Config(CellKind.Lstm, direction) with { Peepholes = true, CoupledGates = true, Clip = 0.6f };
            yield return () => Config(CellKind.Lstm, direction) with { Peepholes = true };
            yield return () => Config(CellKind.RnnTanh, direction) with
            {
                Activations = [.. Enumerable.Repeat(
                    new Activation(ActivationKind.Elu, 0.7f), direction == RecurrentDirection.Bidirectional ? 2 : 1)],
            };
        }
    }

    [Test]
    [MethodDataSource(nameof(Stacks))]
    public async Task A_stack_computes_its_formulas(RecurrentStackConfig config)
    {
        RecurrentStack stack = Make(config);
        foreach (int[] lengths in (int[][])[[], _lengths])
        {
            Result found = Run(stack, SingleThread.Instance, T, lengths), expected = Reference(stack, lengths);
            await Assert.That(Closeness.Furthest(expected.Output, found.Output)).IsLessThan(2e-5);
            await Assert.That(Closeness.Furthest(expected.Hidden, found.Hidden)).IsLessThan(2e-5);
            await Assert.That(Closeness.Furthest(expected.Cell, found.Cell)).IsLessThan(5e-5);
        }
    }

    [Test]
    [NotInParallel]
    [MethodDataSource(nameof(Stacks))]
    public async Task Threads_and_pieces_change_no_bit(RecurrentStackConfig config)
    {
        RecurrentStack stack = Make(config);
        Result whole = Run(stack, SingleThread.Instance, T, []);
        using var pool = new WorkerPool(2);
        await Assert.That(Run(stack, pool, T, []).IsSame(whole)).IsTrue();
        if (config.Direction == RecurrentDirection.Forward)
            await Assert.That(Run(stack, SingleThread.Instance, 7, []).IsSame(whole)).IsTrue();
    }

    [Test]
    [MethodDataSource(nameof(Stacks))]
    public async Task A_call_longer_than_its_session_has_the_bits_of_one_that_is_not(RecurrentStackConfig config)
    {
        if (config.Direction == RecurrentDirection.Bidirectional) return;
        RecurrentStack stack = Make(config);
        bool isLstm = config.Cell == CellKind.Lstm;
        foreach (int[] lengths in (int[][])[[], _lengths, [3, T, 40]])
        {
            List<float[]> results = [];
            foreach (int together in (int[])[T, 1, 7])
            {
                var session = new RecurrentSession(stack, B, together);
                float[] y = new float[T * B * config.OutputSize], h = new float[StateLength(config)], c = isLstm ? new float[h.Length] : [];
                session.SetState(Arrays.Uniform(51, h.Length), isLstm ? Arrays.Uniform(52, h.Length) : []);
                session.Run(Arrays.Uniform(50, T * B * I), y, lengths);
                session.CopyState(h, c);
                results.Add([.. y, .. h, .. c]);
            }

            await Assert.That(Arrays.FirstDifference(results[1], results[0])).IsNull();
            await Assert.That(Arrays.FirstDifference(results[2], results[0])).IsNull();
        }
    }

    [Test]
    public async Task Input_and_output_may_be_the_same_memory_but_not_lie_across_each_other()
    {
        RecurrentStack stack = Make(Config(CellKind.Gru, RecurrentDirection.Forward) with { InputSize = H });
        float[] x = Arrays.Uniform(1, 9 * B * H), expected = new float[x.Length], across = [.. x, .. new float[B * H]];
        new RecurrentSession(stack, B, 2).Run(x, expected);
        var session = new RecurrentSession(stack, B, 2);
        await Assert.That(Messages.Of<ArgumentException>(() => session.Run(across.AsSpan(0, x.Length), across.AsSpan(H, x.Length))))
            .IsEqualTo("input and output overlap: expected memory apart, or the same where they are as wide as each other");
        new RecurrentSession(stack, B, 2).Run(x, x);
        await Assert.That(Arrays.FirstDifference(x, expected)).IsNull();
    }

    [Test]
    [MethodDataSource(nameof(Stacks))]
    public async Task A_session_allocates_nothing(RecurrentStackConfig config)
    {
        var session = new RecurrentSession(Make(config), B, 4);
        float[] x = Arrays.Uniform(1, 4 * B * I), y = new float[4 * B * config.OutputSize], h = new float[StateLength(config)];
        int[] lengths = [4, 2, 0];
        void Use()
        {
            session.Reset();
            session.SetState(h);
            session.Run(x, y, lengths);
            session.CopyState(h);
        }

        await Assert.That(Allocations.LeastOnThisThread(Use)).IsEqualTo(0);
    }

    [Test]
    [MatrixDataSource]
    public async Task A_number_that_is_not_finite_is_refused_by_its_place_and_leaves_everything_as_it_was(
        [Matrix(float.NaN, float.PositiveInfinity, float.NegativeInfinity)] float wrong,
        [Matrix(CellKind.Lstm, CellKind.Gru, CellKind.RnnRelu)] CellKind cell)
    {
        const int Steps = 4;
        RecurrentStack stack = Make(Config(cell, RecurrentDirection.Forward));
        var session = new RecurrentSession(stack, B, Steps);
        await Assert.That(session.NonFinite).IsEqualTo(NonFiniteInput.Refuse);
        var other = new RecurrentSession(stack, B, Steps);
        float[] x = Arrays.Uniform(60, Steps * B * I), y = new float[Steps * B * H], z = new float[y.Length],
            h = new float[StateLength(stack.Config)];
        session.Run(x, y);
        other.Run(x, z);
        float[] bad = [.. x];
        bad[(((2 * B) + 1) * I) + 3] = wrong;
        Array.Fill(y, 7f);
        await Assert.That(Messages.Of<NotFiniteNumberException>(() => session.Run(bad, y)))
            .IsEqualTo($"feature 3 of sequence 1 at step 2 is {wrong}; a finite number was expected. The state is as it was");
        await Assert.That(y.All(value => value == 7f)).IsTrue();

        // Past a sequence's end it is not looked at, and goes nowhere.
        session.Run(bad, y, [Steps, 2, Steps]);
        other.Run(x, z, [Steps, 2, Steps]);
        await Assert.That(y.SequenceEqual(z)).IsTrue();
        session.CopyState(h);
        h[(((1 * B) + 2) * H) + 5] = wrong;
        await Assert.That(Messages.Of<NotFiniteNumberException>(() => session.SetState(h)))
            .IsEqualTo($"unit 5 of h of layer 1, sequence 2, is {wrong}; a finite number was expected. The state is as it was");
        session.Run(x, y);
        other.Run(x, z);
        await Assert.That(y.SequenceEqual(z)).IsTrue();
    }

    [Test]
    public async Task Where_it_is_computed_with_a_number_that_is_not_finite_spoils_its_sequence_until_a_reset_and_no_other()
    {
        RecurrentStack stack = Make(Config(CellKind.Lstm, RecurrentDirection.Forward));
        var session = new RecurrentSession(stack, B, 1) { NonFinite = NonFiniteInput.Compute };
        var other = new RecurrentSession(stack, B, 1);
        float[] x = Arrays.Uniform(61, B * I), bad = [.. x], y = new float[B * H], z = new float[B * H];
        bad[I] = float.NaN;
        session.Run(bad, y);
        other.Run(x, z);
        for (int step = 0; step < 3; step++)
        {
            session.Run(x, y);
            other.Run(x, z);
            await Assert.That(y.AsSpan(H, H).IndexOfAnyInRange(float.MinValue, float.MaxValue)).IsEqualTo(-1);
            await Assert.That(y.AsSpan(0, H).SequenceEqual(z.AsSpan(0, H))).IsTrue();
            await Assert.That(y.AsSpan(2 * H).SequenceEqual(z.AsSpan(2 * H))).IsTrue();
        }

        session.Reset();
        other.Reset();
        session.Run(x, y);
        other.Run(x, z);
        await Assert.That(y.SequenceEqual(z)).IsTrue();
    }

    [Test]
    public async Task Refusing_allocates_nothing_where_all_is_well()
    {
        var session = new RecurrentSession(Make(Config(CellKind.Lstm, RecurrentDirection.Forward)), B, 2);
        float[] x = Arrays.Uniform(62, 2 * B * I), y = new float[2 * B * H];
        session.Run(x, y);
        await Assert.That(Allocations.LeastOnThisThread(() => session.Run(x, y, _short))).IsEqualTo(0);
    }

    [Test]
    public async Task Wrong_sizes_are_refused()
    {
        RecurrentStack stack = Make(Config(CellKind.Gru, RecurrentDirection.Forward));
        var session = new RecurrentSession(stack, B, 2);
        await Assert.That(() => session.Run(new float[B * I], new float[1])).Throws<ArgumentException>();
        var both = new RecurrentSession(Make(Config(CellKind.Gru, RecurrentDirection.Bidirectional)), B, 2);
        await Assert.That(Messages.Of<ArgumentException>(() => both.Run(new float[3 * B * I], new float[3 * B * 2 * H]))).IsEqualTo(
            "there are 3 steps, and a bidirectional stack reads all steps of a call together; the session was made for at most 2 " +
            "(maxTimeSteps)");
        await Assert.That(() => session.Run(new float[B * I], new float[B * H], [1, 1, 2])).Throws<ArgumentException>();
        await Assert.That(() => session.SetState(new float[1])).Throws<ArgumentException>();
        await Assert.That(() => session.SetState(new float[StateLength(stack.Config)], new float[StateLength(stack.Config)]))
            .Throws<ArgumentException>();
        await Assert.That(() => new RecurrentSession(stack, 0, 1)).Throws<ArgumentException>();
        await Assert.That(() => new RecurrentStack(stack.Config with { Peepholes = true })).Throws<ArgumentException>();
        await Assert.That(() => new RecurrentStack(stack.Config with { Activations = [Activation.Tanh] })).Throws<ArgumentException>();
    }

    private static RecurrentStackConfig Config(CellKind cell, RecurrentDirection direction) =>
        new() { Cell = cell, InputSize = I, HiddenSize = H, LayerCount = 2, Direction = direction };

    private static int StateLength(RecurrentStackConfig config) => config.LayerCount * config.DirectionCount * B * config.HiddenSize;

    private static RecurrentStack Make(RecurrentStackConfig config)
    {
        var stack = new RecurrentStack(config);
        int seed = 1;
        foreach (var slot in stack.Layout.Tensors)
        {
            float[] values = Arrays.Uniform(seed++, slot.Length);
            for (int i = 0; i < values.Length; i++) stack.Parameters[slot][i] = 0.4f * values[i];
        }

        return stack;
    }

    private static Result Run(RecurrentStack stack, IParallelRunner runner, int piece, int[] lengths)
    {
        RecurrentStackConfig config = stack.Config;
        bool isLstm = config.Cell == CellKind.Lstm;
        var session = new RecurrentSession(stack, B, piece, runner);
        float[] x = Arrays.Uniform(50, T * B * I), y = new float[T * B * config.OutputSize], h = new float[StateLength(config)],
            c = isLstm ? new float[h.Length] : [];
        session.SetState(Arrays.Uniform(51, h.Length), isLstm ? Arrays.Uniform(52, h.Length) : []);
        for (int t = 0; t < T; t += piece)
        {
            int steps = Math.Min(piece, T - t);
            session.Run(x.AsSpan(t * B * I, steps * B * I), y.AsSpan(t * B * config.OutputSize, steps * B * config.OutputSize), lengths);
        }

        session.CopyState(h, c);
        return new([.. y.Select(v => (double)v)], [.. h.Select(v => (double)v)], [.. c.Select(v => (double)v)]);
    }

    // The formulas of the configuration's members, one sequence at a time, each over its own length.
    private static Result Reference(RecurrentStack stack, int[] lengths)
    {
        RecurrentStackConfig config = stack.Config;
        int directions = config.DirectionCount, width = I;
        double[] x = [.. Arrays.Uniform(50, T * B * I).Select(v => (double)v)];
        double[] hidden = [.. Arrays.Uniform(51, StateLength(config)).Select(v => (double)v)];
        double[] cells = config.Cell == CellKind.Lstm ? [.. Arrays.Uniform(52, hidden.Length).Select(v => (double)v)] : [];
        for (int layer = 0; layer < config.LayerCount; layer++)
        {
            double[] y = new double[T * B * config.OutputSize];
            for (int d = 0; d < directions; d++)
            {
                for (int b = 0; b < B; b++)
                {
                    int at = ((((layer * directions) + d) * B) + b) * H, length = lengths.Length == 0 ? T : lengths[b];
                    for (int s = 0; s < length; s++)
                    {
                        bool isReverse = d == 1 || config.Direction == RecurrentDirection.Reverse;
                        int t = isReverse ? length - 1 - s : s;
                        Step(
                            stack, layer, d, x.AsSpan(((t * B) + b) * width, width), hidden.AsSpan(at, H),
                            cells.Length == 0 ? [] : cells.AsSpan(at, H));
                        hidden.AsSpan(at, H).CopyTo(y.AsSpan((((t * B) + b) * config.OutputSize) + (d * H)));
                    }
                }
            }

            (x, width) = (y, config.OutputSize);
        }

        return new(x, hidden, cells);
    }

    private static void Step(RecurrentStack stack, int layer, int direction, ReadOnlySpan<double> x, Span<double> h, Span<double> c)
    {
        RecurrentStackConfig config = stack.Config;
        RecurrentSlots slots = stack.Slots(layer, direction);
        int columns = slots.Input.Shape[1];
        double[] a = Product(stack.Parameters[slots.Input], x, columns), u = Product(stack.Parameters[slots.Recurrent], h, columns),
            next = new double[H];
        for (int j = 0; j < columns; j++) a[j] += stack.Parameters[slots.Bias][j];
        Activation[] f = [.. config.FunctionsOf(direction)];
        double[] reset = new double[H];
        for (int j = 0; j < H && config.Cell == CellKind.Gru; j++) reset[j] = Squash(f[0], a[j] + u[j]) * h[j];
        double[] ofReset = Product(stack.Parameters[slots.Recurrent], reset, columns);
        for (int j = 0; j < H; j++)
        {
            switch (config.Cell)
            {
                case CellKind.Lstm:
                    ReadOnlySpan<float> p = slots.Peephole is { } slot ? stack.Parameters[slot] : new float[3 * H];
                    double i = Squash(f[0], a[j] + u[j] + (p[j] * c[j])), forget = Squash(f[0], a[H + j] + u[H + j] + (p[H + j] * c[j]));
                    c[j] = ((config.CoupledGates ? 1 - i : forget) * c[j]) + (i * Squash(f[1], a[(2 * H) + j] + u[(2 * H) + j]));
                    next[j] = Squash(f[0], a[(3 * H) + j] + u[(3 * H) + j] + (p[(2 * H) + j] * c[j])) * Math.Tanh(c[j]);
                    break;
                case CellKind.Gru:
                    double r = Squash(f[0], a[j] + u[j]), z = Squash(f[0], a[H + j] + u[H + j]);
                    double recurrent = slots.RecurrentBias is { } bias
                        ? r * (u[(2 * H) + j] + stack.Parameters[bias][j])
                        : ofReset[(2 * H) + j];
                    next[j] = ((1 - z) * Squash(f[1], a[(2 * H) + j] + recurrent)) + (z * h[j]);
                    break;
                default:
                    next[j] = Squash(f[0], a[j] + u[j]);
                    break;
            }
        }

        next.CopyTo(h);

        double Squash(Activation function, double value)
        {
            if (config.Clip > 0) value = Math.Clamp(value, -config.Clip, config.Clip);
            return function.Kind switch
            {
                ActivationKind.Sigmoid => 1 / (1 + Math.Exp(-value)),
                ActivationKind.Tanh => Math.Tanh(value),
                ActivationKind.Relu => Math.Max(0, value),
                _ => value < 0 ? function.Alpha * (Math.Exp(value) - 1) : value,
            };
        }
    }

    private static double[] Product(ReadOnlySpan<float> weights, ReadOnlySpan<double> x, int columns)
    {
        double[] sums = new double[columns];
        for (int k = 0; k < x.Length; k++)
        {
            for (int j = 0; j < columns; j++) sums[j] += x[k] * weights[(k * columns) + j];
        }

        return sums;
    }

    private sealed record Result(double[] Output, double[] Hidden, double[] Cell)
    {
        public bool IsSame(Result other) =>
            Output.SequenceEqual(other.Output) && Hidden.SequenceEqual(other.Hidden) && Cell.SequenceEqual(other.Cell);
    }
}
