namespace TinySD.Formats.Text;

/// <summary>How a text becomes tokens. A vocabulary remembers it, so that every text is read as the training text was.</summary>
/// <param name="Level">What a token is.</param>
/// <param name="LineMarks">Which lines get a token for their end; at level <see cref="TextLevel.Word"/> only.</param>
public sealed record TokenRules(TextLevel Level, LineMarks LineMarks = LineMarks.Always)
{
    /// <summary>Whether upper case is made lower case first, by Unicode's simple mapping and no culture's; not at level
    /// <see cref="TextLevel.Byte"/>.</summary>
    public bool IsLowerCase { get; init; }

    /// <summary>What a word is; at level <see cref="TextLevel.Word"/> only.</summary>
    public WordSplit Split { get; init; }

    /// <summary>A text as its tokens are taken from it.</summary>
    internal ReadOnlySpan<char> Prepared(ReadOnlySpan<char> text)
    {
        if (!IsLowerCase) return text;
        char[] lowered = new char[text.Length];
        Lower(text, lowered);
        return lowered;
    }

    /// <summary>Makes a text lower case, or a block of one that splits no surrogate pair.</summary>
    /// <param name="text">The text.</param>
    /// <param name="lowered">At least as long, and elsewhere.</param>
    internal static void Lower(ReadOnlySpan<char> text, Span<char> lowered) => text.ToLowerInvariant(lowered);

    /// <summary>What contradicts itself, or null.</summary>
    internal string? FindFault() =>
        Level != TextLevel.Word && LineMarks != LineMarks.Always ? "only lines of words have marks at their ends"
        : Level != TextLevel.Word && Split != WordSplit.None ? "only texts of words are split into words"
        : Level == TextLevel.Byte && IsLowerCase ? "bytes have no upper or lower case"
        : null;
}
