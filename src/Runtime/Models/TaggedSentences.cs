namespace TinySD.Runtime.Models;

/// <summary>Sentences as numbers: the words of each, what their characters are, and the tags that they have, if any.</summary>
public sealed class TaggedSentences
{
    private readonly IReadOnlyList<int[]> _words, _forms, _characters;
    private readonly IReadOnlyList<int[]>? _tags;
    private readonly IReadOnlyList<string[]>? _gold;

    /// <summary>Puts them together.</summary>
    /// <param name="words">Word ids of each sentence, 0 for a word that is not known; a sentence may be empty.</param>
    /// <param name="forms">For each token the number of its spelling.</param>
    /// <param name="characters">Of each spelling its character ids, 0 for a character that is not known.</param>
    /// <param name="tags">For each token its tag's id, -1 for one that the tagger does not have; <see langword="null"/> where there are
    /// none.</param>
    /// <param name="gold">The tags as the data have them, to be compared with; <see langword="null"/> where there are none.</param>
    /// <param name="goldScheme">The scheme that they are in.</param>
    /// <exception cref="ArgumentException">The lists do not fit each other.</exception>
    public TaggedSentences(
        IReadOnlyList<int[]> words, IReadOnlyList<int[]> forms, IReadOnlyList<int[]> characters, IReadOnlyList<int[]>? tags = null,
        IReadOnlyList<string[]>? gold = null, TagScheme goldScheme = TagScheme.None)
    {
        ArgumentNullException.ThrowIfNull(words);
        ArgumentNullException.ThrowIfNull(forms);
        ArgumentNullException.ThrowIfNull(characters);
        (_words, _forms, _characters, _tags, _gold, GoldScheme) = (words, forms, characters, tags, gold, goldScheme);
        if (forms.Count != Count || (tags ?? forms).Count != Count || (gold is not null && gold.Count != Count))
            Throw.Argument($"the lists are of other numbers of sentences than the {Count} of words");
        for (int i = 0; i < Count; i++)
        {
            int length = words[i].Length;
            if (forms[i].Length != length || (tags ?? forms)[i].Length != length || (gold is not null && gold[i].Length != length))
                Throw.Argument($"the lists of sentence {i} are of other lengths than its {Throw.Counted(length, "word")}");
            foreach (int form in forms[i])
            {
                if ((uint)form >= (uint)characters.Count)
                    Throw.OutOfRange($"a spelling of sentence {i}", form, $"0 to {characters.Count - 1}");
            }

            Longest = Math.Max(Longest, length);
            Tokens += length;
        }
    }

    /// <summary>Sentences.</summary>
    public int Count => _words.Count;

    /// <summary>Tokens of all.</summary>
    public long Tokens { get; }

    /// <summary>Tokens of the longest.</summary>
    public int Longest { get; }

    /// <summary>Distinct spellings.</summary>
    public int FormCount => _characters.Count;

    /// <summary>Whether every token has a tag's id.</summary>
    public bool HasTags => _tags is not null;

    /// <summary>Whether there are tags to compare with.</summary>
    public bool HasGold => _gold is not null;

    /// <summary>The scheme that those are in.</summary>
    public TagScheme GoldScheme { get; }

    /// <summary>Tokens of a sentence.</summary>
    public int LengthOf(int sentence) => _words[sentence].Length;

    /// <summary>The words of a sentence.</summary>
    public ReadOnlySpan<int> WordsOf(int sentence) => _words[sentence];

    /// <summary>The numbers of its spellings.</summary>
    public ReadOnlySpan<int> FormsOf(int sentence) => _forms[sentence];

    /// <summary>The characters of a spelling.</summary>
    public ReadOnlySpan<int> CharactersOf(int form) => _characters[form];

    /// <summary>The ids of a sentence's tags.</summary>
    /// <exception cref="InvalidOperationException">There are none.</exception>
    public ReadOnlySpan<int> TagsOf(int sentence) => (_tags ?? throw NoTags())[sentence];

    /// <summary>The tags of a sentence as the data have them.</summary>
    /// <exception cref="InvalidOperationException">There are none.</exception>
    public string[] GoldOf(int sentence) => (_gold ?? throw NoTags())[sentence];

    private static InvalidOperationException NoTags() => new("the sentences have no tags");
}
