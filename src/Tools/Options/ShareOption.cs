namespace TinySD.Tools.Options;

/// <summary>The option that runs a smaller model, cut out of the one in a file.</summary>
internal sealed class ShareOption
{
    private readonly Option<float?> _share = Ranged.Number("--share", share => share is > 0f and <= 1f, "a number above 0 and at most 1",
        "Run the smaller model that this share of the units is, the first of every layer; of a model trained with --dropout nested or " +
        "nested-locked. [default: 1]");

    public Option Option => _share;

    /// <summary>The share that is asked for, and what counts of units are rounded to. Says so where the model has no such shares.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="recipe">How the model was trained.</param>
    /// <param name="model">Its file.</param>
    /// <param name="warnings">Told of what is to be expected.</param>
    public (float Share, int KeepMultiple) Read(ParseResult parsed, TrainingRecipe recipe, string model, Warnings warnings)
    {
        if (parsed.GetValue(_share) is not (< 1f and var share)) return (1f, 1);
        DropoutSpec dropout = recipe.Dropout;
        if (!dropout.IsNested)
        {
            warnings.Note(
                $"{model} was not trained with nested masks (--dropout nested or nested-locked): its first units are no model of their " +
                $"own, and {_share.Name} {Figures.Setting(share)} is to be expected to do badly.");
            return (share, 1);
        }

        if (share < dropout.LeastShare)
        {
            warnings.Note(
                $"{model} was trained with shares from {Figures.Setting(dropout.LeastShare)} on, and {_share.Name} " +
                $"{Figures.Setting(share)} is below them: it is to be expected to do badly.");
        }

        return (share, dropout.KeepMultiple);
    }
}
