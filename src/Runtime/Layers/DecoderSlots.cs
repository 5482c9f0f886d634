using TinySD.Runtime.Memory;

namespace TinySD.Runtime.Layers;

/// <summary>Where a decoder's tensors lie.</summary>
/// <param name="Layers">Its recurrent layers, forward in time.</param>
/// <param name="Feeding">[A, GH], the first layer's weights of what is fed back to it; null for no input feeding.</param>
/// <param name="Attention">The attention's, whose query is the top layer's h.</param>
/// <param name="OutputWeight">[M + H, A]: the context's rows first.</param>
/// <param name="OutputBias">[A].</param>
public sealed record DecoderSlots(
    IReadOnlyList<RecurrentSlots> Layers, TensorSlot? Feeding, AttentionSlots Attention, TensorSlot OutputWeight, TensorSlot OutputBias)
{
    /// <summary>Appends what a decoder has beside its layers to a layout: <c>feeding</c>, the attention's as <see
    /// cref="AttentionSlots.Add"/> has them, <c>attention.output.weight</c> and <c>attention.output.bias</c>.</summary>
    /// <param name="layout">The model's.</param>
    /// <param name="layers">Its recurrent layers, which are there already.</param>
    /// <param name="kind">How positions are scored.</param>
    /// <param name="memoryUnits">Width M of the memory.</param>
    /// <param name="outputUnits">Width A of its outputs.</param>
    /// <param name="isScaled">Whether scores are multiplied by a number that is learnt.</param>
    /// <param name="hasInputFeeding">Whether outputs are fed back.</param>
    /// <param name="prefix">What names begin with.</param>
    /// <exception cref="ArgumentException">There is no layer, a width is below 1, or a name is taken.</exception>
    public static DecoderSlots Add(
        ParameterLayout layout, IReadOnlyList<RecurrentSlots> layers, AttentionKind kind, int memoryUnits, int outputUnits,
        bool isScaled = false, bool hasInputFeeding = true, string prefix = "")
    {
        ArgumentNullException.ThrowIfNull(layout);
        ArgumentNullException.ThrowIfNull(layers);
        if (layers.Count == 0) Throw.Argument("a decoder has a layer at least");
        int hidden = layers[0].Recurrent.Shape[0];
        return new DecoderSlots(
            layers, hasInputFeeding ? layout.AddMatrix($"{prefix}feeding", outputUnits, layers[0].Input.Shape[1]) : null,
            AttentionSlots.Add(layout, kind, memoryUnits, hidden, isScaled, prefix),
            layout.AddMatrix($"{prefix}attention.output.weight", checked(memoryUnits + hidden), outputUnits),
            layout.Add($"{prefix}attention.output.bias", outputUnits));
    }

    /// <summary>Checks that all fit each other.</summary>
    internal void Validate()
    {
        if (Layers.Count == 0) Throw.Argument("a decoder has a layer at least");
        Attention.Validate();
        int hidden = Layers[0].Recurrent.Shape[0];
        for (int layer = 0; layer < Layers.Count; layer++)
        {
            RecurrentSlots slots = Layers[layer];
            int columns = slots.Kind.GateCount() * hidden;
            SlotChecks.Shape(slots.Recurrent, hidden, columns);
            SlotChecks.Shape(slots.Input, layer == 0 ? slots.Input.Shape[0] : hidden, columns);
        }

        if (Attention.QueryUnits != hidden)
            Throw.Argument($"the attention's query is {Attention.QueryUnits} wide; the decoder's layers are of {hidden}");
        int units = OutputBias.Length;
        SlotChecks.Shape(OutputWeight, Attention.MemoryUnits + hidden, units);
        SlotChecks.Shape(OutputBias, units);
        if (Feeding is not null) SlotChecks.Shape(Feeding, units, Layers[0].Input.Shape[1]);
    }
}
