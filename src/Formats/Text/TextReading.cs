namespace TinySD.Formats.Text;

/// <summary>How texts of their own, each a sequence, become tokens. Unlike a <see cref="Corpus"/>, no line's end is a token, and what a
/// vocabulary lacks is <see cref="Vocabulary.Unknown"/>.</summary>
public sealed record TextReading
{
    /// <summary>What a token is: a word between white space, or a character. Bytes are not for texts that are decoded.</summary>
    public TextLevel Level { get; init; }

    /// <summary>Whether upper case is made lower case first, by Unicode's simple mapping and no culture's.</summary>
    public bool IsLowerCase { get; init; }

    /// <summary>Tokens that stay of a longer text: its first ones. 0 for all.</summary>
    public int MaxLength { get; init; }

    /// <summary>Counts the tokens of training texts, those beyond <see cref="MaxLength"/> left out. Words of more than 4096 characters are
    /// not counted: a vocabulary cannot hold them, and they are unknown.</summary>
    public TokenCounts Count(IEnumerable<string> texts)
    {
        var sink = new CountingSink(MaxLength, new(StringComparer.Ordinal));
        foreach (string text in texts)
        {
            sink.Left = MaxLength == 0 ? int.MaxValue : MaxLength;
            Push(text, ref sink);
        }

        return new TokenCounts(new(Level, LineMarks.None), sink.Counts);
    }

    /// <summary>The vocabulary of training texts, with <see cref="Vocabulary.Unknown"/> for what other texts have.</summary>
    /// <param name="texts">The training texts.</param>
    /// <param name="minimumCount">Rarer tokens are unknown.</param>
    /// <param name="maximumSize">The most tokens, the unknown one counted, at least 2; the most frequent stay.</param>
    /// <exception cref="ArgumentException">No text has a token.</exception>
    public Vocabulary BuildVocabulary(IEnumerable<string> texts, long minimumCount = 1, int maximumSize = Vocabulary.MaxCount) =>
        Vocabulary.Build(Count(texts), minimumCount, addUnknown: true, maximumSize);

    /// <summary>A text's token ids.</summary>
    /// <param name="text">The text; one without tokens gives no ids.</param>
    /// <param name="vocabulary">Of <see cref="BuildVocabulary"/>, or another with <see cref="Vocabulary.Unknown"/>.</param>
    /// <param name="length">Tokens of the whole text, those cut off too.</param>
    /// <exception cref="ArgumentException">The vocabulary is of another level, or has no unknown token.</exception>
    public int[] Encode(string text, Vocabulary vocabulary, out int length)
    {
        if (vocabulary.Level != Level) Throw.Argument($"the vocabulary is of level {vocabulary.Level}; {Level} was expected");
        if (vocabulary.UnknownId is not { } unknown)
        {
            Throw.Argument($"the vocabulary has no {Vocabulary.Unknown}");
            unknown = 0;
        }

        var sink = new EncodingSink(vocabulary, unknown, []);
        Push(text, ref sink);
        length = sink.Ids.Count;
        return MaxLength > 0 && length > MaxLength ? [.. sink.Ids.Take(MaxLength)] : [.. sink.Ids];
    }

    /// <summary>The token ids of many texts.</summary>
    /// <exception cref="ArgumentException">As for <see cref="Encode(string, Vocabulary, out int)"/>.</exception>
    public EncodedTexts Encode(IEnumerable<string> texts, Vocabulary vocabulary)
    {
        var sequences = new List<int[]>();
        long cut = 0, unknown = 0, total = 0;
        int longest = 0;
        foreach (string text in texts)
        {
            int[] ids = Encode(text, vocabulary, out int length);
            if (length > ids.Length) cut++;
            unknown += ids.AsSpan().Count(vocabulary.UnknownId!.Value);
            total += ids.Length;
            longest = Math.Max(longest, length);
            sequences.Add(ids);
        }

        return new([.. sequences], total, unknown, cut, longest);
    }

    /// <summary>Texts with labels as sequences to train on or to measure by.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="vocabulary">Their tokens.</param>
    /// <param name="classes">Their labels.</param>
    /// <exception cref="FileProblemException">A label is none of these.</exception>
    /// <exception cref="ArgumentException">As for <see cref="Encode(string, Vocabulary, out int)"/>.</exception>
    public LabelledSequences Encode(LabelledTexts texts, Vocabulary vocabulary, ClassNames classes) => LabelledSequences.OfTokens(
        Encode(texts.Rows.Select(row => row.Text), vocabulary).Sequences, classes.IdsOf(texts.Path, texts.Rows));

    private void Push<TSink>(string text, ref TSink sink)
        where TSink : struct, ITokenSink
    {
        if (Level == TextLevel.Byte) Throw.Argument("texts that are decoded have words and characters, and no bytes");
        var rules = new TokenRules(Level, LineMarks.None) { IsLowerCase = IsLowerCase };
        new Tokenizer(rules).Push(rules.Prepared(text), isLast: true, ref sink);
    }

    private struct CountingSink(int left, Dictionary<string, long> counts) : ITokenSink
    {
        private readonly SpanLookup<long> _lookup = new(counts);

        public readonly Dictionary<string, long> Counts => counts;

        public int Left { get; set; } = left;

        public void Accept(ReadOnlySpan<char> token, long line)
        {
            if (Left == 0) return;
            Left--;
            if (IsStrange(token)) return;
            _lookup.ValueOf(token)++;
        }

        // What no vocabulary takes: a word too long, a zero, half of a surrogate pair.
        private static bool IsStrange(ReadOnlySpan<char> token) => token.Length > Tokenizer.MaxWordLength || token.Contains('\0')
            || (token.ContainsAnyInRange('\uD800', '\uDFFF') && !IsWellFormed(token));

        private static bool IsWellFormed(ReadOnlySpan<char> token)
        {
            while (Rune.DecodeFromUtf16(token, out _, out int length) == OperationStatus.Done) token = token[length..];
            return token.IsEmpty;
        }
    }

    private readonly struct EncodingSink(Vocabulary vocabulary, int unknown, List<int> ids) : ITokenSink
    {
        public List<int> Ids => ids;

        public void Accept(ReadOnlySpan<char> token, long line) => ids.Add(vocabulary.TryGetId(token, out int id) ? id : unknown);
    }
}
