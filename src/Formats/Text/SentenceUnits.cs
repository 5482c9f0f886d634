namespace TinySD.Formats.Text;

/// <summary>How the sentences of one side of a translation become numbers: their words, or the pieces that byte-pair codes cut them into,
/// by their places in a vocabulary. Immutable, safe to use from many threads.</summary>
/// <remarks>A vocabulary begins with three marks: <c>&lt;unk&gt;</c> for what is not known, and <c>&lt;s&gt;</c> and <c>&lt;/s&gt;</c>
/// around a sentence. A word of a text that is spelled like a mark is one that is not known: no text ends a sentence.</remarks>
public sealed class SentenceUnits
{
    // Of a vocabulary's pieces so many in a hundred at least are made by its codes; others may have been added by hand.
    private const int LeastMade = 90;

    /// <summary>Takes a vocabulary, for example of a file.</summary>
    /// <param name="vocabulary">Words, or pieces that end in <c>@@</c> where the word goes on, the three marks first; without marks of
    /// lines.</param>
    /// <param name="codes">The codes that cut words; null where units are words, or the texts are cut already.</param>
    /// <param name="isLowerCase">Whether upper case is made lower case first, by Unicode's simple mapping and no culture's.</param>
    /// <exception cref="ArgumentException">The vocabulary is of another kind, or the codes are those of another vocabulary.</exception>
    public SentenceUnits(Vocabulary vocabulary, BytePairCodes? codes = null, bool isLowerCase = false)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        if (vocabulary.Level != TextLevel.Word || vocabulary.LineMarks != LineMarks.None)
            Throw.Argument("units of sentences are of level word, and none marks the end of a line");
        if (!vocabulary.Tokens.Take(Marks.Length).SequenceEqual(Marks))
            Throw.Argument($"the first units of a vocabulary are {string.Join(", ", Marks)}");
        (Vocabulary, Codes, IsLowerCase) = (vocabulary, codes, isLowerCase);
        JoinsPieces = codes is not null || vocabulary.Tokens.Any(IsPiece);
        if (codes is not null) CheckCodes(codes);
    }

    /// <summary>The marks, by their numbers: <c>&lt;unk&gt;</c>, <c>&lt;s&gt;</c>, <c>&lt;/s&gt;</c>.</summary>
    public static ImmutableArray<string> Marks { get; } = [Vocabulary.Unknown, "<s>", "</s>"];

    /// <summary>The units.</summary>
    public Vocabulary Vocabulary { get; }

    /// <summary>The codes that cut words; null where units are words, or the texts are cut already.</summary>
    public BytePairCodes? Codes { get; }

    /// <summary>Whether upper case is made lower case first.</summary>
    public bool IsLowerCase { get; }

    /// <summary>Whether units that end in <c>@@</c> go on in the next: with codes, and where the vocabulary has such units.</summary>
    public bool JoinsPieces { get; }

    /// <summary>A vocabulary of others as units: the marks first, then its tokens in their order.</summary>
    /// <param name="vocabulary">Of level word, as <see cref="VocabularyFile"/> reads it.</param>
    /// <exception cref="ArgumentException">It is of another level.</exception>
    public static Vocabulary WithMarks(Vocabulary vocabulary)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        if (vocabulary.Level != TextLevel.Word) Throw.Argument("units of sentences are of level word");
        return new Vocabulary(TextLevel.Word, [.. Marks, .. vocabulary.Tokens.Except(Marks)], LineMarks.None);
    }

    /// <summary>A word as it is read: in lower case, if that is asked for.</summary>
    public string WordOf(string written)
    {
        ArgumentNullException.ThrowIfNull(written);
        return IsLowerCase ? written.ToLowerInvariant() : written;
    }

    /// <summary>A sentence's words as translations are compared with: as they are read, and joined where they are pieces.</summary>
    public string[] ReferenceOf(string[] words)
    {
        ArgumentNullException.ThrowIfNull(words);
        string[] read = IsLowerCase ? Array.ConvertAll(words, WordOf) : words;
        return JoinsPieces && Codes is null ? BytePairCodes.Join(read) : read;
    }

    /// <summary>A sentence as numbers, without marks.</summary>
    /// <param name="words">Its words; none give no units.</param>
    public int[] Encode(IReadOnlyList<string> words) => EncodeWords(words).Units;

    /// <summary>A sentence as numbers, without marks, and of each the word that it is of: what stands for a unit that is not known in a
    /// translation.</summary>
    /// <param name="words">Its words; none give no units.</param>
    public EncodedSentence EncodeWords(IReadOnlyList<string> words)
    {
        ArgumentNullException.ThrowIfNull(words);
        var units = new List<int>(words.Count);
        var wordOf = new List<string>(words.Count);
        foreach (string written in words)
        {
            string word = WordOf(written);
            AddUnits(word, units);
            while (wordOf.Count < units.Count) wordOf.Add(word);
        }

        return new EncodedSentence([.. units], [.. wordOf]);
    }

    /// <summary>Sentences as numbers, without marks. Every word is looked up once.</summary>
    /// <param name="sentences">The words of each.</param>
    public int[][] Encode(IReadOnlyList<string[]> sentences)
    {
        ArgumentNullException.ThrowIfNull(sentences);
        var known = new Dictionary<string, int[]>(StringComparer.Ordinal);
        int[][] encoded = new int[sentences.Count][];
        var units = new List<int>();
        for (int i = 0; i < encoded.Length; i++)
        {
            units.Clear();
            foreach (string word in sentences[i])
            {
                if (!known.TryGetValue(word, out int[]? own)) known.Add(word, own = Encode([word]));
                units.AddRange(own);
            }

            encoded[i] = [.. units];
        }

        return encoded;
    }

    /// <summary>Whether a text's word is spelled like a mark.</summary>
    internal static bool IsMark(string word) => word.StartsWith('<') && Marks.Contains(word);

    /// <summary>The units of a word that is none of the marks, where every piece is wanted.</summary>
    internal static IEnumerable<string> UnitsOf(string word, BytePairCodes? codes) => codes is null ? [word] : codes.Apply(word);

    private static bool IsPiece(string token) =>
        token.Length > BytePairCodes.Joint.Length && token.EndsWith(BytePairCodes.Joint, StringComparison.Ordinal);

    private void AddUnits(string word, List<int> units)
    {
        if (IsMark(word))
        {
            units.Add(TranslatorConfig.Unknown);
        }
        else if (Codes is null)
        {
            units.Add(IdOf(word));
        }
        else
        {
            foreach (string piece in Codes.Apply(word, IsKnown)) units.Add(IdOf(piece));
        }
    }

    private bool IsKnown(string unit) => IdOf(unit) != TranslatorConfig.Unknown;

    private int IdOf(string unit) =>
        Vocabulary.TryGetId(unit, out int id) && id >= TranslatorConfig.MarkCount ? id : TranslatorConfig.Unknown;

    private void CheckCodes(BytePairCodes codes)
    {
        HashSet<string> made = [.. codes.Merges.Select(pair => pair.First + pair.Second)];
        int count = 0, known = 0;
        foreach (string unit in Vocabulary.Tokens.Skip(Marks.Length))
        {
            string text = IsPiece(unit) ? unit[..^BytePairCodes.Joint.Length] : unit;
            if (text.Length == 1 || (text.Length == 2 && char.IsSurrogatePair(text, 0))) continue;
            count++;
            if (made.Contains(text) || made.Contains(text + BytePairCodes.EndOfWord)) known++;
        }

        if (100L * known >= (long)LeastMade * count) return;
        Throw.Argument(
            $"the byte-pair codes are not those of the vocabulary: they make {known} of its {Words.Counted(count, "unit")} of several " +
            "characters. Give the codes that it was made with");
    }
}
