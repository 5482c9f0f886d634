using TinySD.Runtime.Inference;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;

namespace TinySD.Runtime.Tests;

/// <summary>Sessions that leave out what has hardly changed. What all sessions promise of runs, batches, threads, states and memory,
/// <see cref="StreamingSessionTests"/> and <see cref="EndlessStreamTests"/> hold them to.</summary>
public sealed class DeltaSessionTests
{
    private const int Steps = 600;

    [Test]
    [MethodDataSource(nameof(Off))]
    public async Task Thresholds_of_0_are_a_session_without(SessionCase off, SessionCase exact)
    {
        StreamingSession session = off.Make(2, 3), plain = exact.Make(2, 3);
        await Assert.That(session.Delta.IsOff).IsTrue();
        await Assert.That(session.Kind).IsEqualTo(plain.Kind);
        await Assert.That(off.Run(session, 0, 30).SequenceEqual(exact.Run(plain, 0, 30))).IsTrue();
        await Assert.That(StateOf(session).SequenceEqual(StateOf(plain))).IsTrue();
        await Assert.That(session.CountDelta()).IsEmpty();
    }

    [Test]
    [Arguments(CellKind.Lstm, false)]
    [Arguments(CellKind.Lstm, true)]
    [Arguments(CellKind.Gru, false)]
    [Arguments(CellKind.RnnTanh, false)]
    [Arguments(CellKind.RnnRelu, false)]
    public async Task A_step_is_that_of_the_numbers_as_they_were_last_taken(CellKind cell, bool peepholes)
    {
        const int Inputs = 6, Hidden = 21;
        const float OfInputs = 0.2f, OfHidden = 0.05f;
        var stack = Stack(new() { Cell = cell, Peepholes = peepholes, InputSize = Inputs, HiddenSize = Hidden, LayerCount = 1 });
        var session = new RecurrentSession(stack, delta: new(OfInputs, OfHidden));
        DeltaTwin input = new(OfInputs), recurrent = new(OfHidden);
        var twin = new ReferenceRecurrentLayer(cell, isReverse: false, name => TensorOf(stack, name))
        {
            Masks = _ => (Ones(Inputs), Ones(Hidden)),
            Sees = (product, given) => (product == "input" ? input : recurrent).See(given),
        };
        double[] c = new double[Hidden];
        float[] h = new float[Hidden];
        double worst = 0;
        for (int t = 0; t < Steps; t++)
        {
            // From the session's own h, so that both take the same units.
            float[] x = Wave(t, Inputs);
            double[] expected = twin.Run([x.ToDoubles()], h.ToDoubles(), c)[0];
            session.Step(x, h);
            for (int j = 0; j < Hidden; j++) worst = Math.Max(worst, Math.Abs(expected[j] - h[j]));
        }

        await Assert.That(worst).IsLessThan(5e-6);
        DeltaCount[] counts = session.CountDelta();
        await Assert.That(counts[0].Taken).IsEqualTo(input.Count);
        await Assert.That(counts[1].Taken).IsEqualTo(recurrent.Count);
        foreach (DeltaCount count in counts) await Assert.That(count.SkippedShare).IsBetween(0.1, 0.99);
    }

