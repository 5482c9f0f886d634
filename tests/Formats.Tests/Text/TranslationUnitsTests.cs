using TinySD.Formats.Text;
using TinySD.Runtime.Models;
using TinySD.Runtime.Tasks;

namespace TinySD.Formats.Tests;

/// <summary>Sentences and their translations as numbers.</summary>
public sealed class TranslationUnitsTests
{
    private static readonly ParallelTexts s_train = Texts("the dog|the Dog <s>|a cat", "der Hund|der Hund </s>|eine Katze <unk>");

    [Test]
    public async Task Each_side_has_its_words_the_most_frequent_first()
    {
        var units = TranslationUnits.Build(s_train);
        await Assert.That(Shown(units.Source)).IsEqualTo("<unk> <s> </s> the Dog a cat dog");
        await Assert.That(Shown(units.Target)).IsEqualTo("<unk> <s> </s> Hund der Katze eine");
        await Assert.That((units.IsShared, units.Source.JoinsPieces, units.Form.JoinsPieces)).IsEqualTo((false, false, false));
        SentencePairs pairs = units.Encode(s_train);
        await Assert.That(string.Join(' ', pairs.SourceOf(1).ToArray())).IsEqualTo("3 4 0");
        await Assert.That(string.Join(' ', pairs.TargetOf(2).ToArray())).IsEqualTo("6 5 0");
        await Assert.That(string.Join(' ', pairs.ReferenceOf(2))).IsEqualTo("eine Katze <unk>");
        await Assert.That(string.Join(' ', units.Form.ToWords(pairs.TargetOf(0)))).IsEqualTo("der Hund");
    }

    [Test]
    public async Task What_is_not_known_is_number_0_and_marks_of_a_text_are_not_known()
    {
        SentenceUnits units = TranslationUnits.Build(s_train).Source;
        await Assert.That(string.Join(' ', units.Encode(["the", "bird", "<unk>", "<s>", "</s>", "<S>"]))).IsEqualTo("3 0 0 0 0 0");
        await Assert.That(units.Encode(Array.Empty<string>())).IsEmpty();
        EncodedSentence sentence = units.EncodeWords(["bird", "the"]);
        await Assert.That(string.Join(' ', sentence.Words)).IsEqualTo("bird the");
    }

    [Test]
    public async Task Case_may_be_taken_away()
    {
        var units = TranslationUnits.Build(s_train, new() { IsLowerCase = true });
        await Assert.That(Shown(units.Source)).IsEqualTo("<unk> <s> </s> dog the a cat");
        await Assert.That(string.Join(' ', units.Target.Encode(["DER", "hund"]))).IsEqualTo("3 4");
        await Assert.That(string.Join(' ', units.Encode(s_train).ReferenceOf(0))).IsEqualTo("der hund");
        await Assert.That(string.Join(' ', units.Source.EncodeWords(["Bird"]).Words)).IsEqualTo("bird");
    }

    [Test]
    [Arguments(1, 6, "<unk> <s> </s> the Dog a")]
    [Arguments(2, 100, "<unk> <s> </s> the")]
    [Arguments(9, 100, "<unk> <s> </s>")]
    [Arguments(1, 4, "<unk> <s> </s> the")]
    public async Task Rare_words_are_left_out(int minimumCount, int size, string expected)
    {
        var units = TranslationUnits.Build(s_train, new() { MinimumCount = minimumCount, MaximumSourceSize = size });
        await Assert.That(Shown(units.Source)).IsEqualTo(expected);
    }

    [Test]
    public async Task Both_sides_may_have_one_vocabulary()
    {
        ParallelTexts texts = Texts("a b b|c a", "b x|x x");
        var units = TranslationUnits.Build(texts, new() { IsShared = true, MaximumTargetSize = 6 });
        await Assert.That(units.IsShared).IsTrue();
        await Assert.That(Shown(units.Source)).IsEqualTo("<unk> <s> </s> b x a");
        await Assert.That(ReferenceEquals(units.Source, units.Target)).IsTrue();
        var apart = new TranslationUnits(units.Source, new(new Vocabulary(TextLevel.Word, units.Source.Vocabulary.Tokens, LineMarks.None)));
        await Assert.That(apart.IsShared).IsTrue();
        units.Check(new TranslatorRecipe { Name = "", SharesEmbedding = true });
    }

