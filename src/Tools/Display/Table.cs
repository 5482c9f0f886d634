namespace TinySD.Tools.Display;

/// <summary>A table of plain text; a cell is one line of it.</summary>
/// <param name="columns">The headings; one that begins with <c>&gt;</c> is right-aligned. No heading is shown where all are empty.</param>
internal sealed class Table(params string[] columns)
{
    // What is wider stands out, so that one long cell does not make every line as long.
    private const int WidestColumn = 100;

    private readonly List<string[]> _rows = [];
    private readonly Dictionary<string[], TextColor> _colors = new(ReferenceEqualityComparer.Instance);

    /// <summary>The column whose cells have colours, on a terminal that shows them.</summary>
    public int Colored { get; init; } = -1;

    public void Row(params string[] cells) => _rows.Add(cells);

    public void Row(TextColor color, params string[] cells)
    {
        _rows.Add(cells);
        _colors.Add(cells, color);
    }

    /// <summary>Writes it.</summary>
    /// <param name="output">Gets nothing of a cell that could not be seen.</param>
    /// <param name="useColor">Whether colours are shown.</param>
    public void Write(TextWriter output, bool useColor) => Write(
        output, _rows, columns,
        (row, column, cell) => useColor && column == Colored && _colors.TryGetValue(row, out TextColor color)
            ? $"{color.Begin()}{cell}{TextColors.End}"
            : cell);

    /// <summary>Writes a table of any number of rows, line by line. They are gone through twice: for the columns' widths, and to be
    /// written.</summary>
    public static void Write(TextWriter output, IEnumerable<string[]> rows, params string[] columns) =>
        Write(output, rows, columns, (_, _, cell) => cell);

    private static void Write(TextWriter output, IEnumerable<string[]> rows, string[] columns, Func<string[], int, string, string> paint)
    {
        string[] headings = Array.ConvertAll(columns, column => column.TrimStart('>'));
        int[] widths = new int[columns.Length];
        Widen(headings, int.MaxValue);
        foreach (string[] row in rows) Widen(row, WidestColumn);

        var line = new StringBuilder();
        output.WriteLine();
        if (Array.Exists(headings, heading => heading.Length > 0))
        {
            WriteRow(headings);
            int all = 1;
            foreach (int width in widths) all += width + 3;
            output.WriteLine(new string('─', all));
        }

        foreach (string[] row in rows) WriteRow(row);
        output.WriteLine();

        void Widen(string[] row, int widest)
        {
            for (int i = 0; i < row.Length; i++)
                widths[i] = Math.Max(widths[i], Math.Min(widest, TextWidth.Of(VisibleText.Line(row[i]))));
        }

        void WriteRow(string[] row)
        {
            line.Clear();
            for (int i = 0; i < columns.Length; i++)
            {
                string cell = i < row.Length ? VisibleText.Line(row[i]) : "";
                int padding = Math.Max(0, widths[i] - TextWidth.Of(cell));
                bool isRight = columns[i].StartsWith('>');
                line.Append(i == 0 ? "  " : "   ").Append(' ', isRight ? padding : 0).Append(paint(row, i, cell))
                    .Append(' ', isRight ? 0 : padding);
            }

            output.WriteLine(line.Append("  ").ToString());
        }
    }
}
