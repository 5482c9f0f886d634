using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tests;

/// <summary>An attention, a decoder that has one and the bridge to it refuse what their kernels would trust.</summary>
public sealed class AttentionBorderTests
{
    [Test]
    public async Task An_attention_refuses_what_it_was_not_declared_for()
    {
        AttentionRig rig = new(training: true), plain = new(training: false);
        (AttentionLayer layer, ParameterBlock p, GradientBlock g) = (rig.Layer, rig.Parameters, rig.Gradients);
        StepRows source = StepRows.Even(3, 2), target = StepRows.Even(2, 2);
        float[] memory = new float[3 * 4 * 2], query = new float[5 * 2], context = new float[4 * 2];
        await Refused(() => layer.Follow(target, [0, 1]));
        await Refused(() => layer.Step(p, 0, query, context));
        await Refused(() => layer.Remember(p, memory.AsSpan(1), source));
        await Refused(() => layer.Remember(p, memory, StepRows.Even(4, 2)));
        await Refused(() => layer.Remember(p, memory, StepRows.Even(3, 3)));
        layer.Remember(p, memory, source);
        foreach (int[] sequences in (int[][])[[0], [0, 2], [-1, 0], [1, 1]]) await Refused(() => layer.Follow(target, sequences));
        await Refused(() => layer.Follow(StepRows.Even(3, 2), [0, 1]));
        await Refused(() => layer.Follow(StepRows.Even(2, 3), [0, 1, 0]));
        layer.Follow(target, [1, 0]);
        layer.Step(p, 1, query, context);
        foreach (int t in new[] { -1, 2, int.MaxValue })
        {
            await Refused(() => layer.Step(p, t, query, context));
            await Refused(() => layer.WeightsOf(t, 0));
            await Refused(() => layer.StepBackward(p, t, context, query));
        }

        foreach (int number in new[] { -1, 2 }) await Refused(() => layer.WeightsOf(1, number));
        await Assert.That(layer.WeightsOf(1, 1).Length).IsEqualTo(3);
        await Refused(() => layer.Step(p, 0, query.AsSpan(1), context));
        await Refused(() => layer.Step(p, 0, query, context.AsSpan(1)));
        layer.StartBackward();
        await Refused(() => layer.StepBackward(p, 1, context.AsSpan(1), query));
        await Refused(() => layer.StepBackward(p, 1, context, query.AsSpan(1)));
        await Refused(() => layer.AddGradients(p, g, memory.AsSpan(1), [], memory));
        await Refused(() => layer.AddGradients(p, g, memory, [], memory.AsSpan(1)));

        // Queries of a window do not look at the memory of the next.
        layer.Remember(p, memory, StepRows.Even(1, 1));
        await Refused(() => layer.Step(p, 0, query, context));

        // No gradient is made, so several queries may look at one sequence.
        plain.Layer.Remember(p, memory, source);
        plain.Layer.Follow(StepRows.Even(1, 2), [1, 1]);
        plain.Layer.Step(p, 0, query, context);
        await Assert.That(plain.Layer.WeightsOf(0, 1).Length).IsEqualTo(3);
        plain.Layer.Follow(StepRows.Even(1, 2), [0, 1]);
        await Refused(() => plain.Layer.WeightsOf(0, 1));
        await Refused(plain.Layer.StartBackward);
        await Refused(() => plain.Layer.StepBackward(p, 0, context, query));
        await Refused(() => plain.Layer.AddGradients(p, g, memory, [], memory));
    }

    [Test]
    public async Task Slots_of_an_attention_or_a_decoder_that_do_not_fit_are_refused()
    {
        var layout = new ParameterLayout();
        AttentionSlots general = AttentionSlots.Add(layout, AttentionKind.General, 4, 5), other = AttentionSlots.Add(
            layout, AttentionKind.Concat, 4, 6, isScaled: true, "other.");
        RecurrentStackConfig stack = new() { Cell = CellKind.Lstm, InputSize = 3, HiddenSize = 5, LayerCount = 2 };
        DecoderSlots slots = DecoderSlots.Add(
            layout, RecurrentStack.Declare(stack, layout, "d."), AttentionKind.General, 4, 7, prefix: "d.");
        await Assert.That(() => AttentionSlots.Add(layout, AttentionKind.Dot, 4, 5)).Throws<ArgumentException>();
        await Assert.That(() => DecoderSlots.Add(layout, [], AttentionKind.Dot, 4, 4, prefix: "n.")).Throws<ArgumentException>();
        foreach (AttentionSlots bad in (AttentionSlots[])
            [general with { Key = null }, general with { Key = other.Key }, general with { Vector = other.Vector },
                other with { KeyBias = null }, other with { Query = general.Key }, other with { Scale = other.Vector },
                general with { QueryUnits = 6 }, general with { Kind = AttentionKind.Dot }, general with { Kind = (AttentionKind)9 }])
        {
            await Assert.That(() => AttentionRig.New(bad, Trainer.NewPlan())).Throws<ArgumentException>().Because($"{bad}");
        }

        foreach (DecoderSlots bad in (DecoderSlots[])
            [slots with { Layers = [] }, slots with { Layers = [slots.Layers[1], slots.Layers[0]] }, slots with { Attention = other },
                slots with { OutputWeight = slots.Feeding! }, slots with { OutputBias = slots.Layers[0].Bias },
                slots with { Feeding = slots.OutputWeight }])
        {
            await Assert.That(() => New(bad)).Throws<ArgumentException>().Because($"{bad}");
        }

        New(slots);
        New(slots with { Feeding = null });

        static AttentionDecoder New(DecoderSlots slots) => new(
            slots, new WindowShape(2, 3, Training: true), new WindowShape(2, 2, Training: true), MaskOrigin.None, default,
            Trainer.NewPlan());
    }

