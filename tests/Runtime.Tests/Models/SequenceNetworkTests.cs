using TinySD.Runtime.Inference;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Tests;

/// <summary>One of the ways to make a sequence model.</summary>
public sealed record SequenceCase(ReadOut ReadOut, SequenceLoss Loss, RecurrentDirection Direction, int Layers, bool HasTokens)
{
    public DropoutSpec Dropout { get; init; } = DropoutSpec.None;

    public CellKind Cell { get; init; }

    public int LinearRows { get; init; }

    public override string ToString() =>
        $"{(LinearRows > 0 ? $"{LinearRows} linear rows, " : "")}{ReadOut} {Loss} {Direction} {Cell} x {Layers} of " +
        $"{(HasTokens ? "tokens" : "numbers")}, {Dropout.Kind} {Dropout.Draw}";
}

/// <summary>A sequence model over sequences of unequal length, some of one step or none: its outputs against a session's and a head
/// summed by hand, its gradients against slopes of its loss, and each sequence's bits against those that it has alone.</summary>
public sealed class SequenceNetworkTests
{
    private const int Inputs = 5, Hidden = 7, Outputs = 3, Vocabulary = 11, Longest = 6;

    private static readonly int[] _lengths = [3, 6, 0, 1, 6];
    private static readonly Draw _draw = new(3, 0);

    public static IEnumerable<Func<SequenceCase>> Shapes() =>
        from read in Enum.GetValues<ReadOut>()
        from direction in Enum.GetValues<RecurrentDirection>()
        from layers in new[] { 1, 2, 3 }
        from hasTokens in new[] { false, true }
        let loss = read == ReadOut.EveryStep ? SequenceLoss.Squared : SequenceLoss.CrossEntropy
        select (Func<SequenceCase>)(() => new(read, loss, direction, layers, hasTokens));

    public static IEnumerable<Func<SequenceCase>> Linear() =>
        from read in new[] { ReadOut.EveryStep, ReadOut.Last }
        from kind in new[] { DropoutKind.None, DropoutKind.Structured }
        select (Func<SequenceCase>)(() => new(read, SequenceLoss.Squared, RecurrentDirection.Forward, 1, false)
        {
            LinearRows = 2, Dropout = new() { Kind = kind, Recurrent = 0.4f, Output = 0.4f },
        });

    public static IEnumerable<Func<SequenceCase>> Losses() =>
        from loss in Enum.GetValues<SequenceLoss>()
        from read in new[] { ReadOut.EveryStep, ReadOut.Maximum }
        where loss != SequenceLoss.CrossEntropy || read != ReadOut.EveryStep
        select (Func<SequenceCase>)(() => new(read, loss, RecurrentDirection.Forward, 1, false));

    public static IEnumerable<Func<SequenceCase>> Dropped() =>
        from dropout in Cases.Dropouts
        from read in new[] { ReadOut.EveryStep, ReadOut.Last, ReadOut.Mean }
        from cell in new[] { CellKind.Lstm, CellKind.Gru }
        let loss = read == ReadOut.EveryStep ? SequenceLoss.Squared : SequenceLoss.CrossEntropy
        select (Func<SequenceCase>)(() => new(read, loss, RecurrentDirection.Bidirectional, 2, true)
        {
            Cell = cell, Dropout = dropout with { Embedding = 0.3f, Layer = 0.3f, Recurrent = 0.4f, Output = 0.4f },
        });

    [Test]
    [MethodDataSource(nameof(Shapes))]
    [MethodDataSource(nameof(Losses))]
    [MethodDataSource(nameof(Dropped))]
    [MethodDataSource(nameof(Linear))]
    public async Task Gradients_are_the_slopes_of_the_loss(SequenceCase @case)
    {
        SequenceModel model = ModelOf(@case);
        SequenceNetwork network = NetworkOf(@case, model, training: true);
        SequenceBatch batch = BatchOf(@case, model.Config, [.. Enumerable.Range(0, _lengths.Length)]);
        var gradients = new GradientBlock(model.Layout, network.SparseTables, default);
        await Assert.That(network.SizeOf(batch).Sequences).IsEqualTo(_lengths.Length);
        network.Begin(_draw);
        gradients.Begin();
        network.Forward(batch, 1f);
        network.Backward(batch, gradients);
        gradients.End();
        float[] start = model.Parameters.Values.ToArray();
        foreach (TensorSlot slot in model.Layout.Tensors)
        {
            // Along the gradient itself the slope is its length.
            float[] gradient = gradients.Values[slot].ToArray();
            double length = Arrays.Norm(gradient.ToDoubles());
            await Assert.That(length).IsGreaterThan(1e-4).Because($"a gradient of {slot.Name} that vanishes shows nothing");
            const double step = 2e-3;
            double up = LossAt(step), down = LossAt(-step);
            start.CopyTo(model.Parameters.Values);
            await Assert.That(Math.Abs(((up - down) / (2 * step)) - length)).IsLessThan(0.01 * length + 2e-3).Because(slot.Name);

            double LossAt(double by)
            {
                start.CopyTo(model.Parameters.Values);
                for (int i = 0; i < gradient.Length; i++) model.Parameters[slot][i] += (float)(by * gradient[i] / length);
                network.Begin(_draw);
                return network.Forward(batch, 0f);
            }
        }
    }

