namespace TinySD.Formats.Text;

/// <summary>A sentence as a translator reads it.</summary>
/// <param name="Units">The numbers of its units, without marks.</param>
/// <param name="Words">Of each unit the word that it is, or is a piece of.</param>
public sealed record EncodedSentence(int[] Units, string[] Words);
