using TinySD.Runtime.Inference;
using TinySD.Runtime.Models;

namespace TinySD.Runtime.Tests;

/// <summary>The table of conlleval, as the script itself printed it.</summary>
public sealed class ConllevalTests
{
    // Its author's own example, at the pages of CoNLL-2000 ("Output Example conlleval"); its counts follow from what is printed there.
    private const string Chunks =
        """
        processed 961 tokens with 459 phrases; found: 539 phrases; correct: 371.
        accuracy:  87.20%; precision:  68.83%; recall:  80.83%; FB1:  74.35
                     ADJP: precision:   0.00%; recall:   0.00%; FB1:   0.00  1
                     ADVP: precision:  45.45%; recall:  62.50%; FB1:  52.63  11
                       NP: precision:  64.98%; recall:  78.63%; FB1:  71.16  317
                       PP: precision:  83.18%; recall:  98.89%; FB1:  90.36  107
                     SBAR: precision:  66.67%; recall:  33.33%; FB1:  44.44  3
                       VP: precision:  69.00%; recall:  79.31%; FB1:  73.80  100

        """;

    // Of a tagger on the test set of CoNLL-2003; entities of each type there are known.
    private const string Names =
        """
        processed 46435 tokens with 5648 phrases; found: 5679 phrases; correct: 5146.
        accuracy:  97.92%; precision:  90.61%; recall:  91.11%; FB1:  90.86
                      LOC: precision:  91.35%; recall:  93.65%; FB1:  92.48  1710
                     MISC: precision:  78.20%; recall:  82.76%; FB1:  80.42  743
                      ORG: precision:  90.25%; recall:  88.02%; FB1:  89.12  1620
                      PER: precision:  95.95%; recall:  95.30%; FB1:  95.63  1606

        """;

    [Test]
    public async Task The_scripts_own_example_comes_out_to_the_last_digit() => await Assert.That(Table(
        961, 838, ("ADJP", 6, 1, 0), ("ADVP", 8, 11, 5), ("NP", 262, 317, 206), ("PP", 90, 107, 89), ("SBAR", 6, 3, 2),
        ("VP", 87, 100, 69)))
        .IsEqualTo(Chunks.ReplaceLineEndings("\n"));

    [Test]
    public async Task A_table_of_names_comes_out_to_the_last_digit() => await Assert.That(Table(
        46_435, 45_469, ("LOC", 1668, 1710, 1562), ("MISC", 702, 743, 581), ("ORG", 1661, 1620, 1462), ("PER", 1617, 1606, 1541)))
        .IsEqualTo(Names.ReplaceLineEndings("\n"));

    // C rounds what is exactly between two hundredths to the even one: 100 * 1 / 32 = 3.125, 100 * 3 / 32 = 9.375, 100 * 7 / 32 = 21.875.
    [Test]
    [Arguments(1, 32, "  3.12")]
    [Arguments(3, 32, "  9.38")]
    [Arguments(7, 32, " 21.88")]
    [Arguments(5, 32, " 15.62")]
    [Arguments(1, 3, " 33.33")]
    [Arguments(2, 3, " 66.67")]
    [Arguments(1, 20_000, "  0.01")]
    [Arguments(3, 20_000, "  0.01")]
    [Arguments(19_999, 20_000, "100.00")]
    [Arguments(49_999, 50_000, "100.00")]
    [Arguments(9, 9, "100.00")]
    public async Task Ties_are_rounded_as_the_script_rounds_them(int right, int tokens, string expected) =>
        await Assert.That(Table(tokens, right)).Contains($"accuracy: {expected}%; precision:   0.00%");

    [Test]
    public async Task Without_a_word_there_is_nothing_to_print() =>
        await Assert.That(Table(0, 0)).IsEqualTo("processed 0 tokens with 0 phrases; found: 0 phrases; correct: 0.\n");

    private static string Table(long tokens, long rightTokens, params (string Type, long Count, long Predicted, long Right)[] types) =>
        new TaggingResult
        {
            Scheme = TagScheme.Iob2,
            Rule = EntityRule.Conlleval,
            Sentences = 1,
            Tokens = tokens,
            RightTokens = rightTokens,
            Entities = new(types.Sum(own => own.Count), types.Sum(own => own.Predicted), types.Sum(own => own.Right)),
            PerType = [.. types.Select(own => new EntityFigures(own.Type, new(own.Count, own.Predicted, own.Right)))],
        }.ToConlleval();
}
