namespace TinySD.Formats.Text;

/// <summary>Sentences of words with tags, as the CoNLL shared tasks have them: a word a line, its columns with blanks or tabs between them,
/// and a blank line between sentences.</summary>
/// <remarks>The file may be plain or gzip, told by its content, and UTF-8, UTF-16 with its byte-order mark, or else Latin-1. A line ends in
/// a line feed, a carriage return or both; neither the last line's end nor a last blank line is needed. Any number of blanks and tabs stand
/// for one separator. All lines have as many columns as the first.
/// <para>A line that begins with <c>-DOCSTART-</c> begins a document: it is a sentence of its own, with or without blank lines around it,
/// may have any number of columns, and counts as no word. A line before a sentence that begins with <c>#</c> and has not as many columns as
/// others is a comment, as CoNLL-U has them.</para></remarks>
public sealed class ConllFile
{
    /// <summary>The first column of a line that begins a document.</summary>
    public const string DocumentMark = "-DOCSTART-";

    internal ConllFile(string path, int columnCount, IReadOnlyList<ConllSentence> all, IReadOnlyList<string> remarks)
    {
        (Path, ColumnCount, WithDocumentMarks, Remarks) = (path, columnCount, all, remarks);
        var sentences = new List<ConllSentence>(all.Count);
        foreach (ConllSentence sentence in all)
        {
            if (sentence.IsDocumentMark) continue;
            sentences.Add(sentence);
            TokenCount += sentence.Words.Length;
        }

        Sentences = sentences;
    }

    /// <summary>The file as it was named.</summary>
    public string Path { get; }

    /// <summary>Columns of every line.</summary>
    public int ColumnCount { get; }

    /// <summary>The sentences, in the file's order.</summary>
    public IReadOnlyList<ConllSentence> Sentences { get; }

    /// <summary>The sentences and the marks of documents, in the file's order.</summary>
    public IReadOnlyList<ConllSentence> WithDocumentMarks { get; }

    /// <summary>Words of all sentences.</summary>
    public long TokenCount { get; }

    /// <summary>What a user should know of how it was read, one line each: another encoding, comments.</summary>
    public IReadOnlyList<string> Remarks { get; }

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">Its columns; null for words in the first and tags in the last.</param>
    /// <exception cref="FileProblemException">It cannot be read, is no text or has no words; a line has other columns than the first; or
    /// there is no such column as was asked for.</exception>
    /// <exception cref="ArgumentException">A column is 0.</exception>
    public static ConllFile Read(string path, ConllOptions? options = null)
    {
        options ??= new();
        if (options.WordColumn == 0) Throw.OutOfRange(nameof(options.WordColumn), 0, "above 0, or below 0 from the end");
        if (options.TagColumn == 0) Throw.OutOfRange(nameof(options.TagColumn), 0, "above 0, or below 0 from the end");
        var text = DecodedText.Read(path);
        return new ConllReader(path, text.Characters, options).Read(text.Note);
    }

    /// <summary>Finds the scheme of the tags, documents' marks left out.</summary>
    /// <param name="remark">What a user should know where tags contradict it: the first such line and why; else null.</param>
    /// <returns>The scheme; <see langword="null"/> where there is no entity, and any would fit.</returns>
    public TagScheme? FindScheme(out string? remark)
    {
        var tags = new List<string[]>(Sentences.Count);
        foreach (ConllSentence sentence in Sentences) tags.Add([.. sentence.Tags]);
        SchemeFinding finding = TagSchemes.Detect(tags);
        remark = finding.Fault is not { } fault ? null
            : $"{Path}, line {Sentences[fault.Sentence].Line + fault.Word}: {fault.Reason}, the scheme of most of its tags; " +
              $"{Words.Count(fault.Count, "such tag")} {(fault.Count == 1 ? "is" : "are")} read by conlleval's rules.";
        return finding.Scheme;
    }
}
