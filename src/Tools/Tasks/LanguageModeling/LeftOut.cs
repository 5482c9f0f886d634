namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>
/// Tokens of a training text that an epoch never looks at: the text is cut into as many streams of equal length as the batch has, and where
/// windows have a fixed length, whole ones only are trained, as in Zaremba's recipe.
/// </summary>
/// <param name="Tokens">How many.</param>
/// <param name="Of">Of so many.</param>
/// <param name="Recipe">What cuts it.</param>
internal readonly record struct LeftOut(long Tokens, long Of, LanguageModelRecipe Recipe)
{
    // A share that is worth a remedy, and one that must not be missed.
    private const double Notable = 0.01, Much = 0.05;

    /// <summary>Whether it is more than nobody would mind.</summary>
    public bool IsMuch => Share > Much;

    /// <summary>How much of the text it is, 0 to 1.</summary>
    public double Share => (double)Tokens / Of;

    /// <summary>What a recipe leaves out.</summary>
    /// <param name="tokens">Tokens of the text, enough for a window.</param>
    /// <param name="recipe">Batch and windows.</param>
    public static LeftOut From(long tokens, LanguageModelRecipe recipe) => new(Count(tokens, recipe, recipe.Bptt), tokens, recipe);

    /// <summary>All of it in a line.</summary>
    public string Told(string name)
    {
        string why = Recipe.VariableBptt ? "" : $", and of those only whole windows of {Figures.Count(Recipe.Bptt, "step")} are trained";
        string share = Figures.Fixed(100 * Share, Share < 0.001 ? 3 : 1), remedy = Share > Notable ? Remedy() : "";
        return $"{name}: each epoch leaves out {Figures.Count(Tokens)} of {Figures.Count(Of, "token")} ({share} %): the text is cut into " +
            $"{Figures.Count(Recipe.BatchSize, "stream")} of equal length{why}.{remedy}";
    }

    private static long Count(long tokens, LanguageModelRecipe recipe, int bptt)
    {
        long stream = tokens / recipe.BatchSize;
        return tokens - (recipe.BatchSize * (recipe.VariableBptt ? stream : ((stream - 1) / bptt * bptt) + 1));
    }

    // A window a little shorter may fit much better.
    private string Remedy()
    {
        int best = Recipe.Bptt;
        for (int bptt = best - 1; bptt >= (Recipe.Bptt + 1) / 2; bptt--)
        {
            if (Count(Of, Recipe, bptt) < Count(Of, Recipe, best)) best = bptt;
        }

        long left = Count(Of, Recipe, best);
        return (double)left / Of <= Notable
            ? $" --bptt {best} leaves out {Figures.Count(left)}."
            : Recipe.VariableBptt ? " A lower --batch leaves out less." : " A lower --batch or --bptt leaves out less.";
    }
}
