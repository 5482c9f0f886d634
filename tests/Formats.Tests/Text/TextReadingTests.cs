using TinySD.Formats.Text;

namespace TinySD.Formats.Tests;

public sealed class TextReadingTests
{
    private static readonly string[] s_texts = ["The cat  sat", "the\u00c9 CAT cat", ""];

    [Test]
    public async Task Words_are_what_stands_between_white_space()
    {
        var reading = new TextReading();
        Vocabulary vocabulary = reading.BuildVocabulary(s_texts);
        await Assert.That(string.Join(' ', vocabulary.Tokens)).IsEqualTo("cat CAT The sat the\u00c9 <unk>");
        await Assert.That(Shown(reading.Encode(s_texts, vocabulary), vocabulary)).IsEqualTo("The cat sat|the\u00c9 CAT cat|");
        EncodedTexts other = reading.Encode(["a cat <unk>", "\t \u00a0"], vocabulary);
        await Assert.That(Shown(other, vocabulary)).IsEqualTo("<unk> cat <unk>|<unk>");
        await Assert.That((other.Total, other.Unknown)).IsEqualTo((4L, 3L));
    }

    [Test]
    public async Task Lower_case_is_made_before_words_are_counted_and_looked_up()
    {
        var reading = new TextReading { IsLowerCase = true };
        Vocabulary vocabulary = reading.BuildVocabulary(s_texts);
        await Assert.That(string.Join(' ', vocabulary.Tokens)).IsEqualTo("cat sat the the\u00e9 <unk>");
        await Assert.That(Shown(reading.Encode(["THE\u00c9 sAt"], vocabulary), vocabulary)).IsEqualTo("the\u00e9 sat");
    }

    [Test]
    public async Task Characters_are_whole_ones()
    {
        var reading = new TextReading { Level = TextLevel.Character };
        Vocabulary vocabulary = reading.BuildVocabulary(["aa \U0001F600", "b\ud800"]);
        await Assert.That(vocabulary.Tokens.Contains("\U0001F600")).IsTrue();
        EncodedTexts encoded = reading.Encode(["\U0001F600a", "\ud800", "zb"], vocabulary);
        await Assert.That(encoded.Sequences.Select(ids => ids.Length).ToArray())
            .IsEquivalentTo([2, 1, 2], TUnit.Assertions.Enums.CollectionOrdering.Matching);
        await Assert.That(encoded.Unknown).IsEqualTo(2);
    }

    [Test]
    public async Task Longer_texts_keep_their_first_tokens_and_are_counted()
    {
        var reading = new TextReading { MaxLength = 2 };
        Vocabulary vocabulary = reading.BuildVocabulary(["a b c", "a d", "e"]);
        await Assert.That(string.Join(' ', vocabulary.Tokens.Order(StringComparer.Ordinal))).IsEqualTo("<unk> a b d e");
        EncodedTexts encoded = reading.Encode(["a b c", "a d", "e"], vocabulary);
        await Assert.That(Shown(encoded, vocabulary)).IsEqualTo("a b|a d|e");
        await Assert.That((encoded.Cut, encoded.Longest, encoded.Total)).IsEqualTo((1L, 3, 5L));
    }

    [Test]
    public async Task Rare_words_and_those_beyond_the_size_are_unknown()
    {
        string[] texts = ["a a a b b c", "d c"];
        await Assert.That(string.Join(' ', new TextReading().BuildVocabulary(texts, minimumCount: 2).Tokens)).IsEqualTo("a b c <unk>");
        await Assert.That(string.Join(' ', new TextReading().BuildVocabulary(texts, maximumSize: 3).Tokens)).IsEqualTo("<unk> a b");
    }

    [Test]
    public async Task A_word_that_no_vocabulary_holds_is_unknown()
    {
        var reading = new TextReading();
        string giant = new('x', 5000);
        Vocabulary vocabulary = reading.BuildVocabulary([giant + " a", "half\ud800"]);
        await Assert.That(string.Join(' ', vocabulary.Tokens)).IsEqualTo("a <unk>");
        await Assert.That(Shown(reading.Encode([giant + " a"], vocabulary), vocabulary)).IsEqualTo("<unk> a");
    }

    [Test]
    public async Task A_vocabulary_that_does_not_go_with_it_is_refused()
    {
        Vocabulary words = new(TextLevel.Word, ["a", "<unk>"], LineMarks.None), closed = new(TextLevel.Word, ["a"], LineMarks.None);
        await Assert.That(() => new TextReading { Level = TextLevel.Character }.Encode(["a"], words)).Throws<ArgumentException>();
        await Assert.That(() => new TextReading().Encode(["a"], closed)).Throws<ArgumentException>();
        await Assert.That(() => new TextReading { Level = TextLevel.Byte }.Count(["a"])).Throws<ArgumentException>();
        await Assert.That(() => new TextReading().BuildVocabulary(["", " "])).Throws<ArgumentException>();
    }

    private static string Shown(EncodedTexts encoded, Vocabulary vocabulary) => string.Join(
        '|', encoded.Sequences.Select(ids => string.Join(vocabulary.Level == TextLevel.Word ? " " : "", ids.Select(id => vocabulary[id]))));
}
