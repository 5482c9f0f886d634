namespace TinySD.Formats.Text;

/// <summary>How a text becomes tokens. A vocabulary remembers it, so that every text is read as the training text was.</summary>
/// <param name="Level">What a token is.</param>
/// <param name="LineMarks">Which lines get a token for their end; at level <see cref="TextLevel.Word"/> only.</param>
public sealed record TokenRules(TextLevel Level, LineMarks LineMarks = LineMarks.Always)
{
    /// <summary>What contradicts itself, or null.</summary>
    internal string? FindFault() =>
        Level != TextLevel.Word && LineMarks != LineMarks.Always ? "only lines of words have marks at their ends" : null;
}
