namespace TinySD.Formats.Text;

/// <summary>Streams a text's file through a tokenizer.</summary>
internal static class CorpusReader
{
    /// <summary>Takes some bytes.</summary>
    public delegate void BlockAction(ReadOnlySpan<byte> block);

    /// <summary>Gives a file's bytes in their order.</summary>
    public static void ReadBytes(string path, BlockAction take, Action<double>? progress, CancellationToken stop)
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

    /// <summary>Gives the tokens of a file that is text.</summary>
    public static LineEnds ReadFile<TSink>(
        string path, TokenRules rules, ref TSink sink, Action<double>? progress, CancellationToken stop)
        where TSink : struct, ITokenSink
    {
        using TextFile file = TextFile.Open(path);
        using SpanOwner<char> owner = SpanOwner<char>.Allocate(TextFile.BlockLength + Tokenizer.MaxWordLength + 1);
        Span<char> buffer = owner.Span;
        using SpanOwner<char> lowering = SpanOwner<char>.Allocate(rules.IsLowerCase ? TextFile.BlockLength : 0);
        var tokenizer = new Tokenizer(rules);
        int count = 0, read;
        do
        {
            read = rules.IsLowerCase ? ReadLowered(file, lowering.Span, buffer[count..]) : file.Read(buffer[count..]);
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

    private static int ReadLowered(TextFile file, Span<char> block, Span<char> lowered)
    {
        int read = file.Read(block);
        TokenRules.Lower(block[..read], lowered);
        return read;
    }

    /// <summary>The complaint about a word that is longer than words are.</summary>
    public static FileProblem WordTooLong(string name, long line) => new(FileProblemKind.WordTooLong, name,
        $"{name}, line {line}: a word of more than {Tokenizer.MaxWordLength} characters. Is this text with blanks between words? " +
        "Character level takes any text.")
    { Line = line };
}
