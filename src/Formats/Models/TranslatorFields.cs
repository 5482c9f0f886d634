using TinySD.Formats.Fields;
using Recipe = TinySD.Runtime.Tasks.TranslatorRecipe;

namespace TinySD.Formats.Models;

/// <summary>How a decoder's first state is made of its encoder's last.</summary>
public enum BridgeChoice
{
    /// <summary>A copy where one fits, else dense.</summary>
    Auto,

    /// <summary><see cref="BridgeKind.Copy"/>.</summary>
    Copy,

    /// <summary><see cref="BridgeKind.Dense"/>.</summary>
    Dense,
}

/// <summary>The figures of a translator's recipe. A new one of its own is a row here, and nothing else.</summary>
public static class TranslatorFields
{
    private const int Most = 65536, MostLayers = 64;

    /// <summary>Those that it shares with the recipes of all tasks.</summary>
    public static TrainingFields<Recipe> Shared { get; } = new(r => r.Cell, "the embeddings' outputs", "the classifier");

    /// <summary>Drop rates at the attention.</summary>
    public static IReadOnlyList<Field<Recipe, float>> AttentionRates { get; } =
    [
        new("contextRate", "--rate-context", "Drop rate on the encoder's outputs, where attention reads them.",
            Spelling.Rate, r => r.ContextRate, (r, v) => r with { ContextRate = v })
        { Group = FieldGroup.Dropout, Idle = WithoutDropout },
        new("attentionRate", "--rate-attention", "Drop rate on context and state, where they enter the attention's output layer.",
            Spelling.Rate, r => r.AttentionRate, (r, v) => r with { AttentionRate = v })
        { Group = FieldGroup.Dropout, Idle = WithoutDropout },
    ];

    /// <summary>Whether both sides have one embedding.</summary>
    public static Field<Recipe, bool> SharedEmbedding { get; } = new(
        "sharedEmbedding", "--shared-embedding", "Give both sides one embedding; they need one vocabulary.",
        Spelling.Switch, r => r.SharesEmbedding, (r, v) => r with { SharesEmbedding = v });

