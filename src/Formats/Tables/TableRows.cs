using nietras.SeparatedValues;

namespace TinySD.Formats.Tables;

/// <summary>The rows of a table one by one, each as soon as its line is complete; cells without quotation marks and white space around
/// them.</summary>
/// <remarks>Sep finds and unescapes the cells. It fills a buffer before it gives a row, which never ends where rows come one a minute; so
/// it is given the whole rows that are there, and no more.</remarks>
internal sealed class TableRows : IDisposable
{
    // As many rows as the header is looked for by.
    private const int SampleRows = 100;

    private readonly string _name;
    private readonly TableText _text;
    private readonly TableRecords _records;
    private SepReaderOptions _options;
    private SepReader? _sep;
    private bool _isFirstPending;
    private long _chunkLine, _linesUsed, _firstLine;
    private int _expected;

    private TableRows(string name, TableText text, TableOptions options, IReadOnlyCollection<string>? names)
    {
        _name = name;
        _text = text;
        _records = new TableRecords(name, text);
        Dialect = Begin(options, names);
    }

    /// <summary>How the table is written.</summary>
    public TableDialect Dialect { get; private set; }

    /// <summary>The columns' names; null where the first row is no header.</summary>
    public string[]? Header { get; private set; }

    /// <summary>Cells of every row.</summary>
    public int ColumnCount => _expected;

    /// <summary>The line on which the current row begins, counted from 1.</summary>
    public long Line { get; private set; }

    /// <summary>Lines with nothing on them that were passed over before a row.</summary>
    public long BlankLines { get; private set; }

    /// <summary>The first of them.</summary>
    public long FirstBlankLine { get; private set; }

    /// <summary>The text that is read.</summary>
    public TableText Text => _text;

    /// <summary>Opens a file.</summary>
    public static TableRows Open(string path, TableOptions options) => Begin(path, TableText.Open(path), options, null);

    /// <summary>Reads from a stream.</summary>
    /// <param name="name">Its name in messages.</param>
    /// <param name="stream">The bytes; owned from here on.</param>
    /// <param name="options">What is known of the table.</param>
    /// <param name="isWhole">Whether all of it is wanted; else rows are given as they come, and the first row alone tells how the table is
    /// written.</param>
    /// <param name="names">Names that a header may be known by.</param>
    public static TableRows Of(string name, Stream stream, TableOptions options, bool isWhole, IReadOnlyCollection<string>? names = null) =>
        Begin(name, TableText.Of(name, stream, isWhole), options, names);

    /// <summary>Goes to the next row.</summary>
    /// <exception cref="FileProblemException">The text or the row is not as it must be.</exception>
    public bool MoveNext()
    {
        if (_isFirstPending)
        {
            _isFirstPending = false;
            return true;
        }

        long blanks = 0, firstBlank = 0;
        while (TryRow())
        {
            if (IsBlank(_sep!.Current))
            {
                if (blanks++ == 0) firstBlank = Line;
                continue;
            }

            // Those at the end say nothing about the rows.
            if (blanks > 0 && BlankLines == 0) FirstBlankLine = firstBlank;
            BlankLines += blanks;
            if (_sep.Current.ColCount != _expected) Throw.Problem(OtherLength(_sep.Current.ColCount));
            return true;
        }

        return false;
    }

    /// <summary>A cell of the current row.</summary>
    public ReadOnlySpan<char> Cell(int column) => _sep!.Current[column].Span.Trim();

    public void Dispose()
    {
        _sep?.Dispose();
        _text.Dispose();
    }

    private static TableRows Begin(string name, TableText text, TableOptions options, IReadOnlyCollection<string>? names)
    {
        try
        {
            return new TableRows(name, text, options, names);
        }
        catch
        {
            text.Dispose();
            throw;
        }
    }

