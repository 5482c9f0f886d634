namespace TinySD.Formats.Text;

/// <summary>How often each token occurs in a text.</summary>
public sealed class TokenCounts
{
    private readonly Dictionary<string, long> _counts;

    internal TokenCounts(TokenRules rules, Dictionary<string, long> counts)
    {
        Rules = rules.Level == TextLevel.Word ? rules : rules with { LineMarks = LineMarks.Always };
        _counts = counts;
        Total = counts.Values.Sum();
    }

    /// <summary>How the text became tokens.</summary>
    public TokenRules Rules { get; }

    /// <summary>What a token is.</summary>
    public TextLevel Level => Rules.Level;

    /// <summary>Which lines got a token for their end.</summary>
    public LineMarks LineMarks => Rules.LineMarks;

    /// <summary>Tokens in the text, line ends included at word level.</summary>
    public long Total { get; }

    /// <summary>Distinct tokens.</summary>
    public int Distinct => _counts.Count;

    /// <summary>The count of each token, in no order.</summary>
    public IReadOnlyDictionary<string, long> Counts => _counts;
}
