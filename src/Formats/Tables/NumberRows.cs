namespace TinySD.Formats.Tables;

/// <summary>Rows of numbers in CSV from a stream that may come to no end: each is given as soon as its line is complete, and none is
/// kept.</summary>
/// <remarks>The first row alone tells the separator and whether it is a header, since the next may come in an hour.</remarks>
public sealed class NumberRows : IDisposable
{
    private readonly TableRows _rows;
    private readonly string[] _names;
    private readonly DecimalMark _decimal;
    private readonly long[] _missing;
    private readonly int _texts;

    private NumberRows(
        TableRows rows, string name, TableOptions options, IReadOnlyList<string> wanted, IReadOnlyList<string> known, int needed)
    {
        _texts = options.Texts.Count;
        needed += _texts;
        wanted = [.. options.Texts, .. wanted];
        (_rows, Name, _decimal) = (rows, name, options.DecimalMark);
        _names = ColumnNames.Of(name, rows.Header, rows.ColumnCount, rows.Line);
        Match = rows.Header is null
            ? ColumnMatch.ByPlace(name, wanted, known, needed, rows.ColumnCount)
            : ColumnMatch.ByName(name, wanted, _names);
        Match.Require(needed);
        _missing = new long[wanted.Count - _texts];
    }

    /// <summary>The stream's name in messages.</summary>
    public string Name { get; }

    /// <summary>How the rows are written.</summary>
    public TableDialect Dialect => _rows.Dialect;

    /// <summary>Where the wanted columns are, those of texts before those of numbers.</summary>
    public ColumnMatch Match { get; }

    /// <summary>Rows given so far.</summary>
    public long Count { get; private set; }

    /// <summary>The line on which the row given last begins.</summary>
    public long Line => _rows.Line;

    /// <summary>Missing cells of each wanted column so far; not counted where the whole column is missing.</summary>
    public IReadOnlyList<long> MissingCounts => _missing;

    /// <summary>What there is to say about the text so far, a line each.</summary>
    public IReadOnlyList<string> Remarks => [.. TableRemarks.OfText(Name, _rows)];

    /// <summary>Waits for the first row and finds the columns.</summary>
    /// <param name="stream">The bytes, plain or gzip; disposed with this.</param>
    /// <param name="name">Its name in messages.</param>
    /// <param name="options">What is known of how the rows are written. Its texts are columns that must be there, too.</param>
    /// <param name="wanted">The columns of numbers to give, in the order to give them in.</param>
    /// <param name="known">All columns that the table of these names had, for rows without a header.</param>
    /// <param name="needed">How many of the wanted, from the first on, must be there.</param>
    /// <exception cref="FileProblemException">There is no row, or a column is missing.</exception>
    public static NumberRows Open(
        Stream stream, string name, TableOptions options, IReadOnlyList<string> wanted, IReadOnlyList<string> known, int needed)
    {
        TableRows rows = TableRows.Of(name, stream, options, isWhole: false, [.. options.Texts, .. wanted, .. known]);
        try
        {
            return new NumberRows(rows, name, options, wanted, known, needed);
        }
        catch
        {
            rows.Dispose();
            throw;
        }
    }

    /// <summary>Waits for the next row.</summary>
    /// <param name="values">The wanted columns' numbers; NaN where a cell or a column is missing.</param>
    /// <returns>Whether there was one; else the stream is at its end.</returns>
    /// <exception cref="FileProblemException">A row of another length, or a cell that is no number; with its line.</exception>
    public bool Read(Span<double> values)
    {
        if (!_rows.MoveNext()) return false;
        Count++;
        for (int i = 0; i < _missing.Length; i++)
        {
            values[i] = double.NaN;
            int place = Match.Places[_texts + i];
            if (place < 0) continue;
            ReadOnlySpan<char> cell = _rows.Cell(place);
            CellKind kind = NumberCell.Read(cell, _decimal, out values[i]);
            if (kind == CellKind.Number) continue;
            if (kind != CellKind.Missing) Throw.Problem(CsvColumn.Fault(Name, _names[place], _rows.Line, kind, Words.Shown(cell)));
            _missing[i]++;
        }

        return true;
    }

    /// <summary>The cell of the row given last in a column that the options name among the texts.</summary>
    /// <param name="text">Which of them, counted from 0.</param>
    /// <returns>Valid until the next row.</returns>
    public ReadOnlySpan<char> Text(int text) => _rows.Cell(Match.Places[text]);

    /// <inheritdoc />
    public void Dispose() => _rows.Dispose();
}
