namespace TinySD.Formats.Text;

/// <summary>Cuts a line into words as mteval-v13a does, the script by which WMT counts BLEU, and sacreBLEU by its name <c>13a</c>. Made for
/// the languages of Western Europe.</summary>
/// <remarks>Marks of punctuation but the apostrophe and the hyphen are words of their own; a full stop or a comma is one too, unless it is
/// between two digits, and a hyphen behind a digit. <c>&lt;skipped&gt;</c> is left out, and the entities of quotation mark, ampersand and
/// angle brackets become those.</remarks>
public static class Tokenizer13a
{
    /// <summary>The words of a line.</summary>
    public static string[] Tokenize(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        string text = line.Replace("<skipped>", "").Replace("-\n", "").Replace('\n', ' ');
        if (text.Contains('&'))
            text = text.Replace("&quot;", "\"").Replace("&amp;", "&").Replace("&lt;", "<").Replace("&gt;", ">");
        text = $" {text} ";

        // One after the other, each over what the one before it made, and each from left to right without looking at a character twice.
        text = SetApart(text);
        text = CutPairs(text, (first, second) => !char.IsAsciiDigit(first) && IsPoint(second), cutsFirst: false);
        text = CutPairs(text, (first, second) => IsPoint(first) && !char.IsAsciiDigit(second), cutsFirst: true);
        text = CutPairs(text, (first, second) => char.IsAsciiDigit(first) && second == '-', cutsFirst: false);
        return Split(text);
    }

    private static string SetApart(string text)
    {
        var apart = new StringBuilder(2 * text.Length);
        foreach (char value in text)
        {
            if (IsMark(value)) apart.Append(' ').Append(value).Append(' ');
            else apart.Append(value);
        }

        return apart.ToString();
    }

    // Puts blanks around the first or the second of two characters.
    private static string CutPairs(string text, Func<char, char, bool> isPair, bool cutsFirst)
    {
        var cut = new StringBuilder(2 * text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (i + 1 == text.Length || !isPair(text[i], text[i + 1]))
            {
                cut.Append(text[i]);
                continue;
            }

            if (cutsFirst) cut.Append(' ').Append(text[i]).Append(' ').Append(text[i + 1]);
            else cut.Append(text[i]).Append(' ').Append(text[i + 1]).Append(' ');
            i++;
        }

        return cut.ToString();
    }

    private static string[] Split(string text)
    {
        var words = new List<string>();
        for (int start = 0; start < text.Length; start++)
        {
            int end = start;
            while (end < text.Length && !IsWhiteSpace(text[end])) end++;
            if (end > start) words.Add(text[start..end]);
            start = end;
        }

        return [.. words];
    }

    private static bool IsPoint(char value) => value is '.' or ',';

    private static bool IsMark(char value) =>
        value is (>= ' ' and <= '&') or (>= '(' and <= '+') or '/' or (>= ':' and <= '@') or (>= '[' and <= '`') or (>= '{' and <= '~');

    // As Python has it, which takes the separators of information for white space too.
    private static bool IsWhiteSpace(char value) => char.IsWhiteSpace(value) || value is >= '\x1C' and <= '\x1F';
}
