using TinySD.Runtime.Models;

namespace TinySD.Runtime.Tasks;

/// <summary>Everything that decides a tagger's training run, apart from its data.</summary>
public sealed partial record TaggerRecipe : SequenceRecipe
{
    /// <summary>Width E of the embedding of words.</summary>
    public int EmbeddingSize { get; init; } = 100;

    /// <summary>How the characters of words are read; <see langword="null"/> for not at all.</summary>
    public CharacterReading? Characters { get; init; } = CharacterReading.Convolution;

    /// <summary>Width of the embedding of characters.</summary>
    public int CharacterEmbeddingSize { get; init; } = 30;

    /// <summary>Filters over characters, or hidden size of either way over them.</summary>
    public int CharacterUnits { get; init; } = 30;

    /// <summary>Characters that a filter sees at once, an odd number.</summary>
    public int CharacterWidth { get; init; } = 3;

    /// <summary>Characters of a word that are read; of a longer one the first and the last half of them.</summary>
    public int MaxCharacters { get; init; } = 32;

    /// <summary>Whether the tags of a sentence are chosen together, by a conditional random field, or else each by itself.</summary>
    public bool HasCrf { get; init; } = true;

    /// <summary>The scheme that tags are turned into for the model; of data without entities there is none.</summary>
    public TagScheme Scheme { get; init; } = TagScheme.Bioes;

    /// <summary>Words seen so often in training, or less often, are rare.</summary>
    public int RareCount { get; init; } = 1;

    /// <summary>Probability that a rare word is taken for one that is not known, whenever it comes up in training: so that the model learns
    /// what to make of those; Lample et al. 2016.</summary>
    public float UnknownRate { get; init; } = 0.5f;

    /// <summary>Tokens after which a sentence is cut in two in training.</summary>
    public int MaxLength { get; init; } = 256;

    /// <summary>The model's shape.</summary>
    /// <param name="vocabularySize">Words V.</param>
    /// <param name="alphabetSize">Characters C; not used where they are not read.</param>
    /// <param name="tags">Tags K.</param>
    public TaggerConfig ToConfig(int vocabularySize, int alphabetSize, int tags)
    {
        CharacterConfig? characters = Characters is not { } reading ? null : new()
        {
            Reading = reading,
            AlphabetSize = alphabetSize,
            EmbeddingSize = CharacterEmbeddingSize,
            Units = CharacterUnits,
            Width = CharacterWidth,
            MaxLength = MaxCharacters,
        };
        return new TaggerConfig
        {
            Body = ToBody(checked(EmbeddingSize + (characters?.OutputUnits ?? 0))),
            VocabularySize = vocabularySize,
            EmbeddingSize = EmbeddingSize,
            Characters = characters,
            TagCount = tags,
            HasCrf = HasCrf,
        };
    }

    /// <inheritdoc/>
    public override string? WithoutNested => "a tagger";

    /// <summary>This recipe with a tagger's shape: to train that tagger further.</summary>
    public TaggerRecipe WithShapeOf(Tagger tagger)
    {
        TaggerConfig config = tagger.Model.Config;
        CharacterConfig? characters = config.Characters;
        return this with
        {
            HiddenSize = config.Body.HiddenSize,
            LayerCount = config.Body.LayerCount,
            Cell = config.Body.Cell,
            Peepholes = config.Body.Peepholes,
            Direction = config.Body.Direction,
            EmbeddingSize = config.EmbeddingSize,
            Characters = characters?.Reading,
            CharacterEmbeddingSize = characters?.EmbeddingSize ?? CharacterEmbeddingSize,
            CharacterUnits = characters?.Units ?? CharacterUnits,
            CharacterWidth = characters?.Width ?? CharacterWidth,
            MaxCharacters = characters?.MaxLength ?? MaxCharacters,
            HasCrf = config.HasCrf,
            Scheme = tagger.Form.Scheme,
        };
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Check(nameof(EmbeddingSize), EmbeddingSize);
        Check(nameof(CharacterEmbeddingSize), CharacterEmbeddingSize);
        Check(nameof(CharacterUnits), CharacterUnits);
        ToConfig(1, 1, 1).Validate();
        Throw.IfUndefined(Scheme);
        if (RareCount < 0) Throw.OutOfRange(nameof(RareCount), RareCount, "0 or above");
        if (!(UnknownRate is >= 0f and <= 1f)) Throw.OutOfRange(nameof(UnknownRate), UnknownRate, "0 to 1");
        if (MaxLength is < 1 or > 65536) Throw.OutOfRange(nameof(MaxLength), MaxLength, "1 to 65536");
    }

    // Widths that add up to no more than a number holds.
    private static void Check(string name, int size)
    {
        const int most = 65536;
        if (size is < 1 or > most) Throw.OutOfRange(name, size, $"1 to {most}");
    }
}
