namespace TinySD.Tools.Reproduce;

internal sealed record GridRun(GridCell Cell, ulong Seed)
{
    public string Name => FormattableString.Invariant($"{Cell.Name}-seed{Seed}");

    public override string ToString() => FormattableString.Invariant($"{Cell.Name}, seed {Seed}");
}

/// <summary>What a grid trains.</summary>
/// <param name="Baseline">What the cells are measured against; it need not be one of them.</param>
/// <param name="Cells">In the order of <see cref="GridCell.All"/>.</param>
/// <param name="Seeds">In the order in which they come.</param>
internal record GridPlan(GridCell Baseline, IReadOnlyList<GridCell> Cells, IReadOnlyList<ulong> Seeds)
{
    /// <summary>The runs, seed by seed: whoever stops early has a whole table of fewer seeds.</summary>
    public IReadOnlyList<GridRun> Runs { get; } = RunsOf(Cells, Seeds);

    private static List<GridRun> RunsOf(IReadOnlyList<GridCell> cells, IReadOnlyList<ulong> seeds)
    {
        var runs = new List<GridRun>();
        foreach (ulong seed in seeds) runs.AddRange(cells.Select(cell => new GridRun(cell, seed)));
        return runs;
    }
}

/// <summary>What a grid trains, with the recipes.</summary>
/// <typeparam name="TRecipe">The task's recipe.</typeparam>
/// <param name="Recipe">What all cells share, its epochs compressed already.</param>
/// <param name="Settle">The recipe of a cell and a seed.</param>
/// <param name="Baseline">See <see cref="GridPlan"/>, as the next two.</param>
/// <param name="Cells">In the order of <see cref="GridCell.All"/>.</param>
/// <param name="Seeds">In the order in which they come.</param>
internal sealed record GridPlan<TRecipe>(
    TRecipe Recipe, Func<GridCell, ulong, TRecipe> Settle, GridCell Baseline, IReadOnlyList<GridCell> Cells, IReadOnlyList<ulong> Seeds)
    : GridPlan(Baseline, Cells, Seeds)
    where TRecipe : TrainingRecipe;
