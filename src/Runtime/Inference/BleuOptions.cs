namespace TinySD.Runtime.Inference;

/// <summary>What BLEU makes of an order of n-grams of which none matches; without smoothing one such order makes it 0.</summary>
/// <remarks>As sacreBLEU has them, after Chen and Cherry, "A Systematic Comparison of Smoothing Techniques for Sentence-Level BLEU"
/// (WMT 2014).</remarks>
public enum BleuSmoothing
{
    /// <summary>Nothing, as multi-bleu.perl.</summary>
    None,

    /// <summary>The first such order counts half a match, the second a quarter, and so on: as mteval-v13a, and sacreBLEU by
    /// default.</summary>
    Exponential,

    /// <summary>Each such order counts <see cref="BleuOptions.SmoothingValue"/> matches.</summary>
    Floor,

    /// <summary><see cref="BleuOptions.SmoothingValue"/> is added to matches and n-grams of every order from the second on.</summary>
    AddK,
}

/// <summary>How BLEU is counted. The default is that of multi-bleu.perl.</summary>
public sealed record BleuOptions
{
    /// <summary>What sacreBLEU does unless told otherwise: exponential smoothing.</summary>
    public static BleuOptions SacreBleu { get; } = new() { Smoothing = BleuSmoothing.Exponential };

    /// <summary>What is done about orders without a match. Where no word matches, BLEU is 0 with any.</summary>
    public BleuSmoothing Smoothing { get; init; }

    /// <summary>The number that <see cref="BleuSmoothing.Floor"/> and <see cref="BleuSmoothing.AddK"/> take; null for sacreBLEU's: 0.1 and
    /// 1.</summary>
    public double? SmoothingValue { get; init; }

    /// <summary>Whether orders of which the hypotheses have no n-gram are left out of the mean: for sentences of fewer than four
    /// words.</summary>
    public bool HasEffectiveOrder { get; init; }

    /// <summary>The smoothing's number.</summary>
    internal double Value => SmoothingValue ?? (Smoothing == BleuSmoothing.Floor ? 0.1 : 1);

    /// <summary>Checks the options.</summary>
    /// <exception cref="ArgumentException">The smoothing is none of its names; or its number is below 0, not finite, or of a smoothing that
    /// takes none.</exception>
    public void Validate()
    {
        Throw.IfUndefined(Smoothing);
        if (SmoothingValue is not { } value) return;
        if (Smoothing is BleuSmoothing.None or BleuSmoothing.Exponential)
            Throw.Argument($"smoothing {(Smoothing == BleuSmoothing.None ? "none" : "exp")} takes no number; floor and add-k do");
        if (!(value >= 0 && double.IsFinite(value))) Throw.OutOfRange(nameof(SmoothingValue), value, "0 or above, and finite");
    }
}
