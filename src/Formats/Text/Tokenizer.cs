namespace TinySD.Formats.Text;

/// <summary>Takes a text's tokens one by one.</summary>
internal interface ITokenSink
{
    /// <param name="token">The token; the memory is the caller's.</param>
    /// <param name="line">Its line, counted from 1.</param>
    void Accept(ReadOnlySpan<char> token, long line);
}

/// <summary>Splits a text that comes in blocks into tokens, without allocating.</summary>
internal struct Tokenizer(TokenRules rules)
{
    /// <summary>Longer words are refused: a file with such a word is not white-space separated text.</summary>
    public const int MaxWordLength = 4096;

    private static readonly SearchValues<char> s_blanks = SearchValues.Create(" \n\t\r\v\f");

    private readonly bool _isOfWords = rules.Level == TextLevel.Word;
    private readonly bool _isSimple = rules.Split == WordSplit.Simple;
    private readonly LineMarks _marks = rules.LineMarks;
    private bool _lineIsOpen, _isMarked;

    /// <summary>The line that the next character belongs to, counted from 1.</summary>
    public long Line { get; private set; } = 1;

    /// <summary>Lines of words that have ended.</summary>
    public long Lines { get; private set; }

    /// <summary>Those of them whose last word is the token for a line's end already.</summary>
    public long MarkedLines { get; private set; }

    /// <summary>Takes a block.</summary>
    /// <param name="block">The text, in lower case already where it is to be, beginning with what the last call left. No surrogate pair is
    /// split between blocks.</param>
    /// <param name="isLast">Whether a word at the block's end ends there.</param>
    /// <param name="sink">Gets the tokens.</param>
    /// <returns>Characters used; the rest is the beginning of a word.</returns>
    public int Push<TSink>(ReadOnlySpan<char> block, bool isLast, ref TSink sink)
        where TSink : struct, ITokenSink => _isOfWords ? PushWords(block, isLast, ref sink) : PushCharacters(block, ref sink);

    /// <summary>Ends a last line that no line feed ended.</summary>
    public void EndLine<TSink>(ref TSink sink)
        where TSink : struct, ITokenSink
    {
        if (_isOfWords && _lineIsOpen) Mark(ref sink);
    }

    private int PushWords<TSink>(ReadOnlySpan<char> block, bool isLast, ref TSink sink)
        where TSink : struct, ITokenSink
    {
        int position = 0;
        while (position < block.Length)
        {
            char first = block[position];
            if (first == '\n')
            {
                Mark(ref sink);
                Line++;
                position++;
                continue;
            }

            _lineIsOpen = true;
            if (_isSimple ? SimpleSplit.IsBlank(first) : s_blanks.Contains(first))
            {
                position++;
                continue;
            }

            ReadOnlySpan<char> rest = block[position..];
            int length = _isSimple ? SimpleSplit.LengthOf(rest, isLast) : LengthOf(rest, isLast);
            if (length == 0) break;
            ReadOnlySpan<char> word = block.Slice(position, length);
            _isMarked = word.SequenceEqual(Vocabulary.EndOfLine);
            sink.Accept(word, Line);
            position += length;
        }

        return position;
    }

    // 0 where the word may go on behind the block.
    private static int LengthOf(ReadOnlySpan<char> block, bool isLast)
    {
        int length = block.IndexOfAny(s_blanks);
        return length >= 0 ? length : isLast ? block.Length : 0;
    }

    private void Mark<TSink>(ref TSink sink)
        where TSink : struct, ITokenSink
    {
        if (_marks == LineMarks.Always || (_marks == LineMarks.WhereMissing && !_isMarked)) sink.Accept(Vocabulary.EndOfLine, Line);
        if (_isMarked) MarkedLines++;
        Lines++;
        _isMarked = false;
        _lineIsOpen = false;
    }

    private int PushCharacters<TSink>(ReadOnlySpan<char> block, ref TSink sink)
        where TSink : struct, ITokenSink
    {
        for (int position = 0; position < block.Length;)
        {
            int length =
                char.IsHighSurrogate(block[position]) && position + 1 < block.Length && char.IsLowSurrogate(block[position + 1]) ? 2 : 1;
            sink.Accept(block.Slice(position, length), Line);
            if (block[position] == '\n') Line++;
            position += length;
        }

        return block.Length;
    }
}
