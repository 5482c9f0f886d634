namespace TinySD.Formats;

/// <summary>Strange words and bytes made fit to be shown in a message of one line.</summary>
internal static class Words
{
    private const int ShownLength = 40, NameLength = 160, SentenceLength = 240;

    /// <summary>At most 40 characters, control characters as their escapes.</summary>
    public static string Shown(ReadOnlySpan<char> word) => Shown(word, ShownLength);

    /// <summary>A tensor's name, whose end matters as much as its beginning: at most 160 characters, control characters as their
    /// escapes.</summary>
    public static string Name(string name) => Shown(name, NameLength);

    /// <summary>At most so many characters, control characters as their escapes.</summary>
    public static string Shown(ReadOnlySpan<char> word, int length)
    {
        var shown = new StringBuilder();

        // Not cut through a pair of surrogates; a half that stands alone is shown as the replacement character.
        int end = word.Length <= length ? word.Length : char.IsHighSurrogate(word[length - 1]) ? length - 1 : length;
        foreach (Rune rune in word[..end].EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator)
            {
                shown.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:X4}");
            }
            else
            {
                shown.Append(rune);
            }
        }

        return end < word.Length ? shown.Append('…').ToString() : shown.ToString();
    }

    /// <summary>Bytes as <c>1F 8B 08</c>.</summary>
    public static string Hex(ReadOnlySpan<byte> bytes)
    {
        var hex = new StringBuilder(bytes.Length * 3);
        foreach (byte value in bytes) hex.Append(CultureInfo.InvariantCulture, $" {value:X2}");
        return hex.ToString().TrimStart();
    }

    /// <summary>What the JSON library says is wrong, without the place, which messages give in their own way. It quotes the file, at any
    /// length and with any character, so this is cut and escaped.</summary>
    public static string OfJson(JsonException exception)
    {
        string message = exception.Message;
        int details = message.IndexOf(" Path: ", StringComparison.Ordinal);
        if (details < 0) details = message.IndexOf(" LineNumber: ", StringComparison.Ordinal);
        return Shown((details > 0 ? message[..details] : message).TrimEnd('.'), SentenceLength);
    }

    /// <summary>What an argument exception says is wrong, in one line: the library adds the parameter's name and, in a second line, the
    /// value.</summary>
    public static string OfArgument(ArgumentException exception)
    {
        string message = exception.Message;
        int addition = message.IndexOf(" (Parameter '", StringComparison.Ordinal);
        if (addition >= 0) message = message[..addition];
        return exception is ArgumentOutOfRangeException { ActualValue: { } found } && !message.Contains("found", StringComparison.Ordinal)
            ? string.Create(CultureInfo.InvariantCulture, $"{message}; found {found}")
            : message;
    }

    /// <summary>What the runtime says against laying out a configuration in memory of the size that a file's tensors have.</summary>
    public static string OfLayout(Exception exception) => exception is ArgumentException argument
        ? $"its tensors do not go with its configuration: {OfArgument(argument)}"
        : "its configuration makes tensors of more than 2^31 floats";

    /// <summary>A number with its thousands marked.</summary>
    public static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A number of things with its thousands marked, as <c>1 byte</c> or <c>1,000 bytes</c>.</summary>
    public static string Count(long number, string what) => $"{Count(number)} {(number == 1 ? what : Plural(what))}";

    /// <summary>A number of things as the file has it, as <c>1 byte</c> or <c>1000 bytes</c>.</summary>
    public static string Counted<T>(T number, string what)
        where T : IBinaryInteger<T> =>
        string.Create(CultureInfo.InvariantCulture, $"{number} {(number == T.One ? what : Plural(what))}");

    private static string Plural(string what) => what switch { "axis" => "axes", "entry" => "entries", _ => what + "s" };
}
