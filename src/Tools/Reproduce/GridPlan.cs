using TinySD.Formats;
using TinySD.Runtime.Training;

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
/// <param name="Recipe">What all cells share, its schedule compressed already.</param>
/// <param name="Cells">In the order of <see cref="GridCell.All"/>.</param>
/// <param name="Seeds">In the order in which they come.</param>
internal sealed record GridPlan(TextLevel Level, LanguageModelRecipe Recipe, IReadOnlyList<GridCell> Cells, IReadOnlyList<ulong> Seeds)
{
    /// <summary>The runs, seed by seed: whoever stops early has a whole table of fewer seeds.</summary>
    public IReadOnlyList<GridRun> Runs { get; } = [.. Seeds.SelectMany(seed => Cells.Select(cell => new GridRun(cell, seed)))];

    /// <summary>A run's recipe.</summary>
    public LanguageModelRecipe RecipeOf(GridRun run) => run.Cell.Apply(Recipe, run.Seed);

    /// <summary>A cell's recipe where the seed does not matter.</summary>
    public LanguageModelRecipe RecipeOf(GridCell cell) => cell.Apply(Recipe, Recipe.Seed);
}
