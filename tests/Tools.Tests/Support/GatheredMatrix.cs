namespace TinySD.Tools.Tests;

/// <summary>Some rows and columns of a matrix, read where they lie: what the feeders at an array's edges see of an operand of which units
/// were dropped.</summary>
/// <param name="values">The whole matrix, row after row.</param>
/// <param name="width">Columns of the whole matrix.</param>
/// <param name="keptRows">Rows that are there, in their order.</param>
/// <param name="keptColumns">Columns that are there, in their order.</param>
/// <param name="isTransposed">Whether rows and columns change places when all that is done.</param>
internal sealed class GatheredMatrix(float[] values, int width, int[] keptRows, int[] keptColumns, bool isTransposed = false)
{
    /// <summary>Rows.</summary>
    public int Rows => isTransposed ? keptColumns.Length : keptRows.Length;

    /// <summary>Columns.</summary>
    public int Columns => isTransposed ? keptRows.Length : keptColumns.Length;

    /// <summary>An element.</summary>
    public float this[int row, int column] =>
        isTransposed ? values[(keptRows[column] * width) + keptColumns[row]] : values[(keptRows[row] * width) + keptColumns[column]];

    /// <summary>The same elements with rows and columns exchanged.</summary>
    public GatheredMatrix Transpose() => new(values, width, keptRows, keptColumns, !isTransposed);
}
