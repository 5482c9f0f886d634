using CommunityToolkit.HighPerformance;

namespace TinySD.Runtime.Tests;

/// <summary>Table look-up of one time step: the scalar twin of the embedding layer.</summary>
/// <remarks>Shapes: table, dTable [V, E]; x, dx [E, B]; tokens [B].</remarks>
internal static class ReferenceEmbedding
{
    /// <summary>x[e, b] = table[tokens[b], e].</summary>
    public static void Forward(ReadOnlySpan2D<double> table, ReadOnlySpan<int> tokens, Span2D<double> x)
    {
        for (int b = 0; b < tokens.Length; b++)
        {
            for (int e = 0; e < table.Width; e++) x[e, b] = table[tokens[b], e];
        }
    }

    /// <summary>dTable[tokens[b], e] += dx[e, b].</summary>
    public static void Backward(ReadOnlySpan<int> tokens, ReadOnlySpan2D<double> dx, Span2D<double> dTable)
    {
        for (int b = 0; b < tokens.Length; b++)
        {
            for (int e = 0; e < dTable.Width; e++) dTable[tokens[b], e] += dx[e, b];
        }
    }
}
