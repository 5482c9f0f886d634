namespace TinySD.Formats.Text;

/// <summary>How often each token occurs in a text.</summary>
public sealed class TokenCounts
{
    private readonly Dictionary<string, long> _counts;

    internal TokenCounts(TextLevel level, Dictionary<string, long> counts, LineMarks marks = LineMarks.Always)
    {
        Level = level;
        LineMarks = level == TextLevel.Word ? marks : LineMarks.Always;
        _counts = counts;
        Total = counts.Values.Sum();
    }

    /// <summary>What a token is.</summary>
    public TextLevel Level { get; }

    /// <summary>Which lines got a token for their end.</summary>
    public LineMarks LineMarks { get; }

    /// <summary>Tokens in the text, line ends included at word level.</summary>
    public long Total { get; }

    /// <summary>Distinct tokens.</summary>
    public int Distinct => _counts.Count;

    /// <summary>The count of each token, in no order.</summary>
    public IReadOnlyDictionary<string, long> Counts => _counts;
}
