namespace TinySD.Tools.Display;

/// <summary>How wide a table's columns are: as wide as what stands in them, unless there is less room. Then headings are broken at their
/// spaces, columns move together, and text is broken within its cells; what is right-aligned, which numbers are, stays whole. Where that
/// is not enough, the table goes on below itself, each part with the first column.</summary>
/// <param name="headings">The columns' headings.</param>
/// <param name="isRight">Whether they are right-aligned.</param>
/// <param name="look">How much room there is.</param>
internal sealed class TableFit(string[] headings, bool[] isRight, TableLook look)
{
    // What is wider stands out, so that one long cell does not make every line as long.
    private const int WidestColumn = 100;

    // A column of text that has to shrink keeps as much, if its text is as long.
    private const int NarrowestText = 12;

    // Between columns and beside the table, with room and with ever less of it.
    private static readonly (int Gap, int Margin)[] s_spaces = [(3, 2), (2, 1), (1, 0)];

    private readonly int[] _widths = new int[headings.Length], _cells = new int[headings.Length];

    /// <summary>Columns of the terminal between two of the table's.</summary>
    public int Gap { get; private set; } = s_spaces[0].Gap;

    /// <summary>And left and right of it.</summary>
    public int Margin { get; private set; } = s_spaces[0].Margin;

    /// <summary>All that some of its columns take.</summary>
    public int WidthOf(IReadOnlyCollection<int> columns) =>
        columns.Sum(column => _widths[column]) + (Gap * (columns.Count - 1)) + (2 * Margin);

    /// <summary>The width of a column.</summary>
    public int this[int column] => _widths[column];

    /// <summary>Makes room for a row's cells.</summary>
    public void Take(string[] cells)
    {
        for (int i = 0; i < cells.Length; i++) _cells[i] = Math.Max(_cells[i], Math.Min(WidestColumn, TextWidth.Of(cells[i])));
    }

    /// <summary>Decides, when all rows are taken.</summary>
    /// <returns>The columns of each part of the table; mostly it is one.</returns>
    public IReadOnlyList<int[]> Settle()
    {
        int[] all = [.. Enumerable.Range(0, _widths.Length)];
        foreach (int i in all) _widths[i] = Math.Max(_cells[i], TextWidth.Of(headings[i]));
        if (look.Width is not { } most) return [all];
        int[] broken = Array.ConvertAll(all, i => Math.Max(_cells[i], LongestWord(headings[i])));
        int[] narrow = Array.ConvertAll(all, i => isRight[i] ? broken[i] : Math.Min(broken[i], NarrowestText));
        Shrink(all, most, broken);
        foreach ((int gap, int margin) in s_spaces)
        {
            if (WidthOf(all) <= most) return [all];
            (Gap, Margin) = (gap, margin);
            Shrink(all, most, narrow);
        }

        // Parts have room again.
        (Gap, Margin) = s_spaces[1];
        broken.CopyTo(_widths, 0);
        var parts = new List<List<int>>();
        foreach (int column in all)
        {
            if (parts.Count == 0 || (parts[^1].Count > 1 && WidthOf([.. parts[^1], column]) > most)) parts.Add(column == 0 ? [] : [0]);
            parts[^1].Add(column);
        }

        foreach (List<int> part in parts) Shrink([.. part], most, narrow);
        return [.. parts.Select(part => part.ToArray())];
    }

    /// <summary>A cell's text, or a heading, as lines of its column.</summary>
    public string[] Lines(int column, string text)
    {
        if (look.Width is null || TextWidth.Of(text) <= _widths[column]) return [text];
        return [.. Paragraph.Lines(text, _widths[column]).Select(line => Cut(line, _widths[column]))];
    }

    // Always the widest that can be narrower.
    private void Shrink(int[] columns, int most, int[] least)
    {
        while (WidthOf(columns) > most)
        {
            int widest = -1;
            foreach (int i in columns)
            {
                if (_widths[i] > least[i] && (widest < 0 || _widths[i] > _widths[widest])) widest = i;
            }

            if (widest < 0) return;
            _widths[widest]--;
        }
    }

    // One word that is too long: of a path the end tells more than the beginning.
    private string Cut(string word, int columns)
    {
        string ellipsis = AsciiText.Ellipsis(look.IsAscii);
        return word.AsSpan().ContainsAny('/', '\\') ? TextWidth.CutStart(word, columns, ellipsis) : TextWidth.Cut(word, columns, ellipsis);
    }

    private static int LongestWord(string heading) => heading.Split(' ').Max(TextWidth.Of);
}
