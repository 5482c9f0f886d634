using TinySD.Tools.Analysis;

namespace TinySD.Tools.Tasks.Regression;

/// <summary>What whoever brings a table of their own should know of it, a line each.</summary>
internal static class SeriesRemarks
{
    /// <summary>How it was read, what of it is not used, and whether its times are even.</summary>
    /// <param name="table">The table.</param>
    /// <param name="used">The columns that are used.</param>
    public static IEnumerable<string> Of(NumberTable table, IReadOnlyCollection<string> used)
    {
        foreach (string remark in table.Remarks) yield return remark;
        foreach (CsvColumn column in table.Columns)
        {
            if (used.Contains(column.Name) && column.MissingCount > 0)
            {
                yield return $"{table.Name}, column '{column.Name}': {Figures.Count(column.MissingCount, "cell")} of " +
                    $"{Figures.Count(table.RowCount)} missing, the first on line {column.FirstMissingLine}; as an input it repeats its " +
                    "last value, as a target it is not counted";
            }
        }

        string[] texts = [.. table.Columns.Where(column => column.Kind == ColumnKind.Text).Select(column => $"'{column.Name}'")];
        if (texts.Length > 0) yield return $"{table.Name}: left out as text: {string.Join(", ", texts)}";
        if (table.Time is not { } time) yield break;
        yield return $"{table.Name}: '{time.Name}' has the rows' times and is no input";
        TimeColumnReport report = TimeColumnReport.Of(time, table.LineOf);
        if (!report.IsRegular)
            yield return $"{table.Name}: {string.Join("; ", TimeColumnText.Lines(report))}; rows are taken in the order of the file";
    }
}
