using TinySD.Runtime.Training;

namespace TinySD.Tools.Reproduce;

/// <summary>A schedule of fewer epochs and the same shape.</summary>
internal static class GridScale
{
    /// <summary>Compresses a recipe's epochs.</summary>
    /// <remarks>
    /// Epochs and full-rate epochs are multiplied and rounded, at least one of each (none of those at the full rate where the recipe has none), and the
    /// decay is raised so that the last epoch's learning rate is that of the whole schedule. With a single epoch there is nothing left to decay in.
    /// </remarks>
    /// <param name="recipe">The whole schedule.</param>
    /// <param name="scale">Above 0, at most 1, which changes nothing.</param>
    public static LanguageModelRecipe Compress(LanguageModelRecipe recipe, double scale)
    {
        if (scale >= 1) return recipe;
        int epochs = Scaled(recipe.Epochs, scale), decays = Math.Max(0, recipe.Epochs - recipe.FullRateEpochs);
        int full = recipe.FullRateEpochs == 0 ? 0 : Scaled(recipe.FullRateEpochs, scale);

        // Rounding must not take away the decay of a schedule that has one.
        if (decays > 0 && epochs > 1) full = Math.Min(full, epochs - 1);
        int fewer = epochs - full;
        double decay = decays > 0 && fewer > 0 ? Math.Pow(recipe.Decay, (double)decays / fewer) : recipe.Decay;
        return recipe with { Epochs = epochs, FullRateEpochs = full, Decay = (float)decay };
    }

    private static int Scaled(int count, double scale) => Math.Max(1, (int)Math.Round(count * scale, MidpointRounding.AwayFromZero));
}
