namespace TinySD.Formats.Text;

/// <summary>Tokens of a text that a vocabulary lacks.</summary>
/// <param name="Count">How many.</param>
/// <param name="Total">Tokens of the text.</param>
/// <param name="First">The first of them; null where there is none.</param>
public readonly record struct MissingTokens(long Count, long Total, string? First);
