namespace TinySD.Runtime.Masks;

/// <summary>DropConnect's mask on a recurrent weight matrix for one window (Wan et al. 2013; on recurrent weights Merity et al. 2017): each
/// weight is dropped by itself, for all sequences and steps of the window. A pure function of (seed, draw, number), row by row in pieces of
/// <see cref="PieceColumns"/> weights.</summary>
/// <param name="Seed">Of the run.</param>
/// <param name="Rate">Probability to drop, in [0, 1).</param>
/// <param name="Number">Which of the network's matrices, 0 to 63.</param>
/// <param name="Draw">The update, and which of its samples.</param>
internal readonly record struct WeightMasks(ulong Seed, float Rate, int Number, Draw Draw)
{
    /// <summary>Weights that share a stream; a buffer of so many floats fits the stack.</summary>
    public const int PieceColumns = 1024;

    /// <summary>The most matrices of a network.</summary>
    public const int MaxMatrices = 64;

    // 28 bits of place: 6 of matrix, 22 of piece. The 2^31 floats that a layout may hold are fewer pieces.
    private const int PieceBits = 22;

    /// <summary>The mask of piece <paramref name="piece"/> of row <paramref name="row"/>, each row cut into
    /// <paramref name="piecesOfRow"/>.</summary>
    public UnstructuredMask Of(int row, int piece, int piecesOfRow) => UnstructuredMask.Of(
        new PhiloxStream(
            Seed, RandomPurpose.WeightMask, (uint)Draw.Sample, (uint)Draw.Update,
            ((uint)Number << PieceBits) | (uint)((row * piecesOfRow) + piece)),
        Rate);
}
