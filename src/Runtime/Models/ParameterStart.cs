using TinySD.Runtime.Layers;
using TinySD.Runtime.Memory;

namespace TinySD.Runtime.Models;

/// <summary>The parameters that training begins with.</summary>
internal static class ParameterStart
{
    /// <summary>Draws every parameter uniformly from [-range, range], a pure function of the seed, then adds to the forget gates'
    /// bias of an LSTM.</summary>
    /// <param name="parameters">Are written.</param>
    /// <param name="layers">The recurrent layers.</param>
    /// <param name="outputBias">The bias of what reads them.</param>
    /// <param name="seed">Any number.</param>
    /// <param name="range">Half the width of the distribution.</param>
    /// <param name="forgetBias">Added to the forget gate's bias; other cells have none.</param>
    /// <param name="scheme">Whether the recurrent layers have a range of their own.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range is below 0, or a number is not finite.</exception>
    public static void Draw(
        ParameterBlock parameters, ReadOnlySpan<RecurrentSlots> layers, TensorSlot outputBias, ulong seed, float range, float forgetBias,
        InitScheme scheme)
    {
        Throw.IfNegative(range);
        if (!float.IsFinite(forgetBias)) Throw.OutOfRange(nameof(forgetBias), forgetBias, "finite");
        Throw.IfUndefined(scheme);
        IReadOnlyList<TensorSlot> tensors = parameters.Layout.Tensors;
        Span<float> ranges = stackalloc float[tensors.Count];
        ranges.Fill(range);
        if (scheme == InitScheme.Scaled) ScaleRanges(layers, outputBias, ranges);
        for (int index = 0; index < tensors.Count; index++)
        {
            var random = new PhiloxStream(seed, RandomPurpose.Initialization, (uint)index);
            foreach (ref float value in parameters[tensors[index]]) value = ranges[index] * ((2f * random.NextSingle()) - 1f);
        }

        if (forgetBias == 0f || layers[0].Kind != CellKind.Lstm) return;
        foreach (RecurrentSlots layer in layers)
        {
            int h = layer.Recurrent.Shape[0];
            foreach (ref float value in parameters[layer.Bias].Slice(h, h)) value += forgetBias;
        }
    }

    private static void ScaleRanges(ReadOnlySpan<RecurrentSlots> layers, TensorSlot outputBias, Span<float> ranges)
    {
        foreach (RecurrentSlots layer in layers)
        {
            float range = (float)(1.0 / Math.Sqrt(layer.Recurrent.Shape[0]));
            TensorSlot?[] slots = [layer.Input, layer.Recurrent, layer.Bias, layer.Peephole, layer.RecurrentBias];
            foreach (TensorSlot slot in slots.OfType<TensorSlot>()) ranges[slot.Index] = range;
        }

        ranges[outputBias.Index] = 0f;
    }
}
