using TinySD.Tools.Tasks.LanguageModeling;

namespace TinySD.Tools.Reproduce;

/// <summary>One run of a grid.</summary>
internal sealed record GridRun(GridCell Cell, ulong Seed)
{
    /// <summary>The folder's name.</summary>
    public string Name => FormattableString.Invariant($"{Cell.Name}-seed{Seed}");

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"{Cell.Name}, seed {Seed}");
}

/// <summary>What a grid trains.</summary>
/// <param name="Level">What a token is.</param>
/// <param name="Limits">Of the vocabulary.</param>
/// <param name="Recipe">What all cells share, its epochs compressed already.</param>
/// <param name="Baseline">What the cells are measured against; it need not be one of them.</param>
/// <param name="Cells">In the order of <see cref="GridCell.All"/>.</param>
/// <param name="Seeds">In the order in which they come.</param>
/// <param name="KeepsWeightDrop">Whether DropConnect stays in the cells that drop the recurrent state.</param>
/// <param name="Streams">
/// Streams of validation and test; null in a grid from before that was a setting, as <see cref="EvaluationStreams.Of"/> has it.
/// </param>
/// <param name="Marks">Which lines get a token for their end, at word level.</param>
internal sealed record GridPlan(
    TextLevel Level, VocabularyLimits Limits, LanguageModelRecipe Recipe, GridCell Baseline, IReadOnlyList<GridCell> Cells,
    IReadOnlyList<ulong> Seeds, bool KeepsWeightDrop, int? Streams = null, LineMarks Marks = LineMarks.Always)
{
    // The first two differ from cell to cell, or from seed to seed.
    private const string CaseOption = "--dropout", SeedOption = "--seed", WeightDropOption = "--weight-drop",
        WeightDropRow = "DropConnect beside recurrent dropout";

    /// <summary>What the option of <see cref="Streams"/> is called.</summary>
    public const string StreamsOption = "--streams";

    /// <summary>The runs, seed by seed: whoever stops early has a whole table of fewer seeds.</summary>
    public IReadOnlyList<GridRun> Runs { get; } = [.. Seeds.SelectMany(seed => Cells.Select(cell => new GridRun(cell, seed)))];

    /// <summary>A run's recipe.</summary>
    public LanguageModelRecipe RecipeOf(GridRun run) => run.Cell.Apply(Recipe, run.Seed, KeepsWeightDrop);

    /// <summary>A cell's recipe where the seed does not matter.</summary>
    public LanguageModelRecipe RecipeOf(GridCell cell) => cell.Apply(Recipe, Recipe.Seed, KeepsWeightDrop);

    /// <summary>The options that all runs share, with their values.</summary>
    public IEnumerable<(string Option, string Value)> Rows()
    {
        foreach ((string option, string value) in RecipeReport.Rows(Level, Recipe))
        {
            if (option is CaseOption or SeedOption) continue;
            yield return (option, value);
            if (option == WeightDropOption && Recipe.WeightDrop > 0f) yield return (WeightDropRow, KeepsWeightDrop ? "true" : "false");
        }

        if (Limits.MinimumCount > 1) yield return (VocabularyOptions.MinimumCountName, Figures.Setting(Limits.MinimumCount));
        if (Level == TextLevel.Word && Marks != LineMarks.Always) yield return (VocabularyOptions.LineMarksName, TextSpelling.LineMarks.NameOf(Marks));
        if (Streams is { } streams) yield return (StreamsOption, Figures.Setting(streams));
        if (Limits.MaximumSize is { } most) yield return (VocabularyOptions.MaximumSizeName, Figures.Setting(most));
    }
}
