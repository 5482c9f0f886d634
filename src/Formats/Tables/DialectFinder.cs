namespace TinySD.Formats.Tables;

/// <summary>Finds out from a table's first rows how it is written.</summary>
internal static class DialectFinder
{
    private const int SampleRows = 100;

    // The comma comes last: it stands in numbers, dates and notes as well.
    private static readonly CellSeparator[] s_separators = [CellSeparator.Tab, CellSeparator.Semicolon, CellSeparator.Comma];

    /// <summary>The separator that a first line <c>sep=;</c> names, which spreadsheets write and take; null where there is none.</summary>
    /// <param name="rows">The table's beginning.</param>
    /// <param name="used">Characters of that line, its end too.</param>
    public static CellSeparator? Directive(ReadOnlySpan<char> rows, out int used)
    {
        used = 0;
        if (!rows.StartsWith("sep=", StringComparison.OrdinalIgnoreCase) || rows.Length < 6 || rows[5] is not ('\r' or '\n')) return null;
        char separating = rows[4];
        foreach (CellSeparator separator in s_separators)
        {
            if (TableSpelling.Character(separator) != separating) continue;
            used = rows[5] == '\r' && rows.Length > 6 && rows[6] == '\n' ? 7 : 6;
            return separator;
        }

        return null;
    }

    /// <summary>What stands between cells: what every row has as often as the first. Where more than one does, not the comma; where none
    /// does, what the first row has most of.</summary>
    public static CellSeparator Separator(ReadOnlySpan<char> rows, DecimalMark mark)
    {
        Span<int> first = stackalloc int[s_separators.Length], count = stackalloc int[s_separators.Length];
        Span<bool> isSteady = stackalloc bool[s_separators.Length];
        isSteady.Fill(true);
        bool isQuoted = false, isBlank = true;
        int found = 0;
        for (int i = 0; i <= rows.Length && found < SampleRows; i++)
        {
            char at = i < rows.Length ? rows[i] : '\n';
            isQuoted ^= at == '"';
            if (at is '\r' or '\n' && !isQuoted)
            {
                for (int s = 0; s < count.Length && !isBlank; s++)
                {
                    if (found == 0) first[s] = count[s];
                    isSteady[s] &= count[s] == first[s];
                }

                found += isBlank ? 0 : 1;
                count.Clear();
                isBlank = true;
                continue;
            }

            isBlank &= char.IsWhiteSpace(at);
            for (int s = 0; s < count.Length && !isQuoted; s++) count[s] += at == TableSpelling.Character(s_separators[s]) ? 1 : 0;
        }

        // Numbers have commas then.
        if (mark == DecimalMark.Comma) first[^1] = 0;
        int best = -1;
        for (int s = 0; s < first.Length; s++)
        {
            if (first[s] == 0) continue;
            if (best < 0 || (isSteady[s] && !isSteady[best]) || (!isSteady[s] && !isSteady[best] && first[s] > first[best])) best = s;
        }

        return best < 0 ? mark == DecimalMark.Comma ? CellSeparator.Semicolon : CellSeparator.Comma : s_separators[best];
    }

    /// <summary>Whether the first row has names: one of them is known; or none of its cells is a value; or one is text over
    /// values.</summary>
    /// <param name="rows">The first rows, the very first among them.</param>
    /// <param name="mark">The decimal mark.</param>
    /// <param name="names">Names that a header has; null where none is known.</param>
    public static bool HasHeader(string[][] rows, DecimalMark mark, IReadOnlyCollection<string>? names)
    {
        string[] first = rows[0];
        if (names is not null && Array.Exists(first, names.Contains)) return true;
        bool hasText = false, hasValue = false;
        for (int column = 0; column < first.Length; column++)
        {
            CellKind kind = Kind(first[column], mark);
            if (kind == CellKind.Missing) continue;
            if (kind != CellKind.Text)
            {
                hasValue = true;
                continue;
            }

            hasText = true;
            if (rows.Skip(1).Any(row => column < row.Length && Kind(row[column], mark) is not (CellKind.Text or CellKind.Missing)))
                return true;
        }

        return hasText && !hasValue;
    }

    // A time is a value as a number is.
    private static CellKind Kind(string cell, DecimalMark mark) => TimeCell.TryRead(cell, false, out _, out _)
        || TimeCell.TryRead(cell, true, out _, out _) ? CellKind.Number
        : NumberCell.Read(cell, mark, out _);
}