    [Test]
    public async Task A_language_model_takes_tokens_hidden_units_and_logits_by_the_rule()
    {
        const float OfInputs = 0.3f, OfHidden = 0.08f;
        LanguageModelConfig config = Cases.Config(23, 9, 17, 2);
        LanguageModel model = Cases.Model(config);
        var session = new LanguageModelSession(model, delta: new(OfInputs, OfHidden));
        DeltaTwin[] twins = [new(OfInputs), new(OfHidden), new(OfHidden), new(OfHidden), new(OfHidden)];
        var layers = new ReferenceRecurrentLayer[2];
        for (int layer = 0; layer < 2; layer++)
        {
            int first = 2 * layer, width = config.InputSizeOf(layer);
            RecurrentSlots slots = model.Layers[layer];
            layers[layer] = new(CellKind.Lstm, isReverse: false, name => name switch
            {
                "input" => ((ReadOnlySpan<float>)model.Parameters[slots.Input]).ToDoubles(),
                "recurrent" => ((ReadOnlySpan<float>)model.Parameters[slots.Recurrent]).ToDoubles(),
                "bias" => ((ReadOnlySpan<float>)model.Parameters[slots.Bias]).ToDoubles(),
                _ => [],
            })
            {
                Masks = _ => (Ones(width), Ones(17)),
                Sees = (product, given) => twins[product == "input" ? first : first + 1].See(given),
            };
        }

        double[][] h = [new double[17], new double[17]], c = [new double[17], new double[17]];
        double[] table = ((ReadOnlySpan<float>)model.Parameters[model.Embedding!]).ToDoubles();
        double[] head = ((ReadOnlySpan<float>)model.Parameters[model.Classifier]).ToDoubles();
        double[] bias = ((ReadOnlySpan<float>)model.Parameters[model.ClassifierBias]).ToDoubles();
        double worst = 0;
        for (int t = 0; t < 300; t++)
        {
            // A text with runs, so that some numbers stand still.
            int token = t / 3 * 7 % 23;
            float[] logits = session.Step(token).ToArray();
            double[] x = table[(token * 9)..((token * 9) + 9)];
            for (int layer = 0; layer < 2; layer++) x = layers[layer].Run([x], h[layer], c[layer])[0];
            double[] seen = twins[4].See(x);
            for (int n = 0; n < 23; n++)
            {
                double expected = bias[n];
                for (int k = 0; k < 17; k++) expected += seen[k] * head[(k * 23) + n];
                worst = Math.Max(worst, Math.Abs(expected - logits[n]));
            }
        }

        await Assert.That(worst).IsLessThan(1e-5);
        string[] names = [.. session.CountDelta().Select(count => count.Product)];
        await Assert.That(string.Join(' ', names)).IsEqualTo("lstm.0.input lstm.0.recurrent lstm.1.input lstm.1.recurrent classifier");
        await Assert.That(session.CountDelta().Select(count => count.Taken).SequenceEqual(twins.Select(twin => twin.Count))).IsTrue();
    }

    [Test]
    [MethodDataSource(nameof(Tiny))]
    public async Task With_thresholds_next_to_nothing_answers_are_next_to_the_exact_ones(SessionCase delta, SessionCase exact)
    {
        double[] found = delta.Run(delta.Make(2), 0, Steps), expected = exact.Run(exact.Make(2), 0, Steps);
        double worst = 0;
        for (int i = 0; i < found.Length; i++)
        {
            if (!double.IsNaN(expected[i])) worst = Math.Max(worst, Math.Abs(found[i] - expected[i]));
        }

        await Assert.That(worst).IsLessThan(2e-4);
    }

    [Test]
    public async Task Over_200000_steps_neither_sums_nor_errors_drift()
    {
        const int Inputs = 2, Hidden = 8, All = 200_000;
        var stack = Stack(new() { Cell = CellKind.Lstm, InputSize = Inputs, HiddenSize = Hidden, LayerCount = 1 });
        RecurrentSession session = new(stack, delta: new(0.02f)), exact = new(stack);
        double[] input = TensorOf(stack, "input"), recurrent = TensorOf(stack, "recurrent"), bias = TensorOf(stack, "bias");
        float[] h = new float[Hidden], right = new float[Hidden];
        double worstSum = 0;
        double[] worst = new double[4];
        for (int t = 0; t < All; t++)
        {
            float[] x = Wave(t, Inputs);
            session.Step(x, h);
            exact.Step(x, right);
            ref double part = ref worst[4 * t / All];
            for (int j = 0; j < Hidden; j++) part = Math.Max(part, Math.Abs(h[j] - right[j]));
            if (t % 255 == 0) worstSum = Math.Max(worstSum, SumError(StateOf(session)));
        }

        // Rounding of at most 255 steps, and an error of the thresholds' size that is the same in every quarter.
        await Assert.That(worstSum).IsLessThan(2e-6);
        await Assert.That(worst.Max()).IsLessThan(0.1);
        await Assert.That(worst.Max()).IsLessThan(2 * worst.Min());

        // What the state says is carried, against sums over what it says was taken. h and c stand before.
        double SumError(byte[] state)
        {
            int at = 16 + (2 * Hidden * sizeof(float));
            return Math.Max(Of(input, bias, Inputs), Of(recurrent, new double[4 * Hidden], Hidden));

            double Of(double[] weights, double[] start, int rows)
            {
                float[] last = Floats(rows), sums = Floats(4 * Hidden);
                at += sizeof(long);
                double error = 0;
                for (int n = 0; n < sums.Length; n++)
                {
                    double sum = start[n];
                    for (int k = 0; k < rows; k++) sum += last[k] * weights[(k * sums.Length) + n];
                    error = Math.Max(error, Math.Abs(sum - sums[n]));
                }

                return error;
            }

            float[] Floats(int count)
            {
                float[] floats = new float[count];
                foreach (ref float value in floats.AsSpan())
                {
                    value = BitConverter.ToSingle(state, at);
                    at += sizeof(float);
                }

                return floats;
            }
        }
    }