    /// <summary>All of them.</summary>
    public static FieldTable<Recipe> Table { get; } = new("a recipe", new Recipe { Name = "" },
    [
        // What others follow where they do not say, before those.
        Shared.Name, .. Shared.Dropout, .. AttentionRates,
        new Field<Recipe, float>("labelSmoothing", "--label-smoothing",
            "Share of a target's probability that is spread over all units in training.",
            Spelling.Number(v => v is >= 0 and < 1, "a number of at least 0 and below 1"), r => r.LabelSmoothing,
            (r, v) => r with { LabelSmoothing = v }) { Group = FieldGroup.Regularisation },
        .. Shared.Decay,
        new Field<Recipe, int>("embeddingSize", "--embedding", "Width E of both embeddings.",
            Spelling.Whole(1, Most), r => r.EmbeddingSize, (r, v) => r with { EmbeddingSize = v }),
        new Field<Recipe, int>("hiddenSize", "--hidden", "Hidden size H of the decoder.",
            Spelling.Whole(1, Most), r => r.HiddenSize, (r, v) => r with { HiddenSize = v }) { IsMain = true },
        new Field<Recipe, int>("layerCount", "--layers", "Layers of the decoder.",
            Spelling.Whole(1, MostLayers), r => r.LayerCount, (r, v) => r with { LayerCount = v }) { IsMain = true },
        new Field<Recipe, CellKind>("cell", "--cell", "The cell of all layers.",
            ModelSpelling.Cells, r => r.Cell, (r, v) => r with { Cell = v }),
        new Field<Recipe, RecurrentDirection>("direction", "--direction", "Which way the encoder reads sources.",
            ModelSpelling.Directions, r => r.Direction, (r, v) => r with { Direction = v }),
        new Field<Recipe, int>("encoderHiddenSize", "--encoder-hidden",
            "Hidden size of each of the encoder's directions; 0 for as much as makes its output as wide as the decoder.",
            Spelling.Whole(0, Most), r => r.EncoderHiddenSize ?? 0, (r, v) => r with { EncoderHiddenSize = v == 0 ? null : v })
        { Shown = r => ShapeOf(r).EncoderHiddenSize },
        new Field<Recipe, int>("encoderLayerCount", "--encoder-layers", "Layers of the encoder; 0 for as many as --layers.",
            Spelling.Whole(0, MostLayers), r => r.EncoderLayerCount ?? 0, (r, v) => r with { EncoderLayerCount = v == 0 ? null : v })
        { Shown = r => ShapeOf(r).EncoderLayerCount, GoesWithoutSaying = r => ShapeOf(r).EncoderLayerCount == r.LayerCount },
        new Field<Recipe, BridgeChoice>("bridge", "--bridge",
            "How the decoder's first state is made of the encoder's last: copy, as it is; dense, by a layer; auto, copy where sizes fit.",
            ModelSpelling.Bridges, r => BridgeOf(r.Bridge), (r, v) => r with { Bridge = KindOf(v) })
        { Shown = r => BridgeOf(ShapeOf(r).Bridge) },
        new Field<Recipe, AttentionKind>("attention", "--attention", "How source positions are scored.",
            ModelSpelling.Attentions, r => r.Attention, (r, v) => r with { Attention = v }),
        new Field<Recipe, bool>("scaled", "--scaled", "Multiply the attention's scores by a number that is learnt.",
            Spelling.Switch, r => r.IsScaled, (r, v) => r with { IsScaled = v }),
        new Field<Recipe, bool>("inputFeeding", "--input-feeding", "Let the decoder read the attention's output of the step before.",
            Spelling.Switch, r => r.HasInputFeeding, (r, v) => r with { HasInputFeeding = v }),
        SharedEmbedding,
        new Field<Recipe, bool>("tieWeights", "--tied", "Share one tensor between the target's embedding and the classifier.",
            Spelling.Switch, r => r.TiesWeights, (r, v) => r with { TiesWeights = v }),
        new Field<Recipe, int>("attentionSize", "--attention-size",
            "Width A of the attention's output; 0 for --embedding with --tied, else for --hidden.",
            Spelling.Whole(0, Most), r => r.AttentionSize ?? 0, (r, v) => r with { AttentionSize = v == 0 ? null : v })
        { Shown = r => ShapeOf(r).AttentionSize },
        new Field<Recipe, int>("maxLength", "--max-length", "Units of either side above which a pair is left out of training.",
            Spelling.Whole(1, Most - 1), r => r.MaxLength, (r, v) => r with { MaxLength = v }) { Group = FieldGroup.Training },
        Shared.Batch, .. Shared.Run,
        new Field<Recipe, bool>("selectByLoss", "--select-by-loss", "Judge epochs by their perplexity, and not by BLEU.",
            Spelling.Switch, r => r.SelectsByLoss, (r, v) => r with { SelectsByLoss = v }) { Group = FieldGroup.Training },
        Shared.ForgetBias, Shared.Seed,
    ]);

    private static TranslatorConfig ShapeOf(Recipe recipe) => recipe.ToConfig(TranslatorConfig.MarkCount, TranslatorConfig.MarkCount);

    private static string? WithoutDropout(Recipe recipe) =>
        recipe.Dropout.Kind == DropoutKind.None ? ": --dropout is none" : null;

    private static BridgeChoice BridgeOf(BridgeKind? bridge) => bridge switch
    {
        null => BridgeChoice.Auto,
        BridgeKind.Copy => BridgeChoice.Copy,
        _ => BridgeChoice.Dense,
    };

    private static BridgeKind? KindOf(BridgeChoice choice) => choice switch
    {
        BridgeChoice.Auto => null,
        BridgeChoice.Copy => BridgeKind.Copy,
        _ => BridgeKind.Dense,
    };
}
