using TinySD.Runtime.Layers;

namespace TinySD.Runtime.Models;

/// <summary>The shape of a recurrent encoder-decoder with attention: a source sentence is read by a stack of recurrent layers; a second
/// stack writes the target, unit by unit, and looks at all that was read before it writes the next.</summary>
/// <remarks>As Luong, Pham and Manning, "Effective Approaches to Attention-based Neural Machine Translation" (EMNLP 2015), and OpenNMT have
/// it. A unit is a word or a piece of one.</remarks>
public sealed record TranslatorConfig
{
    /// <summary>The id of units that are not known, in both vocabularies.</summary>
    public const int Unknown = 0;

    /// <summary>The id of the mark before a target's first unit.</summary>
    public const int Begin = 1;

    /// <summary>The id of the mark behind a sentence's last unit.</summary>
    public const int End = 2;

    /// <summary>Marks at the beginning of each vocabulary.</summary>
    public const int MarkCount = 3;

    private const int MostUnits = 65536;

    /// <summary>Distinct units of sources, marks included.</summary>
    public required int SourceVocabularySize { get; init; }

    /// <summary>Distinct units of targets V, marks included.</summary>
    public required int TargetVocabularySize { get; init; }

    /// <summary>Width E of the embeddings of both sides.</summary>
    public required int EmbeddingSize { get; init; }

    /// <summary>The cell of every layer of both stacks.</summary>
    public CellKind Cell { get; init; }

    /// <summary>Layers of the encoder.</summary>
    public int EncoderLayerCount { get; init; } = 1;

    /// <summary>Hidden size of each of the encoder's directions.</summary>
    public required int EncoderHiddenSize { get; init; }

    /// <summary>Which way sources are read.</summary>
    public RecurrentDirection Direction { get; init; }

    /// <summary>Layers of the decoder.</summary>
    public int LayerCount { get; init; } = 1;

    /// <summary>Hidden size H of the decoder.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Width A of the attention's output, which the classifier reads.</summary>
    public required int AttentionSize { get; init; }

    /// <summary>How source positions are scored.</summary>
    public AttentionKind Attention { get; init; } = AttentionKind.General;

    /// <summary>Whether scores are multiplied by a number that is learnt, 1 at first, as in Luong's scaled attention.</summary>
    public bool IsScaled { get; init; }

    /// <summary>Whether the decoder's first layer also reads the attention's output of the step before: input feeding.</summary>
    public bool HasInputFeeding { get; init; } = true;

    /// <summary>How the decoder's first state is made.</summary>
    public BridgeKind Bridge { get; init; }

    /// <summary>Whether both sides have one embedding; their vocabularies are then one.</summary>
    public bool SharesEmbedding { get; init; }

    /// <summary>Whether the target's embedding is the classifier, read the other way; A is then E.</summary>
    public bool TiesWeights { get; init; }

    /// <summary>Width of what the encoder gives at every position.</summary>
    public int MemorySize => checked(Encoder.DirectionCount * EncoderHiddenSize);

    /// <summary>The encoder's stack.</summary>
    internal RecurrentStackConfig Encoder => new()
    {
        Cell = Cell,
        InputSize = EmbeddingSize,
        HiddenSize = EncoderHiddenSize,
        LayerCount = EncoderLayerCount,
        Direction = Direction,
    };

    /// <summary>The decoder's stack, without what is fed back to it.</summary>
    internal RecurrentStackConfig Decoder => new()
    {
        Cell = Cell,
        InputSize = EmbeddingSize,
        HiddenSize = HiddenSize,
        LayerCount = LayerCount,
    };

    /// <summary>Checks every range.</summary>
    /// <exception cref="ArgumentException">A value is out of range, or two contradict each other; the message names them.</exception>
    public void Validate()
    {
        Check(nameof(SourceVocabularySize), SourceVocabularySize, MarkCount, int.MaxValue);
        Check(nameof(TargetVocabularySize), TargetVocabularySize, MarkCount, int.MaxValue);
        Check(nameof(EmbeddingSize), EmbeddingSize, 1, MostUnits);
        Check(nameof(EncoderHiddenSize), EncoderHiddenSize, 1, MostUnits);
        Check(nameof(HiddenSize), HiddenSize, 1, MostUnits);
        Check(nameof(AttentionSize), AttentionSize, 1, MostUnits);
        Throw.IfUndefined(Attention);
        Throw.IfUndefined(Bridge);
        Encoder.Validate();
        Decoder.Validate();
        if (Attention == AttentionKind.Dot && HiddenSize != MemorySize)
        {
            Throw.Argument(
                $"dot attention needs a decoder as wide as the encoder's output; found {HiddenSize} and {MemorySize}: "
                + "make them equal, or choose general attention");
        }

        if (Bridge == BridgeKind.Copy && (HiddenSize != MemorySize || LayerCount != EncoderLayerCount))
        {
            Throw.Argument(
                $"the encoder's state can only be copied to a decoder of as many layers, as wide; found {EncoderLayerCount} of "
                + $"{MemorySize} and {LayerCount} of {HiddenSize}: make them equal, or choose a dense bridge");
        }

        if (SharesEmbedding && SourceVocabularySize != TargetVocabularySize)
        {
            Throw.Argument(
                $"one embedding for both sides needs one vocabulary; the source's has {SourceVocabularySize} units and the target's "
                + $"{TargetVocabularySize}: share the vocabulary, too");
        }

        if (TiesWeights && AttentionSize != EmbeddingSize)
        {
            Throw.Argument(
                $"a classifier tied to the target's embedding needs an attention's output as wide as that; found {AttentionSize} and "
                + $"{EmbeddingSize}");
        }
    }

    private static void Check(string name, int value, int least, int most)
    {
        if (value < least || value > most) Throw.OutOfRange(name, value, $"{least} to {most}");
    }
}
