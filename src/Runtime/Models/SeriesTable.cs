namespace TinySD.Runtime.Models;

/// <summary>Columns of numbers, in order of time: one row is one moment.</summary>
public sealed class SeriesTable
{
    private readonly string[] _names;
    private readonly double[][] _columns;

    /// <summary>Takes columns over.</summary>
    /// <param name="names">One of each column.</param>
    /// <param name="columns">All of one length; a number that is missing is <see cref="double.NaN"/>.</param>
    /// <exception cref="ArgumentException">Lengths differ, two names are one, or a number is infinite.</exception>
    public SeriesTable(IReadOnlyList<string> names, IReadOnlyList<double[]> columns)
    {
        ArgumentNullException.ThrowIfNull(names);
        ArgumentNullException.ThrowIfNull(columns);
        if (names.Count != columns.Count)
            Throw.Argument($"there are {Throw.Counted(names.Count, "name")} for {Throw.Counted(columns.Count, "column")}");
        _names = [.. names];
        _columns = [.. columns];
        RowCount = _columns.Length == 0 ? 0 : _columns[0].Length;
        for (int i = 0; i < _columns.Length; i++)
        {
            if (_columns[i].Length != RowCount)
                Throw.Argument($"column '{_names[i]}' has {Throw.Counted(_columns[i].Length, "row")}, '{_names[0]}' has {RowCount}");
            if (Array.IndexOf(_names, _names[i]) < i) Throw.Argument($"two columns are named '{_names[i]}'");
            int wrong = Array.FindIndex(_columns[i], double.IsInfinity);
            if (wrong >= 0) Throw.Argument($"row {wrong} of column '{_names[i]}' is infinite");
        }
    }

    /// <summary>The columns' names.</summary>
    public IReadOnlyList<string> Names => _names;

    /// <summary>Rows.</summary>
    public int RowCount { get; }

    /// <summary>A column.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public ReadOnlySpan<double> this[string name]
    {
        get
        {
            int index = Array.IndexOf(_names, name);
            if (index < 0) Throw.Argument($"there is no column '{name}'; there are {string.Join(", ", _names)}");
            return _columns[index];
        }
    }
}

/// <summary>Some rows of a table, of which targets are taken. The rows before them are their history: inputs may be.</summary>
/// <param name="Table">The table.</param>
/// <param name="First">The first row.</param>
/// <param name="Count">How many rows there are.</param>
public sealed record SeriesPart(SeriesTable Table, int First, int Count)
{
    /// <summary>All of a table.</summary>
    public static SeriesPart All(SeriesTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        return new(table, 0, table.RowCount);
    }

    /// <summary>The row after the last.</summary>
    public int End => First + Count;
}
