using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Numerics;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Tests;

/// <summary>What a recurrent layer promises of bits: a sequence has those that it has alone, and step by step those of
/// the whole window.</summary>
public sealed class RecurrentFamilyTests
{
    // One long sequence and many short ones, more than stand side by side; one of no step; as many as the longest step's tile and one more.
    private static readonly int[] _lengths = [3, 1, 40, 2, 2, 0, 3, 3, 5, 1, 1, 4, 2, 2, 3, 3, 2, 1, 4, 4, 5];

    public static IEnumerable<Func<(CellKind Kind, bool Peepholes, RecurrentDirection Direction)>> Layers() =>
        from cell in Cases.Cells
        from direction in Enum.GetValues<RecurrentDirection>()
        select (Func<(CellKind, bool, RecurrentDirection)>)(() => (cell.Kind, cell.Peepholes, direction));

    [Test]
    [MethodDataSource(nameof(Layers))]
    public async Task A_sequence_among_others_of_unequal_length_has_the_bits_that_it_has_alone(
        CellKind kind, bool peepholes, RecurrentDirection direction)
    {
        foreach (DropoutKind dropout in new[] { DropoutKind.None, DropoutKind.Structured, DropoutKind.StructuredLocked })
        {
            var @case = new RecurrentCase(kind, peepholes, direction, _lengths)
            {
                Inputs = 18, Hidden = 19, Dropout = new() { Kind = dropout, Layer = 0.3f, Recurrent = 0.4f },
            };
            var rig = new RecurrentRig(@case);
            var (results, gradients) = rig.Run([.. Enumerable.Range(0, _lengths.Length)]);
            var sums = new Dictionary<string, double[]>();
            for (int b = 0; b < _lengths.Length; b++)
            {
                var alone = rig.Run([b]);
                foreach ((string name, float[] values) in alone.Results)
                    await Assert.That(Arrays.FirstDifference(results[name], values)).IsNull().Because($"{name} of {@case}");
                foreach ((string name, float[] values) in alone.Gradients)
                {
                    if (!rig.Layout.Tensors.Any(slot => slot.Name == name))
                        await Assert.That(Arrays.FirstDifference(gradients[name], values)).IsNull().Because($"gradient of {name}, {@case}");
                    else sums[name] = [.. sums.GetValueOrDefault(name, new double[values.Length]).Zip(values, (sum, value) => sum + value)];
                }
            }

            foreach ((string name, double[] sum) in sums)
                await Assert.That(Arrays.RelativeDistance(gradients[name].ToDoubles(), sum)).IsLessThan(1e-6).Because($"{name} of {@case}");
        }
    }

    [Test]
    [MethodDataSource(nameof(Layers))]
    public async Task Step_by_step_gives_the_bits_of_the_whole_window(CellKind kind, bool peepholes, RecurrentDirection direction)
    {
        foreach (DropoutSpec dropout in Cases.Dropouts)
        {
            foreach (int[] lengths in (int[][])[[6, 6, 6], [2, 7, 0, 7, 3]])
            {
                var @case = new RecurrentCase(kind, peepholes, direction, lengths)
                {
                    Dropout = dropout with { Layer = 0.3f, Recurrent = 0.4f },
                    WeightDrop = 0.2f,
                };
                var rig = new RecurrentRig(@case);
                int[] all = [.. Enumerable.Range(0, lengths.Length)];
                var whole = rig.Run(all);
                var stepped = rig.Run(all, isStepped: true);
                await AreSame(stepped.Results, whole.Results, @case);
                await AreSame(stepped.Gradients, whole.Gradients, @case);
            }
        }
    }

