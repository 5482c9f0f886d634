using TinySD.Runtime.Numerics;

namespace TinySD.Runtime.Masks;

/// <summary>
/// Embedding dropout by word for one window (Gal and Ghahramani 2016): a word is dropped wherever it stands in the window, or nowhere; in the whole batch
/// alike or in each sequence by itself. A pure function of (seed, epoch, step, word, sequence): word i of the stream decides token i, of sequence b word b V + i.
/// </summary>
internal static class WordMasks
{
    /// <summary>The mask of all words.</summary>
    public static UnstructuredMask Of(ulong seed, float rate, int epoch, int step) =>
        UnstructuredMask.Of(new PhiloxStream(seed, RandomPurpose.WordMask, (uint)epoch, (uint)step), rate);
}
