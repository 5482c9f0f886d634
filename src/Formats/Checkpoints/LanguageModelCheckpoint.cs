using TinySD.Formats.Models;
using TinySD.Formats.Text;

namespace TinySD.Formats.Checkpoints;

/// <summary>A vocabulary, so that it can be known again.</summary>
/// <param name="Count">Its tokens.</param>
/// <param name="Checksum">What <see cref="Fingerprint.Of(Vocabulary)"/> says of them.</param>
public sealed record VocabularyFingerprint(int Count, string Checksum);

/// <summary>What only a language model's run has: its texts and its vocabulary. Names of members here are the file's.</summary>
public sealed record RunTexts
{
    /// <summary>What a token is.</summary>
    [JsonConverter(typeof(TextLevelConverter))]
    public required TextLevel Level { get; init; }

    /// <summary>Which lines of its texts get a token for their end.</summary>
    [JsonConverter(typeof(LineMarksConverter))]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public LineMarks LineMarks { get; init; }

    /// <summary>Tokens rarer than this in the training text are unknown.</summary>
    public required int MinimumCount { get; init; }

    /// <summary>The most tokens of the vocabulary, if it has a limit of its own.</summary>
    public int? MaximumVocabulary { get; init; }

    /// <summary>The vocabulary.</summary>
    public required VocabularyFingerprint Vocabulary { get; init; }

    /// <summary>The training text.</summary>
    public required TextFingerprint Train { get; init; }

    /// <summary>The validation text.</summary>
    public required TextFingerprint Valid { get; init; }

    /// <summary>The test text, if there is one.</summary>
    public TextFingerprint? Test { get; init; }

    /// <summary>Streams that validation and test texts are cut into; null in runs that were begun before this was recorded, whose
    /// validation has as many as the batch and whose test has one.</summary>
    public int? Streams { get; init; }

    internal string? FindFault()
    {
        if (Level != TextLevel.Word && LineMarks != LineMarks.Always) return "only lines of words have marks at their ends";
        if (Streams is < 1 or > LanguageModelFile.MaxStreams) return $"{Streams} streams are not 1 to {LanguageModelFile.MaxStreams}";
        if (MinimumCount < 1 || MaximumVocabulary < 1) return "an option's number is below 1";
        if (new[] { Train, Valid, Test }.Any(text => text?.Tokens < 2) || Vocabulary.Count < 2)
            return "a text or the vocabulary has fewer than 2 tokens";
        return Fingerprint.FindFault(Vocabulary.Checksum, Train.Checksum, Valid.Checksum, Test?.Checksum);
    }
}

/// <summary>Checkpoints of language models in training.</summary>
public static class LanguageModelCheckpoint
{
    /// <summary>How they are written and read.</summary>
    public static CheckpointFormat<LanguageModelRecipe, RunTexts> Format { get; } = new(
        LanguageModelFile.Kind, LanguageModelFile.Metric, LanguageModelFile.RecipeFormat, CheckpointJson.Default.RunTexts,
        texts => texts.FindFault());
}