    [Test]
    [NotInParallel]
    [MethodDataSource(nameof(Layers))]
    public async Task Threads_and_register_widths_change_no_bit(CellKind kind, bool peepholes, RecurrentDirection direction)
    {
        using var pool = new WorkerPool(3);
        foreach (DropoutKind dropout in new[] { DropoutKind.Random, DropoutKind.Structured })
        {
            var @case = new RecurrentCase(kind, peepholes, direction, _lengths)
            {
                Inputs = 33, Hidden = 67, Dropout = new() { Kind = dropout, Layer = 0.3f, Recurrent = 0.4f },
            };
            var rig = new RecurrentRig(@case);
            int[] all = [.. Enumerable.Range(0, _lengths.Length)];
            var first = rig.Run(all);
            foreach (int width in Cases.LaneWidths)
            {
                var other = rig.Run(all, width: width, runner: pool);
                await AreSame(other.Results, first.Results, @case);
                await AreSame(other.Gradients, first.Gradients, @case);
            }
        }
    }

    [Test]
    [MethodDataSource(nameof(Layers))]
    public async Task A_first_layer_needs_no_gradient_of_its_input(CellKind kind, bool peepholes, RecurrentDirection direction)
    {
        Small small = new(kind, peepholes, direction == RecurrentDirection.Reverse, new WindowShape(3, 4, Training: true, IsUneven: true));
        float[] with = small.Train(new float[4 * 3 * Small.I]), without = small.Train([]);
        await Assert.That(Arrays.FirstDifference(without, with)).IsNull();
    }

