namespace TinySD.Runtime.Inference;

/// <summary>How translations are looked for.</summary>
/// <remarks>A translation's score is its log-probability divided by ((5 + units) / 6)^alpha, the end mark counted, plus beta times the sum,
/// over the source's units, of log(min(1, attention that the unit got)); Wu et al. 2016, "Google's Neural Machine Translation System",
/// section 7.</remarks>
public sealed record DecodingOptions
{
    /// <summary>The most of <see cref="Beam"/>.</summary>
    public const int MostBeams = 1024;

    /// <summary>Translations of a sentence that are followed side by side; 1 takes the likeliest unit at every step.</summary>
    public int Beam { get; init; } = 1;

    /// <summary>Alpha: how much longer translations are favoured; 0 for not at all.</summary>
    public double LengthPenalty { get; init; }

    /// <summary>Beta: how much translations are favoured that look at all of the source; 0 for not at all.</summary>
    public double CoveragePenalty { get; init; }

    /// <summary>Translations of each sentence that are given, the best first; at most <see cref="Beam"/>.</summary>
    public int NBest { get; init; } = 1;

    /// <summary>The most units of a translation; 0 for twice those of the source and ten.</summary>
    public int MaxLength { get; init; }

    /// <summary>The limit for a source.</summary>
    public int LimitFor(int sourceUnits) => MaxLength > 0 ? MaxLength : checked((2 * sourceUnits) + 10);

    /// <summary>Checks every range.</summary>
    /// <exception cref="ArgumentException">A value is out of range; the message names it.</exception>
    public void Validate()
    {
        if (Beam is < 1 or > MostBeams) Throw.OutOfRange(nameof(Beam), Beam, $"1 to {MostBeams}");
        if (NBest < 1 || NBest > Beam) Throw.OutOfRange(nameof(NBest), NBest, $"1 to the beam, {Beam}");
        if (!(LengthPenalty is >= 0 and <= 10)) Throw.OutOfRange(nameof(LengthPenalty), LengthPenalty, "0 to 10");
        if (!(CoveragePenalty is >= 0 and <= 100)) Throw.OutOfRange(nameof(CoveragePenalty), CoveragePenalty, "0 to 100");
        if (MaxLength is < 0 or > 65536) Throw.OutOfRange(nameof(MaxLength), MaxLength, "0 to 65536");
    }
}

/// <summary>One translation of a sentence.</summary>
/// <param name="Units">Ids of its units, without marks.</param>
/// <param name="LogProbability">The natural logarithm of its probability, the end mark's included where it came to one.</param>
/// <param name="Score">What translations are ordered by, see <see cref="DecodingOptions"/>.</param>
/// <param name="IsWhole">Whether it ended by itself, and not at the limit of its length.</param>
/// <param name="Attention">For each of its units, and last its end mark where there is one, the weight of each of the source's units and,
/// last, of the source's end mark; empty unless asked for.</param>
public sealed record Translation(int[] Units, double LogProbability, double Score, bool IsWhole, float[][] Attention);