    private TableDialect Begin(TableOptions options, IReadOnlyCollection<string>? names)
    {
        ReadOnlyMemory<char> rows = NextRows();
        CellSeparator? directed = DialectFinder.Directive(rows.Span, out int used);
        if (directed is not null)
        {
            // It is a line of its own, and in a stream it comes alone.
            rows = rows[used..];
            if (rows.Span.IsWhiteSpace()) rows = NextRows();
            else _chunkLine++;
        }

        CellSeparator separator = options.Separator ?? directed ?? DialectFinder.Separator(rows.Span, options.DecimalMark);
        _options = Sep.New(TableSpelling.Character(separator)).Reader(reader => reader with
        {
            HasHeader = false,
            DisableColCountCheck = true,
            Unescape = true,
            Trim = SepTrim.Outer,
        });
        string[][] sample = Sample(rows);
        bool hasHeader = options.HasHeader ?? DialectFinder.HasHeader(sample, options.DecimalMark, names);
        _expected = sample[0].Length;
        _sep = Read(rows);
        MoveNext();
        if (hasHeader) Header = sample[0];
        else _isFirstPending = true;
        (BlankLines, FirstBlankLine, _firstLine) = (0, 0, Line);
        return new TableDialect(separator, hasHeader, options.DecimalMark);
    }

    // Rows that are not all blank; there is none in a file that is empty.
    private ReadOnlyMemory<char> NextRows()
    {
        while (_records.TryNext(out ReadOnlyMemory<char> rows))
        {
            _chunkLine = _records.FirstLine;
            if (!rows.Span.IsWhiteSpace()) return rows;
        }

        Throw.Problem(new(FileProblemKind.Empty, _name, $"{_name} is empty; a table in CSV was expected") { Offset = 0 });
        return default;
    }

    private bool TryRow()
    {
        while (_sep?.MoveNext() != true)
        {
            _sep?.Dispose();
            _sep = null;
            if (!_records.TryNext(out ReadOnlyMemory<char> rows)) return false;
            (_chunkLine, _linesUsed) = (_records.FirstLine, 0);
            _sep = Read(rows);
        }

        // Sep tells right where a row ends, and of the first row without a header wrong where it begins.
        Line = _chunkLine + _linesUsed;
        _linesUsed = _sep.Current.LineNumberToExcl - 1;
        return true;
    }

    private string[][] Sample(ReadOnlyMemory<char> rows)
    {
        var sample = new List<string[]>();
        using SepReader sep = Read(rows);
        while (sample.Count < SampleRows && sep.MoveNext())
        {
            if (IsBlank(sep.Current)) continue;
            string[] cells = new string[sep.Current.ColCount];
            for (int i = 0; i < cells.Length; i++) cells[i] = sep.Current[i].Span.Trim().ToString();
            sample.Add(cells);
        }

        return [.. sample];
    }

    private static bool IsBlank(SepReader.Row row) => row.ColCount == 1 && row.Span.IsWhiteSpace();

    private SepReader Read(ReadOnlyMemory<char> rows) => _options.From(new RowsReader(rows));

    private FileProblem OtherLength(int found)
    {
        string advice = found < _expected ? ""
            : Dialect is { Separator: CellSeparator.Comma, DecimalMark: DecimalMark.Point }
                ? " If commas are decimal here too, numbers need quotation marks around them, or another separator between them."
                : " A cell that holds a separator stands in quotation marks.";
        return new(FileProblemKind.TableInvalid, _name,
            $"{_name}, line {Line}: a row of {Words.Counted(found, "cell")}; line {_firstLine} has {_expected}.{advice}")
        { Line = Line };
    }

    /// <summary>Gives Sep the characters that are there.</summary>
    private sealed class RowsReader(ReadOnlyMemory<char> rows) : TextReader
    {
        private ReadOnlyMemory<char> _rows = rows;

        public override int Read(Span<char> buffer)
        {
            int count = Math.Min(buffer.Length, _rows.Length);
            _rows.Span[..count].CopyTo(buffer);
            _rows = _rows[count..];
            return count;
        }
    }
}