    [Test]
    public async Task Sequences_of_unequal_length_have_the_bits_that_each_has_alone()
    {
        const int Batch = 3, Inputs = 4, Hidden = 9;
        var stack = Stack(new() { Cell = CellKind.Gru, InputSize = Inputs, HiddenSize = Hidden, LayerCount = 2 });
        var session = new RecurrentSession(stack, Batch, delta: new(0.1f, 0.05f));
        RecurrentSession[] alone = [.. Enumerable.Range(0, Batch).Select(_ => new RecurrentSession(stack, delta: new(0.1f, 0.05f)))];
        foreach (int[] lengths in (int[][])[[2, 5, 3], [7, 0, 7], [1, 2, 3], []])
        {
            int steps = lengths.Length == 0 ? 4 : lengths.Max();
            float[] x = Arrays.Uniform(steps, steps * Batch * Inputs), y = new float[steps * Batch * Hidden], own = new float[Hidden];
            session.Run(x, y, lengths);
            for (int b = 0; b < Batch; b++)
            {
                for (int t = 0; t < (lengths.Length == 0 ? steps : lengths[b]); t++)
                {
                    int row = (t * Batch) + b;
                    alone[b].Step(x.AsSpan(row * Inputs, Inputs), own);
                    await Assert.That(Arrays.FirstDifference(y.AsSpan(row * Hidden, Hidden).ToArray(), own)).IsNull();
                }
            }
        }
    }

    [Test]
    public async Task Counts_say_what_each_product_skipped_until_they_are_cleared()
    {
        LanguageModel model = Cases.Model(Cases.Config(23, 9, 17, 2));
        var session = new LanguageModelSession(model, batch: 2, delta: new(1000f, 0f));
        session.Run([.. Enumerable.Range(0, 20)], new float[20 * 23]);
        DeltaCount[] counts = session.CountDelta();
        await Assert.That(counts[0]).IsEqualTo(new("lstm.0.input", 9, 4 * 17, 20, 2 * 9));
        await Assert.That(counts[0].SkippedShare).IsEqualTo(1 - (18 / 180.0));

        // Hidden units move at every step but the first, before which h is 0.
        await Assert.That(counts[1]).IsEqualTo(new("lstm.0.recurrent", 17, 4 * 17, 20, 18 * 17));
        await Assert.That(counts[2].SkippedShare).IsEqualTo(0);
        await Assert.That(counts[4]).IsEqualTo(new("classifier", 17, 23, 20, 20 * 17));
        double all = 20.0 * ((9 * 68) + (17 * 68) + (17 * 68) + (17 * 68) + (17 * 23)), skipped = (162 * 68) + (2 * 2 * 17 * 68);
        await Assert.That(DeltaCount.SkippedShareOf(counts)).IsEqualTo(skipped / all).Within(1e-15);
        session.Reset();
        await Assert.That(session.CountDelta()[0].Steps).IsEqualTo(20);
        session.ClearDeltaCounts();
        await Assert.That(session.CountDelta()[0]).IsEqualTo(new("lstm.0.input", 9, 68, 0, 0));
        await Assert.That(session.CountDelta()[0].SkippedShare).IsEqualTo(0);
        await Assert.That(DeltaCount.SkippedShareOf(session.CountDelta())).IsEqualTo(0);
    }

