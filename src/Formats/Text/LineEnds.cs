namespace TinySD.Formats.Text;

/// <summary>How the lines of a text end: what there is to tell somebody whose text comes from another system or another program. All 0 at
/// byte level.</summary>
/// <param name="LineFeeds">Line feeds, those behind a carriage return too.</param>
/// <param name="CarriageReturns">Carriage returns.</param>
/// <param name="Pairs">Carriage returns with a line feed behind them.</param>
/// <param name="Lines">Lines at word level, an open last one too.</param>
/// <param name="Marked">Those of them whose last word is <see cref="Vocabulary.EndOfLine"/> already.</param>
public readonly record struct LineEnds(long LineFeeds, long CarriageReturns, long Pairs, long Lines, long Marked)
{
    /// <summary>Carriage returns without a line feed behind them.</summary>
    public long LoneReturns => CarriageReturns - Pairs;
}
