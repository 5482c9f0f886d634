using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Tests;

/// <summary>One of the ways to make a translator.</summary>
public sealed record TranslatorCase(AttentionKind Attention = AttentionKind.General)
{
    public bool IsScaled { get; init; }

    public bool HasInputFeeding { get; init; } = true;

    public BridgeKind Bridge { get; init; }

    public bool SharesEmbedding { get; init; }

    public bool TiesWeights { get; init; }

    public CellKind Cell { get; init; }

    public RecurrentDirection Direction { get; init; } = RecurrentDirection.Bidirectional;

    public int EncoderLayers { get; init; } = 1;

    public int Layers { get; init; } = 1;

    public DropoutSpec Dropout { get; init; } = DropoutSpec.None;

    public float Smoothing { get; init; }

    public override string ToString() =>
        $"{Attention}{(IsScaled ? " scaled" : "")}, {(HasInputFeeding ? "fed" : "not fed")}, {Bridge}, {Cell} {EncoderLayers} {Direction} "
        + $"and {Layers}{(SharesEmbedding ? ", shared" : "")}{(TiesWeights ? ", tied" : "")}, {Dropout.Kind} {Dropout.Draw}";
}

/// <summary>A translator's network over pairs of unequal length, one with an empty source and one with an empty target: gradients against
/// slopes of its loss, losses against layers summed by hand, and each pair's bits against those that it has alone.</summary>
public sealed class TranslatorNetworkTests
{
    private const int SourceVocabulary = 9, TargetVocabulary = 11, Longest = 6;

    private static readonly int[] _sourceLengths = [3, 6, 0, 1, 5], _targetLengths = [5, 2, 3, 6, 0];
    private static readonly Draw _draw = new(3, 0);

    public static IEnumerable<Func<TranslatorCase>> Plain() =>
    [
        .. from attention in Enum.GetValues<AttentionKind>()
        from isScaled in new[] { false, true }
        select (Func<TranslatorCase>)(() => new(attention) { IsScaled = isScaled }),
        () => new() { HasInputFeeding = false },
        () => new() { Bridge = BridgeKind.Dense, EncoderLayers = 1, Layers = 3 },
        () => new() { Bridge = BridgeKind.Dense, EncoderLayers = 3, Layers = 2, Cell = CellKind.Gru },
        () => new() { Bridge = BridgeKind.Copy, EncoderLayers = 2, Layers = 2, Cell = CellKind.Gru },
        () => new(AttentionKind.Concat) { Cell = CellKind.RnnTanh, Direction = RecurrentDirection.Forward, EncoderLayers = 2, Layers = 2 },
        () => new() { SharesEmbedding = true, Direction = RecurrentDirection.Reverse },
        () => new() { TiesWeights = true },
        () => new() { SharesEmbedding = true, TiesWeights = true, EncoderLayers = 2, Layers = 2 },
    ];

    public static IEnumerable<Func<TranslatorCase>> Dropped() =>
        from dropout in Cases.Dropouts
        from attention in Enum.GetValues<AttentionKind>()
        select (Func<TranslatorCase>)(() => new(attention)
        {
            EncoderLayers = 2, Layers = 2, IsScaled = true,
            Dropout = dropout with { Embedding = 0.3f, Layer = 0.3f, Recurrent = 0.4f, Output = 0.4f },
        });

    [Test]
    [MethodDataSource(nameof(Plain))]
    [MethodDataSource(nameof(Dropped))]
    public async Task Gradients_are_the_slopes_of_the_loss(TranslatorCase @case)
    {
        TranslatorModel model = ModelOf(@case);
        TranslatorNetwork network = NetworkOf(@case, model, _sourceLengths.Length, training: true);
        TranslatorBatch batch = BatchOf(@case, [0, 1, 2, 3, 4]);
        var gradients = new GradientBlock(model.Layout, network.SparseTables, default);
        await Assert.That(network.SizeOf(batch).Terms).IsEqualTo(_targetLengths.Sum() + _targetLengths.Length);
        network.Begin(_draw);
        gradients.Begin();
        double loss = network.Learn(batch, 0.7f, gradients);
        gradients.End();
        await Assert.That(network.Forward(batch, 0.7f)).IsEqualTo(loss);
        float[] start = model.Parameters.Values.ToArray();
        foreach (TensorSlot slot in model.Layout.Tensors)
        {
            // Along the gradient itself the slope is its length.
            float[] gradient = gradients.Values[slot].ToArray();
            double length = Arrays.Norm(gradient.ToDoubles());
            await Assert.That(length).IsGreaterThan(1e-4).Because($"a gradient of {slot.Name} that vanishes shows nothing");
            const double step = 1e-3;
            double up = LossAt(step), down = LossAt(-step);
            start.CopyTo(model.Parameters.Values);
            await Assert.That(Math.Abs(((up - down) / (2 * step)) - length)).IsLessThan((0.01 * length) + 2e-3).Because(slot.Name);

            double LossAt(double by)
            {
                start.CopyTo(model.Parameters.Values);
                for (int i = 0; i < gradient.Length; i++) model.Parameters[slot][i] += (float)(by * gradient[i] / length);
                network.Begin(_draw);
                return 0.7 * network.Forward(batch, 0.7f);
            }
        }
    }

