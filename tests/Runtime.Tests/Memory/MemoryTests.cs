using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TinySD.Runtime.Inference;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Tests;

/// <summary>Layouts, blocks, workspaces, and memory that the host owns.</summary>
public sealed class MemoryTests
{
    [Test]
    [Arguments(0)]
    [Arguments(1)]
    [Arguments(1000)]
    public async Task A_buffer_starts_on_64_bytes_holds_its_length_and_is_zero(int floats)
    {
        for (int i = 0; i < 20; i++)
        {
            var buffer = new AlignedBuffer(floats);
            await Assert.That(buffer.Span.Length).IsEqualTo(floats);
            await Assert.That(buffer.Memory.ToArray().All(value => value == 0f)).IsTrue();
            await Assert.That(Address(buffer.Span) % AlignedBuffer.AlignmentBytes).IsEqualTo((nuint)0);
        }
    }

    [Test]
    public async Task A_buffer_of_negative_length_is_refused() =>
        await Assert.That(Messages.Of<ArgumentOutOfRangeException>(() => new AlignedBuffer(-1)))
            .Contains("lengthFloats must be 0 to 2^31 - 64 floats");

    [Test]
    public async Task Tensors_lie_in_declared_order_each_on_64_bytes_without_overlap()
    {
        var layout = new ParameterLayout();
        TensorSlot[] slots = [layout.Add("a", 3, 5), layout.Add("b", 16), layout.Add("c", 1), layout.Add("d", 2, 2, 9)];
        await Assert.That(slots.Select(slot => (slot.Offset, slot.Length)).SequenceEqual([(0, 15), (16, 16), (32, 1), (48, 36)])).IsTrue();
        await Assert.That(layout.LengthFloats).IsEqualTo(96);
        await Assert.That(layout.ParameterCount).IsEqualTo(15 + 16 + 1 + 36);
        await Assert.That(layout.Tensors.SequenceEqual(slots)).IsTrue();
        await Assert.That(slots[3].Shape.SequenceEqual([2, 2, 9])).IsTrue();
    }

    [Test]
    public async Task Impossible_tensors_are_refused()
    {
        var layout = new ParameterLayout();
        layout.Add("a", 3);
        await Assert.That(Messages.Of<ArgumentException>(() => layout.Add("a", 4))).IsEqualTo("tensor 'a' is declared twice");
        await Assert.That(Messages.Of<ArgumentException>(() => layout.Add("b", 2, 0)))
            .IsEqualTo("tensor 'b' has an extent of 0; every extent must be at least 1");
        await Assert.That(Messages.Of<ArgumentException>(() => layout.Add("b", 65536, 65536)))
            .IsEqualTo("tensor 'b' is too large: the limit is 2^31 floats");
        layout.Add("c", 2_000_000_000);
        await Assert.That(Messages.Of<ArgumentException>(() => layout.Add("d", 200_000_000)))
            .IsEqualTo("the model is too large at tensor 'd': the limit is 2^31 floats");
        await Assert.That(layout.Tensors.Count).IsEqualTo(2);
    }

    [Test]
    [MatrixDataSource]
    public async Task Models_of_impossible_width_are_refused(
        [Matrix(65_536, 600_000_000, int.MaxValue)] int hidden, [Matrix] CellKind cell, [Matrix(1, 2)] int layers)
    {
        LanguageModelConfig config = Cases.Config(vocabulary: 11, embedding: 3, hidden, layers) with
        {
            Cell = cell,
            Peepholes = cell == CellKind.Lstm,
        };
        var stack = new RecurrentStackConfig
        {
            Cell = cell,
            InputSize = 3,
            HiddenSize = hidden,
            LayerCount = layers,
            Direction = RecurrentDirection.Bidirectional,
            Peepholes = cell == CellKind.Lstm,
        };
        await Assert.That(Messages.Of<ArgumentException>(() => new LanguageModel(config)))
            .Contains("too large").And.Contains("the limit is 2^31 floats");
        await Assert.That(Messages.Of<ArgumentException>(() => new LanguageModel(config with { HiddenSize = 5, LastHiddenSize = hidden })))
            .Contains("too large").And.Contains("the limit is 2^31 floats");
        await Assert.That(Messages.Of<ArgumentException>(() => new RecurrentStack(stack)))
            .Contains("too large").And.Contains("the limit is 2^31 floats");
    }

    [Test]
    public async Task A_layout_of_which_there_is_a_block_takes_no_more()
    {
        var model = new LanguageModel(Cases.Config(vocabulary: 11, embedding: 3, hidden: 5, layers: 2));
        int length = model.Layout.LengthFloats;
        await Assert.That(Messages.Of<ArgumentException>(() => model.Layout.Add("more", 1_000_000)))
            .IsEqualTo("tensor 'more' comes too late: there is a block of this layout already");
        await Assert.That(model.Layout.LengthFloats).IsEqualTo(length);
    }

