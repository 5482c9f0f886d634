using System.Text.RegularExpressions;
using TinySD.Runtime.Inference;
using TinySD.Runtime.Models;

namespace TinySD.Runtime.Tests;

/// <summary>The metric of the CoNLL shared tasks.</summary>
public sealed class EntityScorerTests
{
    // Pairs of places of two neighbours by which a chunk ends, and by which one begins, if their types are the same.
    private const string Ends = "BB BO IB IO EE EI EO", Begins = "BB IB OB OI EE EI OE";

    [Test]
    [Arguments("B-PER I-PER O B-LOC", "I-PER I-PER O B-LOC", EntityRule.Conlleval, 1.0, 1.0, 1.0)]
    [Arguments("B-PER I-PER O B-LOC", "I-PER I-PER O B-LOC", EntityRule.Strict, 1.0, 0.5, 2.0 / 3)]
    [Arguments("B-NP I-NP O", "I-NP I-NP O", EntityRule.Conlleval, 1.0, 1.0, 1.0)]
    [Arguments("B-NP I-NP O", "I-NP I-NP O", EntityRule.Strict, 0.0, 0.0, 0.0)]
    [Arguments("O O O B-MISC I-MISC I-MISC O | B-PER I-PER O", "O O B-MISC I-MISC I-MISC I-MISC O | B-PER I-PER O",
        EntityRule.Conlleval, 0.5, 0.5, 0.5)]
    [Arguments("B-PER O B-LOC", "O O O", EntityRule.Conlleval, 0.0, 0.0, 0.0)]
    [Arguments("O O", "B-PER O", EntityRule.Conlleval, 0.0, 0.0, 0.0)]
    [Arguments("O O", "O O", EntityRule.Conlleval, 0.0, 0.0, 0.0)]
    [Arguments("B-PER I-PER I-LOC", "B-PER I-PER I-PER", EntityRule.Conlleval, 0.0, 0.0, 0.0)]
    [Arguments("B-PER I-PER I-LOC", "B-PER I-PER B-LOC", EntityRule.Conlleval, 1.0, 1.0, 1.0)]
    [Arguments("B-PER I-PER I-LOC", "B-PER I-PER B-LOC", EntityRule.Strict, 0.5, 1.0, 2.0 / 3)]
    [Arguments("B-PER I-PER", "B-LOC I-LOC", EntityRule.Conlleval, 0.0, 0.0, 0.0)]
    [Arguments("B-PER | I-PER", "B-PER | I-PER", EntityRule.Conlleval, 1.0, 1.0, 1.0)]
    [Arguments("I-PER | B-PER", "B-PER | I-PER", EntityRule.Conlleval, 1.0, 1.0, 1.0)]
    public async Task Hand_worked_sentences(
        string gold, string predicted, EntityRule rule, double precision, double recall, double f1)
    {
        TaggingResult result = Score(gold, predicted, TagScheme.Iob2, rule);
        await Assert.That(result.Rule).IsEqualTo(rule);
        await Assert.That(result.Entities.Precision).IsEqualTo(precision).Within(1e-15);
        await Assert.That(result.Entities.Recall).IsEqualTo(recall).Within(1e-15);
        await Assert.That(result.Entities.F1).IsEqualTo(f1).Within(1e-15);
    }

    [Test]
    public async Task Counts_stand_for_every_type_that_is_there_or_was_found()
    {
        TaggingResult result = Score(
            "B-PER I-PER O B-LOC O B-a-b | | O", "B-PER I-PER O B-ORG O I-a-b | | B-PER", TagScheme.Iob2, EntityRule.Conlleval);
        string found = string.Join(
            ", ", result.PerType.Select(own => $"{own.Type} {own.Figures.Count} {own.Figures.Predicted} {own.Figures.Right}"));
        await Assert.That(found).IsEqualTo("LOC 1 0 0, ORG 0 1 0, PER 1 2 1, a-b 1 1 1");
        await Assert.That(result.Entities).IsEqualTo(new LabelFigures(3, 4, 2));
        await Assert.That((result.Sentences, result.Tokens, result.RightTokens)).IsEqualTo((3L, 7L, 4L));
        await Assert.That(result.Accuracy).IsEqualTo(4.0 / 7);
        await Assert.That(result.Score).IsEqualTo(4.0 / 7);
    }

