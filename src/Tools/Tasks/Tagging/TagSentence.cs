namespace TinySD.Tools.Tasks.Tagging;

/// <summary>A sentence to be tagged.</summary>
/// <param name="Words">Its words as they came.</param>
/// <param name="Lines">What stands before the tag of each, as it came.</param>
/// <param name="Before">Lines that are written before it as they are.</param>
/// <param name="Separator">What stands between a line and its tag.</param>
internal sealed record TagSentence(
    IReadOnlyList<string> Words, IReadOnlyList<string> Lines, IReadOnlyList<string> Before, char Separator = ' ');

/// <summary>A sentence that is tagged.</summary>
/// <param name="Sentence">The sentence.</param>
/// <param name="Tags">The tag of each word.</param>
/// <param name="Probabilities">Of each word's tag; null where they were not asked for.</param>
internal sealed record TaggedWords(TagSentence Sentence, string[] Tags, double[]? Probabilities);
