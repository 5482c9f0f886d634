using TinySD.Runtime.Layers;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tests;

/// <summary>A stepped decoder as others compose it: window by window or step by step, from states of the caller's own.</summary>
public sealed class AttentionDecoderTests
{
    private const int Batch = 3, Steps = 4, Positions = 5, Inputs = 6, Hidden = 7, Outputs = 8, MemoryUnits = 9;

    private static readonly int[] _sequences = [2, 0, 1];

    public static IEnumerable<Func<(CellKind Cell, bool IsFed)>> Kinds() =>
        from cell in Enum.GetValues<CellKind>()
        from isFed in new[] { true, false }
        select (Func<(CellKind, bool)>)(() => (cell, isFed));

    [Test]
    [MethodDataSource(nameof(Kinds))]
    public async Task Steps_that_carry_their_state_give_the_bits_of_a_window_and_may_change_places(CellKind cell, bool isFed)
    {
        (AttentionDecoder whole, ParameterBlock parameters, _) = New(cell, isFed, Steps, training: true);
        (AttentionDecoder steps, _, _) = New(cell, isFed, 1, training: false);
        float[] x = Arrays.Uniform(5, Steps * Inputs * Batch), memory = Arrays.Uniform(6, Positions * MemoryUnits * Batch);
        StartFrom(whole);
        StartFrom(steps);
        whole.Remember(parameters, memory, StepRows.Even(Positions, Batch));
        whole.Forward(parameters, x, StepRows.Even(Steps, Batch), _sequences);
        steps.Remember(parameters, memory, StepRows.Even(Positions, Batch));
        int[] stands = [0, 1, 2];
        for (int t = 0; t < Steps; t++)
        {
            // Sequences stand elsewhere in every step.
            int[] from = t == 0 ? [0, 1, 2] : [2, 0, 1];
            if (t > 0) steps.CarryFrom(from);
            stands = [.. from.Select(place => stands[place])];
            float[] own = new float[Inputs * Batch];
            for (int i = 0; i < own.Length; i++) own[i] = x[(t * own.Length) + (i / Batch * Batch) + stands[i % Batch]];
            steps.Forward(parameters, own, StepRows.Even(1, Batch), [.. stands.Select(sequence => _sequences[sequence])], isFed: t > 0);
            for (int i = 0; i < Outputs * Batch; i++)
            {
                float expected = whole.Outputs[(t * Outputs * Batch) + (i / Batch * Batch) + stands[i % Batch]];
                await Assert.That(steps.Outputs[i]).IsEqualTo(expected).Because($"step {t}, {i}");
            }

            for (int place = 0; place < Batch; place++)
                await Assert.That(steps.WeightsOf(0, place).SequenceEqual(whole.WeightsOf(t, stands[place]))).IsTrue();
        }
    }

    [Test]
    [MethodDataSource(nameof(Kinds))]
    public async Task Gradients_of_first_states_inputs_and_memory_are_slopes(CellKind cell, bool isFed)
    {
        (AttentionDecoder decoder, ParameterBlock parameters, ParameterLayout layout) = New(cell, isFed, Steps, training: true);
        float[] x = Arrays.Uniform(5, Steps * Inputs * Batch), memory = Arrays.Uniform(6, Positions * MemoryUnits * Batch);
        float[] dOutputs = Arrays.Uniform(7, Steps * Outputs * Batch), dx = new float[x.Length], dMemory = new float[memory.Length];
        StartFrom(decoder);
        Loss();
        var gradients = new GradientBlock(layout, [], default);
        gradients.Begin();
        decoder.Backward(parameters, gradients, x, memory, dOutputs, dx, dMemory);
        float[] dHidden = decoder.FirstHiddenGradient(0).ToArray(), dCell = decoder.FirstCellGradient(0).ToArray();
        await Assert.That(dCell.Length).IsEqualTo(decoder.FirstCell(0).Length);
        await Check(() => decoder.FirstHidden(0), dHidden, "h");
        await Check(() => x, dx, "x");
        await Check(() => memory, dMemory, "memory");
        if (cell == CellKind.Lstm) await Check(() => decoder.FirstCell(0), dCell, "c");

        double Loss()
        {
            decoder.Remember(parameters, memory, StepRows.Even(Positions, Batch));
            decoder.Forward(parameters, x, StepRows.Even(Steps, Batch), _sequences);
            double sum = 0;
            for (int i = 0; i < dOutputs.Length; i++) sum += (double)dOutputs[i] * decoder.Outputs[i];
            return sum;
        }

        // Along the gradient itself the slope is its length.
        async Task Check(Place place, float[] gradient, string name)
        {
            double length = Arrays.Norm(gradient.ToDoubles());
            float[] start = place().ToArray();
            const double step = 1e-3;
            double up = At(step), down = At(-step);
            start.CopyTo(place());
            await Assert.That(length).IsGreaterThan(1e-3);
            await Assert.That((up - down) / (2 * step)).IsEqualTo(length).Within((0.01 * length) + 2e-3).Because(name);

            double At(double by)
            {
                for (int i = 0; i < start.Length; i++) place()[i] = start[i] + (float)(by * gradient[i] / length);
                return Loss();
            }
        }
    }

    private delegate Span<float> Place();

    private static void StartFrom(AttentionDecoder decoder)
    {
        Arrays.Uniform(8, Hidden * Batch).CopyTo(decoder.FirstHidden(0));
        if (decoder.FirstCell(0).IsEmpty) return;
        float[] cells = Arrays.Uniform(9, Batch * Hidden);
        for (int b = 0; b < Batch; b++) cells.AsSpan(b * Hidden, Hidden).CopyTo(decoder.FirstCell(0)[(b * decoder.CellStride)..]);
    }

    private static (AttentionDecoder, ParameterBlock, ParameterLayout) New(CellKind cell, bool isFed, int steps, bool training)
    {
        var layout = new ParameterLayout();
        RecurrentStackConfig stack = new() { Cell = cell, InputSize = Inputs, HiddenSize = Hidden, LayerCount = 2 };
        DecoderSlots slots = DecoderSlots.Add(
            layout, RecurrentStack.Declare(stack, layout), AttentionKind.General, MemoryUnits, Outputs, hasInputFeeding: isFed);
        NetworkPlan plan = Trainer.NewPlan();
        var decoder = new AttentionDecoder(
            slots, new WindowShape(Batch, Positions, training), new WindowShape(Batch, steps, training), MaskOrigin.None, default, plan);
        plan.Take();
        var parameters = new ParameterBlock(layout);
        foreach (TensorSlot slot in layout.Tensors) Arrays.Uniform(1 + slot.Index, slot.Length, 0.6f).CopyTo(parameters[slot]);
        decoder.Update(parameters);
        return (decoder, parameters, layout);
    }
}
