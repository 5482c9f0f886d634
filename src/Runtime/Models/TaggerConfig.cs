using TinySD.Runtime.Layers;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;

namespace TinySD.Runtime.Models;

/// <summary>How a tagger reads the characters of a word.</summary>
public enum CharacterReading
{
    /// <summary>A convolution over the characters and its largest output, filter by filter; Ma and Hovy 2016.</summary>
    Convolution,

    /// <summary>An LSTM each way, and the last state of both; Lample et al. 2016.</summary>
    Recurrent,
}

/// <summary>The shape of what a tagger makes of a word's characters.</summary>
public sealed record CharacterConfig
{
    /// <summary>The most characters of a word that are ever read.</summary>
    public const int MostCharacters = 1024;

    /// <summary>How they are read.</summary>
    public CharacterReading Reading { get; init; }

    /// <summary>Distinct characters C; number 0 stands for those that are not known.</summary>
    public required int AlphabetSize { get; init; }

    /// <summary>Width of a character's embedding.</summary>
    public int EmbeddingSize { get; init; } = 30;

    /// <summary>Filters, or the hidden size of either way.</summary>
    public int Units { get; init; } = 30;

    /// <summary>Characters that a filter sees at once; an LSTM ignores it.</summary>
    public int Width { get; init; } = 3;

    /// <summary>Characters of a word that are read; of a longer one the first and the last half of them.</summary>
    public int MaxLength { get; init; } = 32;

    /// <summary>Numbers F that are made of a word.</summary>
    public int OutputUnits => Reading == CharacterReading.Recurrent ? checked(2 * Units) : Units;

    /// <summary>The stack that reads characters one after the other.</summary>
    internal RecurrentStackConfig ToStack() => new()
    {
        Cell = CellKind.Lstm,
        InputSize = EmbeddingSize,
        HiddenSize = Units,
        LayerCount = 1,
        Direction = RecurrentDirection.Bidirectional,
    };

    /// <summary>Appends the tensors to a layout, for a <see cref="CharacterEncoder"/>.</summary>
    /// <param name="layout">The model's.</param>
    /// <param name="prefix">What names begin with.</param>
    /// <exception cref="ArgumentException">A value is out of range, or a name is taken.</exception>
    public CharacterSlots Declare(ParameterLayout layout, string prefix)
    {
        ArgumentNullException.ThrowIfNull(layout);
        Validate();
        TensorSlot embedding = layout.Add($"{prefix}embedding", AlphabetSize, EmbeddingSize);
        if (Reading == CharacterReading.Recurrent)
            return new CharacterSlots(embedding, null, null, RecurrentStack.Append(ToStack(), layout, prefix));
        TensorSlot filters = layout.Add($"{prefix}filters", checked(Width * EmbeddingSize), Units);
        return new CharacterSlots(embedding, filters, layout.Add($"{prefix}bias", Units), []);
    }

    /// <summary>Checks every range.</summary>
    /// <exception cref="ArgumentException">A value is out of range.</exception>
    public void Validate()
    {
        Throw.IfUndefined(Reading);
        if (AlphabetSize < 1) Throw.OutOfRange(nameof(AlphabetSize), AlphabetSize, "at least 1");
        if (EmbeddingSize is < 1 or > FilterShape.MostFilters)
            Throw.OutOfRange(nameof(EmbeddingSize), EmbeddingSize, $"1 to {FilterShape.MostFilters}");
        if (Units is < 1 or > FilterShape.MostFilters) Throw.OutOfRange(nameof(Units), Units, $"1 to {FilterShape.MostFilters}");
        if (Width is < 1 or > 15 || Width % 2 == 0) Throw.OutOfRange(nameof(Width), Width, "an odd number of 1 to 15");
        if (MaxLength is < 2 or > MostCharacters) Throw.OutOfRange(nameof(MaxLength), MaxLength, $"2 to {MostCharacters}");
    }
}

/// <summary>The shape of a model that gives every token of a sentence a tag: an embedding of words, joined with what characters say; a
/// stack of recurrent layers; a linear map to a score for every tag; transitions between tags.</summary>
public sealed record TaggerConfig
{
    /// <summary>The stack. Its input size is <see cref="InputSize"/>.</summary>
    public required RecurrentStackConfig Body { get; init; }

    /// <summary>Distinct words V; number 0 stands for those that are not known.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Width E of a word's embedding.</summary>
    public required int EmbeddingSize { get; init; }

    /// <summary>What is made of characters; <see langword="null"/> for nothing.</summary>
    public CharacterConfig? Characters { get; init; }

    /// <summary>Tags K, at least 1.</summary>
    public required int TagCount { get; init; }

    /// <summary>Whether tags of a sentence are chosen together, by a <see cref="LinearChainCrf"/>, or else each by itself, by
    /// softmax.</summary>
    public bool HasCrf { get; init; } = true;

    /// <summary>E + F, what is known of a token.</summary>
    public int InputSize => checked(EmbeddingSize + (Characters?.OutputUnits ?? 0));

    /// <summary>Checks every range.</summary>
    /// <exception cref="ArgumentException">A value is out of range, or the cell is one that cannot be trained.</exception>
    public void Validate()
    {
        Body.Validate();
        if (!Body.IsPlain)
            Throw.Argument("a cell with other functions, coupled gates, a clip or its reset before the product cannot be trained");
        if (VocabularySize < 1) Throw.OutOfRange(nameof(VocabularySize), VocabularySize, "at least 1");
        if (EmbeddingSize < 1) Throw.OutOfRange(nameof(EmbeddingSize), EmbeddingSize, "at least 1");
        Characters?.Validate();
        if (TagCount is < 1 or > 4096) Throw.OutOfRange(nameof(TagCount), TagCount, "1 to 4096");
        if (Body.InputSize != InputSize)
            Throw.Argument($"the stack reads {Throw.Counted(Body.InputSize, "number")} a token; words and characters make {InputSize}");
    }
}
