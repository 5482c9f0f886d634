using TinySD.Runtime.Memory;

namespace TinySD.Runtime.Layers;

/// <summary>Makes of each of at most N words F numbers, from its characters alone: y [N][F]. Nothing is dropped inside it, so what it makes
/// of a word serves wherever the word stands.</summary>
public abstract class CharacterEncoder
{
    private protected CharacterEncoder()
    {
    }

    /// <summary>Numbers F of a word.</summary>
    public abstract int Units { get; }

    /// <summary>The encoder that the tensors are of.</summary>
    /// <param name="slots">Its tensors.</param>
    /// <param name="words">The most words N.</param>
    /// <param name="longest">The most characters of a word.</param>
    /// <param name="isTraining">Whether a backward pass follows.</param>
    /// <param name="plan">The network's, on which its main stack is declared already.</param>
    /// <param name="name">What the names of its mask places begin with.</param>
    public static CharacterEncoder Create(CharacterSlots slots, int words, int longest, bool isTraining, NetworkPlan plan, string name) =>
        slots.Filters is not null
            ? new CharacterConvolution(slots, words, isTraining, plan)
            : new CharacterRecurrence(slots, words, longest, isTraining, plan, name);

    /// <summary>Takes notice of new parameters; needed before the first words and after every change of them.</summary>
    public abstract void Update(ParameterBlock parameters);

    /// <summary>y [N][F] of some words.</summary>
    public abstract ReadOnlySpan<float> Forward(ParameterBlock parameters, CharacterLists words);

    /// <summary>Adds to the gradients of all tensors, for dy [N][F] of the same words.</summary>
    public abstract void Backward(ParameterBlock parameters, GradientBlock gradients, CharacterLists words, ReadOnlySpan<float> dy);
}
