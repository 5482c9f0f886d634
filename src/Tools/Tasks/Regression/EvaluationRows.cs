namespace TinySD.Tools.Tasks.Regression;

/// <summary>The rows that a finished regressor is measured on.</summary>
internal sealed class EvaluationRows
{
    private readonly string _name;

    private EvaluationRows(string name, SeriesPart part, IReadOnlyList<string> remarks) => (_name, Part, Remarks) = (name, part, remarks);

    /// <summary>The rows.</summary>
    public SeriesPart Part { get; }

    /// <summary>What there is to know of the table, a line each.</summary>
    public IReadOnlyList<string> Remarks { get; }

    /// <summary>Reads a table, whose columns are found by their names; where it has no header, by their places in training.</summary>
    /// <param name="path">The table.</param>
    /// <param name="asked">The rows as typed, first and count; null for all.</param>
    /// <param name="options">What is said of how it is written.</param>
    /// <param name="loaded">The regressor.</param>
    /// <param name="progress">Shown how far it is.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="FileProblemException">It cannot be read, or lacks a column.</exception>
    /// <exception cref="FailureException">Not one row can be judged.</exception>
    public static EvaluationRows Read(
        string path, string? asked, TableOptions options, LoadedRegressor loaded, IProgressDisplay progress, CancellationToken stop)
    {
        SeriesForm form = loaded.Regressor.Form;
        NumberTable table = RegressorData.ReadTable(path, options, progress, stop);
        string[] used = [.. form.Inputs.Union(form.Targets)];
        SeriesTable series = table.Series(used, loaded.Training.Data.Table);
        (int first, int count) = asked is null ? (0, series.RowCount) : Rows(asked, series.RowCount, table.Name);
        var part = new SeriesPart(series, first, count);
        RegressorData.Check(form, part, table.Name, "");

        // Of a column of times the remarks tell.
        string[] known = table.Time is { } time ? [.. used, time.Name] : used;
        string[] extras = [.. table.Dialect.HasHeader ? table.Columns.Select(column => column.Name).Except(known) : []];
        IEnumerable<string> remarks = SeriesRemarks.Of(table, used);
        if (extras.Length > 0) remarks = remarks.Append($"{table.Name}: columns that are not used: {string.Join(", ", extras)}");
        return new(table.Name, part, [.. remarks]);
    }

    /// <summary>Measures on them.</summary>
    /// <exception cref="FailureException">Not one prediction can be judged.</exception>
    public RegressionResult Measure(RegressorEvaluator evaluator, Action<double> progress, CancellationToken stop)
    {
        try
        {
            return evaluator.Evaluate(Part, null, progress, stop);
        }
        catch (ArgumentException exception)
        {
            throw new FailureException($"{_name}: {Failures.OneLine(exception)}.", exception);
        }
    }

    private static (int First, int Count) Rows(string asked, int rows, string name)
    {
        string[] words = asked.Split(',');
        if (words.Length != 2 || !int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out int first)
            || !int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out int count) || count == 0)
            throw new UsageException($"--rows is '{asked}'; expected the first row and a count, for example 11520,2880.");
        if ((long)first + count > rows)
            throw new FailureException($"{name} has {Figures.Count(rows, "row")}, and --rows {asked} asks for more.");
        return (first, count);
    }
}
