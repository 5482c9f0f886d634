using System.Runtime.InteropServices;
using System.Text;

namespace TinySD.Runtime.Inference;

/// <summary>Measures translations by chrF (Popović, WMT 2015), sentence by sentence, as sacreBLEU does: the F-score of n-grams of
/// characters, over the whole text.</summary>
/// <remarks>Sentences need not be cut into words. Of several references the one counts that gives the best score for its
/// sentence.</remarks>
public sealed class ChrfScorer
{
    private readonly ChrfOptions _options;
    private readonly Dictionary<string, int> _words = new(StringComparer.Ordinal);
    private readonly ReferenceCounter _references = new();
    private readonly ChrfCounts _counts;

    /// <summary>Begins with nothing counted.</summary>
    /// <param name="options">How to count; null for chrF2.</param>
    /// <exception cref="ArgumentException">The options are impossible.</exception>
    public ChrfScorer(ChrfOptions? options = null)
    {
        _options = options ?? new();
        _options.Validate();
        _counts = new ChrfCounts(_options.CharacterOrder + _options.WordOrder);
    }

    /// <summary>Counts a sentence.</summary>
    /// <param name="hypothesis">Its translation.</param>
    /// <param name="references">One right translation or several.</param>
    /// <exception cref="ArgumentException">There is no reference, or one is <see langword="null"/>.</exception>
    public void Add(string hypothesis, params ReadOnlySpan<string> references)
    {
        ArgumentNullException.ThrowIfNull(hypothesis);
        _references.Add(references.Length);
        int[] characters = CharactersOf(hypothesis), words = WordsOf(hypothesis);
        var ofCharacters = new NgramTable(characters, _options.CharacterOrder);
        var ofWords = new NgramTable(words, _options.WordOrder);
        ChrfCounts? best = null;
        double most = -1;
        foreach (string reference in references)
        {
            var own = new ChrfCounts(_counts.Orders);
            Compare(ofCharacters, characters.Length, CharactersOf(Throw.IfNull(reference)), own, 0, _options.CharacterOrder);
            Compare(ofWords, words.Length, WordsOf(reference), own, _options.CharacterOrder, _options.WordOrder);
            double score = own.FScore(_options);
            if (score > most) (best, most) = (own, score);
        }

        _counts.Add(best!);
    }

    /// <summary>What was measured so far.</summary>
    public ChrfResult ToResult() => new()
    {
        Options = _options,
        Sentences = _references.Sentences,
        ReferenceCount = _references.Each,
        Chrf = _counts.FScore(_options),
    };

    private static void Compare(NgramTable table, int length, int[] reference, ChrfCounts counts, int first, int orders)
    {
        if (orders == 0) return;
        int[] found = new int[table.Count];
        table.CountIn(reference, found);
        table.AddMatches(found, counts.Matches.AsSpan(first, orders));
        for (int n = 0; n < orders; n++)
        {
            // Where the reference has no n-gram of an order, the translation's do not count either.
            counts.References[first + n] = Math.Max(0, reference.Length - n);
            counts.Hypotheses[first + n] = counts.References[first + n] == 0 ? 0 : Math.Max(0, length - n);
        }
    }

    private int[] CharactersOf(string sentence)
    {
        int[] characters = new int[sentence.Length];
        int count = 0;
        foreach (Rune rune in sentence.EnumerateRunes())
        {
            if (_options.KeepsWhiteSpace || !IsWhiteSpace(rune)) characters[count++] = rune.Value;
        }

        return characters[..count];
    }

    // A mark of punctuation at a word's end or, without one there, at its beginning is a word of its own.
    private int[] WordsOf(string sentence)
    {
        if (_options.WordOrder == 0) return [];
        var ids = new List<int>();
        ReadOnlySpan<char> rest = sentence;
        while (!rest.IsEmpty)
        {
            int length = 0;
            while (length < rest.Length && !IsWhiteSpace(rest[length])) length++;
            ReadOnlySpan<char> word = rest[..length];
            if (length > 1 && IsPunctuation(word[^1])) Take(word[..^1], word[^1..]);
            else if (length > 1 && IsPunctuation(word[0])) Take(word[..1], word[1..]);
            else if (length > 0) Take(word, default);
            rest = rest[Math.Min(rest.Length, length + 1)..];
        }

        return [.. ids];

        void Take(ReadOnlySpan<char> first, ReadOnlySpan<char> second)
        {
            ids.Add(IdOf(first));
            if (!second.IsEmpty) ids.Add(IdOf(second));
        }
    }

    private int IdOf(ReadOnlySpan<char> word)
    {
        ref int id = ref CollectionsMarshal.GetValueRefOrAddDefault(_words, word.ToString(), out bool isKnown);
        if (!isKnown) id = _words.Count;
        return id;
    }

    private static bool IsWhiteSpace(Rune rune) => rune.IsBmp && IsWhiteSpace((char)rune.Value);

    // As Python has it, which takes the separators of information for white space too.
    private static bool IsWhiteSpace(char value) => char.IsWhiteSpace(value) || value is >= '\x1C' and <= '\x1F';

    private static bool IsPunctuation(char value) =>
        value is (>= '!' and <= '/') or (>= ':' and <= '@') or (>= '[' and <= '`') or (>= '{' and <= '~');
}
