using TinySD.Runtime.Memory;

namespace TinySD.Runtime.Ops;

/// <summary>How products of a few sequences walk weights that are read once: some rows at a time, over as many columns as stay in a
/// cache.</summary>
internal static class RowWalk
{
    // Columns whose sums stay in the first-level cache while the rows pass; and fewer, so that some rows stay too while sequences pass.
    private const int RowColumns = 6144, SharedRowColumns = 512;

    /// <summary>Of so many columns as many at a time as stay in a cache: parts of equal size, in whole lines of halves.</summary>
    public static int ColumnsAtATime(int columns, int sequences)
    {
        int most = sequences == 1 ? RowColumns : SharedRowColumns, parts = Tiles(columns, most);
        return Tiles(Tiles(columns, parts), CompactTensor.HalfColumns) * CompactTensor.HalfColumns;
    }

    /// <summary>Of so many rows as many at a time as the largest kernel has that does not have more.</summary>
    public static int RowsAtATime(int left, int most) => left >= most ? most : left >= 4 ? 4 : left >= 2 ? 2 : 1;

    private static int Tiles(int count, int most) => (count + most - 1) / most;
}
