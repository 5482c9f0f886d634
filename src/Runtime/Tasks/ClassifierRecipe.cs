using TinySD.Runtime.Models;

namespace TinySD.Runtime.Tasks;

/// <summary>Everything that decides a classifier's training run, apart from its data.</summary>
public sealed partial record ClassifierRecipe : SequenceRecipe
{
    /// <summary>Width E of the embedding of tokens; not used of rows of numbers.</summary>
    public int EmbeddingSize { get; init; } = 100;

    /// <summary>What the head sees of a sequence: the last state, the mean or the maximum over time.</summary>
    public ReadOut ReadOut { get; init; } = ReadOut.Last;

    /// <summary>Steps after which a sequence is cut.</summary>
    public int MaxLength { get; init; } = 400;

    /// <summary>Whether a sequence counts in proportion to how rare its label is, n / (labels x n of its label), so that all labels weigh
    /// the same. Not with several labels at once.</summary>
    public bool BalancesLabels { get; init; }

    /// <summary>Whether a sequence has any number of labels at once.</summary>
    public bool IsMultiLabel { get; init; }

    /// <summary>The model's shape.</summary>
    /// <param name="vocabularySize">Tokens V, or 0 for rows of numbers.</param>
    /// <param name="columns">Columns I of rows of numbers.</param>
    /// <param name="labels">Labels.</param>
    public SequenceModelConfig ToConfig(int vocabularySize, int columns, int labels) => new()
    {
        Body = ToBody(vocabularySize > 0 ? EmbeddingSize : columns),
        OutputSize = labels,
        VocabularySize = vocabularySize,
        ReadOut = ReadOut,
    };

    /// <summary>This recipe with a classifier's shape: to train that classifier further.</summary>
    public ClassifierRecipe WithShapeOf(Classifier classifier)
    {
        SequenceModelConfig config = classifier.Model.Config;
        return this with
        {
            HiddenSize = config.Body.HiddenSize,
            LayerCount = config.Body.LayerCount,
            Cell = config.Body.Cell,
            Peepholes = config.Body.Peepholes,
            Direction = config.Body.Direction,
            EmbeddingSize = config.HasTokens ? config.Body.InputSize : EmbeddingSize,
            ReadOut = config.ReadOut,
            IsMultiLabel = classifier.Form.IsMultiLabel,
        };
    }

    /// <summary>Refuses a classifier of another shape.</summary>
    internal void RequireShapeOf(Classifier classifier)
    {
        SequenceModelConfig config = classifier.Model.Config;
        RequireShape(ToConfig(config.VocabularySize, config.Body.InputSize, config.OutputSize), config);
        if (IsMultiLabel != classifier.Form.IsMultiLabel)
            Throw.Argument("recipe and classifier differ in whether a sequence has several labels at once");
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        if (EmbeddingSize < 1) Throw.OutOfRange(nameof(EmbeddingSize), EmbeddingSize, "at least 1");
        if (ReadOut is not (ReadOut.Last or ReadOut.Mean or ReadOut.Maximum))
            Throw.OutOfRange(nameof(ReadOut), ReadOut, "one of whole sequences");
        if (MaxLength is < 1 or > 65536) Throw.OutOfRange(nameof(MaxLength), MaxLength, "1 to 65536");
        if (BalancesLabels && IsMultiLabel)
            Throw.Argument("labels are balanced where a sequence has one of them, and here it can have several");
    }
}