    [Test]
    public async Task Nothing_but_outside_leaves_the_accuracy_as_it_is()
    {
        TaggingResult result = Score("B-PER O O B-LOC", "O O O O", TagScheme.Iob2, EntityRule.Conlleval);
        await Assert.That((result.Entities.Precision, result.Entities.Recall, result.Entities.F1)).IsEqualTo((0.0, 0.0, 0.0));
        await Assert.That(result.Accuracy).IsEqualTo(0.5);
        TaggingResult nothing = new EntityScorer(TagScheme.Bioes).ToResult();
        await Assert.That((nothing.Accuracy, nothing.Score, nothing.Tokens)).IsEqualTo((0.0, 0.0, 0L));
    }

    [Test]
    public async Task Plain_tags_count_by_accuracy()
    {
        TaggingResult result = Score("DT NN B E-x", "DT VB B E-x", TagScheme.None, EntityRule.Conlleval);
        await Assert.That(result.Score).IsEqualTo(0.75);
        await Assert.That(result.Entities).IsEqualTo(new LabelFigures(0, 0, 0));
        await Assert.That(result.PerType.Count).IsEqualTo(0);
    }

    // Printed by conlleval itself for taggers on the test set of CoNLL-2003, and by seqeval for its own example.
    [Test]
    [Arguments(5648, 5679, 5146, "90.61 91.11 90.86")]
    [Arguments(5648, 5738, 4864, "84.77 86.12 85.44")]
    [Arguments(5648, 5620, 5112, "90.96 90.51 90.73")]
    [Arguments(5648, 5685, 5209, "91.63 92.23 91.93")]
    [Arguments(5648, 5605, 4799, "85.62 84.97 85.29")]
    [Arguments(2262, 2274, 2127, "93.54 94.03 93.78")]
    public async Task Figures_are_those_that_conlleval_prints(long count, long predicted, long right, string expected)
    {
        var figures = new LabelFigures(count, predicted, right);
        await Assert.That(FormattableString.Invariant($"{100 * figures.Precision:F2} {100 * figures.Recall:F2} {100 * figures.F1:F2}"))
            .IsEqualTo(expected);
    }

    [Test]
    public async Task Random_tags_count_as_a_walk_over_both_columns_counts_them()
    {
        // The script knows no S, and lets a B behind an E of its own type begin nothing.
        string[] alphabet = ["O", "B-PER", "I-PER", "E-PER", "B-LOC", "I-LOC", "E-LOC", "."];
        var random = new Random(5);
        for (int round = 0; round < 300; round++)
        {
            string[][] gold = RandomText(random, alphabet);
            string[][] predicted = [.. gold.Select(own => own.Select(tag => random.Next(3) == 0 ? Pick(random, alphabet) : tag).ToArray())];
            foreach (string[] own in predicted) MakeKnown(own);
            var scorer = new EntityScorer(TagScheme.Iob2);
            for (int i = 0; i < gold.Length; i++) scorer.Add(gold[i], predicted[i]);
            await Assert.That(scorer.ToResult().Entities).IsEqualTo(Walk(gold, predicted));
        }
    }

    [Test]
    [Arguments(TagScheme.Iob1, "BI", @"I(?<t>\w)(?<![BI]\k<t> I\k<t>)(?: I\k<t>)*|B(?<u>\w)(?<=[BI]\k<u> B\k<u>)(?: I\k<u>)*")]
    [Arguments(TagScheme.Iob2, "BI", @"B(?<t>\w)(?: I\k<t>)*")]
    [Arguments(TagScheme.Bioes, "BIES", @"S\w|B(?<t>\w)(?: I\k<t>)* E\k<t>")]
    public async Task Strictly_only_what_the_grammar_has_is_an_entity(TagScheme scheme, string places, string grammar)
    {
        string[] alphabet = ["OO", .. places.Select(place => $"{place}x"), .. places.Select(place => $"{place}y")];
        var random = new Random(6);
        for (int round = 0; round < 2000; round++)
        {
            string[] tags = [.. Enumerable.Range(0, random.Next(1, 8)).Select(_ => Pick(random, alphabet))];
            string[] hyphened = [.. tags.Select(tag => tag == "OO" ? "O" : $"{tag[0]}-{tag[1]}")];
            var scorer = new EntityScorer(scheme, EntityRule.Strict);
            scorer.Add(hyphened, hyphened);
            int expected = Regex.Count(string.Join(' ', tags), grammar);
            await Assert.That(scorer.ToResult().Entities).IsEqualTo(new LabelFigures(expected, expected, expected))
                .Because(string.Join(' ', hyphened));
        }
    }

