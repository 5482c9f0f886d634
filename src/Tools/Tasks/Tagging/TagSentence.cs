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
/// <param name="Ids">The number of each word's tag among the model's own.</param>
/// <param name="Probabilities">Of each of those at each word, [T][K]; null where they were not asked for.</param>
internal sealed record TaggedWords(TagSentence Sentence, string[] Tags, int[] Ids, double[]? Probabilities)
{
    /// <summary>The probability of a word's own tag.</summary>
    /// <param name="all">All probabilities.</param>
    /// <param name="word">The word.</param>
    public double Own(double[] all, int word) => all[(word * (all.Length / Ids.Length)) + Ids[word]];
}
