namespace TinySD.Formats.Text;

/// <summary>The tokens a model knows; a token's id is its place in the list. Immutable, safe to use from many threads.</summary>
public sealed class Vocabulary
{
    /// <summary>The token at the end of each line, at word level.</summary>
    public const string EndOfLine = "<eos>";

    /// <summary>The token that stands for all that the vocabulary does not hold. At word level a text may hold it as a word, as the
    /// Penn Treebank does.</summary>
    public const string Unknown = "<unk>";

    /// <summary>The most tokens that a vocabulary may have.</summary>
    public const int MaxCount = 1 << 24;

    private const int ByteCount = 256;

    private static readonly SearchValues<char> s_blanks = SearchValues.Create(" \n\t\r\v\f\0");

    private readonly string[] _tokens;
    private readonly SpanLookup<int> _ids;

    /// <summary>Takes a list of tokens, for example from a file.</summary>
    /// <param name="level">What a token is.</param>
    /// <param name="tokens">Distinct tokens. At word level words without white space, <see cref="EndOfLine"/> among them; at character
    /// level one Unicode scalar value each, or <see cref="Unknown"/>; at byte level <c>00</c> to <c>ff</c>, in that order.</param>
    /// <param name="marks">Which lines of a text get <see cref="EndOfLine"/> at word level; if none do, it need not be a token.</param>
    /// <exception cref="ArgumentException">The list breaks a rule; the message says which token. Or lines are to have marks of their own at
    /// another level.</exception>
    public Vocabulary(TextLevel level, IReadOnlyList<string> tokens, LineMarks marks = LineMarks.Always)
        : this(new TokenRules(level, marks), tokens)
    {
    }

    /// <summary>Takes a list of tokens and how texts become such.</summary>
    /// <param name="rules">How every text that it reads becomes tokens.</param>
    /// <param name="tokens">Distinct tokens, as for the other constructor.</param>
    /// <exception cref="ArgumentException">The list or <paramref name="rules"/> break a rule; the message says which.</exception>
    public Vocabulary(TokenRules rules, IReadOnlyList<string> tokens)
    {
        ArgumentNullException.ThrowIfNull(rules);
        TextLevel level = rules.Level;
        if (rules.FindFault() is { } fault) Throw.Argument(fault);
        if (tokens.Count is < 1 or > MaxCount) Throw.Argument($"a vocabulary has 1 to {MaxCount} tokens, this one {tokens.Count}");
        if (level == TextLevel.Byte && tokens.Count != ByteCount)
            Throw.Argument($"a vocabulary of bytes has {ByteCount} tokens, this one {tokens.Count}");
        Rules = rules;
        _tokens = [.. tokens];
        var ids = new Dictionary<string, int>(_tokens.Length, StringComparer.Ordinal);
        for (int id = 0; id < _tokens.Length; id++)
        {
            string? token = _tokens[id];
            if (Complaint(level, token, id) is { } complaint) Throw.Argument($"token {id} {complaint}");
            if (!ids.TryAdd(token, id))
                Throw.Argument($"token {id}, '{Words.Shown(token)}', is there twice: it is token {ids[token]} as well");
        }

        _ids = new(ids);
        UnknownId = Find(Unknown);
        EndOfLineId = MarksLines ? Find(EndOfLine) : null;
        if (MarksLines && EndOfLineId is null) Throw.Argument($"a vocabulary of words needs the token {EndOfLine}");
    }

    /// <summary>The one vocabulary of level <see cref="TextLevel.Byte"/>: a byte's id is its value, its token two hexadecimal
    /// digits.</summary>
    public static Vocabulary Bytes { get; } = new(TextLevel.Byte, [.. Enumerable.Range(0, ByteCount).Select(value => NameOf((byte)value))]);

    /// <summary>How a text becomes tokens.</summary>
    public TokenRules Rules { get; }

    /// <summary>What a token is.</summary>
    public TextLevel Level => Rules.Level;

