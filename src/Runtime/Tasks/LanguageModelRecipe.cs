using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tasks;

/// <summary>Everything that decides a language model's training run, apart from its data.</summary>
/// <remarks>The presets stand in a file of their own, with their sources.</remarks>
public sealed partial record LanguageModelRecipe : TrainingRecipe
{
    /// <summary>Hidden size H of every layer, or of all but the last.</summary>
    public int HiddenSize { get; init; } = 200;

    /// <summary>Hidden size of the last layer where it has its own; 0 for H.</summary>
    public int LastHiddenSize { get; init; }

    /// <summary>Embedding size E; 0 means H.</summary>
    public int EmbeddingSize { get; init; }

    /// <summary>Number of recurrent layers.</summary>
    public int LayerCount { get; init; } = 2;

    /// <summary>The cell of every layer.</summary>
    public CellKind Cell { get; init; }

    /// <summary>Whether the LSTM cells have peepholes; other cells may not.</summary>
    public bool Peepholes { get; init; }

    /// <summary>Whether embedding and classifier share one tensor.</summary>
    public bool TieWeights { get; init; }

    /// <summary>Time steps T of a window of truncated back-propagation; the base length where it varies.</summary>
    public int Bptt { get; init; } = 20;

    /// <summary>Whether each window has another length, and the learning rate is scaled by it; see <see cref="WindowLengths"/>.</summary>
    public bool VariableBptt { get; init; }

    /// <summary>The most time steps of a window.</summary>
    public int LongestWindow => VariableBptt ? WindowLengths.Longest(Bptt) : Bptt;

    /// <summary>Drop rate of whole words of the embedding, the same words all over a window (Gal and Ghahramani 2016); survivors are scaled
    /// by 1/(1-rate).</summary>
    public float WordDrop { get; init; }

    /// <summary>Whether every sequence of the batch drops words of its own, as in Gal and Ghahramani's published code; or all of them the
    /// same, as in that of Merity et al. 2017.</summary>
    public bool WordDropBySequence { get; init; }

    /// <summary>DropConnect's drop rate on the recurrent weights, one mask for a window (Merity et al. 2017); survivors are scaled by
    /// 1/(1-rate). A regulariser of its own beside dropout at the recurrent site, with which it can be combined.</summary>
    public float WeightDrop { get; init; }

    /// <summary>AR, activation regularisation: this times the mean square of the top layer's dropped output is added to the loss
    /// (Merity et al. 2017).</summary>
    public float ActivationPenalty { get; init; }

    /// <summary>TAR, temporal activation regularisation: this times the mean square of the top layer's output less that of the step before
    /// is added to the loss.</summary>
    public float TemporalPenalty { get; init; }

    internal NetworkRegularizers Regularizers => new(WeightDrop, WordDrop, ActivationPenalty, TemporalPenalty, WordDropBySequence);

    /// <summary>The model's shape for a vocabulary of that size.</summary>
    public LanguageModelConfig ToConfig(int vocabularySize) => new()
    {
        VocabularySize = vocabularySize,
        EmbeddingSize = EmbeddingSize == 0 ? HiddenSize : EmbeddingSize,
        HiddenSize = HiddenSize,
        LastHiddenSize = LastHiddenSize == HiddenSize ? 0 : LastHiddenSize,
        LayerCount = LayerCount,
        Cell = Cell,
        Peepholes = Peepholes,
        TieWeights = TieWeights,
    };

    /// <summary>This recipe with a model's shape: to train that model further.</summary>
    public LanguageModelRecipe WithShapeOf(LanguageModelConfig config) => this with
    {
        HiddenSize = config.HiddenSize,
        LastHiddenSize = config.LastHiddenSize,
        EmbeddingSize = config.EmbeddingSize,
        LayerCount = config.LayerCount,
        Cell = config.Cell,
        Peepholes = config.Peepholes,
        TieWeights = config.TieWeights,
    };

    /// <summary>Refuses a model of another shape.</summary>
    internal void RequireShapeOf(LanguageModelConfig config)
    {
        if (config.LastHiddenSize == config.HiddenSize) config = config with { LastHiddenSize = 0 };
        if (ToConfig(config.VocabularySize) != config)
            Throw.Argument($"the recipe's shape is not the model's; {nameof(WithShapeOf)} makes it so");
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        ToConfig(2).Validate();
        base.Validate();
        if (Bptt is < 1 or > 65536) Throw.OutOfRange(nameof(Bptt), Bptt, "1 to 65536");
        if (VariableBptt && (Bptt < WindowLengths.Shortest || LongestWindow > 65536))
            Throw.OutOfRange(nameof(Bptt), Bptt, $"{WindowLengths.Shortest} to {65536 - WindowLengths.Excess} where it varies");
        Throw.IfNoRate(WordDrop, "the word drop rate");
        Throw.IfNoRate(WeightDrop, "the weight drop rate");
        Throw.IfNegative(ActivationPenalty);
        Throw.IfNegative(TemporalPenalty);
    }
}
