using System.Globalization;

namespace TinySD.Runtime.Inference;

/// <summary>What chrF measured.</summary>
public sealed record ChrfResult
{
    /// <summary>How it was counted.</summary>
    public required ChrfOptions Options { get; init; }

    /// <summary>Sentences.</summary>
    public required long Sentences { get; init; }

    /// <summary>References of every sentence; null where some have more than others.</summary>
    public int? ReferenceCount { get; init; } = 1;

    /// <summary>chrF, 0 to 100.</summary>
    public required double Chrf { get; init; }

    /// <summary>The score's name: <c>chrF2</c>, or <c>chrF2++</c> with two orders of words.</summary>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"chrF{Options.Beta}{new string('+', Options.WordOrder)}");

    /// <summary>The line that sacreBLEU prints, with a signature by which others can count the same: <c>chrF2|nrefs:1|case:mixed|... =
    /// 59.73</c>.</summary>
    /// <param name="version">The program that counted and its version, such as <c>TinySD-1.2.3</c>.</param>
    /// <param name="isLowerCase">Whether sentences were made lower case.</param>
    public string ToSacreBleu(string version, bool isLowerCase = false) =>
        $"{Name}|{ToSignature(version, isLowerCase)} = {PrintedNumber.Fixed(Chrf, 2)}";

    /// <summary>A signature as sacreBLEU writes it:
    /// <c>nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:TinySD-1.2.3</c>.</summary>
    /// <param name="version">The program that counted and its version, such as <c>TinySD-1.2.3</c>.</param>
    /// <param name="isLowerCase">Whether sentences were made lower case.</param>
    public string ToSignature(string version, bool isLowerCase = false) => string.Create(
        CultureInfo.InvariantCulture,
        $"{ScoreSignature.Start(ReferenceCount, isLowerCase)}|eff:{ScoreSignature.YesOrNo(Options.HasEffectiveOrder)}|" +
        $"nc:{Options.CharacterOrder}|nw:{Options.WordOrder}|space:{ScoreSignature.YesOrNo(Options.KeepsWhiteSpace)}|" +
        $"{ScoreSignature.End(version)}");
}
