namespace TinySD.Formats.Text;

/// <summary>The words and characters that a tagger knows. What it does not know is number 0 of either.</summary>
public sealed class WordForms
{
    /// <summary>Takes those of a file, for example.</summary>
    /// <param name="reading">How words are seen.</param>
    /// <param name="words">The words, as they are looked up: at level <see cref="TextLevel.Word"/>, without marks of lines, the first of
    /// them <see cref="Vocabulary.Unknown"/>.</param>
    /// <param name="characters">The characters, at level <see cref="TextLevel.Character"/>, the first of them
    /// <see cref="Vocabulary.Unknown"/>.</param>
    /// <exception cref="ArgumentException">A vocabulary is of another kind.</exception>
    public WordForms(WordReading reading, Vocabulary words, Vocabulary characters)
    {
        ArgumentNullException.ThrowIfNull(reading);
        ArgumentNullException.ThrowIfNull(words);
        ArgumentNullException.ThrowIfNull(characters);
        if (words.Level != TextLevel.Word || words.LineMarks != LineMarks.None)
            Throw.Argument("a tagger's words are of level word, and none marks the end of a line");
        if (characters.Level != TextLevel.Character) Throw.Argument("a tagger's characters are of level char");
        if (words.UnknownId != 0 || characters.UnknownId != 0)
            Throw.Argument($"the first of a tagger's words, and of its characters, is {Vocabulary.Unknown}");
        (Reading, Words, Characters) = (reading, words, characters);
    }

    /// <summary>How words are seen.</summary>
    public WordReading Reading { get; }

    /// <summary>The words, as they are looked up; number 0 is the unknown one.</summary>
    public Vocabulary Words { get; }

    /// <summary>The characters; number 0 is the unknown one.</summary>
    public Vocabulary Characters { get; }

    /// <summary>Learns words and characters from training sentences: the most frequent first, ties in ordinal order.</summary>
    /// <param name="train">The training sentences.</param>
    /// <param name="reading">How words are seen; null for as they are.</param>
    /// <param name="minimumCount">Rarer words are unknown.</param>
    /// <param name="maximumSize">The most words, the unknown one counted, at least 2; the most frequent stay.</param>
    /// <exception cref="ArgumentException">There is no word, or a limit is out of range.</exception>
    public static WordForms Build(
        IEnumerable<ConllSentence> train, WordReading? reading = null, long minimumCount = 1, int maximumSize = Vocabulary.MaxCount)
    {
        ArgumentNullException.ThrowIfNull(train);
        reading ??= new();
        var written = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (ConllSentence sentence in train)
        {
            foreach (string word in sentence.Words) CollectionsMarshal.GetValueRefOrAddDefault(written, word, out _)++;
        }

        if (written.Count == 0) Throw.Argument("the training sentences have no word");
        var words = new Dictionary<string, long>(StringComparer.Ordinal);
        var characters = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (KeyValuePair<string, long> pair in written)
        {
            Count(words, reading.WordOf(pair.Key), TextLevel.Word, pair.Value);
            foreach (Rune rune in reading.SpellingOf(pair.Key).EnumerateRunes())
                Count(characters, rune.ToString(), TextLevel.Character, pair.Value);
        }

        return new WordForms(
            reading, Listed(new TokenCounts(new(TextLevel.Word, LineMarks.None), words), minimumCount, maximumSize),
            Listed(new TokenCounts(new(TextLevel.Character), characters), 1, Vocabulary.MaxCount));
    }

    /// <summary>These, and further words behind them, such as those of which there are vectors.</summary>
    /// <param name="words">Words as they are written; those that are known already are left out.</param>
    public WordForms With(IEnumerable<string> words)
    {
        ArgumentNullException.ThrowIfNull(words);
        var added = new HashSet<string>(StringComparer.Ordinal);
        foreach (string written in words)
        {
            string word = Reading.WordOf(written);
            if (!Words.TryGetId(word, out _) && Vocabulary.Takes(TextLevel.Word, word)) added.Add(word);
        }

        string[] further = [.. added];
        Array.Sort(further, StringComparer.Ordinal);
        return new WordForms(Reading, new Vocabulary(TextLevel.Word, [.. Words.Tokens, .. further], LineMarks.None), Characters);
    }

    /// <summary>The number of a word.</summary>
    /// <param name="written">The word as it is written.</param>
    public int IdOf(string written) => Words.TryGetId(Reading.WordOf(written), out int id) ? id : 0;

    /// <summary>The numbers of a word's characters.</summary>
    /// <param name="written">The word as it is written.</param>
    public int[] CharactersOf(string written)
    {
        ReadOnlySpan<char> spelling = Reading.SpellingOf(written);
        int[] ids = new int[spelling.Length];
        int count = 0;
        while (!spelling.IsEmpty)
        {
            Rune.DecodeFromUtf16(spelling, out _, out int length);
            ids[count++] = Characters.TryGetId(spelling[..length], out int id) ? id : 0;
            spelling = spelling[length..];
        }

        return count == ids.Length ? ids : ids[..count];
    }

    /// <summary>Sentences as a tagger reads them; their tags are not looked at.</summary>
    /// <param name="sentences">The sentences.</param>
    public TaggedSentences Encode(IReadOnlyList<ConllSentence> sentences) => new SentenceEncoder(this).Encode(sentences);

    /// <summary>A file's sentences with their tags, to train on or to measure by.</summary>
    /// <param name="file">The sentences; the marks of documents are left out.</param>
    /// <param name="form">The tagger's tags.</param>
    /// <exception cref="ArgumentException">The file was read without tags.</exception>
    public TaggedSentences Encode(ConllFile file, TaggerForm form)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(form);
        return Encode(file.Sentences, form, file.SchemeFor(form));
    }

    /// <summary>Sentences with their tags, to train on or to measure by.</summary>
    /// <param name="sentences">The sentences.</param>
    /// <param name="form">The tagger's tags.</param>
    /// <param name="scheme">The scheme that the sentences' tags are in.</param>
    /// <exception cref="ArgumentException">A sentence has no tags.</exception>
    public TaggedSentences Encode(IReadOnlyList<ConllSentence> sentences, TaggerForm form, TagScheme scheme) =>
        new SentenceEncoder(this).Encode(sentences, form, scheme);

    private static void Count(Dictionary<string, long> counts, string token, TextLevel level, long count)
    {
        if (Vocabulary.Takes(level, token)) CollectionsMarshal.GetValueRefOrAddDefault(counts, token, out _) += count;
    }

    private static Vocabulary Listed(TokenCounts counts, long minimumCount, int maximumSize)
    {
        var tokens = new List<string> { Vocabulary.Unknown };
        if (counts.Distinct == 0) return new Vocabulary(counts.Rules, tokens);
        foreach (string token in Vocabulary.Build(counts, minimumCount, addUnknown: true, maximumSize).Tokens)
        {
            if (token != Vocabulary.Unknown) tokens.Add(token);
        }

        return new Vocabulary(counts.Rules, tokens);
    }
}
