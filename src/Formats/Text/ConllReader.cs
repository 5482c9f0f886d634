namespace TinySD.Formats.Text;

/// <summary>Cuts a text into the sentences of a <see cref="ConllFile"/>.</summary>
/// <param name="path">The file's name, for complaints.</param>
/// <param name="text">All of it.</param>
/// <param name="options">Which columns hold what.</param>
internal sealed class ConllReader(string path, string text, ConllOptions options)
{
    private static readonly SearchValues<char> s_blanks = SearchValues.Create(" \t\v\f");

    // Words and tags come again and again: one string for each.
    private readonly SpanLookup<string> _known = new(new(StringComparer.Ordinal));
    private readonly List<ConllSentence> _sentences = [];
    private readonly List<string> _words = [], _tags = [];

    // Of the line at hand where each column begins and, behind that, where it ends.
    private readonly List<int> _cuts = [];
    private int _position, _columnCount, _word, _tag;
    private bool _hasTabs;
    private long _line, _firstLine, _start, _comments;

    private int CutCount => _cuts.Count / 2;

    /// <summary>Reads all.</summary>
    /// <param name="note">What there is to tell of the text's encoding.</param>
    public ConllFile Read(string? note)
    {
        FindColumns();
        while (TryReadLine(out ReadOnlySpan<char> line)) Take(line);
        EndSentence();
        var remarks = new List<string>();
        if (note is not null) remarks.Add(note);
        if (_comments > 0) remarks.Add($"{path}: {Words.Count(_comments, "line")} that begin with # passed over as comments.");
        return new ConllFile(path, _columnCount, _sentences, remarks);
    }

    // As many as the first line has that is surely one of a word; else as any has.
    private void FindColumns()
    {
        ReadOnlySpan<char> found = default;
        bool isSure = false;
        while (!isSure && TryReadLine(out ReadOnlySpan<char> line))
        {
            if (line.IsWhiteSpace()) continue;
            Cut(line);
            ReadOnlySpan<char> first = Column(line, 0);
            isSure = first[0] != '#' && !first.SequenceEqual(ConllFile.DocumentMark);
            if (!isSure && _columnCount > 0) continue;
            (_columnCount, _firstLine, _hasTabs) = (CutCount, _line, line.Contains('\t'));
            found = line;
        }

        if (_columnCount == 0)
            Throw.Problem(new(FileProblemKind.Empty, path, $"{path} has blank lines only; lines with a word and its tag were expected"));
        if (_columnCount == 1 && options.TagColumn is not null)
        {
            throw Refused(_firstLine, "one column; a word and its tag, with a blank or tab between them, were expected, and " +
                $"found was '{Words.Shown(found)}'");
        }

        _word = Place(options.WordColumn, "words");
        _tag = options.TagColumn is { } tag ? Place(tag, "tags") : -1;
        if (_word == _tag)
        {
            Throw.Problem(new(FileProblemKind.DoesNotFit, path,
                $"{path}: words and tags were both asked for in column {_word + 1} of {_columnCount}"));
        }

        (_position, _line) = (0, 0);
    }

    private int Place(int column, string what)
    {
        int place = column < 0 ? _columnCount + column : column - 1;
        if (place < 0 || place >= _columnCount)
        {
            Throw.Problem(new(FileProblemKind.DoesNotFit, path,
                $"{path} has {Words.Count(_columnCount, "column")}, and {what} were asked for in column {column}"));
        }

        return place;
    }

    private void Take(ReadOnlySpan<char> line)
    {
        if (line.IsWhiteSpace())
        {
            EndSentence();
            return;
        }

        Cut(line);
        bool fits = CutCount == _columnCount;
        if (Column(line, 0).SequenceEqual(ConllFile.DocumentMark))
        {
            EndSentence();
            string tag = !fits || _tag < 0 ? "O" : Known(Column(line, _tag));
            _sentences.Add(new([ConllFile.DocumentMark], _tag < 0 ? [] : [tag]) { Line = _line, IsDocumentMark = true });
            return;
        }

        // One with blanks may by chance have as many columns as others have between tabs.
        if (_words.Count == 0 && Column(line, 0)[0] == '#' && (!fits || line.Contains('\t') != _hasTabs))
        {
            _comments++;
            return;
        }

        if (!fits)
        {
            throw Refused(_line, $"{Words.Count(CutCount, "column")}; {_columnCount} were expected, as in line {_firstLine}, and " +
                $"found was '{Words.Shown(line)}'");
        }

        if (_words.Count == 0) _start = _line;
        _words.Add(Known(Column(line, _word)));
        if (_tag >= 0) _tags.Add(Known(Column(line, _tag)));
    }

    private void EndSentence()
    {
        if (_words.Count > 0) _sentences.Add(new([.. _words], [.. _tags]) { Line = _start });
        _words.Clear();
        _tags.Clear();
    }

    private void Cut(ReadOnlySpan<char> line)
    {
        _cuts.Clear();
        for (int at = 0; at < line.Length;)
        {
            int blanks = line[at..].IndexOfAnyExcept(s_blanks);
            if (blanks < 0) return;
            at += blanks;
            int length = line[at..].IndexOfAny(s_blanks);
            if (length < 0) length = line.Length - at;
            _cuts.Add(at);
            _cuts.Add(at += length);
        }
    }

    private ReadOnlySpan<char> Column(ReadOnlySpan<char> line, int column) => line[_cuts[2 * column].._cuts[(2 * column) + 1]];

    private bool TryReadLine(out ReadOnlySpan<char> line)
    {
        line = default;
        if (_position == text.Length) return false;
        ReadOnlySpan<char> rest = text.AsSpan(_position);
        int length = rest.IndexOfAny('\n', '\r');
        line = length < 0 ? rest : rest[..length];
        _position += line.Length;
        if (_position < text.Length) _position += text.AsSpan(_position).StartsWith("\r\n") ? 2 : 1;
        _line++;
        return true;
    }

    private string Known(ReadOnlySpan<char> column)
    {
        if (column.Length > Tokenizer.MaxWordLength)
        {
            Throw.Problem(new(FileProblemKind.WordTooLong, path,
                $"{path}, line {_line}: a word or tag of more than {Tokenizer.MaxWordLength} characters: '{Words.Shown(column)}'")
            { Line = _line });
        }

        if (_known.TryGetValue(column, out string? known)) return known;
        known = column.ToString();
        _known.Add(known, known);
        return known;
    }

    private FileProblemException Refused(long line, string what) =>
        new(new(FileProblemKind.LineInvalid, path, $"{path}, line {line}: {what}.") { Line = line });
}
