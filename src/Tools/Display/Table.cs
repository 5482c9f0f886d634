namespace TinySD.Tools.Display;

/// <summary>A table of plain text; a cell is one line of it.</summary>
/// <param name="columns">The headings; one that begins with <c>&gt;</c> is right-aligned. No heading is shown where all are empty.</param>
internal sealed class Table(params string[] columns)
{
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
    /// <param name="look">How it is to look.</param>
    public void Write(TextWriter output, TableLook look) => Write(
        output, look, _rows, columns,
        (row, column, cell) => look.UseColor && column == Colored && _colors.TryGetValue(row, out TextColor color)
            ? $"{color.Begin()}{cell}{TextColors.End}"
            : cell);

    /// <summary>Writes a table of any number of rows, line by line. They are gone through twice: for the columns' widths, and to be
    /// written.</summary>
    public static void Write(TextWriter output, TableLook look, IEnumerable<string[]> rows, params string[] columns) =>
        Write(output, look, rows, columns, (_, _, cell) => cell);

    private static void Write(
        TextWriter output, TableLook look, IEnumerable<string[]> rows, string[] columns, Func<string[], int, string, string> paint)
    {
        string[] headings = Array.ConvertAll(columns, column => column.TrimStart('>'));
        bool[] isRight = Array.ConvertAll(columns, column => column.StartsWith('>'));
        var fit = new TableFit(headings, isRight, look);
        foreach (string[] row in rows) fit.Take(Array.ConvertAll(row, look.Shown));
        var line = new StringBuilder();
        foreach (int[] part in fit.Settle())
        {
            output.WriteLine();
            if (Array.Exists(headings, heading => heading.Length > 0))
            {
                WriteRow(part, headings, (_, cell) => cell);
                output.WriteLine(look.Shown(new string('─', fit.WidthOf(part))));
            }

            foreach (string[] row in rows) WriteRow(part, row, (column, cell) => paint(row, column, cell));
        }

        output.WriteLine();

        void WriteRow(int[] part, string[] row, Func<int, string, string> paint)
        {
            string[][] cells = [.. part.Select(i => fit.Lines(i, i < row.Length ? look.Shown(row[i]) : ""))];
            int height = cells.Max(lines => lines.Length);
            for (int at = 0; at < height; at++)
            {
                line.Clear().Append(' ', fit.Margin);
                for (int k = 0; k < part.Length; k++)
                {
                    int i = part[k];
                    string cell = at < cells[k].Length ? cells[k][at] : "";
                    int padding = Math.Max(0, fit[i] - TextWidth.Of(cell));
                    line.Append(' ', (k == 0 ? 0 : fit.Gap) + (isRight[i] ? padding : 0)).Append(paint(i, cell))
                        .Append(' ', isRight[i] ? 0 : padding);
                }

                output.WriteLine(line.Append(' ', fit.Margin).ToString());
            }
        }
    }
}

/// <summary>How a table is to look.</summary>
/// <param name="UseColor">Whether colours are shown.</param>
/// <param name="Width">Columns that it may take; null for as many as it likes.</param>
/// <param name="IsAscii">Whether it is drawn with ASCII and nothing else.</param>
internal readonly record struct TableLook(bool UseColor, int? Width, bool IsAscii)
{
    /// <summary>A cell or a line of it as it is seen.</summary>
    public string Shown(string text) => IsAscii ? AsciiText.Of(VisibleText.Line(text)) : VisibleText.Line(text);
}
