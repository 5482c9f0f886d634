using System.Globalization;

namespace TinySD.Runtime.Inference;

/// <content>What multi-bleu.perl and sacreBLEU print.</content>
public sealed partial record BleuResult
{
    /// <summary>The line that multi-bleu.perl prints, to the last digit: <c>BLEU = 26.78, 57.1/50.0/40.0/25.0 (BP=0.651, ratio=0.700,
    /// hyp_len=7, ref_len=10)</c>. The script itself fails where no translation has a word; this gives 0.</summary>
    public string ToMultiBleu()
    {
        if (ReferenceLength == 0) return "BLEU = 0, 0/0/0/0 (BP=0, ratio=0, hyp_len=0, ref_len=0)";
        string penalty = PrintedNumber.Fixed(BrevityPenalty, 3), ratio = PrintedNumber.Fixed(LengthRatio, 3);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"BLEU = {PrintedNumber.Fixed(Bleu, 2)}, {ShownPrecisions()} (BP={penalty}, ratio={ratio}, hyp_len={HypothesisLength}, " +
            $"ref_len={ReferenceLength})");
    }

    /// <summary>The line that sacreBLEU prints, with a signature by which others can count the same: <c>BLEU|nrefs:1|case:mixed|... =
    /// 26.78 57.1/50.0/40.0/25.0 (BP = 0.651 ratio = 0.700 hyp_len = 7 ref_len = 10)</c>.</summary>
    /// <param name="tokenization">How words were made, <c>13a</c> or <c>none</c>.</param>
    /// <param name="version">The program that counted and its version, such as <c>TinySD-1.2.3</c>.</param>
    /// <param name="isLowerCase">Whether they were made lower case.</param>
    public string ToSacreBleu(string tokenization, string version, bool isLowerCase = false)
    {
        string penalty = PrintedNumber.Fixed(BrevityPenalty, 3), ratio = PrintedNumber.Fixed(LengthRatio, 3);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"BLEU|{ToSignature(tokenization, version, isLowerCase)} = {PrintedNumber.Fixed(Bleu, 2)} {ShownPrecisions()} " +
            $"(BP = {penalty} ratio = {ratio} hyp_len = {HypothesisLength} ref_len = {ReferenceLength})");
    }

    /// <summary>A signature as sacreBLEU writes it:
    /// <c>nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:TinySD-1.2.3</c>.</summary>
    /// <inheritdoc cref="ToSacreBleu"/>
    public string ToSignature(string tokenization, string version, bool isLowerCase = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(tokenization);
        string smoothing = Options.Smoothing switch
        {
            BleuSmoothing.None => "none",
            BleuSmoothing.Exponential => "exp",
            BleuSmoothing.Floor => $"floor[{PrintedNumber.Fixed(Options.Value, 2)}]",
            _ => $"add-k[{PrintedNumber.Fixed(Options.Value, 2)}]",
        };
        string effective = ScoreSignature.YesOrNo(Options.HasEffectiveOrder);
        string start = ScoreSignature.Start(ReferenceCount, isLowerCase), end = ScoreSignature.End(version);
        return $"{start}|eff:{effective}|tok:{tokenization}|smooth:{smoothing}|{end}";
    }

    private string ShownPrecisions() => string.Join('/', Precisions.Select(precision => PrintedNumber.Fixed(precision, 1)));
}
