using TinySD.Runtime.Memory;

namespace TinySD.Runtime.Layers;

/// <summary>Where the tensors lie of what reads a word's characters: a convolution's, or the layer of either way.</summary>
/// <param name="Embedding">[C, E].</param>
/// <param name="Filters">[width E, F], the characters of a window one after the other; or null.</param>
/// <param name="Bias">[F], or null.</param>
/// <param name="Layers">Both ways, or none.</param>
public sealed record CharacterSlots(TensorSlot Embedding, TensorSlot? Filters, TensorSlot? Bias, IReadOnlyList<RecurrentSlots> Layers);
