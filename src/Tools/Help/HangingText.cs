namespace TinySD.Tools.Help;

/// <summary>Text broken into lines that fit, the first of which begins with something of its own.</summary>
internal static class HangingText
{
    /// <summary>Lines of at most so many columns, broken at blanks; a word that is longer has a line of its own.</summary>
    /// <param name="text">The text.</param>
    /// <param name="columns">Columns of a line.</param>
    /// <param name="lead">What stands before the first line.</param>
    /// <param name="indent">Blanks before the others.</param>
    public static List<string> Lines(string text, int columns, string lead = "", int indent = 0) =>
        Lines(text.Split(' ', StringSplitOptions.RemoveEmptyEntries), columns, lead, indent);

    /// <summary>The same of words that may have blanks within them.</summary>
    public static List<string> Lines(IEnumerable<string> words, int columns, string lead = "", int indent = 0)
    {
        var lines = new List<string>();
        var line = new StringBuilder(lead);
        int width = TextWidth.Of(lead);
        bool hasWord = false;
        foreach (string word in words)
        {
            int own = TextWidth.Of(word) + (hasWord ? 1 : 0);
            if (width + own > columns && (hasWord || width > indent))
            {
                lines.Add(line.ToString().TrimEnd());
                line.Clear().Append(' ', indent);
                (width, own, hasWord) = (indent, TextWidth.Of(word), false);
            }

            if (hasWord) line.Append(' ');
            line.Append(word);
            width += own;
            hasWord = true;
        }

        string last = line.ToString().TrimEnd();
        if (last.Length > 0) lines.Add(last);
        return lines;
    }

    /// <summary>The first sentence of a text.</summary>
    public static string FirstSentence(string text)
    {
        for (int end = text.IndexOf(". ", StringComparison.Ordinal); end >= 0; end = text.IndexOf(". ", end + 1, StringComparison.Ordinal))
        {
            // What goes on in lower case, as behind "et al.", is the same sentence.
            if (end + 2 < text.Length && !char.IsLower(text[end + 2])) return text[..(end + 1)];
        }

        return text;
    }
}