    [Test]
    public async Task One_embedding_for_two_vocabularies_is_an_error()
    {
        // As many units, and others.
        var units = TranslationUnits.Build(Texts("a b", "c d"));
        units.Check(new TranslatorRecipe { Name = "" });
        await Assert.That(() => units.Check(new TranslatorRecipe { Name = "", SharesEmbedding = true }))
            .Throws<ArgumentException>().WithMessageContaining("two different ones, of 5 units and 5");
    }

    [Test]
    public async Task Words_are_cut_by_codes_that_are_learnt_from_both_sides()
    {
        ParallelTexts texts = Texts("low low low lower|low newest", "newest newest widest|lowest");
        var units = TranslationUnits.Build(texts, new() { Merges = 6 });
        await Assert.That(units.Source.Codes!.FindDifference(TranslationUnits.LearnCodes(texts, 6))).IsNull();
        await Assert.That(string.Join('|', units.Source.Codes!.Merges.Select(pair => $"{pair.First} {pair.Second}")))
            .IsEqualTo("l o|w e|s t</w>|we st</w>|lo w</w>|n e");
        await Assert.That(Shown(units.Source)).IsEqualTo("<unk> <s> </s> low lo@@ ne@@ r we@@ west");
        await Assert.That(units.Form.JoinsPieces).IsTrue();

        // What "widest" is cut into is of the targets only.
        EncodedSentence sentence = units.Source.EncodeWords(["newest", "lower", "widest"]);
        string[] pieces = [.. sentence.Units.Select(id => units.Source.Vocabulary[id])];
        await Assert.That(string.Join(' ', pieces)).IsEqualTo("ne@@ west lo@@ we@@ r <unk> <unk> <unk> <unk> <unk> <unk>");
        await Assert.That(string.Join(' ', sentence.Words)).IsEqualTo(
            "newest newest lower lower lower widest widest widest widest widest widest");
        await Assert.That(string.Join(' ', units.Encode(texts).ReferenceOf(0))).IsEqualTo("newest newest widest");
        await Assert.That(string.Join(' ', units.Form.ToWords(units.Target.Encode(["widest", "newest"])))).IsEqualTo("widest newest");
    }

    [Test]
    public async Task Texts_that_are_cut_already_are_joined_again()
    {
        var units = TranslationUnits.Build(Texts("a b", "foo@@ bar tot@@"));
        await Assert.That((units.Source.JoinsPieces, units.Target.JoinsPieces)).IsEqualTo((false, true));
        SentencePairs pairs = units.Encode(Texts("a", "foo@@ bar tot@@"));
        await Assert.That(string.Join(' ', pairs.ReferenceOf(0))).IsEqualTo("foobar tot");
        await Assert.That(string.Join(' ', units.Form.ToWords(pairs.TargetOf(0)))).IsEqualTo("foobar tot");
    }

    [Test]
    public async Task A_vocabulary_may_be_given()
    {
        var given = new Vocabulary(TextLevel.Word, ["</s>", "<unk>", "<s>", "cat", "the"], LineMarks.None);
        var units = TranslationUnits.Build(s_train, new() { SourceVocabulary = given });
        await Assert.That(Shown(units.Source)).IsEqualTo("<unk> <s> </s> cat the");
        await Assert.That(Shown(units.Target)).StartsWith("<unk> <s> </s> Hund");
        var both = new TranslationUnitOptions { SourceVocabulary = given, TargetVocabulary = units.Target.Vocabulary, IsShared = true };
        await Assert.That(() => TranslationUnits.Build(s_train, both))
            .Throws<ArgumentException>().WithMessageContaining("two different ones");
    }