    [Test]
    [MethodDataSource(nameof(Plain))]
    [MethodDataSource(nameof(Dropped))]
    public async Task A_gradient_made_on_the_way_is_that_of_a_pass_by_itself(TranslatorCase @case)
    {
        TranslatorModel model = ModelOf(@case);
        TranslatorNetwork network = NetworkOf(@case, model, _sourceLengths.Length, training: true);
        TranslatorBatch batch = BatchOf(@case, [0, 1, 2, 3, 4]);
        var first = new GradientBlock(model.Layout, network.SparseTables, default);
        var second = new GradientBlock(model.Layout, network.SparseTables, default);
        network.Begin(_draw);
        first.Begin();
        network.Learn(batch, 0.7f, first);
        first.End();
        network.Begin(_draw);
        second.Begin();
        network.Forward(batch, 0.7f);
        network.Backward(batch, second);
        second.End();
        await Assert.That(second.Values.Values.SequenceEqual(first.Values.Values)).IsTrue();
    }

    [Test]
    [MethodDataSource(nameof(Plain))]
    public async Task Losses_are_those_of_the_equations_one_number_at_a_time(TranslatorCase @case)
    {
        // The twin knows LSTM cells alone.
        TranslatorModel model = ModelOf(@case with { Cell = CellKind.Lstm });
        TranslatorNetwork network = NetworkOf(@case, model, _sourceLengths.Length, training: false);
        double[] found = new double[_sourceLengths.Length];
        network.Begin(default);
        network.Losses(BatchOf(@case, [0, 1, 2, 3, 4]), found);
        SentencePairs pairs = PairsOf(@case);
        for (int pair = 0; pair < found.Length; pair++)
        {
            double[] logs = new ReferenceTranslator(model).LogsOf(pairs.SourceOf(pair).ToArray(), pairs.TargetOf(pair).ToArray());
            await Assert.That(found[pair]).IsEqualTo(-logs.Sum()).Within(2e-5).Because($"pair {pair}");
        }
    }

    [Test]
    [MethodDataSource(nameof(Plain))]
    public async Task A_pair_has_the_bits_that_it_has_alone_whatever_the_threads(TranslatorCase @case)
    {
        TranslatorModel model = ModelOf(@case);
        using var pool = new WorkerPool(3);
        TranslatorNetwork together = NetworkOf(@case, model, _sourceLengths.Length, training: false, pool);
        TranslatorNetwork alone = NetworkOf(@case, model, 1, training: false);
        double[] found = new double[_sourceLengths.Length], one = new double[1];
        together.Begin(default);
        together.Losses(BatchOf(@case, [0, 1, 2, 3, 4]), found);
        alone.Begin(default);
        for (int pair = 0; pair < found.Length; pair++)
        {
            alone.Losses(BatchOf(@case, [pair], room: 1), one);
            await Assert.That(found[pair]).IsEqualTo(one[0]).Because($"pair {pair}");
        }
    }

    [Test]
    [MethodDataSource(nameof(Plain))]
    [MethodDataSource(nameof(Dropped))]
    public async Task Gradients_are_the_same_bits_whatever_the_threads_and_the_width_of_registers(TranslatorCase @case)
    {
        TranslatorModel model = ModelOf(@case);
        TranslatorBatch batch = BatchOf(@case, [0, 1, 2, 3, 4]);
        using var pool = new WorkerPool(3);
        float[] expected = GradientOf(SingleThread.Instance, KernelChoice.Best);
        await Assert.That(GradientOf(pool, KernelChoice.Best).SequenceEqual(expected)).IsTrue();
        foreach (int width in Cases.LaneWidths)
        {
            float[] found = GradientOf(pool, KernelChoice.ForLaneWidth(width));
            await Assert.That(found.SequenceEqual(expected)).IsTrue().Because($"width {width}");
        }

        float[] GradientOf(IParallelRunner runner, KernelSet kernels)
        {
            TranslatorNetwork network = NetworkOf(@case, model, _sourceLengths.Length, training: true, runner, kernels);
            var gradients = new GradientBlock(model.Layout, network.SparseTables, default);
            network.Begin(_draw);
            gradients.Begin();
            network.Learn(batch, 1f, gradients);
            gradients.End();
            return gradients.Values.Values.ToArray();
        }
    }

