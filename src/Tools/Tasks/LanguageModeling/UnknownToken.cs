using TinySD.Tools.Options;

namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>What there is to say of tokens that a vocabulary lacks: how many they are, and what to do where it has no place for
/// them.</summary>
internal static class UnknownToken
{
    /// <summary>How many of the tokens to predict are the unknown one, after a comma: the more, the less does a perplexity say. Empty where
    /// there is no such token.</summary>
    public static string Told(Vocabulary vocabulary, long unknown, long tokens) => vocabulary.UnknownId is null
        ? ""
        : $", {Figures.Count(unknown)} of them {Vocabulary.Unknown} ({Figures.Fixed(100.0 * unknown / tokens, 1)} %)";

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
