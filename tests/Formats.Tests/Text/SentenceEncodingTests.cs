using System.Text;
using TinySD.Formats.Text;
using TinySD.Runtime.Models;

namespace TinySD.Formats.Tests;

/// <summary>Sentences of columns as a tagger reads them.</summary>
public sealed class SentenceEncodingTests
{
    private const string Train = "The O\nEU I-ORG\n1987 I-MISC\n\nthe O\neu I-ORG\nof O\n1988 I-MISC\n2 B-MISC\n";

    [Test]
    public async Task Words_characters_and_tags_become_numbers()
    {
        ConllFile train = Read(Train);
        TaggerForm form = train.LearnTags(TagScheme.Bioes);
        await Assert.That((string.Join(' ', form.Tags), form.Scheme, form.DataScheme))
            .IsEqualTo(("O S-MISC S-ORG", TagScheme.Bioes, TagScheme.Iob1));
        var words = WordForms.Build(train.Sentences, new() { IsLowerCase = true, ZeroesDigits = true });
        TaggedSentences encoded = words.Encode(train, form);
        await Assert.That((encoded.Count, encoded.Tokens, encoded.Longest, encoded.GoldScheme)).IsEqualTo((2, 8L, 5, TagScheme.Iob1));
        await Assert.That(Shown(encoded, words)).IsEqualTo("the/The eu/EU 0000/0000 | the/the eu/eu of/of 0000/0000 0/0");
        await Assert.That(string.Join(' ', encoded.TagsOf(1).ToArray().Select(id => form.Tags[id]))).IsEqualTo("O S-ORG O S-MISC S-MISC");
        await Assert.That(string.Join(' ', encoded.GoldOf(1))).IsEqualTo("O I-ORG O I-MISC B-MISC");

        // 1987 and 1988 are spelled alike once their digits are 0.
        await Assert.That(encoded.FormCount).IsEqualTo(7);
        await Assert.That(encoded.FormsOf(0)[2]).IsEqualTo(encoded.FormsOf(1)[3]);
    }

    [Test]
    public async Task Tagging_sees_words_as_training_did_and_marks_what_it_does_not_know()
    {
        var words = WordForms.Build(Read(Train).Sentences, new() { IsLowerCase = true, ZeroesDigits = true });
        TaggedSentences encoded = words.Encode([new(["THE", "7777", "zoo", "é💡"]), new([]), new(["of"])]);
        await Assert.That((encoded.HasTags, encoded.HasGold, encoded.Count)).IsEqualTo((false, false, 3));
        await Assert.That(Shown(encoded, words)).IsEqualTo("the/T<unk>E 0000/0000 <unk>/<unk>oo <unk>/<unk><unk> |  | of/of");
    }

    [Test]
    public async Task A_tag_that_only_other_sentences_have_stays_to_be_missed()
    {
        ConllFile train = Read(Train), test = Read("eu B-ORG\nthe B-LOC\nBank I-LOC\n");
        TaggerForm form = train.LearnTags(TagScheme.Bioes);
        TaggedSentences encoded = WordForms.Build(train.Sentences).Encode(test, form);
        await Assert.That(string.Join(' ', encoded.TagsOf(0).ToArray())).IsEqualTo("2 -1 -1");
        await Assert.That(string.Join(' ', encoded.GoldOf(0))).IsEqualTo("B-ORG B-LOC I-LOC");
        await Assert.That(encoded.GoldScheme).IsEqualTo(TagScheme.Iob2);
        await Assert.That(test.FindUnknownTags(form)).EndsWith(
            "text, line 2: 'B-LOC' is a tag that the tagger does not have; it and 1 word more count as missed.");
        await Assert.That(train.FindUnknownTags(form)).IsNull();
        await Assert.That(Read("eu O\nthe B-x\n").FindUnknownTags(form)).EndsWith("does not have; it counts as missed.");
    }