    [Test]
    [MethodDataSource(nameof(Shapes))]
    [MethodDataSource(nameof(Linear))]
    public async Task Outputs_are_a_heads_over_what_a_session_gives(SequenceCase @case)
    {
        SequenceModel model = ModelOf(@case);
        SequenceNetwork network = NetworkOf(@case, model, training: false);
        SequenceBatch batch = BatchOf(@case, model.Config, [.. Enumerable.Range(0, _lengths.Length)]);
        network.Begin(default);
        network.Run(batch);
        var stack = new RecurrentStack(model.Config.Body);
        foreach (TensorSlot slot in stack.Layout.Tensors)
            model.Parameters[model.Layout.Tensors.First(own => own.Name == slot.Name)].CopyTo(stack.Parameters[slot]);
        int units = model.Config.Body.OutputSize;
        for (int sequence = 0; sequence < _lengths.Length; sequence++)
        {
            float[] input = InputOf(@case, model, sequence), hidden = new float[_lengths[sequence] * units];
            new RecurrentSession(stack, 1, Longest).Run(input, hidden);
            for (int t = 0; t < (@case.ReadOut == ReadOut.EveryStep ? _lengths[sequence] : 1); t++)
            {
                double[] read = [.. Enumerable.Range(0, units).Select(unit => Read(unit, t))];
                float[] found = network.OutputsOf(batch.OutputRowOf(sequence, t)).ToArray();
                for (int o = 0; o < Outputs; o++)
                {
                    double expected = model.Parameters[model.HeadBias][o];
                    for (int unit = 0; unit < units; unit++)
                        expected += read[unit] * model.Parameters[model.HeadWeight][(unit * Outputs) + o];
                    float[] linear = LinearOf(@case, sequence, t);
                    if (@case.LinearRows > 0) expected += model.Parameters[model.LinearBias!][o];
                    for (int i = 0; i < linear.Length; i++)
                        expected += linear[i] * model.Parameters[model.LinearWeight!][(i * Outputs) + o];
                    await Assert.That(Math.Abs(found[o] - expected))
                        .IsLessThan(1e-5).Because($"output {o} of sequence {sequence}, step {t}");
                }
            }

            double Read(int unit, int t)
            {
                double[] all = [.. Enumerable.Range(0, _lengths[sequence]).Select(step => (double)hidden[(step * units) + unit])];
                bool isReverse = @case.Direction == RecurrentDirection.Reverse || unit >= Hidden;
                if (all.Length == 0) return 0;
                return @case.ReadOut switch
                {
                    ReadOut.EveryStep => all[t],
                    ReadOut.Last => isReverse ? all[0] : all[^1],
                    ReadOut.Mean => all.Average(),
                    _ => all.Max(),
                };
            }
        }
    }

    [Test]
    [MethodDataSource(nameof(Shapes))]
    [MethodDataSource(nameof(Linear))]
    public async Task A_sequence_has_the_bits_that_it_has_alone(SequenceCase @case)
    {
        SequenceModel model = ModelOf(@case);
        SequenceNetwork together = NetworkOf(@case, model, training: false), alone = NetworkOf(@case, model, training: false, batch: 1);
        SequenceBatch batch = BatchOf(@case, model.Config, [.. Enumerable.Range(0, _lengths.Length)]);
        together.Begin(default);
        together.Run(batch);
        alone.Begin(default);
        for (int sequence = 0; sequence < _lengths.Length; sequence++)
        {
            SequenceBatch one = BatchOf(@case, model.Config, [sequence]);
            alone.ResetState();
            alone.Run(one);
            for (int t = 0; t < (@case.ReadOut == ReadOut.EveryStep ? _lengths[sequence] : 1); t++)
            {
                string expected = string.Join(' ', alone.OutputsOf(one.OutputRowOf(0, t)).ToArray());
                string found = string.Join(' ', together.OutputsOf(batch.OutputRowOf(sequence, t)).ToArray());
                await Assert.That(found).IsEqualTo(expected).Because($"sequence {sequence}, step {t}");
            }
        }
    }

