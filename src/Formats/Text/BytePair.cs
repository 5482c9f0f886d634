namespace TinySD.Formats.Text;

/// <summary>A merge of byte-pair codes: two symbols that become one where they stand side by side.</summary>
/// <param name="First">The first symbol, not empty and without blanks.</param>
/// <param name="Second">The second; at a word's end it ends in <see cref="BytePairCodes.EndOfWord"/>.</param>
public readonly record struct BytePair(string First, string Second);
