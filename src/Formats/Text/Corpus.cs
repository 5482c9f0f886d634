namespace TinySD.Formats.Text;

/// <summary>Reads texts, as files or in memory, into token counts or token ids.</summary>
/// <remarks>Files may be plain or gzip, told by their content, and are strictly UTF-8; a byte-order mark is skipped. At byte level they are
/// anything, and nothing of them is skipped. They are streamed: memory is needed for the distinct tokens when counting and for the ids when
/// encoding, not for the text. At word level every line of a file ends in <c>&lt;eos&gt;</c>, an empty line and a last line without a line
/// feed too, unless <see cref="LineMarks"/> says otherwise.</remarks>
public static class Corpus
{
    /// <summary>Counts a file's tokens.</summary>
    /// <param name="path">The file.</param>
    /// <param name="level">What a token is.</param>
    /// <param name="marks">Which lines get a token for their end, at word level.</param>
    /// <param name="progress">Told after every block how much of the file is read, 0 to 1.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="FileProblemException">The file cannot be read, is empty, is not text, is not UTF-8, or is a damaged gzip
    /// file.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was asked for.</exception>
    public static TokenCounts Count(
        string path, TextLevel level, LineMarks marks = LineMarks.Always, Action<double>? progress = null,
        CancellationToken stop = default) => Count(path, new TokenRules(level, marks), null, progress, stop);

    /// <summary>Counts the tokens of a file, or of its part before a cut.</summary>
    /// <param name="path">The file.</param>
    /// <param name="rules">How it becomes tokens.</param>
    /// <param name="cut">Where to stop counting; null for the end.</param>
    /// <param name="progress">Told after every block how much of the file is read, 0 to 1.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="FileProblemException">The file cannot be read, is empty, is not text, is not UTF-8, or is a damaged gzip
    /// file.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was asked for.</exception>
    public static TokenCounts Count(
        string path, TokenRules rules, TextCut? cut = null, Action<double>? progress = null, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(rules);
        long left = cut?.Tokens ?? long.MaxValue;
        if (rules.Level == TextLevel.Byte)
        {
            long[] bytes = new long[256];
            CorpusReader.ReadBytes(path, block => CountBytes(Taken(block, ref left), bytes), progress, stop);
            return CountsOf(bytes);
        }

        var counts = new CountingSink(path);
        var sink = new PartingSink<CountingSink, TallySink>(left, counts, default);
        CorpusReader.ReadFile(path, rules, ref sink, progress, stop);
        return new TokenCounts(rules, counts.Counts);
    }

    /// <summary>Counts the tokens of a text in memory. At word level only a line feed ends a line; bytes are those of its UTF-8
    /// form.</summary>
    /// <param name="text">The text.</param>
    /// <param name="level">What a token is.</param>
    /// <param name="marks">Which lines get a token for their end, at word level.</param>
    public static TokenCounts CountText(ReadOnlySpan<char> text, TextLevel level, LineMarks marks = LineMarks.Always) =>
        CountText(text, new TokenRules(level, marks));

    /// <summary>Counts the tokens of a text in memory. At word level only a line feed ends a line; bytes are those of its UTF-8
    /// form.</summary>
    /// <param name="text">The text.</param>
    /// <param name="rules">How it becomes tokens.</param>
    public static TokenCounts CountText(ReadOnlySpan<char> text, TokenRules rules)
    {
        ArgumentNullException.ThrowIfNull(rules);
        if (rules.Level == TextLevel.Byte)
        {
            long[] bytes = new long[256];
            CountBytes(Utf8(text), bytes);
            return CountsOf(bytes);
        }

        var sink = new CountingSink("the text");
        new Tokenizer(rules).Push(rules.Prepared(text), isLast: true, ref sink);
        return new TokenCounts(rules, sink.Counts);
    }

    /// <summary>Looks for tokens that a vocabulary lacks.</summary>
    /// <param name="path">The file.</param>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="cut">What is before it is not looked at; null for all of the file.</param>
    /// <param name="progress">Told after every block how much of the file is read, 0 to 1.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="FileProblemException">As for <see cref="Count(string, TokenRules, TextCut?, Action{double}?, CancellationToken)"/>.
    /// </exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was asked for.</exception>
    public static MissingTokens FindMissing(
        string path, Vocabulary vocabulary, TextCut? cut = null, Action<double>? progress = null, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        var sink = new PartingSink<TallySink, MissingSink>(cut?.Tokens ?? 0, default, new(vocabulary));
        if (vocabulary.Level != TextLevel.Byte) CorpusReader.ReadFile(path, vocabulary.Rules, ref sink, progress, stop);
        return sink.After.Found;
    }

    /// <summary>Turns a file into ids, one for each token, four bytes each; <see cref="TokenStore"/> is for long ones.</summary>
    /// <exception cref="FileProblemException">As for
    /// <see cref="Count(string, TokenRules, TextCut?, Action{double}?, CancellationToken)"/>; or a token is not in the
    /// vocabulary, which has no unknown token.</exception>
    public static int[] Encode(string path, Vocabulary vocabulary)
    {
        using TokenStore store = Store(path, vocabulary, long.MaxValue);
        return store.ToArray();
    }

