namespace TinySD.Formats.Tables;

/// <summary>What there is to say about how a table was read, a line each.</summary>
internal static class TableRemarks
{
    public static IEnumerable<string> Of(NumberTable table, TableRows rows, int cut)
    {
        string name = table.Name;
        foreach (string remark in OfText(name, rows)) yield return remark;
        if (cut > 0) yield return $"{name}: {Words.Count(cut, "row")} at the end without a value, left out";
        foreach (CsvColumn column in table.Columns)
        {
            if (column.KeepsTexts) continue;
            string shown = $"{name}, column '{Words.Shown(column.Name)}'";
            if (!column.IsNamed && column.Kind == ColumnKind.Numbers) yield return $"{shown}: it has no name in the header; left out";
            if (column.Kind == ColumnKind.Empty && column.IsNamed) yield return $"{shown}: all cells are missing; left out";
            if (column.BrokenTimeLine is > 0 and var line) yield return $"{shown}: no column of times, for line {line} has none; left out";
        }
    }

    /// <summary>What there is to say about the text, once it is seen.</summary>
    public static IEnumerable<string> OfText(string name, TableRows rows)
    {
        if (rows.Text.Encoding == "Latin-1") yield return $"{name}: not UTF-8, read as Latin-1";
        if (rows.Text.IsDamaged) yield return $"{name}: bytes that are no UTF-8, though other text in it is";
        if (rows.BlankLines > 0)
        {
            string blank = Words.Count(rows.BlankLines, "blank line");
            yield return $"{name}: {blank} between rows, passed over; the first is {rows.FirstBlankLine}";
        }
    }
}
