namespace TinySD.Tools.Reproduce;

/// <summary>A way to drop units that a grid trains with several seeds.</summary>
/// <param name="Name">As the command line, folders and reports name it.</param>
/// <param name="Meaning">What it is, in a few words.</param>
/// <param name="Kind">The case of its masks.</param>
/// <param name="DropsRecurrent">Whether the previous hidden state is dropped too.</param>
internal sealed record GridCell(string Name, string Meaning, DropoutKind Kind, bool DropsRecurrent)
{
    public static GridCell Random { get; } = new("random", "random masks between layers (case I)", DropoutKind.Random, false);

    /// <summary>Masks that stay for a window, between layers.</summary>
    public static GridCell Locked { get; } =
        new("locked", "masks that stay for a window, between layers (case II)", DropoutKind.Locked, false);

    public static GridCell Structured { get; } = new("nr-st", "structured masks between layers (case III)", DropoutKind.Structured, false);

    /// <summary>The method in full.</summary>
    public static GridCell StructuredRecurrent { get; } =
        new("nr-rh-st", "structured masks between layers and on the recurrent state (case III)", DropoutKind.Structured, true);

    /// <summary>The same rates as the method in full, by random masks.</summary>
    public static GridCell RandomRecurrent { get; } =
        new("nr-rh-random", "random masks between layers and on the recurrent state (case I), the control for dropping there at all",
            DropoutKind.Random, true);

    /// <summary>The same rates as the method in full, by masks that stay for a window.</summary>
    public static GridCell LockedRecurrent { get; } =
        new("nr-rh-locked", "masks that stay for a window, between layers and on the recurrent state (case II)", DropoutKind.Locked, true);

    /// <summary>Every cell, in the order in which a grid trains them.</summary>
    public static IReadOnlyList<GridCell> All { get; } =
    [
        Random,
        Locked,
        Structured,
        StructuredRecurrent,
        new("nr-rh-st-locked", "structured masks that stay for a window (case IV), the control for masks that change in time",
            DropoutKind.StructuredLocked, true),
        RandomRecurrent,
        LockedRecurrent,
        new("nested", "nested masks, one share of the first units everywhere, another at each step", DropoutKind.Nested, false),
        new("nested-locked", "nested masks that stay for a window", DropoutKind.NestedLocked, false),
    ];

    /// <summary>What the others are measured against: the way in which the recipe itself drops units, or random masks between
    /// layers.</summary>
    public static GridCell BaselineFor(DropoutSpec dropout) =>
        dropout.Kind != DropoutKind.Locked ? Random : dropout.Recurrent > 0f ? LockedRecurrent : Locked;

    /// <summary>The cells of a grid that names none: masks that stay on the recurrent state too only where masks that stay are what is
    /// measured against, and no nested ones, which are for models of many sizes.</summary>
    public static IReadOnlyList<GridCell> DefaultsFor(GridCell baseline) =>
        [.. All.Where(cell => !cell.IsNested && (cell != LockedRecurrent || baseline.Kind == DropoutKind.Locked))];

    public static string List { get; } = string.Join(", ", All.Select(cell => cell.Name));

    public bool IsStructured => IsNested || Kind is DropoutKind.Structured or DropoutKind.StructuredLocked;

    public bool IsNested => Kind is DropoutKind.Nested or DropoutKind.NestedLocked;

    /// <summary>The recipe of one run.</summary>
    /// <param name="grid">What all cells share; the rates are its dropout's.</param>
    /// <param name="seed">Of parameters and masks.</param>
    /// <param name="recurrent">The rate on the recurrent state where the shared recipe has none; 0 for the one before the
    /// classifier.</param>
    public TRecipe Apply<TRecipe>(TRecipe grid, ulong seed, float recurrent = 0f)
        where TRecipe : TrainingRecipe
    {
        DropoutSpec shared = grid.Dropout;
        if (IsNested) return grid with { Dropout = shared.AsNested(Kind), Seed = seed };
        var dropout = new DropoutSpec
        {
            Kind = Kind,
            Embedding = shared.Embedding,
            Layer = shared.Layer,
            Recurrent = !DropsRecurrent ? 0f : shared.Recurrent > 0f ? shared.Recurrent : recurrent > 0f ? recurrent : shared.Output,
            Output = shared.Output,
        };
        if (IsStructured) dropout = dropout with { Draw = shared.Draw, KeepMultiple = shared.KeepMultiple, GroupSize = shared.GroupSize };
        return grid with { Dropout = dropout, Seed = seed };
    }
}
