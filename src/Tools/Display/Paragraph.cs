namespace TinySD.Tools.Display;

/// <summary>Parts prose into lines.</summary>
internal static class Paragraph
{
    /// <summary>Lines of at most so many columns, parted at spaces; a word that is longer has a line of its own, whole, so that it can be
    /// copied. The spaces that the text begins with begin each line.</summary>
    public static IEnumerable<string> Lines(string text, int columns)
    {
        string rest = text.TrimStart(' '), indent = text[..^rest.Length];
        while (TextWidth.Of(rest) > columns - indent.Length && EndOfLine(rest, columns - indent.Length) is > 0 and var end)
        {
            yield return indent + rest[..end];
            rest = rest[end..].TrimStart(' ');
        }

        yield return indent + rest;
    }

    // The last space that a line has room for, or else the first there is; -1 where there is none.
    private static int EndOfLine(string text, int columns)
    {
        int end = -1;
        for (int at = text.IndexOf(' '); at >= 0; at = text.IndexOf(' ', at + 1))
        {
            if (end >= 0 && TextWidth.Of(text[..at]) > columns) break;
            if (text[at - 1] != ' ' && at < text.TrimEnd(' ').Length) end = at;
        }

        return end;
    }
}
