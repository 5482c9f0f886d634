using System.Text;

namespace TinySD.Benchmarks.Reports;

/// <summary>A Markdown table, padded so that it reads as well in a terminal; every column but the first is right-aligned.</summary>
internal sealed class MarkdownTable(params string[] header)
{
    private readonly List<string[]> _rows = [header];

    /// <summary>Whether there is more than the header.</summary>
    public bool HasRows => _rows.Count > 1;

    public void Add(params string[] cells) => _rows.Add(cells);

    public override string ToString()
    {
        int[] widths = [.. header.Select((_, column) => _rows.Max(row => row[column].Length))];
        var text = new StringBuilder();
        for (int row = 0; row < _rows.Count; row++)
        {
            Line(column => Pad(_rows[row][column], column));
            if (row == 0) Line(column => column == 0 ? new string('-', widths[0]) : new string('-', widths[column] - 1) + ':');
        }

        return text.ToString();

        string Pad(string cell, int column) => column == 0 ? cell.PadRight(widths[0]) : cell.PadLeft(widths[column]);

        void Line(Func<int, string> cell) =>
            text.Append("| ").AppendJoin(" | ", Enumerable.Range(0, widths.Length).Select(cell)).Append(" |\n");
    }
}
