using TinySD.Tools.Options;
using TinySD.Tools.Training;

namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>What there is to say of tokens that a vocabulary lacks: how many they are, and what to do where it has no place for
/// them.</summary>
internal static class UnknownToken
{
    // From so many on a perplexity is mostly of the unknown token.
    private const double Much = 0.2;

    /// <summary>How many of the tokens to predict are the unknown one, after a comma: the more, the less does a perplexity say. Empty where
    /// there is no such token.</summary>
    public static string Told(Vocabulary vocabulary, long unknown, long tokens) => vocabulary.UnknownId is null
        ? ""
        : $", {Figures.Count(unknown)} of them {Vocabulary.Unknown} ({Figures.Fixed(100.0 * unknown / tokens, 1)} %)";

    /// <summary>What to say of a text that is full of it, and what to do; null for one that is not.</summary>
    /// <param name="name">What to call the text.</param>
    /// <param name="share">Its share of the text's tokens.</param>
    /// <param name="vocabulary">What reads it.</param>
    /// <param name="isOfModel">Whether that is of a model from another text.</param>
    public static string? WarningOf(string name, double share, Vocabulary vocabulary, bool isOfModel)
    {
        if (share < Much) return null;
        bool isAsWritten = vocabulary is { Level: TextLevel.Word, Rules: { IsLowerCase: false, Split: WordSplit.None } };
        string remedy = isOfModel ? "Is it of another language or case than the model's text, or its punctuation set otherwise?"
            : isAsWritten ? $"{VocabularyOptions.LowerName} and {VocabularyOptions.SplitName} simple make fewer words of a text."
            : vocabulary.Level == TextLevel.Word ? "More text helps, and so does --level char."
            : "More text helps.";
        return $"{name}: {Figures.Fixed(100 * share, 1)} % of its tokens are {Vocabulary.Unknown}, which is easy to guess: a perplexity " +
            $"says little of it. {remedy}";
    }

    /// <summary>Reads a text with the vocabulary of the training text at hand.</summary>
    /// <exception cref="FailureException">A token is not in the vocabulary; the message ends with the options to add.</exception>
    public static T ReadInTraining<T>(Vocabulary vocabulary, Func<T> read)
    {
        string one = vocabulary.Level == TextLevel.Word ? "word" : "character";
        return Read(read,
            $"Add {Options(vocabulary)}: rare {one}s become {Vocabulary.Unknown}, and so does every {one} that the training text lacks.");
    }

    /// <summary>Reads a text with the vocabulary of a finished model.</summary>
    /// <exception cref="FailureException">A token is not in the vocabulary; the message ends with how to train a model that reads
    /// it.</exception>
    public static T ReadWithModel<T>(Vocabulary vocabulary, Func<T> read) =>
        Read(read, $"A model that is trained with {Options(vocabulary)} has it, and reads any text.");

    /// <summary>Reads a text with the vocabulary of the model that training begins with.</summary>
    /// <exception cref="FailureException">A token is not in the vocabulary; the message ends with what to begin with instead.</exception>
    public static T ReadWithStart<T>(Vocabulary vocabulary, Func<T> read) => Read(read,
        $"The words are those of the model: leave {StartOption.Name} out, or begin with one that was trained with {Options(vocabulary)}, " +
        "which reads any text.");

    // One token less than there are, and there is a rest to be the unknown one.
    private static string Options(Vocabulary vocabulary) =>
        $"{VocabularyLimitOptions.MinimumCountName} 2 " +
        $"(or a {VocabularyLimitOptions.MaximumSizeName} below {Figures.Count(vocabulary.Count)})";

    private static T Read<T>(Func<T> read, string cure)
    {
        try
        {
            return read();
        }
        catch (FileProblemException exception) when (exception.Kind == FileProblemKind.UnknownToken)
        {
            throw new FailureException(exception.Message, exception) { Advice = cure };
        }
    }
}
