namespace TinySD.Tools.Display;

/// <summary>Text that may be from a file or from the command line, made fit for a terminal.</summary>
/// <remarks>
/// What a terminal would obey and a reader not see is shown as its escape, for example <c>\u001B</c>, which is its escape in JSON too:
/// control characters but the tab, what turns the direction of writing, and what ends a line.
/// </remarks>
internal static class VisibleText
{
    private const int CutLength = 100;

    private static readonly SearchValues<char> s_inText = SearchValues.Create(Hidden(keepLineFeed: true));
    private static readonly SearchValues<char> s_inLine = SearchValues.Create(Hidden(keepLineFeed: false));

    /// <summary>Text of any number of lines, which line feeds end.</summary>
    public static string Text(string text) => Escape(text, s_inText);

    /// <summary>Text of one line: a line feed in it would begin another, which would be taken for the program's own.</summary>
    public static string Line(string text) => Escape(text, s_inLine);

    /// <summary>The beginning of a text that may be as long as a file.</summary>
    public static string Cut(string text, int length = CutLength) =>
        text.Length <= length ? text : $"{text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)]}…";

    /// <summary>Writes text of any number of lines.</summary>
    public static void Write(TextWriter writer, ReadOnlySpan<char> text)
    {
        for (int at; (at = text.IndexOfAny(s_inText)) >= 0; text = text[(at + 1)..])
        {
            writer.Write(text[..at]);
            writer.Write(Escaped(text[at]));
        }

        writer.Write(text);
    }

    private static string Escape(string text, SearchValues<char> hidden)
    {
        int at = text.AsSpan().IndexOfAny(hidden);
        if (at < 0) return text;
        var shown = new StringBuilder(text.Length + 16);
        ReadOnlySpan<char> rest = text;
        for (; at >= 0; at = rest.IndexOfAny(hidden))
        {
            shown.Append(rest[..at]).Append(Escaped(rest[at]));
            rest = rest[(at + 1)..];
        }

        return shown.Append(rest).ToString();
    }

    private static string Escaped(char c) => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}");

    // C0, DEL and C1; embeddings, overrides and isolates of direction; the separators of lines and paragraphs.
    private static char[] Hidden(bool keepLineFeed)
    {
        var hidden = new List<char>();
        for (int code = 0; code <= 0x2069; code++)
        {
            bool isHidden = code is < 0x20 or (>= 0x7F and <= 0x9F) or (>= 0x2028 and <= 0x202E) or >= 0x2066;
            if (isHidden && code != '\t' && !(keepLineFeed && code == '\n')) hidden.Add((char)code);
        }

        return [.. hidden];
    }
}
