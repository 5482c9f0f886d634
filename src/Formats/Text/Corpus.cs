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
        string path, TextLevel level, LineMarks marks = LineMarks.Always, Action<double>? progress = null, CancellationToken stop = default)
    {
        if (level == TextLevel.Byte)
        {
            long[] bytes = new long[256];
            ReadBytes(path, block => CountBytes(block, bytes), progress, stop);
            return CountsOf(bytes);
        }

        var sink = new CountingSink(path);
        ReadFile(path, level, marks, ref sink, progress, stop);
        return new TokenCounts(level, sink.Counts, marks);
    }

    /// <summary>Counts the tokens of a text in memory. At word level only a line feed ends a line; bytes are those of its UTF-8
    /// form.</summary>
    /// <param name="text">The text.</param>
    /// <param name="level">What a token is.</param>
    /// <param name="marks">Which lines get a token for their end, at word level.</param>
    public static TokenCounts CountText(ReadOnlySpan<char> text, TextLevel level, LineMarks marks = LineMarks.Always)
    {
        if (level == TextLevel.Byte)
        {
            long[] bytes = new long[256];
            CountBytes(Utf8(text), bytes);
            return CountsOf(bytes);
        }

        var sink = new CountingSink("the text");
        new Tokenizer(level, marks).Push(text, isLast: true, ref sink);
        return new TokenCounts(level, sink.Counts, marks);
    }

    /// <summary>Turns a file into ids, one for each token, four bytes each; <see cref="TokenStore"/> is for long ones.</summary>
    /// <exception cref="FileProblemException">As for <see cref="Count"/>; or a token is not in the vocabulary, which has no unknown
    /// token.</exception>
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
        var store = new TokenStore(path, vocabulary, memoryBytes, folder);
        try
        {
            if (vocabulary.Level == TextLevel.Byte)
            {
                ReadBytes(path, store.Add, progress, stop);
            }
            else
            {
                var sink = new EncodingSink(path, vocabulary, store);
                store.LineEnds = ReadFile(path, vocabulary.Level, vocabulary.LineMarks, ref sink, progress, stop);
            }

            store.Complete();
            return store;
        }
        catch
        {
            store.Dispose();
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
            new Tokenizer(vocabulary.Level, vocabulary.LineMarks).Push(text, isLast: true, ref sink);
        }

        return store.ToArray();
    }

    private static byte[] Utf8(ReadOnlySpan<char> text)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(text)];
        Encoding.UTF8.GetBytes(text, bytes);
        return bytes;
    }

    private static void CountBytes(ReadOnlySpan<byte> block, long[] counts)
    {
        foreach (byte value in block) counts[value]++;
    }

    private static TokenCounts CountsOf(long[] bytes) => new(TextLevel.Byte, Enumerable.Range(0, bytes.Length)
        .Where(value => bytes[value] > 0).ToDictionary(value => Vocabulary.NameOf((byte)value), value => bytes[value]));

    private static void ReadBytes(string path, BlockAction take, Action<double>? progress, CancellationToken stop)
    {
        using CorpusFile file = CorpusFile.Open(path);
        using SpanOwner<byte> owner = SpanOwner<byte>.Allocate(TextFile.BlockLength);
        Span<byte> block = owner.Span;
        for (bool isStart = true; ; isStart = false)
        {
            int read = file.Read(block);
            if (read == 0 && isStart) Throw.Problem(file.Empty("a file with something in it"));
            take(block[..read]);
            progress?.Invoke(file.Share);
            stop.ThrowIfCancellationRequested();
            if (read < block.Length) return;
        }
    }

    private static LineEnds ReadFile<TSink>(
        string path, TextLevel level, LineMarks marks, ref TSink sink, Action<double>? progress, CancellationToken stop)
        where TSink : struct, ITokenSink
    {
        using TextFile file = TextFile.Open(path);
        using SpanOwner<char> owner = SpanOwner<char>.Allocate(TextFile.BlockLength + Tokenizer.MaxWordLength + 1);
        Span<char> buffer = owner.Span;
        var tokenizer = new Tokenizer(level, marks);
        int count = 0, read;
        do
        {
            read = file.Read(buffer[count..]);
            count += read;
            int used = tokenizer.Push(buffer[..count], isLast: read == 0, ref sink);
            count -= used;
            buffer.Slice(used, count).CopyTo(buffer);

            // The sinks refuse a long word that is whole; this one does not even end.
            if (count > Tokenizer.MaxWordLength) Throw.Problem(WordTooLong(path, tokenizer.Line));
            progress?.Invoke(file.Share);
            stop.ThrowIfCancellationRequested();
        }
        while (read > 0);
        tokenizer.EndLine(ref sink);
        return file.LineEnds with { Lines = tokenizer.Lines, Marked = tokenizer.MarkedLines };
    }

    private delegate void BlockAction(ReadOnlySpan<byte> block);

    private static FileProblem WordTooLong(string name, long line) => new(FileProblemKind.WordTooLong, name,
        $"{name}, line {line}: a word of more than {Tokenizer.MaxWordLength} characters. Is this text with blanks between words? " +
        "Character level takes any text.")
    { Line = line };

    private struct CountingSink(string name) : ITokenSink
    {
        private readonly SpanLookup<long> _lookup = new(new(StringComparer.Ordinal));

        public readonly Dictionary<string, long> Counts => _lookup.Dictionary;

        public readonly void Accept(ReadOnlySpan<char> token, long line)
        {
            if (token.Length > Tokenizer.MaxWordLength) Throw.Problem(WordTooLong(name, line));
            _lookup.ValueOf(token)++;
        }
    }

    private readonly struct EncodingSink(string name, Vocabulary vocabulary, TokenStore store) : ITokenSink
    {
        public void Accept(ReadOnlySpan<char> token, long line)
        {
            if (!vocabulary.TryGetId(token, out int id))
            {
                if (token.Length > Tokenizer.MaxWordLength) Throw.Problem(WordTooLong(name, line));
                if (vocabulary.UnknownId is not { } unknown)
                {
                    Throw.Problem(NotInVocabulary(token, line));
                    return;
                }

                id = unknown;
            }

            store.Add(id);
        }

        private FileProblem NotInVocabulary(ReadOnlySpan<char> token, long line)
        {
            string shown = Words.Shown(token), what = vocabulary.Level == TextLevel.Word ? "word" : "character";
            return new(FileProblemKind.UnknownToken, name,
                $"{name}, line {line}: the {what} '{shown}' is not in the model's vocabulary, and that has no {Vocabulary.Unknown}. " +
                "A vocabulary that is built with a minimum count of 2 has it.")
            { Line = line, Part = token.ToString() };
        }
    }
}
