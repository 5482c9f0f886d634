using System.Globalization;
using TinySD.Runtime.Inference;

namespace TinySD.Runtime.Tests;

/// <summary>BLEU as multi-bleu.perl and sacreBLEU count it.</summary>
public sealed class BleuScorerTests
{
    // Of sacreBLEU's README and tests.
    private static readonly string[] s_hypotheses = ["The dog bit the man.", "It wasn't surprising.", "The man had just bitten him."];

    private static readonly string[][] s_references =
    [
        ["The dog bit the man.", "The dog had bit the man."],
        ["It was not unexpected.", "No one was surprised."],
        ["The man bit him first.", "The man had bitten the dog."],
    ];

    // Printed by Perl with the script's own formulas, but where no translation has a word, for which the script divides by 0.
    [Test]
    [Arguments(
        "Hello, world! It is a nice day.", "Hello , world ! It is a nice day .",
        "BLEU = 26.78, 57.1/50.0/40.0/25.0 (BP=0.651, ratio=0.700, hyp_len=7, ref_len=10)")]
    [Arguments("a b x d e f", "a b c d e f", "BLEU = 0.00, 83.3/60.0/25.0/0.0 (BP=1.000, ratio=1.000, hyp_len=6, ref_len=6)")]
    [Arguments("the cat", "the cat", "BLEU = 0.00, 100.0/100.0/0.0/0.0 (BP=1.000, ratio=1.000, hyp_len=2, ref_len=2)")]
    [Arguments("word", "word", "BLEU = 0.00, 100.0/0.0/0.0/0.0 (BP=1.000, ratio=1.000, hyp_len=1, ref_len=1)")]
    [Arguments("a b c d", "word", "BLEU = 0.00, 0.0/0.0/0.0/0.0 (BP=1.000, ratio=4.000, hyp_len=4, ref_len=1)")]
    [Arguments("a b c d", "a b c d", "BLEU = 100.00, 100.0/100.0/100.0/100.0 (BP=1.000, ratio=1.000, hyp_len=4, ref_len=4)")]
    [Arguments("a b c d|", "a b c d|e", "BLEU = 77.88, 100.0/100.0/100.0/100.0 (BP=0.779, ratio=0.800, hyp_len=4, ref_len=5)")]
    [Arguments("", "a b", "BLEU = 0.00, 0.0/0.0/0.0/0.0 (BP=0.000, ratio=0.000, hyp_len=0, ref_len=2)")]
    [Arguments("a b", "", "BLEU = 0, 0/0/0/0 (BP=0, ratio=0, hyp_len=0, ref_len=0)")]
    [Arguments("", "", "BLEU = 0, 0/0/0/0 (BP=0, ratio=0, hyp_len=0, ref_len=0)")]
    [Arguments("the the the the the the the", "the cat is on the mat",
        "BLEU = 0.00, 28.6/0.0/0.0/0.0 (BP=1.000, ratio=1.167, hyp_len=7, ref_len=6)")]
    [Arguments("a b c d e f g h i j k l m n o p", "a q r s", "BLEU = 0.00, 6.2/0.0/0.0/0.0 (BP=1.000, ratio=4.000, hyp_len=16, ref_len=4)")]
    [Arguments("a b c d x|y b c d e f", "a b c d e|a b c d e f",
        "BLEU = 72.27, 81.8/77.8/71.4/60.0 (BP=1.000, ratio=1.000, hyp_len=11, ref_len=11)")]
    public async Task Hand_worked_texts(string hypotheses, string references, string expected)
    {
        BleuResult result = Score(hypotheses.Split('|'), [.. references.Split('|').Select(line => new[] { line })]);
        await Assert.That(result.ToMultiBleu()).IsEqualTo(expected);
    }

    [Test]
    [Arguments("Hello, world! It is a nice day.", "Hello , world ! It is a nice day .", BleuSmoothing.None, false, 26.78)]
    [Arguments("a b x d e f", "a b c d e f", BleuSmoothing.Exponential, false, 37.99)]
    [Arguments("a b x d e f", "a b c d e f", BleuSmoothing.None, false, 0.0)]
    [Arguments("the cat", "the cat", BleuSmoothing.None, false, 0.0)]
    [Arguments("the cat", "the cat", BleuSmoothing.None, true, 100.0)]
    [Arguments("the cat", "the cat", BleuSmoothing.Exponential, true, 100.0)]
    [Arguments("the cat", "the cat", BleuSmoothing.Exponential, false, 0.0)]
    [Arguments("word", "word", BleuSmoothing.None, true, 100.0)]
    [Arguments("word", "other", BleuSmoothing.Exponential, true, 0.0)]
    [Arguments("", "word", BleuSmoothing.Exponential, true, 0.0)]
    [Arguments("", "", BleuSmoothing.AddK, true, 0.0)]
    public async Task Smoothing_and_effective_order(
        string hypothesis, string reference, BleuSmoothing smoothing, bool hasEffectiveOrder, double expected)
    {
        var options = new BleuOptions { Smoothing = smoothing, HasEffectiveOrder = hasEffectiveOrder };
        await Assert.That(Score([hypothesis], [[reference]], options).Bleu).IsEqualTo(expected).Within(0.005);
    }

