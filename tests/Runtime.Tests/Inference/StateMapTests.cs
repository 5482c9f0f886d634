using TinySD.Runtime.Inference;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Tests;

/// <summary>A stack to make a state map of.</summary>
public sealed record StateMapCase(CellKind Cell, bool Peepholes, int Layers, RecurrentDirection Direction, int Hidden)
{
    public override string ToString() => $"{Cell}{(Peepholes ? " with peepholes" : "")} x {Layers} of {Hidden}, {Direction}";
}

/// <summary>One step as a map of the state: against the twin in double precision, whose central differences are the Jacobian.</summary>
public sealed class StateMapTests
{
    private const int Inputs = 5, Count = 3, Capacity = 4;

    public static IEnumerable<Func<StateMapCase>> Stacks() =>
        from cell in Cases.Cells
        from layers in new[] { 1, 2, 3 }
        from hidden in new[] { 7, 16 }
        from direction in Enum.GetValues<RecurrentDirection>()
        where direction == RecurrentDirection.Forward || (hidden == 7 && (direction == RecurrentDirection.Reverse || layers == 1))
        select (Func<StateMapCase>)(() => new(cell.Kind, cell.Peepholes, layers, direction, hidden));

    [Test]
    [MethodDataSource(nameof(Stacks))]
    public async Task A_step_is_that_of_the_twin_and_its_jacobian_the_twins_slope(StateMapCase @case)
    {
        SequenceModel model = ModelOf(@case);
        var map = new StateMap(model, Capacity);
        await Assert.That(map.Size).IsEqualTo(@case.Layers * @case.Hidden * (@case.Cell == CellKind.Lstm ? 2 : 1));
        await Assert.That(map.TopHidden).IsEqualTo((@case.Layers - 1) * @case.Hidden);
        float[] states = Numbers(1, Count * map.Size), inputs = Numbers(2, Count * Inputs), next = new float[states.Length];
        map.Step(states, inputs, next);
        float[] vectors = Numbers(3, states.Length), gradients = new float[states.Length];
        map.PullBack(vectors, gradients);
        for (int n = 0; n < Count; n++)
        {
            Range own = (n * map.Size)..((n + 1) * map.Size);
            double[] state = states[own].ToDoubles(), x = inputs[(n * Inputs)..((n + 1) * Inputs)].ToDoubles();
            await Assert.That(Closeness.Furthest(next[own], Twin(@case, model, state, x))).IsLessThan(1e-6);
            double[] slopes = new double[map.Size];
            for (int j = 0; j < map.Size; j++)
            {
                const double Step = 1e-6;
                double[] up = [.. state], down = [.. state];
                (up[j], down[j]) = (up[j] + Step, down[j] - Step);
                double[] above = Twin(@case, model, up, x), below = Twin(@case, model, down, x);
                for (int i = 0; i < map.Size; i++) slopes[j] += vectors[(n * map.Size) + i] * (above[i] - below[i]) / (2 * Step);
            }

            await Assert.That(Arrays.Norm(slopes)).IsGreaterThan(0.1).Because("a gradient that vanishes shows nothing");
            await Assert.That(Closeness.Furthest(gradients[own], slopes)).IsLessThan(3e-6);
        }
    }

    [Test]
    [Arguments(CellKind.Lstm)]
    [Arguments(CellKind.Gru)]
    public async Task Steps_in_turn_are_what_a_session_runs(CellKind cell)
    {
        const int Steps = 6, Layers = 2, Hidden = 7;
        SequenceModel model = ModelOf(new StateMapCase(cell, false, Layers, RecurrentDirection.Forward, Hidden));
        var stack = new RecurrentStack(model.Config.Body);
        foreach (TensorSlot slot in stack.Layout.Tensors)
            model.Parameters[model.Layout.Tensors.First(own => own.Name == slot.Name)].CopyTo(stack.Parameters[slot]);
        float[] input = Numbers(4, Steps * Inputs), outputs = new float[Steps * Hidden];
        new RecurrentSession(stack, 1, Steps).Run(input, outputs);
        var map = new StateMap(model, 1);
        float[] state = new float[map.Size];
        for (int t = 0; t < Steps; t++)
        {
            map.Step(state, input.AsSpan(t * Inputs, Inputs), state);
            await Assert.That(state.AsSpan(map.TopHidden, Hidden).SequenceEqual(outputs.AsSpan(t * Hidden, Hidden))).IsTrue();
        }
    }

