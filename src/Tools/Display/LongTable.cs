using Spectre.Console.Rendering;

namespace TinySD.Tools.Display;

/// <summary>A table of any number of rows, written line by line: those of <see cref="Tables"/> are laid out whole, at a cost.</summary>
internal static class LongTable
{
    // What is wider stands out, so that one long cell does not make every line as long.
    private const int WidestColumn = 100;

    /// <summary>Writes a table that looks as those of <see cref="Tables"/> do. The rows are gone through twice: for the columns' widths,
    /// and to be written; a cell is one line of any text. No heading is shown where all are empty.</summary>
    public static void Write(TextWriter output, IEnumerable<string[]> rows, params string[] columns)
    {
        string[] headings = [.. columns.Select(column => column.TrimStart('>'))];
        int[] widths = [.. headings.Select(WidthOf)];
        foreach (string[] row in rows)
        {
            for (int i = 0; i < row.Length; i++) widths[i] = Math.Max(widths[i], Math.Min(WidestColumn, WidthOf(VisibleText.Line(row[i]))));
        }

        var line = new StringBuilder();
        output.WriteLine();
        if (headings.Any(heading => heading.Length > 0))
        {
            WriteRow(headings);
            output.WriteLine(new string('─', widths.Sum() + (3 * widths.Length) + 1));
        }

        foreach (string[] row in rows) WriteRow(row);
        output.WriteLine();

        void WriteRow(string[] row)
        {
            line.Clear();
            for (int i = 0; i < row.Length; i++)
            {
                string cell = VisibleText.Line(row[i]);
                int padding = Math.Max(0, widths[i] - WidthOf(cell));
                bool isRight = columns[i].StartsWith('>');
                line.Append(i == 0 ? "  " : "   ").Append(' ', isRight ? padding : 0).Append(cell).Append(' ', isRight ? 0 : padding);
            }

            output.WriteLine(line.Append("  ").ToString());
        }
    }

    // Columns on a terminal; letters of some scripts take two.
    private static int WidthOf(string text) => Ascii.IsValid(text) ? text.Length : new Segment(text).CellCount();
}