    // Of sacreBLEU's own tests.
    [Test]
    [Arguments("this is a test", "this is a test", 100)]
    [Arguments("this is a fest", "this is a test", 22.3606797749979)]
    [Arguments("test", "a test", 36.78794411714425)]
    [Arguments("a test", "a test", 100)]
    [Arguments("a little test", "a test", 3.218297948685433)]
    public async Task Figures_of_sacrebleus_tests_with_a_floor(string hypothesis, string reference, double expected)
    {
        var options = new BleuOptions { Smoothing = BleuSmoothing.Floor, SmoothingValue = 0.01, HasEffectiveOrder = true };
        await Assert.That(Score([hypothesis], [[reference]], options).Bleu).IsEqualTo(expected).Within(1e-8);
    }

    [Test]
    public async Task Several_references_as_in_sacrebleus_readme()
    {
        BleuResult result = Score(s_hypotheses, s_references, BleuOptions.SacreBleu);
        await Assert.That(result.Bleu).IsEqualTo(49.1919566).Within(1e-7);
        await Assert.That(result.ReferenceCount).IsEqualTo(2);
        BleuResult empty = Score(["", "", ""], s_references, BleuOptions.SacreBleu);
        await Assert.That((empty.Bleu, empty.BrevityPenalty, empty.HypothesisLength)).IsEqualTo((0.0, 0.0, 0L));
    }

    [Test]
    [Arguments(new long[] { 9, 7, 5, 3 }, new long[] { 10, 8, 6, 4 }, 11, 11, 83.75922397)]
    [Arguments(new long[] { 0, 0, 0, 0 }, new long[] { 4, 4, 2, 1 }, 0, 1, 0)]
    [Arguments(new long[] { 0, 0, 0, 0 }, new long[] { 10, 11, 12, 0 }, 14, 10, 0)]
    [Arguments(new long[] { 0, 0, 0, 0 }, new long[] { 0, 0, 0, 0 }, 0, 0, 0)]
    [Arguments(new long[] { 6, 5, 4, 0 }, new long[] { 6, 5, 4, 3 }, 6, 6, 0)]
    public async Task Counts_of_sacrebleus_tests(long[] matches, long[] totals, long hypothesis, long reference, double expected)
    {
        var result = new BleuResult
        {
            Options = new BleuOptions { Smoothing = BleuSmoothing.Floor, SmoothingValue = 0 },
            Sentences = 1,
            Matches = matches,
            Totals = totals,
            HypothesisLength = hypothesis,
            ReferenceLength = reference,
        };
        await Assert.That(result.Bleu).IsEqualTo(expected).Within(1e-8);
    }

    [Test]
    [Arguments("a b c d e", "a b c|a b c d e f g", 3)]
    [Arguments("a b c d e", "a b c d e f g|a b c", 3)]
    [Arguments("a b c d e", "a b c d e f|a b c", 6)]
    [Arguments("a", "|a b", 0)]
    public async Task Of_references_as_close_in_length_the_shorter_counts(string hypothesis, string references, int expected) =>
        await Assert.That(Score([hypothesis], [references.Split('|')]).ReferenceLength).IsEqualTo(expected);

    [Test]
    public async Task An_ngram_matches_as_often_as_the_reference_that_has_it_most_often()
    {
        BleuResult result = Score(["a a a b"], [["a a c", "a b b", "b a"]]);
        await Assert.That(string.Join(' ', result.Matches)).IsEqualTo("3 2 0 0");
        await Assert.That(string.Join(' ', result.Totals)).IsEqualTo("4 3 2 1");
    }