    /// <summary>Which lines of a text get <see cref="EndOfLine"/>, at word level.</summary>
    public LineMarks LineMarks => Rules.LineMarks;

    /// <summary>Number of tokens V.</summary>
    public int Count => _tokens.Length;

    /// <summary>The tokens by id.</summary>
    public IReadOnlyList<string> Tokens => _tokens;

    /// <summary>The id of <see cref="Unknown"/>, or null where a token that is not in the vocabulary is an error.</summary>
    public int? UnknownId { get; }

    /// <summary>The id of <see cref="EndOfLine"/>; null at other levels than words, and where no line gets it.</summary>
    public int? EndOfLineId { get; }

    /// <summary>The token of that id.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such id.</exception>
    public string this[int id]
    {
        get
        {
            if ((uint)id >= (uint)_tokens.Length) Throw.OutOfRange(nameof(id), id, $"0 to {_tokens.Length - 1}");
            return _tokens[id];
        }
    }

    /// <summary>Makes the vocabulary of a training text: most frequent tokens first, ties in the ordinal order of their UTF-16 code
    /// units.</summary>
    /// <param name="counts">The text's tokens. At byte level they do not matter: that vocabulary is always <see cref="Bytes"/>.</param>
    /// <param name="minimumCount">Rarer tokens become <see cref="Unknown"/>; above 1 this adds it.</param>
    /// <param name="addUnknown">Whether to add <see cref="Unknown"/> though nothing in the text needs it, so that any other text can be
    /// read.</param>
    /// <param name="maximumSize">The most tokens it may have, the marks <see cref="Unknown"/> and <see cref="EndOfLine"/> counted, at least
    /// 2. If there are more, the most frequent are kept, of equals the first in the order above, and the marks; the others become
    /// <see cref="Unknown"/>, which this adds.</param>
    /// <exception cref="ArgumentException">The text has no tokens, or a limit is out of range.</exception>
    public static Vocabulary Build(TokenCounts counts, long minimumCount = 1, bool addUnknown = false, int maximumSize = MaxCount)
    {
        if (minimumCount < 1) Throw.OutOfRange(nameof(minimumCount), minimumCount, "at least 1");
        if (maximumSize is < 2 or > MaxCount) Throw.OutOfRange(nameof(maximumSize), maximumSize, $"2 to {MaxCount}");
        if (counts.Distinct == 0) Throw.Argument("a text without tokens makes no vocabulary");
        if (counts.Level == TextLevel.Byte) return Bytes;
        bool marksLines = counts.Level == TextLevel.Word && counts.LineMarks != LineMarks.None;
        var marks = new Dictionary<string, long>(StringComparer.Ordinal);
        var words = new List<Counted>();
        long dropped = 0;
        foreach (KeyValuePair<string, long> token in counts.Counts)
        {
            if (token.Key == Unknown || (marksLines && token.Key == EndOfLine)) marks.Add(token.Key, token.Value);
            else if (token.Value >= minimumCount) words.Add(new(token.Key, token.Value));
            else dropped += token.Value;
        }

        if (marksLines) marks.TryAdd(EndOfLine, 0);
        if (addUnknown || minimumCount > 1 || words.Count + marks.Count > maximumSize) marks.TryAdd(Unknown, 0);
        words.Sort();
        int kept = Math.Min(words.Count, maximumSize - marks.Count);
        for (int rare = kept; rare < words.Count; rare++) dropped += words[rare].Count;
        if (marks.ContainsKey(Unknown)) marks[Unknown] += dropped;
        words.RemoveRange(kept, words.Count - kept);
        foreach (KeyValuePair<string, long> pair in marks)
        {
            var mark = new Counted(pair.Key, pair.Value);
            words.Insert(~words.BinarySearch(mark), mark);
        }

        return new Vocabulary(counts.Rules, words.ConvertAll(word => word.Token));
    }

    /// <summary>The id of a token, if the vocabulary has it. No allocation.</summary>
    public bool TryGetId(ReadOnlySpan<char> token, out int id) => _ids.TryGetValue(token, out id);

