namespace TinySD.Tools.Display;

/// <summary>What the program draws and writes by itself, for terminals whose locale has ASCII and nothing else.</summary>
internal static class AsciiText
{
    private const string Dots = "...";

    // Bars end in parts of a column: half of one and more count as a whole one.
    private static readonly (char Drawn, string Ascii)[] s_forms =
    [
        ('─', "-"), ('━', "="), ('│', "|"), ('┤', "+"), ('└', "+"), ('█', "#"), ('▉', "#"), ('▊', "#"), ('▋', "#"), ('▌', "#"),
        ('▍', " "), ('▎', " "), ('▏', " "), ('…', Dots), ('∞', "inf"), ('±', "+-"), ('×', "x"), ('°', " degrees"),
    ];

    private static readonly SearchValues<char> s_drawn = SearchValues.Create([.. s_forms.Select(form => form.Drawn)]);

    /// <summary>What stands for the rest of a text.</summary>
    public static string Ellipsis(bool isAscii) => isAscii ? Dots : "…";

    /// <summary>A text with none of what this program draws; letters of any script stay.</summary>
    public static string Of(string text)
    {
        int at = text.AsSpan().IndexOfAny(s_drawn);
        if (at < 0) return text;
        var ascii = new StringBuilder(text, 0, at, text.Length + 16);
        foreach (char c in text.AsSpan(at))
        {
            int form = Array.FindIndex(s_forms, known => known.Drawn == c);
            if (form < 0) ascii.Append(c);
            else ascii.Append(s_forms[form].Ascii);
        }

        return ascii.ToString();
    }
}