    /// <summary>Turns a file of any length into ids: one to three bytes each, in memory up to a limit and in a temporary file beyond it.
    /// Gives the tokens of <see cref="Encode"/>.</summary>
    /// <param name="path">The file.</param>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="memoryBytes">Bytes of ids that stay in memory.</param>
    /// <param name="progress">Told after every block how much of the file is read, 0 to 1.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="FileProblemException">As for <see cref="Encode"/>; or the temporary file cannot be written.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was asked for.</exception>
    public static TokenStore Store(
        string path, Vocabulary vocabulary, long memoryBytes = TokenStore.DefaultMemoryBytes, Action<double>? progress = null,
        CancellationToken stop = default) =>
        Store(path, vocabulary, memoryBytes, folder: null, progress, stop);

    /// <summary>The same, with the temporary file in a folder of a test's own.</summary>
    internal static TokenStore Store(
        string path, Vocabulary vocabulary, long memoryBytes, string? folder, Action<double>? progress = null,
        CancellationToken stop = default)
    {
        (TokenStore before, TokenStore after) = StoreParts(path, vocabulary, long.MaxValue, memoryBytes, folder, progress, stop);
        after.Dispose();
        return before;
    }

    /// <summary>Turns a file into ids as <see cref="Store(string, Vocabulary, long, Action{double}?, CancellationToken)"/> does, those
    /// before a cut apart from those after it. How lines end is told of all of it by the first.</summary>
    /// <param name="path">The file.</param>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="cut">Where to cut it.</param>
    /// <param name="memoryBytes">Bytes of ids of each part that stay in memory.</param>
    /// <param name="progress">Told after every block how much of the file is read, 0 to 1.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="FileProblemException">As for <see cref="Encode"/>; or a temporary file cannot be written.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was asked for.</exception>
    public static (TokenStore Before, TokenStore After) StoreParts(
        string path, Vocabulary vocabulary, TextCut cut, long memoryBytes = TokenStore.DefaultMemoryBytes,
        Action<double>? progress = null, CancellationToken stop = default) =>
        StoreParts(path, vocabulary, cut.Tokens, memoryBytes, folder: null, progress, stop);

    private static (TokenStore Before, TokenStore After) StoreParts(
        string path, Vocabulary vocabulary, long cut, long memoryBytes, string? folder, Action<double>? progress, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        TokenStore before = new(path, vocabulary, memoryBytes, folder), after = new(path, vocabulary, memoryBytes, folder);
        try
        {
            if (vocabulary.Level == TextLevel.Byte)
            {
                long left = cut;
                CorpusReader.ReadBytes(path, Add, progress, stop);

                void Add(ReadOnlySpan<byte> block)
                {
                    ReadOnlySpan<byte> first = Taken(block, ref left);
                    before.Add(first);
                    after.Add(block[first.Length..]);
                }
            }
            else
            {
                var sink = new PartingSink<EncodingSink, EncodingSink>(
                    cut, new(path, vocabulary, before), new(path, vocabulary, after));
                before.LineEnds = CorpusReader.ReadFile(path, vocabulary.Rules, ref sink, progress, stop);
            }

            before.Complete();
            after.Complete();
            return (before, after);
        }
        catch
        {
            before.Dispose();
            after.Dispose();
            throw;
        }
    }

    /// <summary>Turns a text in memory into ids. At word level only a line feed ends a line, so that a prompt can end within one; at byte
    /// level ids are its UTF-8 bytes.</summary>
    /// <param name="text">The text.</param>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="name">What to call the text in an error message.</param>
    /// <exception cref="FileProblemException">A token is not in the vocabulary, which has no unknown token.</exception>
    public static int[] EncodeText(ReadOnlySpan<char> text, Vocabulary vocabulary, string name = "the text")
    {
        using var store = new TokenStore(name, vocabulary, long.MaxValue);
        if (vocabulary.Level == TextLevel.Byte)
        {
            store.Add(Utf8(text));
        }
        else
        {
            var sink = new EncodingSink(name, vocabulary, store);
            new Tokenizer(vocabulary.Rules).Push(vocabulary.Rules.Prepared(text), isLast: true, ref sink);
        }

        return store.ToArray();
    }

    private static byte[] Utf8(ReadOnlySpan<char> text)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(text)];
        Encoding.UTF8.GetBytes(text, bytes);
        return bytes;
    }

    // The first bytes of a block, of those that are left to be taken.
    private static ReadOnlySpan<byte> Taken(ReadOnlySpan<byte> block, ref long left)
    {
        ReadOnlySpan<byte> taken = block[..(int)Math.Min(left, block.Length)];
        left -= taken.Length;
        return taken;
    }

    private static void CountBytes(ReadOnlySpan<byte> block, long[] counts)
    {
        foreach (byte value in block) counts[value]++;
    }

    private static TokenCounts CountsOf(long[] bytes) => new(new(TextLevel.Byte), Enumerable.Range(0, bytes.Length)
        .Where(value => bytes[value] > 0).ToDictionary(value => Vocabulary.NameOf((byte)value), value => bytes[value]));
}