    /// <summary>Text from ids. Words get a blank between them, and <see cref="EndOfLine"/> becomes a line feed; bytes that are not UTF-8
    /// become U+FFFD.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id is not in the vocabulary.</exception>
    public string Decode(ReadOnlySpan<int> ids)
    {
        if (Level == TextLevel.Byte) return Encoding.UTF8.GetString(DecodeBytes(ids));
        var text = new StringBuilder();
        bool needsBlank = false;
        foreach (int id in ids)
        {
            string token = this[id];
            if (Level == TextLevel.Character)
            {
                text.Append(token);
            }
            else if (id == EndOfLineId)
            {
                text.Append('\n');
                needsBlank = false;
            }
            else
            {
                if (needsBlank) text.Append(' ');
                text.Append(token);
                needsBlank = true;
            }
        }

        return text.ToString();
    }

    /// <summary>A text's bytes from ids: those that the ids stand for at byte level, UTF-8 otherwise.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id is not in the vocabulary.</exception>
    public byte[] DecodeBytes(ReadOnlySpan<int> ids)
    {
        if (Level != TextLevel.Byte) return Encoding.UTF8.GetBytes(Decode(ids));
        byte[] bytes = new byte[ids.Length];
        for (int i = 0; i < bytes.Length; i++)
        {
            if ((uint)ids[i] >= ByteCount) Throw.OutOfRange(nameof(ids), ids[i], "0 to 255");
            bytes[i] = (byte)ids[i];
        }

        return bytes;
    }

    /// <summary>Whether a vocabulary may have such a token.</summary>
    internal static bool Takes(TextLevel level, string token) => Complaint(level, token, 0) is null;

    internal static string NameOf(byte value) => value.ToString("x2", CultureInfo.InvariantCulture);

    private bool MarksLines => Level == TextLevel.Word && LineMarks != LineMarks.None;

    private static string? Complaint(TextLevel level, string? token, int id)
    {
        if (level == TextLevel.Byte)
            return token == NameOf((byte)id) ? null : $"is '{Words.Shown(token)}', and of bytes it is '{NameOf((byte)id)}'";
        if (string.IsNullOrEmpty(token)) return "is empty";
        if (token.Length > Tokenizer.MaxWordLength) return $"is longer than {Tokenizer.MaxWordLength} characters";
        bool isSingle = Rune.DecodeFromUtf16(token, out _, out int length) == OperationStatus.Done && length == token.Length;
        if (isSingle ? token == "\0" : !IsWellFormed(token)) return "is not text";
        if (level == TextLevel.Word)
            return token.AsSpan().ContainsAny(s_blanks) ? $"is a word with white space in it: '{Words.Shown(token)}'" : null;
        return isSingle || token == Unknown ? null : $"is not one character: '{Words.Shown(token)}'";
    }

    private static bool IsWellFormed(ReadOnlySpan<char> token)
    {
        while (Rune.DecodeFromUtf16(token, out _, out int length) == OperationStatus.Done) token = token[length..];
        return token.IsEmpty;
    }

    /// <summary>A token in its order: falling counts, ties by UTF-16 code units.</summary>
    private readonly struct Counted(string token, long count) : IComparable<Counted>
    {
        // The first four units. They decide most comparisons without a look at strings that lie all over memory.
        private readonly ulong _start = Start(token);

        public string Token => token;

        public long Count => count;

        public int CompareTo(Counted other)
        {
            int order = other.Count.CompareTo(Count);
            if (order == 0) order = _start.CompareTo(other._start);
            return order == 0 ? string.CompareOrdinal(Token, other.Token) : order;
        }

        private static ulong Start(string token)
        {
            ulong start = 0;
            for (int i = 0; i < 4; i++) start = (start << 16) | (i < token.Length ? token[i] : 0u);
            return start;
        }
    }

    private int? Find(string token) => TryGetId(token, out int id) ? id : null;
}