    [Test]
    public async Task A_state_has_the_bits_it_has_alone_for_any_threads_and_without_inputs_they_are_zero()
    {
        SequenceModel model = ModelOf(new StateMapCase(CellKind.Lstm, false, 2, RecurrentDirection.Forward, 16));
        using var pool = new WorkerPool(2);
        StateMap many = new(model, 9, pool), one = new(model, 1);
        float[] states = Numbers(5, 9 * many.Size), vectors = Numbers(6, states.Length);
        float[] next = new float[states.Length], gradients = new float[states.Length];
        many.Step(states, [], next);
        many.PullBack(vectors, gradients);
        float[] alone = new float[one.Size];
        for (int n = 0; n < 9; n++)
        {
            Range own = (n * one.Size)..((n + 1) * one.Size);
            one.Step(states.AsSpan(own), new float[Inputs], alone);
            await Assert.That(alone.AsSpan().SequenceEqual(next.AsSpan(own))).IsTrue();
            one.PullBack(vectors.AsSpan(own), alone);
            await Assert.That(alone.AsSpan().SequenceEqual(gradients.AsSpan(own))).IsTrue();
        }
    }

    [Test]
    public async Task Steps_allocate_nothing()
    {
        SequenceModel model = ModelOf(new StateMapCase(CellKind.Lstm, true, 2, RecurrentDirection.Forward, 16));
        var map = new StateMap(model, Capacity);
        float[] states = Numbers(7, Capacity * map.Size), inputs = Numbers(8, Capacity * Inputs);
        map.Step(states, inputs, states);
        map.PullBack(states, states);
        long before = GC.GetAllocatedBytesForCurrentThread();
        map.Step(states, inputs, states);
        map.PullBack(states, states);
        await Assert.That(GC.GetAllocatedBytesForCurrentThread() - before).IsEqualTo(0);
    }

    [Test]
    public async Task What_is_no_map_of_its_state_is_refused_with_the_reason()
    {
        SequenceModel model = ModelOf(new StateMapCase(CellKind.Gru, false, 2, RecurrentDirection.Bidirectional, 7));
        await Assert.That(StateMap.IsMap(model.Config.Body)).IsFalse();
        await Assert.That(() => new StateMap(model, 1)).Throws<ArgumentException>().WithMessage(
            "a bidirectional stack of 2 layers is no map of its state: above the first layer every step sees both directions, " +
            "and so the sequence's end; expected one layer or one direction");
    }

    [Test]
    [Arguments(WeightFormat.BFloat16)]
    [Arguments(WeightFormat.Int8)]
    public async Task Weights_of_fewer_bytes_are_stepped_and_not_gone_back_through(WeightFormat format)
    {
        SequenceModel model = ModelOf(new(CellKind.Lstm, false, 1, RecurrentDirection.Forward, 16)).ConvertTo(format);
        var map = new StateMap(model, 1);
        float[] state = Numbers(1, map.Size), next = new float[map.Size];
        map.Step(state, [], next);
        float[] vector = Numbers(2, map.Size), gradient = new float[map.Size];
        await Assert.That(() => map.PullBack(vector, gradient)).Throws<InvalidOperationException>()
            .WithMessageContaining($"these weights are held as {format}, for running only");

        // Those that they stand for are.
        map = new StateMap(model.ConvertTo(WeightFormat.Single), 1);
        map.Step(state, [], next);
        map.PullBack(vector, gradient);
        await Assert.That(Arrays.Norm(gradient.ToDoubles())).IsGreaterThan(0.1);
    }