    [Test]
    [MethodDataSource(nameof(Layers))]
    public async Task Training_allocates_nothing_whole_or_stepped(CellKind kind, bool peepholes, RecurrentDirection direction)
    {
        Small small = new(kind, peepholes, direction == RecurrentDirection.Reverse, new WindowShape(3, 4, Training: true, IsUneven: true));
        float[] dx = new float[4 * 3 * Small.I];
        long least = long.MaxValue;
        for (int round = 0; round < 6 && least > 0; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            small.Use(dx);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        await Assert.That(least).IsEqualTo(0);
    }

    [Test]
    public async Task What_a_layer_was_not_made_for_is_refused()
    {
        Small even = new(CellKind.Lstm, false, false, new WindowShape(3, 4, Training: false));
        await Assert.That(Messages.Of<ArgumentException>(() => even.Layer.Start(new SequencePacking(3, 4).Pack([4, 1, 1], 4)))).IsEqualTo(
            "'lstm.0.recurrent' is run for 4 steps of 3 sequences of unequal length; it was made for at most 4 of 3 of equal length");
        await Assert.That(() => even.Layer.Start(StepRows.Even(5, 3))).Throws<ArgumentException>();
        await Assert.That(() => even.Layer.Start(StepRows.Even(4, 4))).Throws<ArgumentException>();
        even.Layer.Start(StepRows.Even(2, 2));
        await Assert.That(Messages.Of<ArgumentException>(() => even.Layer.StartBackward()))
            .IsEqualTo("'lstm.0.recurrent' was not made for training");
    }

    [Test]
    public async Task Weights_with_DropConnect_are_used_twice_only_by_a_layer_made_for_it()
    {
        var rig = new RecurrentRig(new RecurrentCase(CellKind.Gru, false, RecurrentDirection.Forward, [3, 2]) { WeightDrop = 0.3f });
        await Assert.That(Messages.Of<ArgumentException>(() => rig.RunWindows([[0], [1]], isShared: false))).IsEqualTo(
            "'gru.0.recurrent' has DropConnect and is used twice in a step; the layer was not made for that");
    }

    [Test]
    public async Task A_general_cell_does_not_train()
    {
        var variant = new VariantOps(SingleThread.Instance, [Activation.Tanh], clip: 0f, coupled: false, Small.H);
        var shape = new WindowShape(1, 1, Training: true);
        await Assert.That(Messages.Of<ArgumentException>(() => NewLayer(CellKind.RnnTanh, shape, variant))).IsEqualTo(
            "'rnn.0.recurrent' is of a kind of cell that does not train");
    }

    [Test]
    public async Task Memory_of_a_layer_that_only_runs_does_not_grow_with_the_steps()
    {
        foreach ((CellKind kind, _) in Cases.Cells)
        {
            NetworkPlan some = NewLayer(kind, new WindowShape(17, 64, Training: false, IsUneven: true));
            NetworkPlan many = NewLayer(kind, new WindowShape(17, 6400, Training: false, IsUneven: true));
            await Assert.That(many.ScratchFloats).IsEqualTo(some.ScratchFloats);
        }
    }

    // A layer that gives its outputs to others' memory.
    private static NetworkPlan NewLayer(CellKind kind, WindowShape shape, VariantOps? variant = null)
    {
        var plan = new NetworkPlan(SingleThread.Instance, KernelChoice.ForLaneWidth(Cases.LaneWidths[^1]));
        RecurrentSlots slots = RecurrentSlots.Add(new ParameterLayout(), kind, peepholes: false, 0, Small.I, Small.H);
        RecurrentLayer.Create(slots, shape, plan, new RecurrentTraits { Part = new OutputPart(0, Small.H), Variant = variant });
        return plan;
    }

    private static async Task AreSame(Dictionary<string, float[]> found, Dictionary<string, float[]> expected, RecurrentCase @case)
    {
        await Assert.That(found.Count).IsEqualTo(expected.Count);
        foreach ((string name, float[] values) in expected)
            await Assert.That(Arrays.FirstDifference(found[name], values)).IsNull().Because($"{name} of {@case}");
    }

    // One layer without dropout, and numbers to train it on.
    private sealed class Small
    {
        public const int I = 3, H = 5;

        private readonly ParameterBlock _parameters;
        private readonly GradientBlock _gradients;
        private readonly SequencePacking _packing;
        private readonly float[] _x, _dOutputs;
        private readonly int[] _lengths = [2, 4, 1];
        private readonly bool _isReverse;

        public Small(CellKind kind, bool peepholes, bool isReverse, WindowShape shape)
        {
            _isReverse = isReverse;
            var layout = new ParameterLayout();
            RecurrentSlots slots = RecurrentSlots.Add(layout, kind, peepholes, 0, I, H);
            _parameters = new ParameterBlock(layout);
            foreach (TensorSlot slot in layout.Tensors) Arrays.Uniform(slot.Index, slot.Length).CopyTo(_parameters[slot]);
            _gradients = new GradientBlock(layout, [], default);
            _packing = new SequencePacking(shape.Batch, shape.TimeSteps);
            _x = Arrays.Uniform(20, shape.Batch * shape.TimeSteps * I);
            _dOutputs = Arrays.Uniform(21, shape.Batch * shape.TimeSteps * H);
            var plan = new NetworkPlan(SingleThread.Instance, KernelChoice.ForLaneWidth(Cases.LaneWidths[^1]));
            Layer = RecurrentLayer.Create(slots, shape, plan, new RecurrentTraits { IsReverse = isReverse, HasStateGradient = true });
            plan.Take();
        }

        public RecurrentLayer Layer { get; }

        public float[] Train(float[] dx)
        {
            Layer.Update(_parameters);
            _gradients.Begin();
            Layer.Forward(_parameters, _x, _packing.Pack(_lengths, 4));
            Layer.Backward(_parameters, _gradients, _x, _dOutputs, dx);
            _gradients.End();
            return [.. _gradients.Values.Values];
        }

        public void Use(float[] dx)
        {
            Layer.Update(_parameters);
            _gradients.Begin();
            StepRows rows = _packing.Pack(_lengths, 4);
            Layer.Forward(_parameters, _x, rows);
            Layer.Backward(_parameters, _gradients, _x, _dOutputs, dx);
            Layer.Carry();
            Layer.Start(rows);
            for (int s = 0; s < rows.Steps; s++)
            {
                int t = _isReverse ? rows.Steps - 1 - s : s;
                Layer.Step(_parameters, t, _x.AsSpan(rows.Before(t) * I));
            }

            Layer.StartBackward(Layer.InitialHiddenGradient, Layer.InitialCellGradient);
            for (int s = 0; s < rows.Steps; s++)
            {
                int t = _isReverse ? s : rows.Steps - 1 - s;
                Layer.StepBackward(_parameters, t, _dOutputs.AsSpan(rows.Before(t) * H), dx.AsSpan(rows.Before(t) * I));
            }

            Layer.AddWeightGradients(_gradients, _x);
            _gradients.End();
        }
    }
}