    [Test]
    public async Task Random_texts_count_as_the_scripts_own_way_counts_them()
    {
        var random = new Random(3);
        for (int round = 0; round < 300; round++)
        {
            string[] hypotheses = [.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => RandomLine(random))];
            string[][] references =
                [.. hypotheses.Select(_ => Enumerable.Range(0, random.Next(1, 4)).Select(_ => RandomLine(random)).ToArray())];
            BleuResult result = Score(hypotheses, references);
            (long[] matches, long[] totals, long own, long other) = Walk(hypotheses, references);
            await Assert.That(string.Join(' ', result.Matches)).IsEqualTo(string.Join(' ', matches));
            await Assert.That(string.Join(' ', result.Totals)).IsEqualTo(string.Join(' ', totals));
            await Assert.That((result.HypothesisLength, result.ReferenceLength)).IsEqualTo((own, other));
        }
    }

    [Test]
    public async Task A_signature_tells_how_it_was_counted()
    {
        BleuResult result = Score(["Hello , world ! It is a nice day ."], [["Hello , world ! It is a nice day ."]], BleuOptions.SacreBleu);
        const string version = "TinySD-1.2.3";
        await Assert.That(result.ToSacreBleu("13a", version)).IsEqualTo(
            $"BLEU|nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:{version} = 100.00 100.0/100.0/100.0/100.0 " +
            "(BP = 1.000 ratio = 1.000 hyp_len = 10 ref_len = 10)");
        var options = new BleuOptions { Smoothing = BleuSmoothing.Floor, HasEffectiveOrder = true };
        await Assert.That(Score(["a", "b"], [["a"], ["a", "b"]], options).ToSignature("none", version, isLowerCase: true))
            .IsEqualTo($"nrefs:var|case:lc|eff:yes|tok:none|smooth:floor[0.10]|version:{version}");
        options = new BleuOptions { Smoothing = BleuSmoothing.AddK, SmoothingValue = 2.5 };
        await Assert.That(Score(["a"], [["a", "b"]], options).ToSignature("none", version))
            .IsEqualTo($"nrefs:2|case:mixed|eff:no|tok:none|smooth:add-k[2.50]|version:{version}");
        await Assert.That(Score(["a"], [["a"]]).ToSignature("none", version))
            .IsEqualTo($"nrefs:1|case:mixed|eff:no|tok:none|smooth:none|version:{version}");
    }

    [Test]
    public async Task Long_sentences_and_none_are_counted()
    {
        string line = string.Join(' ', Enumerable.Range(0, 5000).Select(i => (i % 700).ToString(CultureInfo.InvariantCulture)));
        await Assert.That(Score([line], [[line]]).Bleu).IsEqualTo(100);
        BleuResult nothing = new BleuScorer().ToResult();
        await Assert.That((nothing.Bleu, nothing.Sentences, nothing.LengthRatio)).IsEqualTo((0.0, 0L, 0.0));
    }

    [Test]
    public async Task Wrong_calls_are_told()
    {
        await Assert.That(Messages.Of<ArgumentException>(() => new BleuScorer().Add(["a"]))).Contains("without a reference");
        await Assert.That(Messages.Of<ArgumentException>(() => new BleuScorer().Add(["a", null!], ["a"])))
            .IsEqualTo("word 1 of a sentence is null");
        await Assert.That(Messages.Of<ArgumentException>(() => new BleuScorer(new() { Smoothing = (BleuSmoothing)9 })))
            .Contains("one of its names");
        await Assert.That(Messages.Of<ArgumentException>(() => new BleuScorer(new() { SmoothingValue = 1 })))
            .IsEqualTo("smoothing none takes no number; floor and add-k do");
        await Assert.That(Messages.Of<ArgumentException>(
            () => new BleuScorer(new() { Smoothing = BleuSmoothing.Floor, SmoothingValue = double.NaN }))).Contains("SmoothingValue");
    }

    private static BleuResult Score(string[] hypotheses, string[][] references, BleuOptions? options = null)
    {
        var scorer = new BleuScorer(options);
        for (int i = 0; i < hypotheses.Length; i++)
            scorer.Add(WordsOf(hypotheses[i]), [.. references[i].Select(WordsOf)]);
        return scorer.ToResult();
    }

    private static string[] WordsOf(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static string RandomLine(Random random) =>
        string.Join(' ', Enumerable.Range(0, random.Next(9)).Select(_ => (char)('a' + random.Next(3))));

    // With n-grams as texts, as the script has them.
    private static (long[] Matches, long[] Totals, long Own, long Other) Walk(string[] hypotheses, string[][] references)
    {
        long[] matches = new long[4], totals = new long[4];
        long own = 0, other = 0;
        for (int i = 0; i < hypotheses.Length; i++)
        {
            string[] words = WordsOf(hypotheses[i]);
            int[] lengths = [.. references[i].Select(line => WordsOf(line).Length)];
            own += words.Length;
            other += lengths.Order().MinBy(length => Math.Abs(length - words.Length));
            for (int n = 1; n <= 4; n++)
            {
                foreach (IGrouping<string, string> gram in Grams(words, n).GroupBy(text => text))
                {
                    int most = references[i].Max(line => Grams(WordsOf(line), n).Count(text => text == gram.Key));
                    totals[n - 1] += gram.Count();
                    matches[n - 1] += Math.Min(gram.Count(), most);
                }
            }
        }

        return (matches, totals, own, other);
    }

    private static IEnumerable<string> Grams(string[] words, int n) =>
        Enumerable.Range(0, Math.Max(0, words.Length - n + 1)).Select(start => string.Join(' ', words[start..(start + n)]));
}
