using TinySD.Runtime.Memory;

namespace TinySD.Runtime.Layers;

/// <summary>Makes of each of at most N words F numbers, from its characters alone: y [N][F]. Nothing is dropped inside it, so what it makes
/// of a word serves wherever the word stands.</summary>
public abstract class CharacterEncoder
{
    private readonly int _words, _alphabet;

    /// <param name="words">The most words N.</param>
    /// <param name="alphabet">Characters C.</param>
    private protected CharacterEncoder(int words, int alphabet) => (_words, _alphabet) = (words, alphabet);

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
    /// <exception cref="ArgumentException">There are too many words, a character is not of the alphabet, or the lists are none.</exception>
    public ReadOnlySpan<float> Forward(ParameterBlock parameters, CharacterLists words)
    {
        Check(words);
        return Run(parameters, words);
    }

    /// <summary>Adds to the gradients of all tensors, for dy [N][F] of the same words.</summary>
    /// <exception cref="ArgumentException">As of <see cref="Forward"/>, or there is too little of dy.</exception>
    public void Backward(ParameterBlock parameters, GradientBlock gradients, CharacterLists words, ReadOnlySpan<float> dy)
    {
        Check(words);
        Throw.IfShorter(dy.Length, words.Count * Units, nameof(dy));
        AddGradients(parameters, gradients, words, dy);
    }

    private protected abstract ReadOnlySpan<float> Run(ParameterBlock parameters, CharacterLists words);

    private protected abstract void AddGradients(
        ParameterBlock parameters, GradientBlock gradients, CharacterLists words, ReadOnlySpan<float> dy);

    // Kernels trust what they are given.
    private void Check(CharacterLists words)
    {
        ReadOnlySpan<int> starts = words.Starts;
        if ((uint)words.Count > (uint)_words)
            Throw.Argument($"lists of {Throw.Counted(words.Count, "word")}; expected at most {_words}");
        bool isOrdered = starts[0] == 0 && starts[^1] <= words.Characters.Length;
        for (int word = 0; word < words.Count; word++) isOrdered &= starts[word] <= starts[word + 1];
        if (!isOrdered) Throw.Argument("lists of characters begin at 0, one after another, and end where there are characters");
        TokenChecks.All(words.Characters[..starts[^1]], _alphabet, "characters");
    }
}
