namespace TinySD.Runtime.Layers;

/// <summary>What a product of a delta session has done, see <see cref="DeltaThresholds"/>.</summary>
/// <param name="Product">Its name: that of its weights.</param>
/// <param name="Inputs">K, the rows of its weights.</param>
/// <param name="Columns">N, the multiply-adds of a row.</param>
/// <param name="Steps">Steps, those of each sequence counted.</param>
/// <param name="Taken">Rows that were read in all of them.</param>
public readonly record struct DeltaCount(string Product, int Inputs, int Columns, long Steps, long Taken)
{
    /// <summary>Multiply-adds of the exact product.</summary>
    public double MultiplyAdds => (double)Steps * Inputs * Columns;

    /// <summary>Those that were skipped.</summary>
    public double Skipped => ((double)Steps * Inputs * Columns) - ((double)Taken * Columns);

    /// <summary>The share of rows that were skipped, 0 to 1; 0 before the first step.</summary>
    public double SkippedShare => Steps == 0 ? 0 : 1 - (Taken / ((double)Steps * Inputs));

    /// <summary>The share of the multiply-adds of some products that were skipped, 0 to 1; 0 where there are none.</summary>
    public static double SkippedShareOf(ReadOnlySpan<DeltaCount> counts)
    {
        double all = 0, skipped = 0;
        foreach (DeltaCount count in counts) (all, skipped) = (all + count.MultiplyAdds, skipped + count.Skipped);
        return all == 0 ? 0 : skipped / all;
    }
}