    [Test]
    public async Task A_models_tensors_have_the_documented_names_and_shapes()
    {
        var untied = new LanguageModel(Cases.Config(vocabulary: 11, embedding: 3, hidden: 5, layers: 2));
        await Assert.That(Describe(untied)).IsEqualTo(
            "embedding 11x3, lstm.0.input 3x20, lstm.0.recurrent 5x20, lstm.0.bias 20, lstm.1.input 5x20, lstm.1.recurrent 5x20, " +
            "lstm.1.bias 20, classifier.weight 5x11, classifier.bias 11");
        var tied = new LanguageModel(Cases.Config(vocabulary: 11, embedding: 5, hidden: 5, layers: 1, tied: true));
        await Assert.That(Describe(tied))
            .IsEqualTo("lstm.0.input 5x20, lstm.0.recurrent 5x20, lstm.0.bias 20, classifier.weight 5x11, classifier.bias 11");

        static string Describe(LanguageModel model) =>
            string.Join(", ", model.Layout.Tensors.Select(slot => $"{slot.Name} {string.Join('x', slot.Shape)}"));
    }

    [Test]
    public async Task A_model_in_the_hosts_memory_lives_there_and_trains_there()
    {
        LanguageModelConfig config = Cases.Config(vocabulary: 11, embedding: 3, hidden: 5, layers: 2);
        int needed = new LanguageModel(config).Layout.LengthFloats;
        // Odd: the host's memory need not be aligned, nor clean.
        var host = new GuardedBuffer("the host's memory", needed, float.NaN);
        LanguageModel hosted = new(config, host.Memory), own = new(config);
        hosted.Initialize(3, 0.2f);
        own.Initialize(3, 0.2f);
        foreach (LanguageModel model in new[] { hosted, own })
        {
            var trainer = new LanguageModelTrainer(model, Cases.Recipe(config, batch: 2, timeSteps: 3));
            trainer.Step(Arrays.Tokens(1, 6, 11), Arrays.Tokens(2, 6, 11), new Draw(0));
        }

        await Assert.That(Arrays.FirstDifference(host.Span, own.Parameters.Values)).IsNull();
        await Assert.That(host.Damage()).IsNull();
        await Assert.That(Messages.Of<ArgumentException>(() => new LanguageModel(config, new float[needed - 1])))
            .IsEqualTo($"storage holds {needed - 1} floats, the layout needs {needed}");
    }

    [Test]
    [MatrixDataSource]
    public async Task A_trainer_in_the_hosts_memory_comes_to_the_same_bits_and_leaves_the_rest_alone(
        [Matrix] UpdateCase update, [Matrix(1, 3)] int threads, [Matrix(0, 5)] int beyond)
    {
        LanguageModelConfig config = Cases.Config(vocabulary: 11, embedding: 3, hidden: 5, layers: 2);
        DropoutSpec dropout = new() { Kind = DropoutKind.Structured, Layer = 0.5f, Recurrent = 0.5f };
        LanguageModelRecipe recipe = Cases.Recipe(config, batch: 2, timeSteps: 3, dropout).By(update);
        using var pool = new WorkerPool(threads);
        var host = new Host { Beyond = beyond };
        LanguageModel hosted = Cases.Model(config), own = Cases.Model(config);
        LanguageModelTrainer[] trainers = [new(hosted, recipe, pool, memory: host.Give), new(own, recipe, pool)];
        foreach (LanguageModelTrainer trainer in trainers)
        {
            for (int step = 0; step < 4; step++)
            {
                if (step == 2 && trainer.AveragedModel is not null) trainer.BeginAveraging();
                trainer.Step(Arrays.Tokens(step, 6, 11), Arrays.Tokens(step + 9, 6, 11), new Draw(step));
            }
        }

        await Assert.That(Arrays.FirstDifference(hosted.Parameters.Values, own.Parameters.Values)).IsNull();
        await Assert.That(host.Damage()).IsNull();

        // Gradients and the optimizer's state are apart, and all in what was asked for once.
        await Assert.That(host.Given.Count).IsEqualTo(1);
        ParameterBlock[] blocks = [trainers[0].Gradients, .. trainers[0].State.Select(part => part.Block)];
        foreach (ParameterBlock block in blocks)
        {
            await Assert.That(host.Given[0].Span.Overlaps(block.Values[..1]) && host.Given[0].Span.Overlaps(block.Values[^1..])).IsTrue();
            await Assert.That(blocks.Count(other => other.Values.Overlaps(block.Values))).IsEqualTo(1);
        }

        var stingy = new Host { FullCalls = 0 };
        await Assert.That(Messages.Of<ArgumentException>(() => new LanguageModelTrainer(own, recipe, pool, memory: stingy.Give)))
            .StartsWith("the host was asked for ");
    }

