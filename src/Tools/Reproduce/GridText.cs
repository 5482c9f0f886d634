using TinySD.Runtime.Training;
using TinySD.Tools.Display;

namespace TinySD.Tools.Reproduce;

/// <summary>A grid in words.</summary>
internal static class GridText
{
    /// <summary>What is trained, and by which schedule.</summary>
    public static string Schedule(GridPlan plan)
    {
        LanguageModelRecipe recipe = plan.Recipe;
        return $"{Figures.Count(plan.Cells.Count, "cell")} of {Figures.Count(plan.Seeds.Count, "seed")}: {Figures.Count(recipe.Epochs, "epoch")}, " +
            $"{Figures.Count(recipe.FullRateEpochs)} of them at the full learning rate {Figures.Setting(recipe.LearningRate)}, then divided by {Figures.Setting(recipe.Decay)} each; " +
            $"{Figures.Setting(recipe.LearningRateAt(recipe.Epochs - 1))} in the last";
    }
}