    [Test]
    [Arguments(float.NaN)]
    [Arguments(-0.1f)]
    [Arguments(float.PositiveInfinity)]
    public async Task What_is_no_threshold_is_refused(float threshold)
    {
        LanguageModel model = Cases.Model(Cases.Config(5, 3, 4, 1));
        await Assert.That(Messages.Of<ArgumentOutOfRangeException>(() => new LanguageModelSession(model, delta: new(threshold, 0f))))
            .Contains("the delta threshold of inputs must be 0 or above, and finite");
        await Assert.That(Messages.Of<ArgumentOutOfRangeException>(() => new LanguageModelSession(model, delta: new(0f, threshold))))
            .Contains("the delta threshold of hidden units must be 0 or above, and finite");
        RecurrentStack stack = Stack(new() { Cell = CellKind.Gru, InputSize = 1, HiddenSize = 2 });
        await Assert.That(() => new RecurrentSession(stack, delta: new(threshold))).Throws<ArgumentOutOfRangeException>();
    }

    [Test]
    public async Task Sessions_without_a_step_before_the_next_refuse_thresholds()
    {
        var both = Stack(new() { Cell = CellKind.Gru, InputSize = 1, HiddenSize = 2, Direction = RecurrentDirection.Bidirectional });
        await Assert.That(Messages.Of<ArgumentException>(() => new RecurrentSession(both, delta: new(0.1f)))).IsEqualTo(
            "delta thresholds are given for a stack that reads an input from its end; expected one that goes forward from step to step");
        await Assert.That(new RecurrentSession(both, delta: default).Delta.IsOff).IsTrue();
        var windowed = new RegressorCase("", window: 3, delta: new(0.1f));
        await Assert.That(Messages.Of<ArgumentException>(() => windowed.Make(1, 1, null, null))).IsEqualTo(
            "delta thresholds are given for a regressor that reads a window anew at every step; expected one that goes forward from step " +
            "to step");
    }

    [Test]
    public async Task Weights_in_bfloat16_are_skipped_as_those_they_stand_for_and_whole_numbers_are_refused()
    {
        LanguageModel half = Cases.Model(Cases.Config(37, 20, 24, 2)).ConvertTo(WeightFormat.BFloat16);
        DeltaThresholds delta = new(0.1f, 0.05f);
        LanguageModelSession session = new(half, delta: delta), expected = new(half.ConvertTo(WeightFormat.Single), delta: delta);
        for (int t = 0; t < 300; t++)
        {
            float[] found = session.Step(t * t / 5 % 37).ToArray();
            await Assert.That(Arrays.FirstDifference(found, expected.Step(t * t / 5 % 37).ToArray())).IsNull();
        }

        await Assert.That(session.CountDelta().SequenceEqual(expected.CountDelta())).IsTrue();
        await Assert.That(DeltaCount.SkippedShareOf(session.CountDelta())).IsGreaterThan(0.1);
        LanguageModel bytes = half.ConvertTo(WeightFormat.Int8);
        await Assert.That(Messages.Of<ArgumentException>(() => new LanguageModelSession(bytes, delta: delta))).IsEqualTo(
            "delta thresholds are given for a model whose weights are held as Int8, and products of whole numbers leave none out; " +
            "expected Single or BFloat16");
        await Assert.That(new LanguageModelSession(bytes).Delta.IsOff).IsTrue();
    }

    [Test]
    public async Task The_states_of_a_delta_session_and_of_an_exact_one_are_not_taken_for_each_other()
    {
        LanguageModel model = Cases.Model(Cases.Config(5, 3, 4, 1));
        LanguageModelSession exact = new(model), delta = new(model, delta: new(0.1f)), other = new(model, delta: new(0f, 0.3f));
        delta.Step(3);
        byte[] state = StateOf(delta), plain = StateOf(exact);
        const string Why = ": a session goes on from the state of one that has delta thresholds too, or none";
        await Assert.That(delta.Kind).IsEqualTo("language-model-delta");
        await Assert.That(Messages.Of<ArgumentException>(() => exact.SetState(state)))
            .IsEqualTo("the state is of kind 'language-model-delta'; 'language-model' was expected" + Why);
        await Assert.That(Messages.Of<ArgumentException>(() => delta.SetState(0, plain)))
            .IsEqualTo("the state is of kind 'language-model'; 'language-model-delta' was expected" + Why);

        // Thresholds may change on the way.
        other.SetState(state);
        await Assert.That(StateOf(other).SequenceEqual(state)).IsTrue();
    }

