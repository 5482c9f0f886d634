namespace TinySD.Tools.Machines;

/// <summary>The products that the search times.</summary>
internal enum TrialProduct
{
    /// <summary>A time step of recurrent weights that stay in the last cache.</summary>
    RecurrentStep,

    /// <summary>A window of input weights.</summary>
    Window,

    /// <summary>A time step of recurrent weights that come from memory.</summary>
    StreamedStep,

    WeightGradient,
}

/// <summary>One question of the search: which value of some figures is fastest for a product.</summary>
/// <param name="Figure">The figures as profile files spell them.</param>
/// <param name="Product">The product that they matter to most.</param>
/// <param name="Value">What some tiles answer, in words.</param>
/// <param name="Alternatives">What else the tiles could be; those that are no better than impossible are left out by the search.</param>
/// <param name="Pose">How tiles are put to the product, where that is not as they are.</param>
internal sealed record TileQuestion(
    string Figure, TrialProduct Product, Func<ProductTiles, string> Value, Func<ProductTiles, IEnumerable<ProductTiles>> Alternatives,
    Func<ProductTiles, ProductTiles>? Pose = null)
{
    /// <summary>Units of the two layers whose products are timed; the recurrent weights [H, 4H] of the second are 36 MB.</summary>
    public const int Hidden = 650, StreamedHidden = 1500;

    public const int Batch = 20, TimeSteps = 35;

    private const long StreamedWeights = (long)StreamedHidden * 4 * StreamedHidden;

    private static readonly int[] s_rows = [20, 10, 7, 5, 4, 3], s_columns = [16, 24, 32, 64], s_widths = [32, 64, 128, 256, 512];
    private static readonly int[] s_units = [16, 32, 64, 128, 256], s_steps = [1, 2, 4, 8, 16, TimeSteps];

    /// <summary>All of them, in the order in which they are asked; each begins with the answers of those before.</summary>
    public static IReadOnlyList<TileQuestion> All(int laneWidth) =>
    [
        new(
            "forwardRows x forwardColumns", TrialProduct.RecurrentStep, tiles => Text($"{tiles.ForwardRows} x {tiles.ForwardColumns}"),
            tiles =>
                from columns in s_columns
                where columns >= 2 * laneWidth && columns <= 4 * laneWidth
                from rows in s_rows
                select tiles with { ForwardRows = rows, ForwardColumns = columns }),
        new(
            "forwardUnits", TrialProduct.RecurrentStep, tiles => Text($"{tiles.ForwardUnits}"),
            tiles => from units in s_units select tiles with { ForwardUnits = units }),
        new(
            "windowColumns", TrialProduct.Window, tiles => Text($"{tiles.WindowColumns}"),
            tiles => from columns in s_widths select tiles with { WindowColumns = columns }),
        new(
            "streamedUnits", TrialProduct.StreamedStep, tiles => Text($"{tiles.StreamedUnits}"),
            tiles => from units in s_units select tiles with { StreamedUnits = units }, AlwaysStreamed),
        new(
            "streamedAhead", TrialProduct.StreamedStep, tiles => Text($"{tiles.StreamedAhead}"),
            tiles => from ahead in s_widths select tiles with { StreamedAhead = ahead }, AlwaysStreamed),

        // One shape tells no more than on which side of the limit it should lie.
        new(
            "streamedFloats", TrialProduct.StreamedStep, tiles => Text($"{tiles.StreamedFloats}"),
            tiles => [tiles with { StreamedFloats = tiles.StreamedFloats < StreamedWeights ? StreamedWeights : StreamedWeights - 1 }]),
        new(
            "gradientSteps", TrialProduct.WeightGradient, tiles => Text($"{tiles.GradientSteps}"),
            tiles => from steps in s_steps select tiles with { GradientSteps = steps }),
    ];

    /// <summary>The tiles as the product sees them.</summary>
    public ProductTiles Posed(ProductTiles tiles) => Pose?.Invoke(tiles) ?? tiles;

    private static ProductTiles AlwaysStreamed(ProductTiles tiles) => tiles with { StreamedFloats = 1 };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
