using System.Runtime.InteropServices;

namespace TinySD.Runtime.Memory;

/// <summary>Columns of a weight matrix [K][N], all of them or some, that a product reads row by row.</summary>
/// <param name="Slot">The matrix.</param>
/// <param name="First">The first of the columns.</param>
/// <param name="Count">How many they are.</param>
internal sealed record WeightColumns(TensorSlot Slot, int First, int Count)
{
    /// <summary>K.</summary>
    public int Rows => Slot.Shape[0];

    /// <summary>All columns.</summary>
    public static WeightColumns All(TensorSlot slot) => new(slot, 0, slot.Shape[1]);

    /// <summary>Some columns of one row.</summary>
    public ReadOnlySpan<float> Of(ParameterBlock parameters, int row) =>
        parameters[Slot].Slice((row * Slot.Shape[1]) + First, Count);
}

/// <summary>A copy of weights in the form in which products read them best, made once and shared by all sessions of a model. It never
/// changes: other parameters get another one, and who holds this one keeps it.</summary>
internal sealed class PreparedRows
{
    private readonly Memory<float> _memory;

    /// <summary>Copies the weights.</summary>
    /// <param name="columns">Which.</param>
    /// <param name="stride">Floats from row to row; what lies beyond the columns is 0.</param>
    /// <param name="parameters">The numbers.</param>
    /// <param name="memory">Zeros, K rows of them.</param>
    public PreparedRows(WeightColumns columns, int stride, ParameterBlock parameters, Memory<float> memory)
    {
        (Columns, Stride, _memory) = (columns, stride, memory);
        for (int row = 0; row < columns.Rows; row++) columns.Of(parameters, row).CopyTo(memory.Span[(row * stride)..]);
    }

    /// <summary>What was copied.</summary>
    public WeightColumns Columns { get; }

    /// <summary>Floats from row to row.</summary>
    public int Stride { get; }

    /// <summary>[K][stride].</summary>
    public ReadOnlySpan<float> Values => _memory.Span;

    /// <summary>Whether the parameters still are those that were copied, to the bit.</summary>
    public bool IsOf(ParameterBlock parameters)
    {
        for (int row = 0; row < Columns.Rows; row++)
        {
            ReadOnlySpan<float> copied = Values.Slice(row * Stride, Columns.Count);
            if (!MemoryMarshal.AsBytes(copied).SequenceEqual(MemoryMarshal.AsBytes(Columns.Of(parameters, row)))) return false;
        }

        return true;
    }
}