    [Test]
    public async Task Carried_bytes_that_are_none_are_refused()
    {
        var session = new RecurrentSession(Stack(new() { Cell = CellKind.RnnTanh, InputSize = 2, HiddenSize = 3 }), delta: new(0.1f));
        session.Step([1, 2], new float[3]);
        byte[] state = StateOf(session);

        // Head, h [3]; x [2], sums [3], steps; h [3], sums [3], steps.
        await Assert.That(state.Length).IsEqualTo(16 + 12 + (20 + 8) + (24 + 8));
        await Refused(28 + 8, BitConverter.GetBytes(float.NaN), "number 2 that 'rnn.0.input' carries is infinite or not a number");
        await Refused(28 + 20, BitConverter.GetBytes(256L), "'rnn.0.input' is 256 steps past its last renewal; 0 to 255 were expected");
        await Refused(56 + 24, BitConverter.GetBytes(-1L), "'rnn.0.recurrent' is -1 steps past its last renewal; 0 to 255 were expected");
        await Assert.That(StateOf(session).SequenceEqual(state)).IsTrue();

        async Task Refused(int at, byte[] bytes, string why)
        {
            byte[] damaged = [.. state];
            bytes.CopyTo(damaged, at);
            await Assert.That(Messages.Of<ArgumentException>(() => session.SetState(damaged)))
                .IsEqualTo($"these bytes are no state: {why}. What was there stays");
        }
    }

    [Test]
    public async Task A_state_given_as_numbers_forgets_what_was_taken()
    {
        var stack = Stack(new() { Cell = CellKind.Gru, InputSize = 2, HiddenSize = 5 });
        RecurrentSession first = new(stack, delta: new(0.5f)), second = new(stack, delta: new(0.5f));
        for (int t = 0; t < 9; t++) first.Step(Wave(t, 2), new float[5]);
        float[] h = Arrays.Uniform(3, 5), a = new float[5], b = new float[5];
        first.SetState(h);
        second.SetState(h);
        for (int t = 0; t < 9; t++)
        {
            first.Step(Wave(t, 2), a);
            second.Step(Wave(t, 2), b);
            await Assert.That(Arrays.FirstDifference(a, b)).IsNull();
        }
    }

    [Test]
    public async Task What_is_not_a_number_is_never_left_out()
    {
        var stack = Stack(new() { Cell = CellKind.Lstm, InputSize = 2, HiddenSize = 5 });
        var session = new RecurrentSession(stack, delta: new(0.5f)) { NonFinite = NonFiniteInput.Compute };
        float[] h = new float[5];
        session.Step([0.1f, 0.2f], h);
        session.Step([float.NaN, 0.2f], h);
        await Assert.That(h.All(float.IsNaN)).IsTrue();
        byte[] state = StateOf(session);
        session.SetState(state);
        await Assert.That(StateOf(session).SequenceEqual(state)).IsTrue();
    }

    public static IEnumerable<Func<(SessionCase Off, SessionCase Exact)>> Off() => Pairs(default);

    public static IEnumerable<Func<(SessionCase Delta, SessionCase Exact)>> Tiny() => Pairs(new(1e-6f));

    private static IEnumerable<Func<(SessionCase, SessionCase)>> Pairs(DeltaThresholds delta) =>
        SessionCase.Delta(delta).Zip(
            SessionCase.Delta(default), (one, other) => (Func<(SessionCase, SessionCase)>)(() => (one(), other())));

    private static RecurrentStack Stack(RecurrentStackConfig config)
    {
        var stack = new RecurrentStack(config);
        int seed = 1;
        foreach (var slot in stack.Layout.Tensors) Arrays.Uniform(seed++, slot.Length, 0.4f).CopyTo(stack.Parameters[slot]);
        return stack;
    }

    private static double[] TensorOf(RecurrentStack stack, string name) => stack.Layout.Tensors
        .Where(slot => slot.Name.EndsWith($".{name}", StringComparison.Ordinal))
        .Select(slot => ((ReadOnlySpan<float>)stack.Parameters[slot]).ToDoubles()).FirstOrDefault([]);

    private static float[] Wave(int t, int inputs) =>
        [.. Enumerable.Range(0, inputs).Select(i => (float)(Math.Sin((0.11 * t * (i + 1)) + i) * Math.Sin(0.0137 * t)))];

    private static double[] Ones(int count)
    {
        double[] ones = new double[count];
        ones.AsSpan().Fill(1);
        return ones;
    }

    private static byte[] StateOf(StreamingSession session)
    {
        byte[] state = new byte[session.StateBytes];
        session.CopyState(state);
        return state;
    }
}
