namespace TinySD.Runtime.Inference;

/// <summary>What BLEU measured: counts, and what they make.</summary>
public sealed partial record BleuResult
{
    /// <summary>Words of the longest n-grams.</summary>
    public const int MaxOrder = 4;

    /// <summary>How it was counted.</summary>
    public required BleuOptions Options { get; init; }

    /// <summary>Sentences.</summary>
    public required long Sentences { get; init; }

    /// <summary>References of every sentence; null where some have more than others.</summary>
    public int? ReferenceCount { get; init; } = 1;

    /// <summary>N-grams that match, of one word to four.</summary>
    public required IReadOnlyList<long> Matches { get; init; }

    /// <summary>N-grams of all translations, of one word to four.</summary>
    public required IReadOnlyList<long> Totals { get; init; }

    /// <summary>Words of all translations.</summary>
    public required long HypothesisLength { get; init; }

    /// <summary>Words of all references, of several the one whose length is closest.</summary>
    public required long ReferenceLength { get; init; }

    /// <summary>BLEU, 0 to 100.</summary>
    public double Bleu
    {
        get
        {
            double[] precisions = FindPrecisions(out int order);
            double sum = 0;
            for (int n = 0; n < order; n++) sum += PortableMath.Log(precisions[n]);
            return 100 * BrevityPenalty * PortableMath.Exp(sum / order);
        }
    }

    /// <summary>For n-grams of one word to four, which share of them match, in percent, smoothed.</summary>
    public IReadOnlyList<double> Precisions => Array.ConvertAll(FindPrecisions(out _), precision => 100 * precision);

    /// <summary>What translations that are shorter than their references are multiplied by, 0 to 1.</summary>
    public double BrevityPenalty => HypothesisLength >= ReferenceLength ? 1
        : HypothesisLength == 0 ? 0 : PortableMath.Exp(1 - ((double)ReferenceLength / HypothesisLength));

    /// <summary>The translations' length to the references'; 0 where these are empty.</summary>
    public double LengthRatio => ReferenceLength == 0 ? 0 : (double)HypothesisLength / ReferenceLength;

    // Of 0 to 1, and over how many of them the mean goes.
    private double[] FindPrecisions(out int order)
    {
        double[] precisions = new double[MaxOrder];
        order = MaxOrder;
        if (Matches.All(count => count == 0)) return precisions;
        double halved = 1;
        for (int n = 0; n < MaxOrder; n++)
        {
            double added = Options.Smoothing == BleuSmoothing.AddK && n > 0 ? Options.Value : 0;
            double matches = Matches[n] + added, total = Totals[n] + added;
            if (total == 0) break;
            if (Options.HasEffectiveOrder) order = n + 1;
            if (matches == 0 && Options.Smoothing == BleuSmoothing.Exponential) matches = halved /= 2;
            if (matches == 0 && Options.Smoothing == BleuSmoothing.Floor) matches = Options.Value;
            precisions[n] = matches / total;
        }

        return precisions;
    }
}
