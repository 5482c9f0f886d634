namespace TinySD.Tools.Tasks.Regression;

/// <summary>How the rows of a training table are parted, in order of time: none of a part is ever in another.</summary>
/// <param name="ValidFraction">The share at its end that is validated on; null where rows are counted.</param>
/// <param name="Rows">Rows to train on, to validate on, and to test on; null where a share is given.</param>
internal sealed record SeriesSplit(double? ValidFraction, IReadOnlyList<int>? Rows)
{
    /// <summary>Of a table whose validation rows are in another.</summary>
    public static SeriesSplit None { get; } = new(null, null);
}

/// <summary>The data of a run as a command line asks for them.</summary>
/// <param name="Train">The training table's path.</param>
/// <param name="Valid">The validation table's path; null where the training table has the rows.</param>
/// <param name="Test">The test table's path, if there is one.</param>
/// <param name="Split">How the training table is parted.</param>
/// <param name="Options">What is said of how the tables are written.</param>
/// <param name="Targets">The columns to predict, as typed: names with commas between.</param>
/// <param name="Inputs">The columns to feed, likewise; null to find them.</param>
internal sealed record SeriesRequest(
    string Train, string? Valid, string? Test, SeriesSplit Split, TableOptions Options, ColumnList Targets, ColumnList? Inputs)
{
    /// <summary>Columns and scales of the model that training begins with; null to learn them.</summary>
    public SeriesForm? Form { get; init; }

    /// <summary>Whether the command line says how far ahead is predicted; else the columns tell.</summary>
    public bool HasHorizon { get; init; }

    /// <summary>Whether it says how many sequences are a batch; else short series have fewer.</summary>
    public bool HasBatch { get; init; }

    /// <summary>Whether it says how many rows the linear map sees; else in short series it sees fewer.</summary>
    public bool HasLinearRows { get; init; }
}

/// <summary>Columns as they are typed, or as they are known.</summary>
/// <param name="Typed">All in one word.</param>
/// <param name="Known">Their names; null where they are only typed.</param>
internal sealed record ColumnList(string Typed, IReadOnlyList<string>? Known = null)
{
    /// <summary>Columns whose names are known.</summary>
    public static ColumnList Of(IReadOnlyList<string> names) => new(string.Join(',', names), names);

    /// <summary>The names in a table. A name may hold commas, where it is all that is typed.</summary>
    /// <exception cref="FileProblemException">There is no such column.</exception>
    public IReadOnlyList<string> In(NumberTable table)
    {
        bool isOne = table.Columns.Any(column => column.Name == Typed.Trim());
        IEnumerable<string> names = Known ?? (isOne ? [Typed.Trim()] : Typed.Split(',', StringSplitOptions.TrimEntries));
        return [.. names.Where(name => name.Length > 0).Select(name => table.Column(name).Name).Distinct()];
    }
}