    [Test]
    [Arguments(0)]
    [Arguments(5)]
    public async Task Sessions_in_the_hosts_memory_come_to_the_same_bits_and_leave_the_rest_alone(int beyond)
    {
        var host = new Host { Beyond = beyond };
        LanguageModel model = Cases.Model(Cases.Config(vocabulary: 11, embedding: 3, hidden: 5, layers: 2));
        LanguageModelSession hosted = new(model, memory: host.Give), own = new(model);
        foreach (int token in new[] { 3, 1, 4 })
            await Assert.That(Arrays.FirstDifference(hosted.Step(token), own.Step(token).ToArray())).IsNull();
        await Assert.That(host.Given.Count).IsEqualTo(1);
        await Assert.That(host.Given[0].Span.Overlaps(hosted.Step(1))).IsTrue();

        var stack =
            new RecurrentStack(new() { Cell = CellKind.Gru, InputSize = 3, HiddenSize = 5, Direction = RecurrentDirection.Bidirectional });
        foreach (TensorSlot slot in stack.Layout.Tensors) Arrays.Uniform(slot.Offset, slot.Length).CopyTo(stack.Parameters[slot]);
        float[] input = Arrays.Uniform(8, 4 * 2 * 3), found = new float[4 * 2 * 10], expected = new float[found.Length];
        new RecurrentSession(stack, batch: 2, maxTimeSteps: 4, memory: host.Give).Run(input, found);
        new RecurrentSession(stack, batch: 2, maxTimeSteps: 4).Run(input, expected);
        await Assert.That(Arrays.FirstDifference(found, expected)).IsNull();
        await Assert.That(host.Given.Count).IsEqualTo(2);
        await Assert.That(host.Given[1].Span.ToArray().Any(value => value != 0f)).IsTrue();
        await Assert.That(host.Damage()).IsNull();

        var mean = new Host { FullCalls = 0 };
        foreach (Func<object> session in (Func<object>[])
            [
                () => new LanguageModelSession(model, memory: mean.Give),
                () => new RecurrentSession(stack, batch: 2, maxTimeSteps: 4, memory: mean.Give)])
            await Assert.That(Messages.Of<ArgumentException>(session)).StartsWith("the host was asked for ");
    }

    [Test]
    public async Task A_workspace_is_sized_first_and_zeroed_when_taken()
    {
        var workspace = new Workspace();
        Workspace.Slice a = workspace.Reserve(3), b = workspace.Reserve(17);
        await Assert.That(workspace.LengthFloats).IsEqualTo(48);
        await Assert.That(Messages.Of<ArgumentException>(() => workspace.Allocate(_ => new float[47])))
            .IsEqualTo("the host was asked for 48 floats of memory and gave 47; it must give as many or more");
        var host = new GuardedBuffer("the workspace", 48, float.NaN);
        workspace.Allocate(_ => host.Memory);
        await Assert.That(host.Span.ToArray().All(value => value == 0f)).IsTrue();
        a.Span.Fill(1f);
        b.Span.Fill(2f);
        b.Integers[0] = 7;
        await Assert.That((a.Span.Length, b.Span.Length, b.Part(1, 8).Length)).IsEqualTo((3, 17, 8));
        await Assert.That(host.Span.ToArray().Count(value => value == 1f)).IsEqualTo(3);
        await Assert.That(host.Span.ToArray().Count(value => value == 2f)).IsEqualTo(16);
        await Assert.That(Messages.Of<ArgumentException>(() => workspace.Reserve(1))).IsEqualTo("the workspace is already allocated");
        await Assert.That(Messages.Of<ArgumentException>(() => new Workspace().Reserve(1L << 31)))
            .Contains("the workspace would pass 2^31 floats");
    }

    [Test]
    public async Task Scratch_that_passes_the_limit_of_a_workspace_is_refused()
    {
        KernelSet kernels = KernelChoice.Best;
        var products = new Products(SingleThread.Instance, kernels);
        products.Announce((int)((1L << 31) / KernelSet.StripColumns) + 1, 1, 1, 1, backward: true);
        await Assert.That(Messages.Of<ArgumentException>(() => products.ReserveScratch(new Workspace())))
            .Contains("the workspace would pass 2^31 floats");
    }

    private static unsafe nuint Address(ReadOnlySpan<float> span) => (nuint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(span));

    // Memory that holds what are no numbers, and says when it was left.
    private sealed class Host
    {
        public int FullCalls { get; init; } = int.MaxValue;

        // Floats given beyond those that were asked for; a few, and the memory starts on no cache line.
        public int Beyond { get; init; }

        public List<GuardedBuffer> Given { get; } = [];

        public Memory<float> Give(int floats)
        {
            var buffer = new GuardedBuffer("the host's memory", Given.Count < FullCalls ? floats + Beyond : floats - 1, float.NaN);
            Given.Add(buffer);
            return buffer.Memory;
        }

        public string? Damage() => Given.Select(buffer => buffer.Damage()).FirstOrDefault(damage => damage is not null);
    }
}
