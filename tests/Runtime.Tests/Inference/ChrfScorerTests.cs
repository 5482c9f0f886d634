using TinySD.Runtime.Inference;

namespace TinySD.Runtime.Tests;

/// <summary>chrF as sacreBLEU counts it; its own tests' figures.</summary>
public sealed class ChrfScorerTests
{
    private const string Risk =
        "risk assessment must be made of those who are qualified and expertise in the sector - these are the scientists .";

    private const string RiskReference =
        "risk assessment has to be undertaken by those who are qualified and expert in that area - that is the scientists .";

    private const string Obama = "Die Beziehung zwischen Obama und Netanjahu ist nicht gerade freundlich.";

    private const string ObamaReference = "Das Verhältnis zwischen Obama und Netanyahu ist nicht gerade freundschaftlich.";

    [Test]
    [Arguments("abcdefg", "hijklmnop", 0.0)]
    [Arguments("a", "b", 0.0)]
    [Arguments("", "reference", 0.0)]
    [Arguments("aa", "ab", 8.3333)]
    [Arguments("a|b", "a|c", 8.3333)]
    [Arguments("a", "a", 16.6667)]
    [Arguments("a b c", "a b c", 50.0)]
    [Arguments("a b c", "abc", 50.0)]
    [Arguments(" " + Risk, RiskReference, 63.361730)]
    [Arguments(" Die    Beziehung zwischen  Obama und Netanjahu ist nicht gerade  freundlich. ", ObamaReference, 64.1302698)]
    [Arguments("Niemand hat die Absicht, eine Mauer zu errichten", "Niemand hat die Absicht, eine Mauer zu errichten", 100.0)]
    public async Task Orders_without_ngrams_count_as_almost_nothing(string hypotheses, string references, double expected) =>
        await Assert.That(Score(hypotheses, references, new() { Beta = 3, HasEffectiveOrder = false }).Chrf)
            .IsEqualTo(expected).Within(1e-4);

    [Test]
    [Arguments("a", "a", 100.0)]
    [Arguments("", "reference", 0.0)]
    [Arguments("a b c", "a b c", 100.0)]
    [Arguments("a b c", "abc", 100.0)]
    [Arguments("", "c", 0.0)]
    [Arguments("a|b", "a|c", 50.0)]
    [Arguments("aa", "ab", 25.0)]
    public async Task Orders_without_ngrams_are_left_out(string hypotheses, string references, double expected) =>
        await Assert.That(Score(hypotheses, references, new() { Beta = 3 }).Chrf).IsEqualTo(expected).Within(1e-4);

    [Test]
    [Arguments(Obama, ObamaReference, 67.3481606)]
    [Arguments(Risk, RiskReference, 65.2414427)]
    public async Task White_space_may_count(string hypothesis, string reference, double expected) =>
        await Assert.That(Score(hypothesis, reference, new() { Beta = 3, KeepsWhiteSpace = true }).Chrf).IsEqualTo(expected).Within(1e-4);

    [Test]
    [Arguments(
        "Co nás nejvíc trápí, protože lékaři si vybírají, kdo bude žít a kdo zemře.",
        "Nejvíce smutní jsme z toho, že musíme rozhodovat o tom, kdo bude žít a kdo zemře.", 39.14078509)]
    [Arguments(
        "Nebo prostě nemají vybavení, které by jim pomohlo, uvedli lékaři.",
        "A někdy nemáme ani potřebný materiál, abychom jim pomohli, popsali lékaři.", 31.22557079)]
    [Arguments(
        "Lapali po dechu, jejich životy skončily dřív, než skutečně začaly.",
        "Lapali po dechu a pak jejich život skončil - dřív, než skutečně mohl začít, připomněli.", 57.15704367)]
    public async Task Recall_weighs_four_times_as_much_in_chrF2(string hypothesis, string reference, double expected) =>
        await Assert.That(Score(hypothesis, reference, new() { HasEffectiveOrder = false }).Chrf).IsEqualTo(expected).Within(1e-4);

