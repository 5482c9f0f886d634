namespace TinySD.Tools.Systolic;

/// <summary>Compute cycles of a product on an array in closed form, memory never late: the analytic model of SCALE-Sim v3.</summary>
/// <remarks>
/// A product [M, K] x [K, N] is cut into folds that fill the R x C array, one after the other:
/// <list type="bullet">
/// <item>output-stationary: ceil(M/R) ceil(N/C) folds of K + R + C - 2 cycles where draining overlaps the next fold, else R more;</item>
/// <item>weight-stationary: ceil(K/R) ceil(N/C) folds of M + 2R + C - 2 cycles;</item>
/// <item>input-stationary: ceil(K/R) ceil(M/C) folds of N + 2R + C - 2 cycles.</item>
/// </list>
/// A fold at an edge that leaves elements idle takes as long as a full one. Totals here are folds times cycles; SCALE-Sim prints the number
/// of the last cycle, counted from 0, which is one less.
/// </remarks>
internal static class FoldModel
{
    /// <summary>Folds of a product; 0 of an empty one.</summary>
    public static long Folds(SystolicArray array, GemmShape shape)
    {
        var mapping = GemmMapping.Of(array.Dataflow, shape);
        return (long)GemmMapping.Blocks(mapping.AlongRows, array.Rows) * GemmMapping.Blocks(mapping.AlongColumns, array.Columns);
    }

    public static long CyclesPerFold(SystolicArray array, GemmShape shape) =>
        (long)GemmMapping.Of(array.Dataflow, shape).Streamed + Overhead(array);

    /// <summary>Cycles of a fold in which the array fills and empties: those that no shape of the product saves.</summary>
    public static long Overhead(SystolicArray array)
    {
        bool fillsOnly = array.Dataflow == SystolicDataflow.OutputStationary && array.DrainOverlaps;
        return ((fillsOnly ? 1L : 2L) * array.Rows) + array.Columns - 2;
    }

    /// <summary>Cycles of the whole product; 0 of an empty one.</summary>
    public static long Cycles(SystolicArray array, GemmShape shape) =>
        shape.MultiplyAdds == 0 ? 0 : Folds(array, shape) * CyclesPerFold(array, shape);

    /// <summary>The share of the array's multiply-adds that are of use: <paramref name="multiplyAdds"/> / (R C cycles), 0 to 1.</summary>
    public static double Utilisation(SystolicArray array, long multiplyAdds, long cycles) =>
        cycles == 0 ? 0 : multiplyAdds / ((double)array.Rows * array.Columns * cycles);
}