    [Test]
    public async Task A_batch_without_steps_has_the_bias_alone_and_a_gradient_of_it_alone()
    {
        foreach (ReadOut read in new[] { ReadOut.Last, ReadOut.Mean, ReadOut.Maximum })
        {
            var @case = new SequenceCase(read, SequenceLoss.CrossEntropy, RecurrentDirection.Bidirectional, 2, true);
            SequenceModel model = ModelOf(@case);
            SequenceNetwork network = NetworkOf(@case, model, training: true, batch: 2);
            var batch = new SequenceBatch(model.Config, 2, Longest);
            batch.Begin([0, 0]);
            batch.SetLabel(0, 1);
            batch.SetLabel(1, 2);
            var gradients = new GradientBlock(model.Layout, network.SparseTables, default);
            gradients.Values.Values.Fill(7f);
            network.Begin(_draw);
            gradients.Begin();
            network.Run(batch);
            await Assert.That(string.Join(' ', network.OutputsOf(0).ToArray()))
                .IsEqualTo(string.Join(' ', model.Parameters[model.HeadBias].ToArray()));
            double loss = network.Forward(batch, 1f);
            network.Backward(batch, gradients);
            gradients.End();
            double sum = model.Parameters[model.HeadBias].ToArray().Sum(bias => Math.Exp(bias));
            double expected = (2 * Math.Log(sum)) - model.Parameters[model.HeadBias][1] - model.Parameters[model.HeadBias][2];
            await Assert.That(Math.Abs(loss - expected)).IsLessThan(1e-5);
            foreach (TensorSlot slot in model.Layout.Tensors.Where(slot => slot != model.HeadBias && slot != model.Embedding))
                await Assert.That(gradients.Values[slot].ToArray().All(value => value == 0f)).IsTrue().Because(slot.Name);
        }
    }

    [Test]
    public async Task Losses_are_those_of_their_formulas_and_what_is_no_number_counts_for_nothing()
    {
        float[] outputs = [0.5f, -2f, 3f, 9f, 1f, 0f, 0.25f, 9f], targets = [0f, 0f, 1f, 1f, float.NaN, 0.5f];
        (SequenceLoss Loss, double Sum)[] expected =
        [
            (SequenceLoss.Squared, 0.25 + 4 + 4 + 0 + 0.0625),
            (SequenceLoss.Absolute, 0.5 + 2 + 2 + 0 + 0.25),
            (SequenceLoss.Huber, 0.125 + 1.5 + 1.5 + 0 + 0.03125),
            (SequenceLoss.Logistic, Math.Log(1 + Math.Exp(0.5)) + Math.Log(1 + Math.Exp(-2)) + Math.Log(1 + Math.Exp(-3)) +
                Math.Log(1 + Math.Exp(-1)) + Math.Log(1 + Math.Exp(0.25)) - 0.125),
        ];
        foreach ((SequenceLoss loss, double sum) in expected)
            await Assert.That(Math.Abs(TargetLoss.Of(loss, 1f, outputs, 3, 4, targets, [], 0f) - sum)).IsLessThan(1e-12).Because($"{loss}");
        float[] far = [1000f, -1000f];
        await Assert.That(TargetLoss.Of(SequenceLoss.Logistic, 1f, far, 2, 2, [0f, 1f], [], 1f)).IsEqualTo(2000.0);
        await Assert.That(string.Join(' ', far)).IsEqualTo("1 -1");
    }