    [Test]
    public async Task A_decoder_and_its_bridge_refuse_what_they_were_not_declared_for()
    {
        DecoderRig rig = new(training: true), plain = new(training: false);
        (AttentionDecoder decoder, RecurrentEncoder encoder, StateBridge bridge, ParameterBlock p, GradientBlock g) =
            (rig.Decoder, rig.Encoder, rig.Bridge, rig.Parameters, rig.Gradients);
        StepRows source = StepRows.Even(3, 2), target = StepRows.Even(2, 2);
        float[] x = new float[3 * 3 * 2], memory = new float[3 * 4 * 2], y = new float[2 * 3 * 2], outputs = new float[2 * 7 * 2];

        // Masks of other windows than those that are run.
        var draw = new Draw(0);
        await Refused(() => encoder.Forward(p, x, source));
        encoder.Draw(draw, source);
        encoder.Forward(p, x, source);
        await Refused(() => decoder.Remember(p, encoder.Outputs, source));
        decoder.Draw(draw, source, target);
        await Refused(() => decoder.Forward(p, y, target, [0, 1]));
        decoder.Remember(p, encoder.Outputs, source);
        await Refused(() => decoder.Forward(p, y, StepRows.Even(1, 2), [0, 1]));

        await Refused(() => bridge.Forward(p, [0, 1, 0]));
        await Refused(() => bridge.Forward(p, [0, 2]));
        await Refused(() => bridge.Forward(p, [-1, 0]));
        bridge.Forward(p, [1, 0]);
        foreach (int layer in new[] { -1, 1 })
        {
            await Refused(() => decoder.FirstHidden(layer));
            await Refused(() => decoder.FirstCell(layer));
            await Refused(() => decoder.FirstHiddenGradient(layer));
            await Refused(() => decoder.FirstCellGradient(layer));
            await Refused(() => encoder.LastHidden(layer));
            await Refused(() => encoder.LastCell(0, layer * 2));
            await Refused(() => encoder.LastHiddenGradient(layer));
            await Refused(() => encoder.LastCellGradient(0, layer * 2));
        }

        await Refused(() => decoder.Forward(p, y.AsSpan(1), target, [1, 0]));
        await Refused(() => decoder.Forward(p, y, target, [1, 1]));
        decoder.Forward(p, y, target, [1, 0]);
        await Refused(() => decoder.CarryFrom([0, 1]));
        await Refused(() => decoder.Backward(p, g, y.AsSpan(1), memory, outputs, y, memory));
        await Refused(() => decoder.Backward(p, g, y, memory.AsSpan(1), outputs, y, memory));
        await Refused(() => decoder.Backward(p, g, y, memory, outputs.AsSpan(1), y, memory));
        await Refused(() => decoder.Backward(p, g, y, memory, outputs, y.AsSpan(1), memory));
        await Refused(() => decoder.Backward(p, g, y, memory, outputs, y, memory.AsSpan(1)));
        g.Begin();
        decoder.Backward(p, g, y, encoder.Outputs, outputs, y, memory);
        encoder.ClearStateGradients();
        await Refused(() => bridge.Backward(p, g, [1]));
        await Refused(() => bridge.Backward(p, g, [1, 2]));
        bridge.Backward(p, g, [1, 0]);
        await Refused(() => encoder.Backward(p, g, x, memory, new float[8], []));
        encoder.Backward(p, g, x, memory, [], []);

        await Refused(() => plain.Encoder.LastHiddenGradient(0));
        await Refused(() => plain.Bridge.Backward(p, g, [0, 1]));
        plain.Encoder.Forward(p, x, source);
        plain.Decoder.Remember(p, plain.Encoder.Outputs, source);
        plain.Decoder.Forward(p, y, StepRows.Even(1, 2), [0, 1]);
        await Refused(() => plain.Decoder.CarryFrom([0, 2]));
        await Refused(() => plain.Decoder.CarryFrom([0, 1, 0]));
        await Refused(() => plain.Decoder.Backward(p, g, y, memory, outputs, y, memory));
    }

