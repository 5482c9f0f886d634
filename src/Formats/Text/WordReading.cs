namespace TinySD.Formats.Text;

/// <summary>How a tagger sees a word.</summary>
public sealed record WordReading
{
    /// <summary>Whether upper case is made lower case where words are looked up, by Unicode's simple mapping and no culture's. Their
    /// characters stay as they are.</summary>
    public bool IsLowerCase { get; init; }

    /// <summary>Whether every decimal digit is made 0, of characters too.</summary>
    public bool ZeroesDigits { get; init; }

    /// <summary>A word as it is looked up.</summary>
    public string WordOf(string written)
    {
        string spelling = SpellingOf(written);
        return IsLowerCase ? spelling.ToLowerInvariant() : spelling;
    }

    /// <summary>A word as its characters are read.</summary>
    public string SpellingOf(string written)
    {
        ArgumentNullException.ThrowIfNull(written);
        int at = 0;
        while (at < written.Length && !char.IsDigit(written[at])) at++;
        if (!ZeroesDigits || at == written.Length) return written;
        char[] characters = written.ToCharArray();
        for (; at < characters.Length; at++)
        {
            if (char.IsDigit(characters[at])) characters[at] = '0';
        }

        return new string(characters);
    }
}
