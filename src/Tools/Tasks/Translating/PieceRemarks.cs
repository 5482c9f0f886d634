namespace TinySD.Tools.Tasks.Translating;

/// <summary>Finds texts that somebody has cut into pieces already, by codes that need not be a model's own.</summary>
internal static class PieceRemarks
{
    /// <summary>What there is to say of a text, in a line; null for nothing.</summary>
    /// <param name="name">What to call the text.</param>
    /// <param name="units">How it is read.</param>
    /// <param name="sentences">Its words.</param>
    public static string? Of(string name, SentenceUnits units, params IEnumerable<string[]> sentences)
    {
        bool isCut = units.Codes is not null
            && sentences.Any(words => Array.Exists(words, word => word.EndsWith(BytePairCodes.Joint, StringComparison.Ordinal)));
        return !isCut ? null :
            $"{name}: words that end in {BytePairCodes.Joint} look like pieces of words, and whole ones are cut here by the model's own " +
            "codes; give the text as it was before it was cut.";
    }
}
