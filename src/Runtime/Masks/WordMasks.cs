namespace TinySD.Runtime.Masks;

/// <summary>Embedding dropout by word for one window (Gal and Ghahramani 2016): a word is dropped wherever it stands in the window, or
/// nowhere; in the whole batch alike or in each sequence by itself. A pure function of (seed, draw, table, word, sequence): word i of the
/// stream decides token i, of sequence b word b V + i.</summary>
internal static class WordMasks
{
    /// <summary>The mask of all words.</summary>
    /// <param name="seed">Of the run.</param>
    /// <param name="rate">Probability to drop, in [0, 1).</param>
    /// <param name="table">Which of the network's tables, from 0.</param>
    /// <param name="draw">The update, and which of its samples.</param>
    public static UnstructuredMask Of(ulong seed, float rate, int table, Draw draw) =>
        UnstructuredMask.Of(new PhiloxStream(seed, RandomPurpose.WordMask, (uint)draw.Sample, (uint)draw.Update, (uint)table), rate);
}
