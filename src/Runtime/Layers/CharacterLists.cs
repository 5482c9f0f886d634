namespace TinySD.Runtime.Layers;

/// <summary>Some words as lists of their characters, one after another.</summary>
/// <param name="starts">Where each begins and, last, where the last ends: [N + 1], never decreasing, from 0.</param>
/// <param name="characters">The characters of all.</param>
public readonly ref struct CharacterLists(ReadOnlySpan<int> starts, ReadOnlySpan<int> characters)
{
    /// <summary>Where each begins and, last, where the last ends.</summary>
    public ReadOnlySpan<int> Starts { get; } = starts;

    /// <summary>The characters of all.</summary>
    public ReadOnlySpan<int> Characters { get; } = characters;

    /// <summary>Words N.</summary>
    public int Count => Starts.Length - 1;

    /// <summary>The characters of a word.</summary>
    public ReadOnlySpan<int> this[int word] => Characters[Starts[word]..Starts[word + 1]];
}
