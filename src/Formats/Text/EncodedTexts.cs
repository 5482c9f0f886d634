namespace TinySD.Formats.Text;

/// <summary>Texts as token ids, and what to tell of them.</summary>
/// <param name="Sequences">The ids of each text, in order [N][T]; a text without tokens has none.</param>
/// <param name="Total">Tokens in all, without those cut off.</param>
/// <param name="Unknown">How many of them are <see cref="Vocabulary.Unknown"/>.</param>
/// <param name="Cut">Texts that were longer than the limit.</param>
/// <param name="Longest">Tokens of the longest text, before it was cut.</param>
public sealed record EncodedTexts(int[][] Sequences, long Total, long Unknown, long Cut, int Longest);
