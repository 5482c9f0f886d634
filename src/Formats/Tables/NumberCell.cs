namespace TinySD.Formats.Tables;

/// <summary>What a cell turned out to be.</summary>
internal enum CellKind
{
    /// <summary>A finite number.</summary>
    Number,

    /// <summary>Nothing, or a word for it.</summary>
    Missing,

    /// <summary>A number with commas or points where the table's numbers have none.</summary>
    OtherMarks,

    /// <summary>An infinite number, or one beyond what 64 bits hold.</summary>
    Infinite,

    /// <summary>Anything else.</summary>
    Text,
}

/// <summary>Reads a cell as a number.</summary>
internal static class NumberCell
{
    // Longer than any number is written.
    private const int MaxLength = 400;

    private static readonly SearchValues<char> s_ofMarked = SearchValues.Create("0123456789.,' \u00A0\u202FeE+-");
    private static readonly string[] s_missing = ["NA", "N/A", "#N/A", "NaN", "null", "?", "-"];
    private static readonly string[] s_infinite = ["inf", "infinity", "∞"];

    /// <summary>Reads a number: digits with a sign, a decimal mark and an exponent, no separators of thousands.</summary>
    /// <param name="cell">Without white space around it.</param>
    /// <param name="mark">The decimal mark.</param>
    /// <param name="value">The number, NaN for any other cell.</param>
    public static CellKind Read(ReadOnlySpan<char> cell, DecimalMark mark, out double value)
    {
        value = double.NaN;
        if (IsMissing(cell)) return CellKind.Missing;
        if (cell.Length > MaxLength) return CellKind.Text;
        bool hasComma = cell.Contains(','), hasPoint = cell.Contains('.');
        Span<char> copy = stackalloc char[MaxLength];
        scoped ReadOnlySpan<char> number = cell;
        if (hasComma)
        {
            // Exactly one comma and no point is a decimal comma, where there are such. Nothing is guessed of anything else.
            if (mark == DecimalMark.Point || hasPoint || cell.Count(',') > 1) return IsMarked(cell) ? CellKind.OtherMarks : CellKind.Text;
            cell.Replace(copy, ',', '.');
            number = copy[..cell.Length];
        }
        else if (mark == DecimalMark.Comma && hasPoint)
        {
            return IsMarked(cell) ? CellKind.OtherMarks : CellKind.Text;
        }

        if (double.TryParse(number, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
            CultureInfo.InvariantCulture, out value) && double.IsFinite(value)) return CellKind.Number;
        bool isInfinite = double.IsInfinity(value);
        value = double.NaN;
        return isInfinite || IsOneOf(cell.TrimStart("+-"), s_infinite) ? CellKind.Infinite
            : IsMarked(cell) ? CellKind.OtherMarks : CellKind.Text;
    }

    private static bool IsMissing(ReadOnlySpan<char> cell) => cell.IsEmpty || IsOneOf(cell, s_missing);

    private static bool IsOneOf(ReadOnlySpan<char> cell, string[] words)
    {
        foreach (string word in words)
        {
            if (cell.Equals(word, StringComparison.OrdinalIgnoreCase)) return true;
        }

        return false;
    }

    // 1.234,5 and 1,234.5 and 1 234: digits with marks among them.
    private static bool IsMarked(ReadOnlySpan<char> cell)
    {
        ReadOnlySpan<char> digits = cell.TrimStart("+-");
        return digits is [>= '0' and <= '9', ..] && !digits.ContainsAnyExcept(s_ofMarked)
            && (digits.ContainsAny(",' \u00A0\u202F") || (digits.Contains('.') && !digits.Contains('-')));
    }
}
