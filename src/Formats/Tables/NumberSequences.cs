namespace TinySD.Formats.Tables;

/// <summary>One sequence of rows of numbers with its label.</summary>
/// <param name="Id">What its rows have in the column of identifiers.</param>
/// <param name="Label">What they have in the column of labels; empty where no such column was asked for.</param>
/// <param name="Line">The line of its first row.</param>
/// <param name="Values">Its rows one after the other, [T, I]; NaN where a cell is missing.</param>
public sealed record NumberSequence(string Id, string Label, long Line, double[] Values);

/// <summary>Sequences of rows of numbers from one table: rows of one identifier are a sequence, in the file's order.</summary>
/// <param name="Table">The table.</param>
/// <param name="Columns">The columns of numbers, in the order they have in a row.</param>
/// <param name="Sequences">The sequences, in the order of their first rows.</param>
/// <param name="InterleavedLine">The first row of a sequence that goes on after a row of another; 0 where the rows of each are
/// together.</param>
public sealed record NumberSequences(
    NumberTable Table, IReadOnlyList<string> Columns, IReadOnlyList<NumberSequence> Sequences, long InterleavedLine)
{
    /// <summary>Groups a table's rows.</summary>
    /// <param name="table">A table whose options name both columns among the texts.</param>
    /// <param name="id">The column of identifiers.</param>
    /// <param name="label">The column of labels; null for none.</param>
    /// <param name="columns">The columns of numbers; null for all but those two.</param>
    /// <exception cref="FileProblemException">A column is missing or has no numbers, a row has no identifier or no label, or one sequence
    /// has two labels.</exception>
    public static NumberSequences Of(NumberTable table, string id, string? label, IReadOnlyList<string>? columns = null)
    {
        IReadOnlyList<string> ids = table.Texts(id);
        IReadOnlyList<string>? labels = label is null ? null : table.Texts(label);
        columns ??= [.. table.NumberColumns().Select(column => column.Name)];
        if (columns.Count == 0)
        {
            string beside = label is null ? $"'{Words.Shown(id)}'" : $"'{Words.Shown(id)}' and '{Words.Shown(label)}'";
            Throw.Problem(new(FileProblemKind.TableInvalid, table.Name, $"{table.Name} has no column of numbers beside {beside}"));
        }

        double[][] values = [.. columns.Select(table.Numbers)];
        var rows = new Dictionary<string, List<int>>(StringComparer.Ordinal);
        var order = new List<List<int>>();
        long interleaved = 0;
        for (int row = 0; row < table.RowCount; row++)
        {
            long line = table.LineOf(row);
            if (ids[row].Length == 0) Throw.Problem(Lacks(table, line, id));
            if (!rows.TryGetValue(ids[row], out List<int>? own))
            {
                rows.Add(ids[row], own = []);
                order.Add(own);
            }

            if (labels is not null)
            {
                if (labels[row].Length == 0) Throw.Problem(Lacks(table, line, label!));
                if (own.Count > 0 && labels[own[0]] != labels[row]) Throw.Problem(TwoLabels(table, ids[row], labels, own[0], row));
            }

            if (own.Count > 0 && own[^1] != row - 1 && interleaved == 0) interleaved = line;
            own.Add(row);
        }

        return new(table, columns,
            order.ConvertAll(own => new NumberSequence(ids[own[0]], labels?[own[0]] ?? "", table.LineOf(own[0]), Gather(values, own))),
            interleaved);
    }

    private static double[] Gather(double[][] columns, List<int> rows)
    {
        double[] values = new double[rows.Count * columns.Length];
        for (int row = 0; row < rows.Count; row++)
        {
            for (int column = 0; column < columns.Length; column++) values[(row * columns.Length) + column] = columns[column][rows[row]];
        }

        return values;
    }

    private static FileProblem Lacks(NumberTable table, long line, string column) => new(FileProblemKind.TableInvalid, table.Name,
        $"{table.Name}, line {line}, column '{Words.Shown(column)}': the cell is missing; every row needs one")
    { Line = line, Part = column };

    private static FileProblem TwoLabels(NumberTable table, string id, IReadOnlyList<string> labels, int first, int row) =>
        new(FileProblemKind.TableInvalid, table.Name,
            $"{table.Name}, line {table.LineOf(row)}: the sequence '{Words.Shown(id)}' has the label '{Words.Shown(labels[row])}' here, " +
            $"and '{Words.Shown(labels[first])}' on line {table.LineOf(first)}. A sequence has one label.")
        { Line = table.LineOf(row), Part = id };
}