    [Test]
    [Arguments("a NN\nb DT\n", TagScheme.Bioes, "DT NN", TagScheme.None, TagScheme.None)]
    [Arguments("a O\n", TagScheme.Bioes, "O", TagScheme.Bioes, TagScheme.Iob2)]
    [Arguments("a B\nb I\nc O\n", TagScheme.Bioes, "O B E", TagScheme.Bioes, TagScheme.Iob2)]
    [Arguments("a B-x\nb I-x\n", TagScheme.None, "B-x I-x", TagScheme.None, TagScheme.Iob2)]
    [Arguments("a B-x\nb I-x\n", TagScheme.Iob1, "I-x", TagScheme.Iob1, TagScheme.Iob2)]
    [Arguments("-DOCSTART- X\n\na B-x\n", TagScheme.Iob2, "B-x", TagScheme.Iob2, TagScheme.Iob2)]
    public async Task A_tagger_learns_the_tags_of_its_training_text(
        string content, TagScheme asked, string tags, TagScheme scheme, TagScheme own)
    {
        TaggerForm form = Read(content).LearnTags(asked);
        await Assert.That((string.Join(' ', form.Tags), form.Scheme, form.DataScheme)).IsEqualTo((tags, scheme, own));
        form.Validate();
    }

    [Test]
    [Arguments("a O\n", TagScheme.Iob1)]
    [Arguments("a B-ORG\n", TagScheme.Iob2)]
    [Arguments("a NN\n", TagScheme.Iob1)]
    public async Task Tags_of_no_scheme_of_their_own_are_compared_in_that_of_training(string content, TagScheme expected)
    {
        ConllFile train = Read(Train);
        TaggerForm form = train.LearnTags(TagScheme.Bioes);
        var words = WordForms.Build(train.Sentences);
        await Assert.That(words.Encode(Read(content), form).GoldScheme).IsEqualTo(expected);
        await Assert.That(words.Encode(Read(content), form with { Scheme = TagScheme.None }).GoldScheme).IsEqualTo(TagScheme.None);
    }

    [Test]
    public async Task Sentences_without_tags_teach_nothing()
    {
        ConllFile train = Read(Train);
        TaggerForm form = train.LearnTags(TagScheme.Bioes);
        var words = WordForms.Build(train.Sentences);
        ConllFile bare = Read("a\nb\n", new() { TagColumn = null });
        await Assert.That(() => words.Encode(bare, form)).Throws<ArgumentException>()
            .WithMessage("sentence 0 has no tags; a tagger learns from, and is measured by, sentences that have them");
        FileProblem problem = Refused.By(() => bare.LearnTags(TagScheme.Bioes));
        await Assert.That(problem.Message).EndsWith(" has no word with a tag to learn from");
        await Assert.That(words.Encode([], form, TagScheme.Iob1).Count).IsEqualTo(0);
    }

    [Test]
    public async Task Conll_2003_is_encoded_whole()
    {
        var train = ConllFile.Read(RealData.Find("conll2003/eng.train.gz"));
        var test = ConllFile.Read(RealData.Find("conll2003/eng.testb.gz"));
        TaggerForm form = train.LearnTags(TagScheme.Bioes);
        await Assert.That(form.Tags.Length).IsEqualTo(17);
        var words = WordForms.Build(train.Sentences, new() { IsLowerCase = true, ZeroesDigits = true });
        TaggedSentences encoded = words.Encode(test, form);
        await Assert.That((encoded.Tokens, encoded.GoldScheme)).IsEqualTo((46_435L, TagScheme.Iob1));
        for (int i = 0; i < encoded.Count; i++)
        {
            string[] own = [.. encoded.TagsOf(i).ToArray().Select(id => form.Tags[id])];
            await Assert.That(TagSchemes.Convert(own, TagScheme.Iob1).SequenceEqual(encoded.GoldOf(i))).IsTrue();
        }
    }

    private static ConllFile Read(string content, ConllOptions? options = null)
    {
        using var folder = new TestFolder();
        return ConllFile.Read(folder.Put("text", Encoding.UTF8.GetBytes(content)), options);
    }

    private static string Shown(TaggedSentences sentences, WordForms words) => string.Join(" | ", Enumerable.Range(0, sentences.Count)
        .Select(i => string.Join(' ', sentences.WordsOf(i).ToArray().Zip(sentences.FormsOf(i).ToArray(), (word, form) =>
            $"{words.Words[word]}/{string.Concat(sentences.CharactersOf(form).ToArray().Select(id => words.Characters[id]))}"))));
}
