using TinySD.Tools.Options;

namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>Which texts a run reads, and how.</summary>
/// <param name="Train">The training text's path.</param>
/// <param name="Valid">The validation text's path; null where it is the end of the training text.</param>
/// <param name="Test">The test text's path, if there is one.</param>
/// <param name="Rules">How they become tokens.</param>
/// <param name="Limits">Of the vocabulary.</param>
internal sealed record TextsRequest(string Train, string? Valid, string? Test, TokenRules Rules, VocabularyLimits Limits)
{
    /// <summary>The share at the training text's end that validates; null where that is a file of its own.</summary>
    public float? ValidFraction { get; init; }

    /// <summary>The vocabulary of the model that training begins with; null for the training text's.</summary>
    public Vocabulary? Known { get; init; }
}