    [Test]
    public async Task Wrong_lengths_and_orders_are_refused()
    {
        SequenceModel model = ModelOf(new StateMapCase(CellKind.Gru, false, 1, RecurrentDirection.Forward, 7));
        var map = new StateMap(model, 2);
        float[] two = new float[14];
        await Assert.That(() => map.PullBack(two, two)).Throws<InvalidOperationException>()
            .WithMessage("there is no step to go back through: Step comes before each PullBack");
        await Assert.That(() => map.Step(new float[13], [], two)).Throws<ArgumentException>()
            .WithMessage("the states hold 13 numbers; a multiple of 7 was expected, and at most 14");
        await Assert.That(() => map.Step(new float[21], [], new float[21])).Throws<ArgumentException>();
        await Assert.That(() => map.Step([], [], two)).Throws<ArgumentException>();
        await Assert.That(() => map.Step(two, new float[5], two)).Throws<ArgumentException>()
            .WithMessage("the inputs hold 5 numbers; 10 were expected, or none");
        await Assert.That(() => map.Step(two, [], new float[7])).Throws<ArgumentException>();
        map.Step(two, [], two);
        await Assert.That(() => map.PullBack(new float[7], two)).Throws<ArgumentException>();
        await Assert.That(() => map.PullBack(two, new float[7])).Throws<ArgumentException>();
        map.PullBack(two, two);
        await Assert.That(() => map.PullBack(two, two)).Throws<InvalidOperationException>();
        await Assert.That(() => new StateMap(model, 0)).Throws<ArgumentOutOfRangeException>();
    }

    // One step of each layer in turn, of the forward direction where there are two.
    private static double[] Twin(StateMapCase @case, SequenceModel model, double[] state, double[] x)
    {
        int hidden = @case.Hidden, layers = @case.Layers;
        double[] next = new double[state.Length];
        string prefix = @case.Cell switch { CellKind.Lstm => "lstm", CellKind.Gru => "gru", _ => "rnn" };
        for (int layer = 0; layer < layers; layer++)
        {
            int at = layer;
            double[] h = state[(layer * hidden)..((layer + 1) * hidden)];
            double[] c = @case.Cell == CellKind.Lstm ? state[((layers + layer) * hidden)..((layers + layer + 1) * hidden)] : [];
            double[] ones = [.. Enumerable.Repeat(1.0, Math.Max(hidden, Inputs))];
            var twin = new ReferenceRecurrentLayer(@case.Cell, isReverse: false, name => Tensor(at, name)) { Masks = _ => (ones, ones) };
            x = twin.Run([x], h, c)[0];
            h.CopyTo(next, layer * hidden);
            c.CopyTo(next, (layers + layer) * hidden * (c.Length > 0 ? 1 : 0));
        }

        return next;

        double[] Tensor(int layer, string name)
        {
            TensorSlot? slot = model.Layout.Tensors.FirstOrDefault(slot => slot.Name == $"{prefix}.{layer}.{name}");
            return slot is null ? [] : model.Parameters[slot].ToArray().ToDoubles();
        }
    }

    private static SequenceModel ModelOf(StateMapCase @case)
    {
        var model = new SequenceModel(new SequenceModelConfig
        {
            Body = new RecurrentStackConfig
            {
                Cell = @case.Cell, Peepholes = @case.Peepholes, InputSize = Inputs, HiddenSize = @case.Hidden,
                LayerCount = @case.Layers, Direction = @case.Direction,
            },
            OutputSize = 2,
            ReadOut = ReadOut.Last,
        });
        Numbers(9, model.Parameters.Values.Length).CopyTo(model.Parameters.Values);
        return model;
    }

    private static float[] Numbers(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
    }
}