    [Test]
    public async Task A_text_counts_the_same_in_every_scheme()
    {
        var random = new Random(7);
        string[] alphabet = ["O", "B-PER", "I-PER", "E-PER", "S-PER", "B-LOC", "I-LOC", "E-LOC", "S-LOC"];
        for (int round = 0; round < 100; round++)
        {
            string[] gold = RandomText(random, alphabet)[0];
            string[] predicted = [.. gold.Select(tag => random.Next(4) == 0 ? Pick(random, alphabet) : tag)];
            var expected = new EntityScorer(TagScheme.Iob2);
            expected.Add(gold, predicted);
            foreach (TagScheme scheme in new[] { TagScheme.Iob1, TagScheme.Iob2, TagScheme.Bioes })
            {
                foreach (EntityRule rule in new[] { EntityRule.Conlleval, EntityRule.Strict })
                {
                    var scorer = new EntityScorer(scheme, rule);
                    scorer.Add(TagSchemes.Convert(gold, scheme), TagSchemes.Convert(predicted, scheme));
                    await Assert.That(scorer.ToResult().Entities).IsEqualTo(expected.ToResult().Entities);
                }
            }
        }
    }

    [Test]
    public async Task Wrong_calls_are_told()
    {
        await Assert.That(Messages.Of<ArgumentException>(() => new EntityScorer(TagScheme.Iob2).Add(["O", "O"], ["O"])))
            .IsEqualTo("1 predicted tag for 2 words; expected one for each");
        await Assert.That(Messages.Of<ArgumentException>(() => new EntityScorer((TagScheme)7))).Contains("one of its names");
    }

    private static TaggingResult Score(string gold, string predicted, TagScheme scheme, EntityRule rule)
    {
        string[] golds = gold.Split('|'), predictions = predicted.Split('|');
        var scorer = new EntityScorer(scheme, rule);
        for (int i = 0; i < golds.Length; i++)
        {
            const StringSplitOptions NoEmpty = StringSplitOptions.RemoveEmptyEntries;
            scorer.Add(golds[i].Split(' ', NoEmpty), predictions[i].Split(' ', NoEmpty));
        }

        return scorer.ToResult();
    }

    private static string[][] RandomText(Random random, string[] alphabet)
    {
        string[][] text = new string[random.Next(1, 6)][];
        for (int i = 0; i < text.Length; i++)
        {
            text[i] = [.. Enumerable.Range(0, random.Next(12)).Select(_ => Pick(random, alphabet))];
            MakeKnown(text[i]);
        }

        return text;
    }

    private static string Pick(Random random, string[] alphabet) => alphabet[random.Next(alphabet.Length)];

    // Takes out what the script and the scorer read differently on purpose.
    private static void MakeKnown(string[] tags)
    {
        for (int i = 1; i < tags.Length; i++)
        {
            if (tags[i - 1][0] == 'E' && tags[i] == $"B{tags[i - 1][1..]}") tags[i] = "O";
        }
    }

    // The script's own way: one walk over both columns, with tables of the pairs of places that end and begin a chunk, and a flag that says
    // whether both columns are in the same chunk.
    private static LabelFigures Walk(string[][] gold, string[][] predicted)
    {
        long count = 0, found = 0, right = 0;
        bool isSame = false;
        (string Place, string Type) lastGold = ("O", ""), lastFound = ("O", "");
        for (int sentence = 0; sentence < gold.Length; sentence++)
        {
            for (int i = 0; i <= gold[sentence].Length; i++)
            {
                bool isBoundary = i == gold[sentence].Length;
                (string, string Type) own = Cut(isBoundary ? "O" : gold[sentence][i]);
                (string, string Type) other = Cut(isBoundary ? "O" : predicted[sentence][i]);
                bool endsGold = Has(Ends, lastGold, own, lastGold), endsFound = Has(Ends, lastFound, other, lastFound);
                if (isSame && endsGold && endsFound && lastGold.Type == lastFound.Type)
                {
                    isSame = false;
                    right++;
                }
                else if (endsGold != endsFound || own.Type != other.Type)
                {
                    isSame = false;
                }

                bool beginsGold = Has(Begins, lastGold, own, own), beginsFound = Has(Begins, lastFound, other, other);
                isSame |= beginsGold && beginsFound && own.Type == other.Type;
                count += beginsGold ? 1 : 0;
                found += beginsFound ? 1 : 0;
                (lastGold, lastFound) = (own, other);
            }
        }

        return new LabelFigures(count, found, right);
    }

    private static (string Place, string Type) Cut(string tag) =>
        tag == "." ? ("O", "") : tag.Split('-') is [var place, var type] ? (place, type) : (tag, "");

    private static bool Has(
        string pairs, (string Place, string Type) last, (string Place, string Type) own, (string Place, string Type) inside) =>
        pairs.Contains(last.Place + own.Place) || (inside.Place != "O" && last.Type != own.Type);
}
