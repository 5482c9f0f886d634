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

    private SchemeFinding? _scheme;

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
        SchemeFinding finding = FindScheme();
        remark = finding.Fault is not { } fault ? null
            : $"{Path}, line {Sentences[fault.Sentence].Line + fault.Word}: {fault.Reason}, the scheme of most of its tags; " +
              $"{Words.Count(fault.Count, "such tag")} {(fault.Count == 1 ? "is" : "are")} read by conlleval's rules.";
        return finding.Scheme;
    }

    /// <summary>What a tagger that is trained on this file must know of its tags: all that there are, <c>O</c> first, the others in ordinal
    /// order.</summary>
    /// <param name="scheme">The scheme that tags are turned into for the model; where they make no entities, none.</param>
    /// <exception cref="FileProblemException">There is no tag.</exception>
    public TaggerForm LearnTags(TagScheme scheme)
    {
        // Where no word is in an entity, any scheme would do, and this is the most common.
        TagScheme own = FindScheme().Scheme ?? TagScheme.Iob2;
        if (own == TagScheme.None) scheme = TagScheme.None;
        var found = new HashSet<string>(StringComparer.Ordinal);
        foreach (ConllSentence sentence in Sentences) found.UnionWith(TagSchemes.Convert(sentence.Tags.AsSpan(), scheme));
        if (found.Count == 0)
            Throw.Problem(new(FileProblemKind.Empty, Path, $"{Path} has no word with a tag to learn from"));
        var tags = new List<string>(found);
        tags.Sort(StringComparer.Ordinal);
        if (tags.Remove("O")) tags.Insert(0, "O");
        return new TaggerForm { Tags = [.. tags], Scheme = scheme, DataScheme = own };
    }

    /// <summary>Finds words whose tags a tagger cannot give: what a user should know before it is measured by them.</summary>
    /// <param name="form">The tagger's tags.</param>
    /// <returns>The first such line, and how many there are; null where there is none.</returns>
    public string? FindUnknownTags(TaggerForm form)
    {
        ArgumentNullException.ThrowIfNull(form);
        var known = new HashSet<string>(form.Tags, StringComparer.Ordinal);
        string first = "";
        long count = 0;
        foreach (ConllSentence sentence in Sentences)
        {
            string[] tags = TagSchemes.Convert(sentence.Tags.AsSpan(), form.Scheme);
            for (int i = 0; i < tags.Length; i++)
            {
                if (known.Contains(tags[i])) continue;
                if (count++ == 0) first = $"{Path}, line {sentence.Line + i}: '{Words.Shown(sentence.Tags[i])}'";
            }
        }

        if (count == 0) return null;
        string all = count == 1 ? "it counts" : $"it and {Words.Count(count - 1, "word")} more count";
        return $"{first} is a tag that the tagger does not have; {all} as missed.";
    }

    /// <summary>The scheme by which a tagger's answers are compared with the file's tags: the file's own, if it has one.</summary>
    internal TagScheme SchemeFor(TaggerForm form)
    {
        if (form.Scheme == TagScheme.None) return TagScheme.None;
        return FindScheme().Scheme is { } own and not TagScheme.None ? own : form.DataScheme;
    }

    private SchemeFinding FindScheme()
    {
        if (_scheme is not null) return _scheme;
        var tags = new List<string[]>(Sentences.Count);
        foreach (ConllSentence sentence in Sentences) tags.Add([.. sentence.Tags]);
        return _scheme = TagSchemes.Detect(tags);
    }
}
