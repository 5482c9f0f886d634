namespace TinySD.Runtime.Inference;

/// <summary>N-grams of each order: of translations, of references, and those that match.</summary>
internal sealed class ChrfCounts(int orders)
{
    // What stands for a share of nothing where orders without n-grams count.
    private const double Almost = 1e-16;

    public int Orders => orders;

    public long[] Hypotheses { get; } = new long[orders];

    public long[] References { get; } = new long[orders];

    public long[] Matches { get; } = new long[orders];

    public void Add(ChrfCounts other)
    {
        for (int n = 0; n < orders; n++)
        {
            Hypotheses[n] += other.Hypotheses[n];
            References[n] += other.References[n];
            Matches[n] += other.Matches[n];
        }
    }

    /// <summary>The score, 0 to 100.</summary>
    public double FScore(ChrfOptions options)
    {
        double weight = (double)options.Beta * options.Beta, sum = 0, precision = 0, recall = 0;
        int counted = 0;
        for (int n = 0; n < orders; n++)
        {
            double p = Hypotheses[n] > 0 ? (double)Matches[n] / Hypotheses[n] : Almost;
            double r = References[n] > 0 ? (double)Matches[n] / References[n] : Almost;
            sum += weight * p + r > 0 ? (1 + weight) * p * r / ((weight * p) + r) : Almost;
            if (Hypotheses[n] == 0 || References[n] == 0) continue;
            precision += p;
            recall += r;
            counted++;
        }

        if (!options.HasEffectiveOrder) return 100 * sum / orders;
        if (precision + recall == 0) return 0;
        (precision, recall) = (precision / counted, recall / counted);
        return 100 * (1 + weight) * precision * recall / ((weight * precision) + recall);
    }
}
