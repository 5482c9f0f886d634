namespace TinySD.Tools.Display;

/// <summary>How many columns of a terminal text takes.</summary>
internal static class TextWidth
{
    // First and last of what takes two columns: the blocks that are wide or full-width by Unicode Standard Annex #11, with emoji.
    private static ReadOnlySpan<int> Wide =>
    [
        0x1100, 0x115F, 0x231A, 0x231B, 0x2E80, 0x303E, 0x3041, 0xA4CF, 0xA960, 0xA97F, 0xAC00, 0xD7A3, 0xF900, 0xFAFF, 0xFE30, 0xFE6F,
        0xFF01, 0xFF60, 0xFFE0, 0xFFE6, 0x1F300, 0x1F64F, 0x1F680, 0x1F6FF, 0x1F7E0, 0x1F7EB, 0x1F900, 0x1F9FF, 0x1FA70, 0x1FAFF,
        0x20000, 0x3FFFD,
    ];

    /// <summary>Of text of one line.</summary>
    public static int Of(string text)
    {
        if (Ascii.IsValid(text)) return text.Length;
        int width = 0;
        foreach (Rune rune in text.EnumerateRunes()) width += Of(rune);
        return width;
    }

    /// <summary>As much of a text as so many columns hold, with an ellipsis where that is not all.</summary>
    public static string Cut(string text, int columns, string ellipsis = "…")
    {
        if (Of(text) <= columns) return text;
        int width = ellipsis.Length, length = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            width += Of(rune);
            if (width > columns) break;
            length += rune.Utf16SequenceLength;
        }

        return columns < ellipsis.Length ? "" : $"{text[..length]}{ellipsis}";
    }

    /// <summary>As much of its end.</summary>
    public static string CutStart(string text, int columns, string ellipsis = "…")
    {
        int width = Of(text);
        if (width <= columns) return text;
        int from = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (width + ellipsis.Length <= columns) break;
            width -= Of(rune);
            from += rune.Utf16SequenceLength;
        }

        return columns < ellipsis.Length ? "" : $"{ellipsis}{text[from..]}";
    }

    private static int Of(Rune rune)
    {
        if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format)
            return 0;
        for (int i = 0; i < Wide.Length; i += 2)
        {
            if (rune.Value < Wide[i]) return 1;
            if (rune.Value <= Wide[i + 1]) return 2;
        }

        return 1;
    }
}
