using TinySD.Runtime.Numerics;

namespace TinySD.Runtime.Masks;

/// <summary>
/// DropConnect's mask on a recurrent weight matrix for one window (Wan et al. 2013; on recurrent weights Merity et al. 2017): each weight is dropped by itself,
/// for all sequences and steps of the window. A pure function of (seed, epoch, step, layer), row by row in pieces of <see cref="PieceColumns"/> weights.
/// </summary>
/// <param name="Seed">Of the run.</param>
/// <param name="Rate">Probability to drop, in [0, 1).</param>
/// <param name="Layer">The layer, 0 to 63.</param>
/// <param name="Epoch">Epoch, from 0.</param>
/// <param name="Step">Update within the epoch, from 0.</param>
internal readonly record struct WeightMasks(ulong Seed, float Rate, int Layer, int Epoch, int Step)
{
    /// <summary>Weights that share a stream; a buffer of so many floats fits the stack.</summary>
    public const int PieceColumns = 1024;

    // 28 bits of place: 6 of layer, 22 of piece. The 2^31 floats that a layout may hold are fewer pieces.
    private const int PieceBits = 22;

    /// <summary>The mask of piece <paramref name="piece"/> of row <paramref name="row"/>, each row cut into <paramref name="piecesOfRow"/>.</summary>
    public UnstructuredMask Of(int row, int piece, int piecesOfRow) => UnstructuredMask.Of(
        new PhiloxStream(Seed, RandomPurpose.WeightMask, (uint)Epoch, (uint)Step, ((uint)Layer << PieceBits) | (uint)((row * piecesOfRow) + piece)), Rate);
}
