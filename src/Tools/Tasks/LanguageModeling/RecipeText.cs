using TinySD.Tools.Files;

namespace TinySD.Tools.Tasks.LanguageModeling;

internal static class RecipeText
{
    public static string Shape(LanguageModelRecipe recipe, int vocabulary) =>
        $"{recipe.Name}: {Figures.Count(recipe.LayerCount, Cell(recipe) + "layer")} of " +
        $"{Figures.Count(recipe.HiddenSize, "unit")}{Last(recipe)}, " +
        $"embedding {recipe.ToConfig(vocabulary).EmbeddingSize}, vocabulary {Figures.Count(vocabulary)}, batch {recipe.BatchSize}, " +
        Figures.Count(recipe.Bptt, "time step");

    private static string Last(LanguageModelRecipe recipe) =>
        recipe.LastHiddenSize == 0 ? "" : $" (the last {Figures.Count(recipe.LastHiddenSize)})";

    // An LSTM goes without saying.
    private static string Cell(LanguageModelRecipe recipe) =>
        recipe.Peepholes ? "peephole " : recipe.Cell == CellKind.Lstm ? "" : ModelSpelling.Cells.NameOf(recipe.Cell) + " ";

    /// <summary>The drop rate of every site, and how structured masks are drawn.</summary>
    public static string Masks(DropoutSpec dropout) => (dropout.IsNested ? Shares(dropout) : Rates(dropout)) + Counts(dropout);

    /// <summary>The shares of units that nested masks keep.</summary>
    public static string Shares(DropoutSpec dropout) => $"shares {TrainingFacts.Shares(dropout)}" +
        (dropout.WholeRate > 0f ? $", whole at a rate of {Figures.Setting(dropout.WholeRate)} beside" : "");

    /// <summary>How structured masks are drawn, behind a comma; empty for the usual way.</summary>
    public static string Counts(DropoutSpec dropout) =>
        (dropout.Draw == MaskDraw.Bernoulli ? ", counts left to chance" : "") +
        (dropout.KeepMultiple > 1 ? $", kept counts a multiple of {dropout.KeepMultiple}" : "") +
        (dropout.GroupSize > 1 ? $", groups of {dropout.GroupSize}" : "");

    /// <summary>The drop rate of every site.</summary>
    public static string Rates(DropoutSpec dropout) =>
        $"embedding {Figures.Setting(dropout.Embedding)}, layer {Figures.Setting(dropout.Layer)}, " +
        $"recurrent {Figures.Setting(dropout.Recurrent)}, output {Figures.Setting(dropout.Output)}";
}
