using System.Globalization;
using System.Text;
using System.Text.Json;

namespace TinySD.Formats;

/// <summary>Strange words and bytes made fit to be shown in a message of one line.</summary>
internal static class Words
{
    private const int ShownLength = 40;

    /// <summary>At most 40 characters, control characters as their escapes.</summary>
    public static string Shown(ReadOnlySpan<char> word)
    {
        var shown = new StringBuilder();
        foreach (Rune rune in word.Length > ShownLength ? word[..ShownLength] : word)
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

        return word.Length > ShownLength ? shown.Append('…').ToString() : shown.ToString();
    }

    /// <summary>Bytes as <c>1F 8B 08</c>.</summary>
    public static string Hex(ReadOnlySpan<byte> bytes)
    {
        var hex = new StringBuilder(bytes.Length * 3);
        foreach (byte value in bytes) hex.Append(CultureInfo.InvariantCulture, $" {value:X2}");
        return hex.ToString().TrimStart();
    }

    /// <summary>What the JSON library says is wrong, without the place, which messages give in their own way.</summary>
    public static string OfJson(JsonException exception)
    {
        string message = exception.Message;
        int details = message.IndexOf(" Path: ", StringComparison.Ordinal);
        if (details < 0) details = message.IndexOf(" LineNumber: ", StringComparison.Ordinal);
        return (details > 0 ? message[..details] : message).TrimEnd('.');
    }

    /// <summary>A number with its thousands marked.</summary>
    public static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
