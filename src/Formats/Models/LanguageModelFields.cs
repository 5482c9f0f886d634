using TinySD.Formats.Fields;
using Recipe = TinySD.Runtime.Tasks.LanguageModelRecipe;

namespace TinySD.Formats.Models;

/// <summary>The figures of a language model's recipe. A new one of its own is a row here, and nothing else.</summary>
public static class LanguageModelFields
{
    private const int Most = 65536;

    /// <summary>Those that it shares with the recipes of other tasks.</summary>
    public static TrainingFields<Recipe> Shared { get; } = new(r => r.Cell);

    /// <summary>The recurrent cell.</summary>
    public static Field<Recipe> Cell { get; } = new Field<Recipe, CellKind>(
        "cell", "--cell", "The recurrent cell. [default: the preset's]", ModelSpelling.Cells, r => r.Cell, (r, v) => r with { Cell = v })
    { Usual = CellKind.Lstm };

    /// <summary>What gates see.</summary>
    public static Field<Recipe> Peepholes { get; } = new Field<Recipe, bool>(
        "peepholes", "--peepholes", "Let the gates of LSTM cells see the cell state.",
        Spelling.Switch, r => r.Peepholes, (r, v) => r with { Peepholes = v })
    { Usual = false, Idle = r => TrainingFields<Recipe>.OtherThanLstm(r.Cell, "peepholes") };

    /// <summary>Whole words and recurrent weights that are dropped.</summary>
    public static IReadOnlyList<Field<Recipe>> WordsAndWeights { get; } = Field<Recipe>.In(FieldGroup.Regularisation,
    [
        new Field<Recipe, float>(
            "wordDrop", "--rate-word", "Drop rate of whole words of the embedding, wherever they stand in a window; with any --dropout.",
            Spelling.Rate, r => r.WordDrop, (r, v) => r with { WordDrop = v }) { Usual = 0f },
        new Field<Recipe, bool>("wordDropBySequence", "--rate-word-by-sequence",
            "Every sequence of the batch drops words of its own (Gal's code), or all the same ones (AWD-LSTM's).",
            Spelling.Switch, r => r.WordDropBySequence, (r, v) => r with { WordDropBySequence = v })
        { Usual = false, Idle = r => r.WordDrop > 0f ? null : " without --rate-word" },
        new Field<Recipe, float>("weightDrop", "--weight-drop",
            "DropConnect: drop rate of the recurrent weights themselves; 0 for none. With any --dropout, beside --rate-recurrent or in " +
            "its place.",
            Spelling.Rate, r => r.WeightDrop, (r, v) => r with { WeightDrop = v }) { Usual = 0f },
    ]);

    /// <summary>All of them.</summary>
    public static FieldTable<Recipe> Table { get; } = new("a recipe", new Recipe { Name = "" },
        [
            Shared.Name, .. Shared.Dropout, .. WordsAndWeights,
            new Field<Recipe, float>(
                "activationPenalty", "--ar", "Activation regularisation: times the mean square of the last layer's dropped output.",
                Spelling.NotNegative, r => r.ActivationPenalty, (r, v) => r with { ActivationPenalty = v })
            { Usual = 0f, Group = FieldGroup.Regularisation },
            new Field<Recipe, float>(
                "temporalPenalty", "--tar", "Temporal activation regularisation: times the mean square of its change from step to step.",
                Spelling.NotNegative, r => r.TemporalPenalty, (r, v) => r with { TemporalPenalty = v })
            { Usual = 0f, Group = FieldGroup.Regularisation },
            .. Shared.Decay,
            new Field<Recipe, int>("hiddenSize", "--hidden", "Hidden size H of every layer, or of all but the last.",
                Spelling.Whole(1, Most), r => r.HiddenSize, (r, v) => r with { HiddenSize = v }) { IsMain = true },
            new Field<Recipe, int>("lastHiddenSize", "--last-hidden",
                "Hidden size of the last layer, which --tied needs as wide as the embedding; 0 for --hidden.",
                Spelling.Whole(0, Most), r => r.LastHiddenSize, (r, v) => r with { LastHiddenSize = v })
            { Usual = 0, Shown = LastHidden, GoesWithoutSaying = r => LastHidden(r) == r.HiddenSize },
            new Field<Recipe, int>("embeddingSize", "--embedding", "Embedding size; 0 for the hidden size.",
                Spelling.Whole(0, Most), r => r.EmbeddingSize, (r, v) => r with { EmbeddingSize = v })
            { Shown = r => r.EmbeddingSize == 0 ? r.HiddenSize : r.EmbeddingSize },
            new Field<Recipe, int>("layerCount", "--layers", "Recurrent layers.",
                Spelling.Whole(1, 64), r => r.LayerCount, (r, v) => r with { LayerCount = v }) { IsMain = true },
            Cell, Peepholes,
            new Field<Recipe, bool>("tieWeights", "--tied", "Share one tensor between embedding and classifier.",
                Spelling.Switch, r => r.TieWeights, (r, v) => r with { TieWeights = v }),
            Shared.Batch,
            new Field<Recipe, int>("bptt", "--bptt", "Time steps T of a window of truncated back-propagation.",
                Spelling.Whole(1, Most), r => r.Bptt, (r, v) => r with { Bptt = v }) { Group = FieldGroup.Training },
            new Field<Recipe, bool>("variableBptt", "--variable-bptt",
                $"Give every window another length, --bptt on average or half of it and {WindowLengths.Excess} steps more at most, and " +
                "scale the learning rate by it.",
                Spelling.Switch, r => r.VariableBptt, (r, v) => r with { VariableBptt = v })
            { Usual = false, Group = FieldGroup.Training },
            .. Shared.Run, Shared.ForgetBias, Shared.Seed,
        ],

        // As files had them before there was an order of the help; what came later follows.
        "name", "hiddenSize", "lastHiddenSize", "embeddingSize", "layerCount", "cell", "peepholes", "tieWeights", "initRange", "forgetBias",
        "batchSize", "bptt", "dropout.kind", "dropout.draw", "dropout.keepMultiple", "dropout.groupSize", "dropout.embedding",
        "dropout.layer", "dropout.recurrent", "dropout.output", "dropout.leastShare", "dropout.shareCount", "dropout.wholeRate",
        "optimizer", "learningRate", "clipNorm", "epochs", "fullRateEpochs",
        "decay", "seed", "initScheme", "variableBptt", "wordDrop", "wordDropBySequence", "weightDrop", "activationPenalty",
        "temporalPenalty", "lossReduction", "nonMonotone", "weightDecay", "decoupledDecay", "learningRateSchedule", "warmUpUpdates",
        "patience", "averageLast");

    private static int LastHidden(Recipe recipe) => recipe.LastHiddenSize == 0 ? recipe.HiddenSize : recipe.LastHiddenSize;
}
