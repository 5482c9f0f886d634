using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tasks;

/// <summary>Everything that decides a translator's training run, apart from its data.</summary>
public sealed partial record TranslatorRecipe : TrainingRecipe
{
    /// <summary>Width E of both embeddings.</summary>
    public int EmbeddingSize { get; init; } = 256;

    /// <summary>Hidden size H of the decoder.</summary>
    public int HiddenSize { get; init; } = 512;

    /// <summary>Layers of the decoder.</summary>
    public int LayerCount { get; init; } = 1;

    /// <summary>Hidden size of each of the encoder's directions; <see langword="null"/> for as much as makes its output as wide as the
    /// decoder, rounded up.</summary>
    public int? EncoderHiddenSize { get; init; }

    /// <summary>Layers of the encoder; <see langword="null"/> for the decoder's.</summary>
    public int? EncoderLayerCount { get; init; }

    /// <summary>The cell of all layers.</summary>
    public CellKind Cell { get; init; }

    /// <summary>Which way sources are read.</summary>
    public RecurrentDirection Direction { get; init; } = RecurrentDirection.Bidirectional;

    /// <summary>Width A of the attention's output; <see langword="null"/> for the embedding's where weights are tied, else the
    /// decoder's.</summary>
    public int? AttentionSize { get; init; }

    /// <summary>How source positions are scored.</summary>
    public AttentionKind Attention { get; init; } = AttentionKind.General;

    /// <summary>Whether scores are multiplied by a number that is learnt.</summary>
    public bool IsScaled { get; init; }

    /// <summary>Whether the decoder reads the attention's output of the step before.</summary>
    public bool HasInputFeeding { get; init; } = true;

    /// <summary>How the decoder's first state is made; <see langword="null"/> for a copy where one fits, else dense.</summary>
    public BridgeKind? Bridge { get; init; }

    /// <summary>Whether both sides have one embedding.</summary>
    public bool SharesEmbedding { get; init; }

    /// <summary>Whether the target's embedding is the classifier.</summary>
    public bool TiesWeights { get; init; }

    /// <summary>Drop rate on the encoder's outputs, where attention reads them; of the case of <see
    /// cref="TrainingRecipe.Dropout"/>.</summary>
    public float ContextRate { get; init; }

    /// <summary>Drop rate on context and state, where they enter the attention's output layer; of the same case.</summary>
    public float AttentionRate { get; init; }

    /// <summary>Share of a target's probability that is spread evenly over all units; Szegedy et al. 2016. What is reported is the loss
    /// without it.</summary>
    public float LabelSmoothing { get; init; }

    /// <summary>Units of a source or a target, above which a pair is left out of training.</summary>
    public int MaxLength { get; init; } = 100;

    /// <summary>Whether epochs are judged by their loss, and not by BLEU.</summary>
    public bool SelectsByLoss { get; init; }

    /// <summary>The model's shape.</summary>
    /// <param name="sourceVocabularySize">Units of sources, marks included.</param>
    /// <param name="targetVocabularySize">Units of targets, marks included.</param>
    public TranslatorConfig ToConfig(int sourceVocabularySize, int targetVocabularySize)
    {
        int directions = Direction == RecurrentDirection.Bidirectional ? 2 : 1;
        int encoder = EncoderHiddenSize ?? (HiddenSize + directions - 1) / directions, layers = EncoderLayerCount ?? LayerCount;
        bool fits = layers == LayerCount && (long)encoder * directions == HiddenSize;
        return new TranslatorConfig
        {
            SourceVocabularySize = sourceVocabularySize,
            TargetVocabularySize = targetVocabularySize,
            EmbeddingSize = EmbeddingSize,
            Cell = Cell,
            EncoderLayerCount = layers,
            EncoderHiddenSize = encoder,
            Direction = Direction,
            LayerCount = LayerCount,
            HiddenSize = HiddenSize,
            AttentionSize = AttentionSize ?? (TiesWeights ? EmbeddingSize : HiddenSize),
            Attention = Attention,
            IsScaled = IsScaled,
            HasInputFeeding = HasInputFeeding,
            Bridge = Bridge ?? (fits ? BridgeKind.Copy : BridgeKind.Dense),
            SharesEmbedding = SharesEmbedding,
            TiesWeights = TiesWeights,
        };
    }

    /// <inheritdoc/>
    public override string? WithoutNested => "a translator";

    /// <summary>This recipe with a translator's shape: to train that translator further.</summary>
    public TranslatorRecipe WithShapeOf(Translator translator)
    {
        TranslatorConfig config = translator.Model.Config;
        return this with
        {
            EmbeddingSize = config.EmbeddingSize,
            HiddenSize = config.HiddenSize,
            LayerCount = config.LayerCount,
            EncoderHiddenSize = config.EncoderHiddenSize,
            EncoderLayerCount = config.EncoderLayerCount,
            Cell = config.Cell,
            Direction = config.Direction,
            AttentionSize = config.AttentionSize,
            Attention = config.Attention,
            IsScaled = config.IsScaled,
            HasInputFeeding = config.HasInputFeeding,
            Bridge = config.Bridge,
            SharesEmbedding = config.SharesEmbedding,
            TiesWeights = config.TiesWeights,
        };
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        ToConfig(TranslatorConfig.MarkCount, TranslatorConfig.MarkCount).Validate();
        Throw.IfNoRate(ContextRate);
        Throw.IfNoRate(AttentionRate);
        Throw.IfNoRate(LabelSmoothing);
        if (MaxLength is < 1 or > 65535) Throw.OutOfRange(nameof(MaxLength), MaxLength, "1 to 65535");
    }
}
