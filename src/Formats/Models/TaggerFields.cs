using TinySD.Formats.Fields;
using Recipe = TinySD.Runtime.Tasks.TaggerRecipe;

namespace TinySD.Formats.Models;

/// <summary>How the characters of words are read.</summary>
public enum CharacterReader
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>By a convolution; <see cref="CharacterReading.Convolution"/>.</summary>
    Cnn,

    /// <summary>By an LSTM each way; <see cref="CharacterReading.Recurrent"/>.</summary>
    Lstm,
}

/// <summary>How the tags of a sentence are chosen.</summary>
public enum TagChoice
{
    /// <summary>Together, by a conditional random field over a chain.</summary>
    Crf,

    /// <summary>Each by itself.</summary>
    Softmax,
}

/// <summary>The figures of a tagger's recipe. A new one of its own is a row here, and nothing else.</summary>
public static class TaggerFields
{
    private const int Most = 65536, MostUnits = 4096;

    /// <summary>Those that it shares with the recipes of regressors and classifiers.</summary>
    public static SequenceFields<Recipe> Stack { get; } = new("words and their characters", "the scores of tags");

    /// <summary>Those that it shares with the recipes of all tasks.</summary>
    public static TrainingFields<Recipe> Shared => Stack.Training;

    /// <summary>Width of the embedding of words.</summary>
    public static Field<Recipe, int> EmbeddingSize { get; } = new("embeddingSize", "--embedding", "Width of the embedding of words.",
        Spelling.Whole(1, Most), r => r.EmbeddingSize, (r, v) => r with { EmbeddingSize = v });

    /// <summary>The scheme of the model's tags.</summary>
    public static Field<Recipe, TagScheme> Scheme { get; } = new("scheme", "--scheme",
        "The scheme that tags are turned into for the model; tags that make no entities stay as they are.",
        ModelSpelling.TagSchemes, r => r.Scheme, (r, v) => r with { Scheme = v });

    /// <summary>All of them.</summary>
    public static FieldTable<Recipe> Table { get; } = new("a recipe", new Recipe { Name = "" },
    [
        Shared.Name, .. Shared.Dropout, .. Shared.Decay, .. Stack.Size, EmbeddingSize,
        new Field<Recipe, CharacterReader>("characters", "--characters",
            "How the characters of words are read: cnn, filters over them; lstm, a layer each way; none.",
            ModelSpelling.CharacterReaders, r => ReaderOf(r.Characters), (r, v) => r with { Characters = ReadingOf(v) }),
        new Field<Recipe, int>("characterEmbeddingSize", "--character-embedding", "Width of the embedding of characters.",
            Spelling.Whole(1, Most), r => r.CharacterEmbeddingSize, (r, v) => r with { CharacterEmbeddingSize = v })
        { StaysIdle = true, Idle = WithoutCharacters },
        new Field<Recipe, int>("characterUnits", "--character-units", "Filters over characters, or hidden size of either way over them.",
            Spelling.Whole(1, MostUnits), r => r.CharacterUnits, (r, v) => r with { CharacterUnits = v })
        { StaysIdle = true, Idle = WithoutCharacters },
        new Field<Recipe, int>("characterWidth", "--character-width", "Characters that a filter sees at once, an odd number.",
            Spelling.Whole(1, 15), r => r.CharacterWidth, (r, v) => r with { CharacterWidth = v })
        { StaysIdle = true, Idle = r => r.Characters == CharacterReading.Convolution ? null : " without --characters cnn" },
        new Field<Recipe, int>("maxCharacters", "--max-characters",
            "Characters of a word that are read; of a longer one the first and the last half of them.",
            Spelling.Whole(2, CharacterConfig.MostCharacters), r => r.MaxCharacters, (r, v) => r with { MaxCharacters = v })
        { StaysIdle = true, Idle = WithoutCharacters },
        .. Stack.Kind,
        new Field<Recipe, TagChoice>("decoder", "--decoder",
            "How the tags of a sentence are chosen: crf, together, by a conditional random field; softmax, each by itself.",
            ModelSpelling.TagChoices, r => r.HasCrf ? TagChoice.Crf : TagChoice.Softmax, (r, v) => r with { HasCrf = v == TagChoice.Crf }),
        Scheme,
        new Field<Recipe, int>("rareCount", "--rare-count", "Words seen so often in training, or less often, are rare.",
            Spelling.Whole(0), r => r.RareCount, (r, v) => r with { RareCount = v })
        { StaysIdle = true, Group = FieldGroup.Regularisation, Idle = r => r.UnknownRate > 0f ? null : ": --unknown-rate is 0" },
        new Field<Recipe, float>("unknownRate", "--unknown-rate",
            "Probability that a rare word is taken for one that is not known, whenever training comes to it.",
            Spelling.Number(v => v is >= 0 and <= 1, "a number of 0 to 1"), r => r.UnknownRate, (r, v) => r with { UnknownRate = v })
        { Group = FieldGroup.Regularisation },
        new Field<Recipe, int>("maxLength", "--max-length", "Words after which a sentence is cut in two in training, and nowhere else.",
            Spelling.Whole(1, Most), r => r.MaxLength, (r, v) => r with { MaxLength = v }) { Group = FieldGroup.Training },
        Shared.Batch, .. Shared.Run, Shared.ForgetBias, Shared.Seed,
    ]);

    private static CharacterReader ReaderOf(CharacterReading? reading) => reading switch
    {
        null => CharacterReader.None,
        CharacterReading.Convolution => CharacterReader.Cnn,
        _ => CharacterReader.Lstm,
    };

    private static CharacterReading? ReadingOf(CharacterReader reader) => reader switch
    {
        CharacterReader.None => null,
        CharacterReader.Cnn => CharacterReading.Convolution,
        _ => CharacterReading.Recurrent,
    };

    private static string? WithoutCharacters(Recipe recipe) => recipe.Characters is null ? ": --characters is none" : null;
}
