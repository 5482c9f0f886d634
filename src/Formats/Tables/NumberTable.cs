namespace TinySD.Formats.Tables;

/// <summary>A table of numbers in CSV, read as a whole, with what there is to say about it.</summary>
/// <remarks>The separator and the header are found, quotation marks may hold separators and line ends, a cell that is empty, NA, N/A, NaN,
/// null, ? or - is missing. Blank lines are no rows; rows at the end whose cells are all empty are left out. Rows keep their
/// order.</remarks>
public sealed class NumberTable
{
    private readonly List<long> _lines = [];

    private NumberTable(TableRows rows, string name, TableOptions options, Action<double>? progress, CancellationToken stop)
    {
        Name = name;
        Dialect = rows.Dialect;
        HeaderLine = rows.Header is null ? 0 : rows.Line;
        string[] names = ColumnNames.Of(name, rows.Header, rows.ColumnCount, rows.Line);
        CsvColumn[] columns = [.. names.Select((column, i) =>
            new CsvColumn(column, i + 1, !string.IsNullOrEmpty(rows.Header?[i]) || rows.Header is null, options.Texts.Contains(column)))];
        Columns = columns;
        foreach (string text in options.Texts) _ = Column(text);
        int used = 0;
        while (rows.MoveNext())
        {
            bool isUsed = false;
            for (int i = 0; i < columns.Length; i++)
            {
                ReadOnlySpan<char> cell = rows.Cell(i);
                isUsed |= !cell.IsEmpty;
                columns[i].Add(cell, options.DecimalMark, rows.Line);
            }

            _lines.Add(rows.Line);
            if (isUsed) used = _lines.Count;
            if (_lines.Count % 4096 != 0) continue;
            progress?.Invoke(rows.Text.Share);
            stop.ThrowIfCancellationRequested();
        }

        if (used == 0)
        {
            string has = rows.Header is null ? "no row with a value" : "a header and no rows";
            Throw.Problem(new(FileProblemKind.Empty, name, $"{name} has {has}; rows of numbers were expected") { Line = rows.Line });
        }

        int cut = _lines.Count - used;
        _lines.RemoveRange(used, cut);
        foreach (CsvColumn column in columns)
        {
            if (cut > 0) column.Cut(used);
            column.FindTimes();
        }

        CsvColumn? time = Array.Find(columns, column => column.Kind == ColumnKind.Times);
        Time = time is null ? null : new TimeColumn(time.Name, time.Ticks, time.HasOffsets);
        Remarks = [.. TableRemarks.Of(this, rows, cut)];
    }

    /// <summary>The file's path as it was given, or the stream's name.</summary>
    public string Name { get; }

    /// <summary>How it is written.</summary>
    public TableDialect Dialect { get; }

    /// <summary>All columns, in the file's order.</summary>
    public IReadOnlyList<CsvColumn> Columns { get; }

    /// <summary>Rows of values.</summary>
    public int RowCount => _lines.Count;

    /// <summary>The line of the header; 0 where there is none.</summary>
    public long HeaderLine { get; }

    /// <summary>The first column of times; null where there is none.</summary>
    public TimeColumn? Time { get; }

    /// <summary>What a user should know of how it was read, one line each: another encoding, blank lines, rows taken away.</summary>
    public IReadOnlyList<string> Remarks { get; }

    /// <summary>Reads a file: plain or gzip, told by its content.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">What is known of it; null for nothing.</param>
    /// <param name="progress">Told how much of the file is read, 0 to 1, now and then.</param>
    /// <param name="stop">Stops reading.</param>
    /// <exception cref="FileProblemException">It cannot be read, or is no table.</exception>
    public static NumberTable Read(
        string path, TableOptions? options = null, Action<double>? progress = null, CancellationToken stop = default)
    {
        options ??= new();
        using TableRows rows = TableRows.Open(path, options);
        return new(rows, path, options, progress, stop);
    }

