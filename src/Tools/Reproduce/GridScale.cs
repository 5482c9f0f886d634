namespace TinySD.Tools.Reproduce;

/// <summary>A run of fewer epochs, its learning rate falling in the same shape.</summary>
internal static class GridScale
{
    /// <summary>Compresses a recipe's epochs, and what is counted in them or in updates.</summary>
    /// <remarks>
    /// Epochs and full-rate epochs are multiplied and rounded, at least one of each (none of those at the full rate where the recipe has
    /// none), and the decay is raised so that the last epoch's learning rate is that of the whole run. With a single epoch there is nothing
    /// left to decay in. Warm-up, patience and the look back of averaged descent are multiplied too, and stay above 0 where they were. A
    /// cosine or a line follows the epochs by itself; what a plateau divides by stays, because plateaus come when they come.
    /// </remarks>
    /// <param name="recipe">The whole run's.</param>
    /// <param name="scale">Above 0, at most 1, which changes nothing.</param>
    /// <param name="table">The recipe's figures.</param>
    public static R Compress<R>(R recipe, double scale, FieldTable<R> table)
        where R : TrainingRecipe
    {
        if (scale >= 1) return recipe;
        R compressed = recipe;
        foreach (Field<R, int> field in table.Fields.OfType<Field<R, int>>())
        {
            if (!field.ScalesWithEpochs || field.Idle?.Invoke(recipe) is not null) continue;
            compressed = field.With(compressed, Scaled(field.Get(recipe), scale));
        }

        if (recipe.LearningRateSchedule != LearningRateSchedule.Zaremba) return compressed;
        int decays = Math.Max(0, recipe.Epochs - recipe.FullRateEpochs), full = compressed.FullRateEpochs;

        // Rounding must not take away the decay of a run that has one.
        if (decays > 0 && compressed.Epochs > 1) full = Math.Min(full, compressed.Epochs - 1);
        int fewer = compressed.Epochs - full;
        double decay = decays > 0 && fewer > 0 ? Math.Pow(recipe.Decay, (double)decays / fewer) : recipe.Decay;
        return compressed with { FullRateEpochs = full, Decay = (float)decay };
    }

    private static int Scaled(int count, double scale) =>
        count == 0 ? 0 : Math.Max(1, (int)Math.Round(count * scale, MidpointRounding.AwayFromZero));
}
