using System.Runtime.InteropServices;

namespace TinySD.Formats;

/// <summary>Reads texts, as files or in memory, into token counts or token ids.</summary>
/// <remarks>
/// Files may be plain or gzip, told by their content, and are strictly UTF-8; a byte-order mark is skipped. They are streamed: memory
/// is needed for the distinct tokens when counting and for four bytes a token when encoding, not for the text. At word level every line
/// of a file ends in <c>&lt;eos&gt;</c>, an empty line and a last line without a line feed too.
/// </remarks>
public static class Corpus
{
    /// <summary>Counts a file's tokens.</summary>
    /// <exception cref="FileProblemException">The file cannot be read, is empty, is not text, is not UTF-8, or is a damaged gzip
    /// file.</exception>
    public static TokenCounts Count(string path, TextLevel level)
    {
        var sink = new CountingSink(path);
        ReadFile(path, level, ref sink);
        return new TokenCounts(level, sink.Counts);
    }

    /// <summary>Counts the tokens of a text in memory. At word level only a line feed ends a line.</summary>
    /// <param name="text">The text.</param>
    /// <param name="level">What a token is.</param>
    public static TokenCounts CountText(ReadOnlySpan<char> text, TextLevel level)
    {
        var sink = new CountingSink("the text");
        new Tokenizer(level).Push(text, isLast: true, ref sink);
        return new TokenCounts(level, sink.Counts);
    }

    /// <summary>Turns a file into ids, one for each token.</summary>
    /// <exception cref="FileProblemException">As for <see cref="Count"/>; or a token is not in the vocabulary, which has no unknown
    /// token.</exception>
    public static int[] Encode(string path, Vocabulary vocabulary)
    {
        var sink = new EncodingSink(path, vocabulary);
        ReadFile(path, vocabulary.Level, ref sink);
        return sink.ToArray();
    }

    /// <summary>Turns a text in memory into ids. At word level only a line feed ends a line, so that a prompt can end within one.</summary>
    /// <param name="text">The text.</param>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="name">What to call the text in an error message.</param>
    /// <exception cref="FileProblemException">A token is not in the vocabulary, which has no unknown token.</exception>
    public static int[] EncodeText(ReadOnlySpan<char> text, Vocabulary vocabulary, string name = "the text")
    {
        var sink = new EncodingSink(name, vocabulary);
        new Tokenizer(vocabulary.Level).Push(text, isLast: true, ref sink);
        return sink.ToArray();
    }

    private static void ReadFile<TSink>(string path, TextLevel level, ref TSink sink)
        where TSink : struct, ITokenSink
    {
        using TextFile file = TextFile.Open(path);
        char[] buffer = new char[TextFile.BlockLength + Tokenizer.MaxWordLength + 1];
        var tokenizer = new Tokenizer(level);
        int count = 0, read;
        do
        {
            read = file.Read(buffer.AsSpan(count));
            count += read;
            int used = tokenizer.Push(buffer.AsSpan(0, count), isLast: read == 0, ref sink);
            count -= used;
            buffer.AsSpan(used, count).CopyTo(buffer);

            // The sinks refuse a long word that is whole; this one does not even end.
            if (count > Tokenizer.MaxWordLength) Throw.Problem(WordTooLong(path, tokenizer.Line));
        }
        while (read > 0);
        tokenizer.EndLine(ref sink);
    }

    private static FileProblem WordTooLong(string name, long line) => new(FileProblemKind.WordTooLong, name,
        $"{name}, line {line}: a word of more than {Tokenizer.MaxWordLength} characters. Is this text with blanks between words? " +
        "Character level takes any text.")
    { Line = line };

    private struct CountingSink(string name) : ITokenSink
    {
        private readonly Dictionary<string, long>.AlternateLookup<ReadOnlySpan<char>> _lookup =
            new Dictionary<string, long>(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

        public readonly Dictionary<string, long> Counts => _lookup.Dictionary;

        public readonly void Accept(ReadOnlySpan<char> token, long line)
        {
            if (token.Length > Tokenizer.MaxWordLength) Throw.Problem(WordTooLong(name, line));
            CollectionsMarshal.GetValueRefOrAddDefault(_lookup, token, out _)++;
        }
    }

    private struct EncodingSink(string name, Vocabulary vocabulary) : ITokenSink
    {
        private int[] _ids = new int[1024];
        private int _count;

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

            if (_count == _ids.Length) Grow();
            _ids[_count++] = id;
        }

        public readonly int[] ToArray() => _ids.AsSpan(0, _count).ToArray();

        private void Grow()
        {
            if (_count == Array.MaxLength)
                Throw.Problem(new(
                    FileProblemKind.TooManyTokens, name, $"{name} has more than {Words.Count(Array.MaxLength)} tokens; split the text"));
            Array.Resize(ref _ids, (int)Math.Min(2L * _count, Array.MaxLength));
        }

        private readonly FileProblem NotInVocabulary(ReadOnlySpan<char> token, long line)
        {
            string shown = Words.Shown(token), what = vocabulary.Level == TextLevel.Word ? "word" : "character";
            return new(FileProblemKind.UnknownToken, name,
                $"{name}, line {line}: the {what} '{shown}' is not in the model's vocabulary, and that has no {Vocabulary.Unknown}. " +
                "Use text of the kind the model was trained on, or train with an unknown token.")
            { Line = line, Part = token.ToString() };
        }
    }
}
