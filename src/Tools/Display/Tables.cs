namespace TinySD.Tools.Display;

/// <summary>Tables of one look.</summary>
internal static class Tables
{
    /// <summary>A table with these headings; one that begins with <c>&gt;</c> is right-aligned.</summary>
    public static Table Create(params ReadOnlySpan<string> columns)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (string column in columns)
        {
            bool isRight = column.StartsWith('>');
            var heading = new TableColumn(new Text(isRight ? column[1..] : column)) { NoWrap = true };
            table.AddColumn(isRight ? heading.RightAligned() : heading);
        }

        return table;
    }

    /// <summary>Adds a row of plain text, each cell one line of it.</summary>
    public static void Row(this Table table, params ReadOnlySpan<string> cells)
    {
        var texts = new Text[cells.Length];
        for (int i = 0; i < cells.Length; i++) texts[i] = new Text(VisibleText.Line(cells[i]));
        table.AddRow(texts);
    }
}