    [Test]
    public async Task Codes_of_another_vocabulary_are_refused()
    {
        ParallelTexts texts = Texts("low low low lower|low newest", "newest newest widest|lowest");
        SentenceUnits units = TranslationUnits.Build(texts, new() { Merges = 20 }).Source;
        BytePairCodes other = TranslationUnits.LearnCodes(Texts("und und und auch", "auch mich auch"), 20);
        await Assert.That(() => new SentenceUnits(units.Vocabulary, other)).Throws<ArgumentException>()
            .WithMessageContaining("are not those of the vocabulary: they make 0 of its");
        await Assert.That(() => TranslationUnits.Build(texts, new() { Codes = other, SourceVocabulary = units.Vocabulary }))
            .Throws<ArgumentException>();
        _ = new SentenceUnits(units.Vocabulary, units.Codes);
    }

    [Test]
    public async Task Wrong_calls_are_told()
    {
        await Assert.That(() => new SentenceUnits(new Vocabulary(TextLevel.Word, ["<unk>", "a", "b"], LineMarks.None)))
            .Throws<ArgumentException>().WithMessageContaining("<unk>, <s>, </s>");
        await Assert.That(() => new SentenceUnits(new Vocabulary(TextLevel.Character, ["a"]))).Throws<ArgumentException>();
        await Assert.That(() => TranslationUnits.Build(Texts("", "a"))).Throws<ArgumentException>().WithMessageContaining("no sentence");
        await Assert.That(() => TranslationUnits.Build(Texts("a", "<s>"))).Throws<ArgumentException>();
        await Assert.That(() => TranslationUnits.Build(s_train, new() { MaximumSourceSize = 3 })).Throws<ArgumentException>();
        await Assert.That(() => TranslationUnits.Build(s_train, new() { MinimumCount = 0 })).Throws<ArgumentException>();
        await Assert.That(() => TranslationUnits.Build(s_train, new() { Merges = 1, Codes = new([]) })).Throws<ArgumentException>();
    }

    // Codes that leave nothing unknown on the training set, and next to nothing on another.
    [Test]
    public async Task Multi30k_is_encoded_with_codes_for_both_sides()
    {
        ParallelTexts train = Multi30k("train"), test = Multi30k("test_2016_flickr");
        var units = TranslationUnits.Build(train, new() { Merges = 8000, IsShared = true });
        SentencePairs pairs = units.Encode(train), others = units.Encode(test);
        int unknown = Enumerable.Range(0, train.Count).Sum(i => pairs.TargetOf(i).Count(0) + pairs.SourceOf(i).Count(0));
        await Assert.That(unknown).IsEqualTo(0);
        await Assert.That(Enumerable.Range(0, test.Count).Sum(i => others.TargetOf(i).Count(0) + others.SourceOf(i).Count(0)))
            .IsLessThanOrEqualTo(3);
        for (int i = 0; i < test.Count; i++)
        {
            if (others.TargetOf(i).Contains(0)) continue;
            await Assert.That(string.Join(' ', units.Form.ToWords(others.TargetOf(i)))).IsEqualTo(string.Join(' ', test.Targets[i]));
        }
    }

    [Test]
    public async Task Published_vocabularies_are_read()
    {
        string vocabulary = RealData.Find("iwslt15_envi/vocab.en.gz");
        var test = ParallelTexts.Read(RealData.Find("iwslt15_envi/tst2013.en.gz"), RealData.Find("iwslt15_envi/tst2013.vi.gz"));
        var units = TranslationUnits.Build(test, new()
        {
            SourceVocabulary = VocabularyFile.Read(vocabulary, TextLevel.Word),
            TargetVocabulary = VocabularyFile.Read(RealData.Find("iwslt15_envi/vocab.vi.gz"), TextLevel.Word),
        });
        await Assert.That((units.Source.Vocabulary.Count, units.Target.Vocabulary.Count)).IsEqualTo((17_191, 7_709));
    }

    private static ParallelTexts Multi30k(string set) => ParallelTexts.Read(
        RealData.Find($"multi30k_deen/tok/{set}.lc.norm.tok.de.gz"), RealData.Find($"multi30k_deen/tok/{set}.lc.norm.tok.en.gz"));

    private static ParallelTexts Texts(string sources, string targets) => new(Sentences(sources), Sentences(targets));

    private static string[][] Sentences(string text) => [.. text.Split('|').Select(ParallelTexts.WordsOf)];

    private static string Shown(SentenceUnits units) => string.Join(' ', units.Vocabulary.Tokens);
}