    [Test]
    [MethodDataSource(nameof(Dropped))]
    public async Task Logits_made_in_pieces_give_the_bits_of_all_at_once(TranslatorCase @case)
    {
        TranslatorModel model = ModelOf(@case);
        TranslatorBatch batch = BatchOf(@case, [0, 1, 2, 3, 4]);
        (double Loss, float[] Gradient) whole = Learnt(mostLogits: 1 << 24);
        foreach (int most in new[] { 1, 150 })
        {
            (double loss, float[] gradient) = Learnt(most);
            await Assert.That(loss).IsEqualTo(whole.Loss);
            await Assert.That(Arrays.FirstDifference(gradient, whole.Gradient)).IsNull().Because($"{most} logits at a time");
        }

        (double, float[]) Learnt(int mostLogits)
        {
            TranslatorNetwork network = NetworkOf(@case, model, _sourceLengths.Length, training: true, mostLogits: mostLogits);
            var gradients = new GradientBlock(model.Layout, network.SparseTables, default);
            network.Begin(_draw);
            gradients.Begin();
            double loss = network.Learn(batch, 1f, gradients);
            gradients.End();
            return (loss, gradients.Values.Values.ToArray());
        }
    }

    private static TranslatorModel ModelOf(TranslatorCase @case)
    {
        bool isBoth = @case.Direction == RecurrentDirection.Bidirectional;
        bool isDense = @case.Bridge == BridgeKind.Dense;
        int memory = isBoth ? 6 : 7, hidden = isDense && @case.Attention != AttentionKind.Dot ? 5 : memory;
        var model = new TranslatorModel(new TranslatorConfig
        {
            SourceVocabularySize = @case.SharesEmbedding ? TargetVocabulary : SourceVocabulary,
            TargetVocabularySize = TargetVocabulary,
            EmbeddingSize = 5,
            Cell = @case.Cell,
            EncoderLayerCount = @case.EncoderLayers,
            EncoderHiddenSize = isBoth ? memory / 2 : memory,
            Direction = @case.Direction,
            LayerCount = @case.Layers,
            HiddenSize = hidden,
            AttentionSize = @case.TiesWeights ? 5 : 4,
            Attention = @case.Attention,
            IsScaled = @case.IsScaled,
            HasInputFeeding = @case.HasInputFeeding,
            Bridge = @case.Bridge,
            SharesEmbedding = @case.SharesEmbedding,
            TiesWeights = @case.TiesWeights,
        });
        foreach (TensorSlot slot in model.Layout.Tensors)
            Arrays.Uniform(1 + slot.Offset, slot.Length, 0.9f).CopyTo(model.Parameters[slot]);
        return model;
    }

    private static TranslatorNetwork NetworkOf(
        TranslatorCase @case, TranslatorModel model, int batch, bool training, IParallelRunner? runner = null, KernelSet? kernels = null,
        int mostLogits = 1 << 24)
    {
        var plan = new NetworkPlan(runner ?? SingleThread.Instance, kernels ?? KernelChoice.Best);
        var origin = new MaskOrigin(@case.Dropout, 5);
        var rates = @case.Dropout.Kind == DropoutKind.None ? default : new AttentionRates(0.3f, 0.3f);
        TranslatorNetwork network = TranslatorNetwork.Declare(
            model, new TranslatorShape(batch, Longest, Longest, training), plan, origin, rates, @case.Smoothing,
            mostLogits).Declared.Network;
        plan.Take();
        return network;
    }

    private static TranslatorBatch BatchOf(TranslatorCase @case, int[] which, int room = 5)
    {
        var batch = new TranslatorBatch(room, Longest, Longest);
        batch.Fill(PairsOf(@case), which);
        return batch;
    }

    private static SentencePairs PairsOf(TranslatorCase @case)
    {
        int sources = @case.SharesEmbedding ? TargetVocabulary : SourceVocabulary;
        return new SentencePairs(
            [.. _sourceLengths.Select((length, pair) => Units(length, pair, sources))],
            [.. _targetLengths.Select((length, pair) => Units(length, pair + 2, TargetVocabulary))]);
    }

    private static int[] Units(int length, int pair, int vocabulary) =>
        [.. Enumerable.Range(0, length).Select(t => (((pair * 5) + (t * 2)) % (vocabulary - 2)) is var id && id == 0 ? 0 : id + 2)];
}