    /// <summary>Reads a stream to its end: plain or gzip, told by its content.</summary>
    /// <param name="stream">The stream; disposed when it is read.</param>
    /// <param name="name">Its name in messages.</param>
    /// <param name="options">What is known of it; null for nothing.</param>
    /// <param name="stop">Stops reading.</param>
    /// <exception cref="FileProblemException">It cannot be read, or is no table.</exception>
    public static NumberTable Read(Stream stream, string name, TableOptions? options = null, CancellationToken stop = default)
    {
        options ??= new();
        using TableRows rows = TableRows.Of(name, stream, options, isWhole: true);
        return new(rows, name, options, null, stop);
    }

    /// <summary>The line of a row, counted from 1 as editors do; of a row of several lines the first.</summary>
    /// <param name="row">The row, counted from 0.</param>
    public long LineOf(int row) => _lines[row];

    /// <summary>A column by its name; where there is no header also by its number.</summary>
    /// <exception cref="FileProblemException">There is none; the message has the names that there are.</exception>
    public CsvColumn Column(string name)
    {
        CsvColumn? found = Columns.FirstOrDefault(column => column.Name == name);
        if (found is null && !Dialect.HasHeader && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
            found = Columns.FirstOrDefault(column => column.Number == number);
        if (found is null) Throw.Problem(ColumnNames.NoSuch(Name, name, [.. Columns.Select(column => column.Name)]));
        return found;
    }

    /// <summary>The numbers of a column, one for each row; NaN where a cell is missing.</summary>
    /// <exception cref="FileProblemException">There is no such column, or it is none of numbers; the message has the first cell that is
    /// none, and its line.</exception>
    public double[] Numbers(string name) => Numbers(Column(name));

    /// <summary>The numbers of a column, one for each row; NaN where a cell is missing.</summary>
    /// <exception cref="FileProblemException">It is none of numbers; the message has the first cell that is none, and its line.</exception>
    public double[] Numbers(CsvColumn column)
    {
        if (column.Fault(Name) is { } fault) Throw.Problem(fault);
        return column.Values;
    }

    /// <summary>Some columns as a series.</summary>
    /// <param name="names">The columns; one that stands twice is taken once.</param>
    /// <exception cref="FileProblemException">There is no such column, or it is none of numbers.</exception>
    public SeriesTable Series(IEnumerable<string> names)
    {
        CsvColumn[] columns = [.. names.Select(Column).Distinct()];
        return new(Array.ConvertAll(columns, column => column.Name), Array.ConvertAll(columns, Numbers));
    }

    /// <summary>Columns as a series, found as <see cref="ColumnMatch"/> finds them in rows: by their names, and where there is no header by
    /// their places in another table.</summary>
    /// <param name="names">The columns.</param>
    /// <param name="known">All columns of that other table.</param>
    /// <exception cref="FileProblemException">There is no such column, or it is none of numbers.</exception>
    public SeriesTable Series(IReadOnlyList<string> names, IReadOnlyList<string> known)
    {
        if (Dialect.HasHeader) return Series(names);
        ColumnMatch match = ColumnMatch.ByPlace(Name, names, known, names.Count, Columns.Count);
        return new(names, [.. match.Places.Select(place => Numbers(Columns[place]))]);
    }

    /// <summary>The cells of a column that <see cref="TableOptions.Texts"/> names, one for each row; empty where a cell is.</summary>
    /// <exception cref="FileProblemException">There is no such column.</exception>
    /// <exception cref="ArgumentException">The options do not name it.</exception>
    public IReadOnlyList<string> Texts(string name)
    {
        IReadOnlyList<string> texts = Column(name).Texts;
        if (texts.Count == 0) Throw.Argument($"the texts of '{name}' were not kept; the table's options must name it");
        return texts;
    }

    /// <summary>All columns of numbers that have a name, without those whose texts were kept.</summary>
    /// <exception cref="FileProblemException">Most cells of a column are numbers, and some are none.</exception>
    public IReadOnlyList<CsvColumn> NumberColumns()
    {
        foreach (CsvColumn column in Columns)
        {
            if (column.IsMeantAsNumbers && column.IsNamed && column.Fault(Name) is { } fault) Throw.Problem(fault);
        }

        return [.. Columns.Where(column => column is { Kind: ColumnKind.Numbers, IsNamed: true, KeepsTexts: false })];
    }
}
