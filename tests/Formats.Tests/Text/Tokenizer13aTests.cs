using TinySD.Formats.Text;
using TinySD.Runtime.Inference;

namespace TinySD.Formats.Tests;

/// <summary>Words as mteval-v13a cuts them.</summary>
public sealed class Tokenizer13aTests
{
    // What the script's four expressions make of them.
    [Test]
    [Arguments("Hello, world! It is a nice day.", "Hello , world ! It is a nice day .")]
    [Arguments("It costs $3.50, or 1,000-2,000 yen.", "It costs $ 3.50 , or 1,000 - 2,000 yen .")]
    [Arguments("a.b,c 3.x x.3 ...", "a . b , c 3 . x x . 3 . . .")]
    [Arguments("-5 3-4 x-y 3- ", "-5 3 - 4 x-y 3 -")]
    [Arguments("&quot;a&quot; &amp;lt; &lt;b&gt;", "\" a \" < < b >")]
    [Arguments("don't (really) [x] {y} a/b c\\d e|f ~g `h` ^i _j", "don't ( really ) [ x ] { y } a / b c \\ d e | f ~ g ` h ` ^ i _ j")]
    [Arguments("<skipped>x 1.", "x 1 .")]
    [Arguments("U.S. 3.14. 1,2,3,", "U . S . 3.14 . 1,2,3 ,")]
    [Arguments(",5 .5 5. 5,", ", 5 . 5 5 . 5 ,")]
    [Arguments("a\u00A0b\u2028c\u001Cd", "a b c d")]
    [Arguments("\U0001F600.\U0001F600,5", "\U0001F600 . \U0001F600 , 5")]
    [Arguments("a-b-3-c-\u20133\u2013", "a-b-3 - c-\u20133\u2013")]
    [Arguments("100% #1 @x *y +z =w ;v :u ?t <s>r</s>", "100 % # 1 @ x * y + z = w ; v : u ? t < s > r < / s >")]
    [Arguments("\"Quoted,\" he said.", "\" Quoted , \" he said .")]
    [Arguments("5.,5 a.,b ,.", "5 . , 5 a . , b , .")]
    [Arguments("", "")]
    [Arguments("  \t ", "")]
    public async Task Lines_are_cut(string line, string expected) =>
        await Assert.That(string.Join(' ', Tokenizer13a.Tokenize(line))).IsEqualTo(expected);

    // Figures of sacreBLEU's own tests, of one sentence with the order that it has.
    [Test]
    [Arguments(BleuSmoothing.Exponential, null, 8.493)]
    [Arguments(BleuSmoothing.None, null, 0.0)]
    [Arguments(BleuSmoothing.Floor, null, 4.51688)]
    [Arguments(BleuSmoothing.Floor, 0.5, 10.10)]
    [Arguments(BleuSmoothing.AddK, null, 14.882)]
    [Arguments(BleuSmoothing.AddK, 2.0, 21.389)]
    public async Task A_sentence_scores_as_in_sacrebleus_tests(BleuSmoothing smoothing, double? value, double expected)
    {
        var scorer = new BleuScorer(new() { Smoothing = smoothing, SmoothingValue = value, HasEffectiveOrder = true });
        scorer.Add(
            Tokenizer13a.Tokenize("Producția de zahăr primă va fi exprimată în ceea ce privește zahărul alb;"),
            Tokenizer13a.Tokenize("producţia de zahăr brut se exprimă în zahăr alb;"));
        await Assert.That(scorer.ToResult().Bleu).IsEqualTo(expected).Within(1e-3);
    }

    [Test]
    public async Task Texts_score_as_in_sacrebleus_readme()
    {
        string[] hypotheses = ["The dog bit the man.", "It wasn't surprising.", "The man had just bitten him."];
        string[] first = ["The dog bit the man.", "It was not unexpected.", "The man bit him first."];
        string[] second = ["The dog had bit the man.", "No one was surprised.", "The man had bitten the dog."];
        var scorer = new BleuScorer(BleuOptions.SacreBleu);
        for (int i = 0; i < hypotheses.Length; i++)
        {
            scorer.Add(
                Tokenizer13a.Tokenize(hypotheses[i]), Tokenizer13a.Tokenize(first[i]), Tokenizer13a.Tokenize(second[i]));
        }

        await Assert.That(scorer.ToResult().Bleu).IsEqualTo(48.530827).Within(1e-6);
    }

    [Test]
    public async Task A_line_that_is_cut_already_is_all_right()
    {
        var scorer = new BleuScorer();
        scorer.Add(
            Tokenizer13a.Tokenize("Hello, world! It is a nice day."), Tokenizer13a.Tokenize("Hello , world ! It is a nice day ."));
        await Assert.That(scorer.ToResult().ToMultiBleu())
            .IsEqualTo("BLEU = 100.00, 100.0/100.0/100.0/100.0 (BP=1.000, ratio=1.000, hyp_len=10, ref_len=10)");
    }
}