    // Worked by hand: characters "ab" and "ac" have of orders 1 and 2 one match of two and none of one; words none of one.
    [Test]
    public async Task Words_count_in_chrF_plus_plus()
    {
        ChrfResult result = Score("ab", "ac", new() { CharacterOrder = 2, WordOrder = 1 });
        await Assert.That(result.Name).IsEqualTo("chrF2+");
        await Assert.That(result.Chrf).IsEqualTo(100 * 0.5 / 3).Within(1e-12);
        await Assert.That(Score("x y", "x y", new() { WordOrder = 2 }).Chrf).IsEqualTo(100).Within(1e-12);

        // "(hi)" is "(hi" and ")": one word of two is right, and no pair of words. Of "hi" there is half a match fewer.
        await Assert.That(Score("(hi)", "hi )", new() { CharacterOrder = 1, WordOrder = 1 }).Chrf)
            .IsEqualTo(FScore(((3 / 4.0) + (1 / 2.0)) / 2, (1 + (1 / 2.0)) / 2)).Within(1e-12);
        await Assert.That(Score("\"hi", "\" hi", new() { CharacterOrder = 1, WordOrder = 1 }).Chrf).IsEqualTo(100).Within(1e-12);
        await Assert.That(Score("- x", "- x", new() { CharacterOrder = 1, WordOrder = 2 }).Chrf).IsEqualTo(100).Within(1e-12);
    }

    [Test]
    public async Task Of_several_references_the_best_counts()
    {
        var scorer = new ChrfScorer();
        scorer.Add("a cat", "the dog", "a cat", "birds");
        await Assert.That(scorer.ToResult().Chrf).IsEqualTo(100).Within(1e-12);
        scorer.Add("", "nothing");
        await Assert.That(scorer.ToResult().ReferenceCount).IsNull();
        await Assert.That(scorer.ToResult().Sentences).IsEqualTo(2);
    }

    [Test]
    public async Task Characters_are_those_of_Unicode()
    {
        await Assert.That(Score("\U0001F600", "\U0001F601", new() { CharacterOrder = 1 }).Chrf).IsEqualTo(0);
        await Assert.That(Score("a\u00A0b\u2009c", "abc", new()).Chrf).IsEqualTo(100).Within(1e-12);
    }

    [Test]
    public async Task A_signature_tells_how_it_was_counted()
    {
        const string version = "TinySD-1.2.3";
        await Assert.That(Score("a b c", "a b c", new()).ToSacreBleu(version))
            .IsEqualTo($"chrF2|nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:{version} = 100.00");
        var options = new ChrfOptions { WordOrder = 2, HasEffectiveOrder = false, KeepsWhiteSpace = true };
        await Assert.That(Score("a", "a", options).ToSacreBleu(version, isLowerCase: true))
            .StartsWith($"chrF2++|nrefs:1|case:lc|eff:no|nc:6|nw:2|space:yes|version:{version} = ");
    }

    [Test]
    public async Task Wrong_calls_are_told()
    {
        await Assert.That(Messages.Of<ArgumentException>(() => new ChrfScorer().Add("a"))).Contains("without a reference");
        await Assert.That(Messages.Of<ArgumentException>(() => new ChrfScorer(new() { CharacterOrder = 0 }))).Contains("1 to 64");
        await Assert.That(Messages.Of<ArgumentException>(() => new ChrfScorer(new() { WordOrder = -1 }))).Contains("0 to 64");
        await Assert.That(Messages.Of<ArgumentException>(() => new ChrfScorer(new() { Beta = -1 }))).Contains("Beta");
        await Assert.That(new ChrfScorer().ToResult().Chrf).IsEqualTo(0);
    }

    private static double FScore(double precision, double recall) => 100 * 5 * precision * recall / ((4 * precision) + recall);

    private static ChrfResult Score(string hypotheses, string references, ChrfOptions options)
    {
        var scorer = new ChrfScorer(options);
        string[] own = hypotheses.Split('|'), right = references.Split('|');
        for (int i = 0; i < own.Length; i++) scorer.Add(own[i], right[i]);
        return scorer.ToResult();
    }
}
