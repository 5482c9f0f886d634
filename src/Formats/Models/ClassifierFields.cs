using TinySD.Formats.Fields;
using Recipe = TinySD.Runtime.Tasks.ClassifierRecipe;

namespace TinySD.Formats.Models;

/// <summary>How much a sequence counts.</summary>
public enum LabelWeights
{
    /// <summary>All the same.</summary>
    None,

    /// <summary>In proportion to how rare its label is.</summary>
    Balanced,
}

/// <summary>The figures of a classifier's recipe. A new one of its own is a row here, and nothing else.</summary>
public static class ClassifierFields
{
    private const int Most = 65536;

    /// <summary>Those that it shares with the recipes of regressors.</summary>
    public static SequenceFields<Recipe> Stack { get; } = new();

    /// <summary>Those that it shares with the recipes of all tasks.</summary>
    public static TrainingFields<Recipe> Shared => Stack.Training;

    /// <summary>Steps after which a sequence is cut.</summary>
    public static Field<Recipe> MaxLength { get; } = new Field<Recipe, int>("maxLength", "--max-length",
        "Steps (words, characters or rows) that stay of a longer sequence: its first ones.",
        Spelling.Whole(1, Most), r => r.MaxLength, (r, v) => r with { MaxLength = v });

    /// <summary>Whether a sequence has any number of labels at once.</summary>
    public static Field<Recipe> MultiLabel { get; } = new Field<Recipe, bool>("multiLabel", "--multi-label",
        "A sequence has any number of labels, with commas between them, or none.",
        Spelling.Switch, r => r.IsMultiLabel, (r, v) => r with { IsMultiLabel = v })
    { Usual = false };

    /// <summary>All of them.</summary>
    public static FieldTable<Recipe> Table { get; } = new("a recipe", new Recipe { Name = "" },
    [
        Shared.Name, .. Shared.Dropout, .. Shared.Decay, .. Stack.Size,
        new Field<Recipe, int>("embeddingSize", "--embedding", "Width of the embedding of words or characters; rows of numbers have none.",
            Spelling.Whole(1, Most), r => r.EmbeddingSize, (r, v) => r with { EmbeddingSize = v }),
        .. Stack.Kind,
        new Field<Recipe, ReadOut>("readOut", "--read-out",
            "What the classifier sees of a sequence: last, the state after its last step; mean or max over its steps.",
            ModelSpelling.ReadOuts, r => r.ReadOut, (r, v) => r with { ReadOut = v }) { Usual = ReadOut.Last },
        MaxLength, MultiLabel,
        new Field<Recipe, LabelWeights>("classWeights", "--class-weights",
            "none: all sequences count the same; balanced: all labels do, however rare.",
            ModelSpelling.LabelWeights, r => r.BalancesLabels ? LabelWeights.Balanced : LabelWeights.None,
            (r, v) => r with { BalancesLabels = v == LabelWeights.Balanced })
        { Usual = LabelWeights.None, Group = FieldGroup.Training },
        Shared.Batch, .. Shared.Run, Shared.ForgetBias, Shared.Seed,
    ]);
}