    [Test]
    public async Task A_bridge_refuses_layers_and_maps_that_do_not_fit()
    {
        DecoderRig rig = new(training: true), plain = new(training: false), narrow = new(training: true, hidden: 5);
        await Assert.That(() => new StateBridge(rig.Encoder, 1, rig.Decoder, 0, null, rig.Plan)).Throws<ArgumentException>();
        await Assert.That(() => new StateBridge(rig.Encoder, 0, rig.Decoder, 1, null, rig.Plan)).Throws<ArgumentException>();
        await Assert.That(() => new StateBridge(plain.Encoder, 0, rig.Decoder, 0, null, rig.Plan)).Throws<ArgumentException>()
            .WithMessageContaining("gradients of its last states");
        var layout = new ParameterLayout();
        BridgeSlots fitting = BridgeSlots.Add(layout, CellKind.Lstm, 4, 5), other = BridgeSlots.Add(layout, CellKind.Gru, 4, 5, "gru.");
        foreach (BridgeSlots? bad in (BridgeSlots?[])[null, other, fitting with { HiddenBias = fitting.CellWeight! },
            fitting with { CellWeight = fitting.CellBias }])
        {
            await Assert.That(() => new StateBridge(narrow.Encoder, 0, narrow.Decoder, 0, bad, Trainer.NewPlan()))
                .Throws<ArgumentException>();
        }

        _ = new StateBridge(narrow.Encoder, 0, narrow.Decoder, 0, fitting, Trainer.NewPlan());
    }

    private static async Task Refused(Action action) => await Assert.That(action).Throws<ArgumentException>();

    // A memory of 4 units, at most 3 positions of 2 sequences; queries of 5, 2 steps.
    private sealed class AttentionRig
    {
        public AttentionRig(bool training)
        {
            var layout = new ParameterLayout();
            NetworkPlan plan = Trainer.NewPlan();
            Layer = New(AttentionSlots.Add(layout, AttentionKind.General, 4, 5), plan, training);
            plan.Take();
            Parameters = new ParameterBlock(layout);
            Gradients = new GradientBlock(layout, [], default);
            Layer.Update(Parameters);
        }

        public AttentionLayer Layer { get; }

        public ParameterBlock Parameters { get; }

        public GradientBlock Gradients { get; }

        public static AttentionLayer New(AttentionSlots slots, NetworkPlan plan, bool training = true)
        {
            WindowShape source = new(2, 3, training);
            var dropout = new UnitDropout(plan.Place("context", slots.MemoryUnits, 0f), MaskOrigin.None, source, plan);
            return new AttentionLayer(slots, source, new WindowShape(2, training ? 2 : 1, training), dropout, plan);
        }
    }

    // An encoder of 2 units each way, and a decoder with outputs of 7, of inputs of 3 both.
    private sealed class DecoderRig
    {
        public DecoderRig(bool training, int hidden = 4)
        {
            var layout = new ParameterLayout();
            RecurrentStackConfig reader = new()
            {
                Cell = CellKind.Lstm, InputSize = 3, HiddenSize = 2, LayerCount = 1, Direction = RecurrentDirection.Bidirectional,
            };
            RecurrentStackConfig writer = new() { Cell = CellKind.Lstm, InputSize = 3, HiddenSize = hidden, LayerCount = 1 };
            IReadOnlyList<RecurrentSlots> read = RecurrentStack.Declare(reader, layout, "e.");
            DecoderSlots slots = DecoderSlots.Add(
                layout, RecurrentStack.Declare(writer, layout, "d."), AttentionKind.General, 4, 7, prefix: "d.");
            WindowShape source = new(2, 3, training), target = new(2, training ? 2 : 1, training);
            var masks = new MaskOrigin(new() { Kind = DropoutKind.Structured, Embedding = 0.5f, Recurrent = 0.5f, Output = 0.5f }, 1);
            Encoder = new RecurrentEncoder(read, 2, isReverse: false, source, masks, Plan, "e.", hasStateGradients: true);
            Decoder = new AttentionDecoder(slots, source, target, masks, new AttentionRates(0.5f, 0.5f), Plan, "d.");
            if (hidden == 4) Bridge = new StateBridge(Encoder, 0, Decoder, 0, null, Plan);
            Plan.Take();
            Parameters = new ParameterBlock(layout);
            Gradients = new GradientBlock(layout, [], default);
            Encoder.Update(Parameters);
            Decoder.Update(Parameters);
        }

        public NetworkPlan Plan { get; } = Trainer.NewPlan();

        public RecurrentEncoder Encoder { get; }

        public AttentionDecoder Decoder { get; }

        public StateBridge Bridge { get; } = null!;

        public ParameterBlock Parameters { get; }

        public GradientBlock Gradients { get; }
    }
}
