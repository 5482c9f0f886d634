namespace TinySD.Runtime.Hardware;

/// <summary>How the products are cut into tiles: speed, and never a bit of a result.</summary>
/// <remarks>The names in brackets are those of the literature on matrix products.</remarks>
public sealed record ProductTiles
{
    /// <summary>Floats in the unit that all widths are multiples of: a cache line, and the widest register.</summary>
    public const int LineFloats = 16;

    /// <summary>The most rows that can be asked for.</summary>
    public const int MaxForwardRows = 20;

    /// <summary>Sequences in a tile of the forward product (MR), 1 to 20; a kernel that has fewer takes its own most.</summary>
    public int ForwardRows { get; init; } = MaxForwardRows;

    /// <summary>Columns in a tile of the forward product (NR): a multiple of 16 up to 4 registers, or 24 where a register has 8.</summary>
    public int ForwardColumns { get; init; } = LineFloats;

    /// <summary>Kept units walked at a time (KC): their weights stay in the first-level cache while tiles of sequences pass.</summary>
    public int ForwardUnits { get; init; } = 128;

    /// <summary>Columns of the weights that stay in the second-level cache while the time steps pass (NC): a multiple of 16.</summary>
    public int WindowColumns { get; init; } = 8 * LineFloats;

    /// <summary>Floats of kept weights beyond which a step's rows are taken to come from memory and not from the last cache.</summary>
    public long StreamedFloats { get; init; } = 6 << 20;

    /// <summary>Kept units walked at a time when they come from memory (KC).</summary>
    public int StreamedUnits { get; init; } = 64;

    /// <summary>Floats further on in a row that are asked for when they come from memory: a multiple of 16.</summary>
    public int StreamedAhead { get; init; } = 8 * LineFloats;

    /// <summary>Time steps that a weight-gradient tile adds up before it goes back to memory, where they keep the same units.</summary>
    public int GradientSteps { get; init; } = 8;

    /// <summary><see cref="WindowColumns"/> in whole tiles.</summary>
    internal int WholeWindowColumns
    {
        get
        {
            int unit = ForwardColumns % LineFloats == 0 ? LineFloats : 2 * ForwardColumns;
            return Math.Max(unit, WindowColumns / unit * unit);
        }
    }

    /// <summary>What measured fastest with registers of a width, where no profile says more.</summary>
    internal static ProductTiles For(int laneWidth) => laneWidth switch
    {
        16 => new() { ForwardRows = 10, ForwardColumns = 32, ForwardUnits = 64 },
        8 => new() { ForwardRows = 4, ForwardColumns = 24, ForwardUnits = 64 },
        _ => new(),
    };
}