    [Test]
    public async Task What_does_not_fit_is_refused_by_name()
    {
        var @case = new SequenceCase(ReadOut.Last, SequenceLoss.CrossEntropy, RecurrentDirection.Forward, 1, true);
        SequenceModel model = ModelOf(@case);
        SequenceNetwork network = NetworkOf(@case, model, training: false);
        SequenceBatch batch = BatchOf(@case, model.Config, [0, 1]);
        batch.SetTokens(0, [Vocabulary]);
        await Assert.That(() => network.SizeOf(batch)).Throws<ArgumentException>().WithMessageContaining("the vocabulary has 11 tokens");
        await Assert.That(() => batch.SetLabel(0, Outputs)).Throws<ArgumentOutOfRangeException>();
        await Assert.That(() => batch.SetLabel(2, 0)).Throws<ArgumentOutOfRangeException>();
        await Assert.That(() => batch.SetTokens(0, [1, 2, 3, 4])).Throws<ArgumentException>().WithMessage("the sequence has no step 3");
        var numbers = new SequenceBatch(ModelOf(@case with { HasTokens = false }).Config, 1, 2);
        numbers.Begin([1]);
        await Assert.That(() => numbers.SetStep(0, 0, [1f])).Throws<ArgumentException>()
            .WithMessage("the row holds 1 number; 5 were expected");
    }

    private static SequenceModel ModelOf(SequenceCase @case)
    {
        var model = new SequenceModel(new SequenceModelConfig
        {
            Body = new()
            {
                Cell = @case.Cell, InputSize = Inputs, HiddenSize = Hidden, LayerCount = @case.Layers, Direction = @case.Direction,
            },
            OutputSize = Outputs,
            VocabularySize = @case.HasTokens ? Vocabulary : 0,
            ReadOut = @case.ReadOut,
            LinearRows = @case.LinearRows,
        });
        foreach (TensorSlot slot in model.Layout.Tensors)
            Arrays.Uniform(1 + slot.Offset, slot.Length, 0.5f).CopyTo(model.Parameters[slot]);
        return model;
    }

    private static SequenceNetwork NetworkOf(SequenceCase @case, SequenceModel model, bool training, int? batch = null) =>
        SequenceNetwork.OnItsOwn(
            model, new(batch ?? _lengths.Length, Longest, training), new NetworkPlan(SingleThread.Instance, KernelChoice.Best),
            new MaskOrigin(@case.Dropout, 5), @case.Loss);

    private static SequenceBatch BatchOf(SequenceCase @case, SequenceModelConfig config, int[] sequences)
    {
        var batch = new SequenceBatch(config, sequences.Length == 1 ? 1 : _lengths.Length, Longest);
        batch.Begin([.. sequences.Select(sequence => _lengths[sequence])]);
        for (int i = 0; i < sequences.Length; i++)
        {
            int sequence = sequences[i];
            if (@case.HasTokens) batch.SetTokens(i, TokensOf(sequence));
            for (int t = 0; t < _lengths[sequence] && !@case.HasTokens; t++)
                batch.SetStep(i, t, Arrays.Uniform(100 + sequence, Longest * Inputs).AsSpan(t * Inputs, Inputs));
            if (@case.Loss == SequenceLoss.CrossEntropy) batch.SetLabel(i, sequence % Outputs, 1f + (0.5f * sequence));
            for (int t = 0; t < (@case.ReadOut == ReadOut.EveryStep ? _lengths[sequence] : 1); t++)
            {
                if (@case.LinearRows > 0) batch.SetLinear(i, t, LinearOf(@case, sequence, t));
                if (@case.Loss == SequenceLoss.CrossEntropy) break;
                float[] targets = Arrays.Uniform(200 + (10 * sequence) + t, Outputs);
                if (@case.Loss == SequenceLoss.Logistic) targets = [.. targets.Select(value => value > 0 ? 1f : 0f)];
                if (t == 1) targets[1] = float.NaN;
                targets.CopyTo(batch.TargetsOf(i, t));
            }
        }

        return batch;
    }

    private static float[] LinearOf(SequenceCase @case, int sequence, int t) =>
        Arrays.Uniform(400 + (10 * sequence) + t, @case.LinearRows * Inputs);

    private static int[] TokensOf(int sequence) =>
        [.. Arrays.Uniform(300 + sequence, _lengths[sequence]).Select(value => (int)((value + 1) * Vocabulary / 2.001))];

    private static float[] InputOf(SequenceCase @case, SequenceModel model, int sequence)
    {
        if (!@case.HasTokens) return Arrays.Uniform(100 + sequence, Longest * Inputs)[..(_lengths[sequence] * Inputs)];
        float[] table = model.Parameters[model.Embedding!].ToArray();
        return [.. TokensOf(sequence).SelectMany(token => table[(token * Inputs)..((token + 1) * Inputs)])];
    }
}
