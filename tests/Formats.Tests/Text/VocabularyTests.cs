using TinySD.Formats.Text;


namespace TinySD.Formats.Tests;

public sealed class VocabularyTests
{
    [Test]
    public async Task Tokens_are_ordered_by_falling_count_and_ties_by_their_code_units()
    {
        Vocabulary words = Vocabulary.Build(Corpus.CountText("b a b é Z\nB\n", TextLevel.Word));
        await Assert.That(words.Tokens).IsEquivalentTo(["<eos>", "b", "B", "Z", "a", "é"], CollectionOrdering.Matching);
        Vocabulary characters = Vocabulary.Build(Corpus.CountText("ba\nab b", TextLevel.Character));
        await Assert.That(characters.Tokens).IsEquivalentTo(["b", "a", "\n", " "], CollectionOrdering.Matching);
    }

    // Long and short words, words that begin alike, and characters whose order as code units is not that of their scalar values.
    [Test]
    public async Task The_order_of_many_tokens_is_that_of_the_library()
    {
        var random = new Random(7);
        string[] parts = ["a", "b", "ab", "\u007f", "é", "\uffee", "\U0001F600", "\U0001D11E", "zzzz"];
        string[] tokens = [.. Enumerable.Range(0, 20_000)
            .Select(_ => string.Concat(Enumerable.Range(0, random.Next(1, 7)).Select(_ => parts[random.Next(parts.Length)])))];
        Vocabulary vocabulary = Vocabulary.Build(Corpus.CountText(string.Join(' ', tokens), TextLevel.Word), addUnknown: true);
        IEnumerable<string> expected = tokens.GroupBy(token => token)
            .Select(group => (Token: group.Key, Count: group.Count())).Concat([(Token: "<eos>", Count: 0), (Token: "<unk>", Count: 0)])
            .OrderByDescending(pair => pair.Count).ThenBy(pair => pair.Token, StringComparer.Ordinal).Select(pair => pair.Token);
        await Assert.That(vocabulary.Tokens.SequenceEqual(expected)).IsTrue();
    }

    [Test]
    public async Task Ids_are_places_in_the_list()
    {
        var vocabulary = new Vocabulary(TextLevel.Word, ["<unk>", "the", "<eos>"]);
        await Assert.That(vocabulary.TryGetId("the", out int id)).IsTrue();
        await Assert.That(id).IsEqualTo(1);
        await Assert.That(vocabulary.TryGetId("The", out _)).IsFalse();
        await Assert.That(vocabulary[2]).IsEqualTo("<eos>");
        await Assert.That((vocabulary.Count, vocabulary.UnknownId, vocabulary.EndOfLineId)).IsEqualTo((3, 0, 2));
        await Assert.That(() => vocabulary[3]).Throws<ArgumentOutOfRangeException>();
        await Assert.That(() => vocabulary[-1]).Throws<ArgumentOutOfRangeException>();
    }

    [Test]
    public async Task A_text_that_holds_unk_makes_unknown_words_known()
    {
        Vocabulary vocabulary = Vocabulary.Build(Corpus.CountText("the <unk> sat\n", TextLevel.Word));
        await Assert.That(vocabulary.UnknownId).IsNotNull();
        await Assert.That(vocabulary.Decode(Corpus.EncodeText("the dog sat\n", vocabulary))).IsEqualTo("the <unk> sat\n");
    }

    [Test]
    public async Task Without_unk_an_unknown_word_is_refused_with_its_line()
    {
        Vocabulary vocabulary = Vocabulary.Build(Corpus.CountText("the cat\n", TextLevel.Word));
        await Assert.That(vocabulary.UnknownId).IsNull();
        FileProblem problem = Refused.By(() => Corpus.EncodeText("the cat\n\nthe dog\n", vocabulary, "the prompt"));
        await Assert.That(problem.Message).IsEqualTo(
            "the prompt, line 3: the word 'dog' is not in the model's vocabulary, and that has no <unk>. " +
            "A vocabulary that is built with a minimum count of 2 has it.");
        await Assert.That((problem.Kind, problem.Line, problem.Part)).IsEqualTo((FileProblemKind.UnknownToken, 3L, "dog"));
        FileProblem longWord = Refused.By(() => Corpus.EncodeText(new string('x', 50) + " \u0007", vocabulary));
        await Assert.That(longWord.Message).StartsWith($"the text, line 1: the word '{new string('x', 40)}…' is not in");
    }

    [Test]
    public async Task Without_unk_an_unknown_character_is_refused()
    {
        Vocabulary vocabulary = Vocabulary.Build(Corpus.CountText("ab\n", TextLevel.Character));
        await Assert.That(Refused.By(() => Corpus.EncodeText("a\n\u0007", vocabulary)).Message).StartsWith(
            "the text, line 2: the character '\\u0007' is not in the model's vocabulary, and that has no <unk>.");
    }

    [Test]
    public async Task Rare_tokens_become_unknown_when_asked_but_never_the_marks()
    {
        TokenCounts counts = Corpus.CountText("a a a b b c d\n", TextLevel.Word);
        Vocabulary two = Vocabulary.Build(counts, minimumCount: 2);
        await Assert.That(two.Tokens).IsEquivalentTo(["a", "<unk>", "b", "<eos>"], CollectionOrdering.Matching);
        await Assert.That(two.Decode(Corpus.EncodeText("a b c x", two))).IsEqualTo("a b <unk> <unk>");
        await Assert.That(Vocabulary.Build(counts, addUnknown: true).Tokens)
            .IsEquivalentTo(["a", "b", "<eos>", "c", "d", "<unk>"], CollectionOrdering.Matching);
        Vocabulary characters = Vocabulary.Build(Corpus.CountText("aab", TextLevel.Character), minimumCount: 2);
        await Assert.That(characters.Tokens).IsEquivalentTo(["a", "<unk>"], CollectionOrdering.Matching);
        await Assert.That(Corpus.EncodeText("aé😀", characters)).IsEquivalentTo([0, 1, 1], CollectionOrdering.Matching);
    }

    [Test]
    public async Task A_largest_size_keeps_the_most_frequent_and_the_marks()
    {
        // a 4, b 3, c 2, d 2, e 1, <eos> 1: six tokens.
        TokenCounts counts = Corpus.CountText("a a a a b b b d d c c e\n", TextLevel.Word);
        await Assert.That(Vocabulary.Build(counts, maximumSize: 6).UnknownId).IsNull();
        await Same(Vocabulary.Build(counts, maximumSize: 6), "a", "b", "c", "d", "<eos>", "e");

        // Of c and d, equally frequent, the first in order stays; <unk> stands for d twice and e once.
        await Same(Vocabulary.Build(counts, maximumSize: 5), "a", "<unk>", "b", "c", "<eos>");
        await Same(Vocabulary.Build(counts, maximumSize: 3), "<unk>", "a", "<eos>");
        await Same(Vocabulary.Build(counts, maximumSize: 2), "<unk>", "<eos>");
        await Same(Vocabulary.Build(counts, minimumCount: 2, maximumSize: 5), "a", "<unk>", "b", "c", "<eos>");
        await Same(Vocabulary.Build(counts, minimumCount: 4, maximumSize: 5), "<unk>", "a", "<eos>");
        await Same(Vocabulary.Build(Corpus.CountText("aaabbc", TextLevel.Character), maximumSize: 2), "<unk>", "a");

        // <unk> of the text counts as the mark that it is.
        await Same(Vocabulary.Build(Corpus.CountText("a a b <unk>\n", TextLevel.Word), maximumSize: 3), "<unk>", "a", "<eos>");
        foreach (int size in (int[])[1, 0, -5, Vocabulary.MaxCount + 1])
            await Assert.That(() => Vocabulary.Build(counts, maximumSize: size)).Throws<ArgumentOutOfRangeException>();

        static async Task Same(Vocabulary found, params string[] tokens) =>
            await Assert.That(found.Tokens).IsEquivalentTo(tokens, CollectionOrdering.Matching);
    }

    [Test]
    public async Task Bytes_have_one_vocabulary_whatever_the_text()
    {
        Vocabulary bytes = Vocabulary.Build(Corpus.CountText("ab", TextLevel.Byte), minimumCount: 9, maximumSize: 2);
        await Assert.That(bytes).IsSameReferenceAs(Vocabulary.Bytes);
        await Assert.That((bytes.Count, bytes.UnknownId, bytes.EndOfLineId)).IsEqualTo((256, null, null));
        await Assert.That((bytes[0], bytes[10], bytes[255])).IsEqualTo(("00", "0a", "ff"));
        await Assert.That(Corpus.EncodeText("aé😀\0", bytes))
            .IsEquivalentTo([0x61, 0xC3, 0xA9, 0xF0, 0x9F, 0x98, 0x80, 0], CollectionOrdering.Matching);
        await Assert.That(bytes.Decode([0x61, 0xC3, 0xA9, 0xFF, 0x62])).IsEqualTo("aé\uFFFDb");
        await Assert.That(bytes.DecodeBytes([0x61, 0xFF, 0])).IsEquivalentTo(new byte[] { 0x61, 0xFF, 0 }, CollectionOrdering.Matching);
        await Assert.That(() => bytes.DecodeBytes([256])).Throws<ArgumentOutOfRangeException>();
        string[] names = [.. bytes.Tokens];
        await Assert.That(new Vocabulary(TextLevel.Byte, names).Count).IsEqualTo(256);
        await Assert.That(() => new Vocabulary(TextLevel.Byte, names[..255])).Throws<ArgumentException>()
            .WithMessage("a vocabulary of bytes has 256 tokens, this one 255");
        names[9] = "0A";
        await Assert.That(() => new Vocabulary(TextLevel.Byte, names)).Throws<ArgumentException>()
            .WithMessage("token 9 is '0A', and of bytes it is '09'");
    }

    [Test]
    public async Task Words_become_utf8_bytes()
    {
        var vocabulary = new Vocabulary(TextLevel.Word, ["<eos>", "é"]);
        await Assert.That(vocabulary.DecodeBytes([1, 1, 0])).IsEquivalentTo("é é\n"u8.ToArray(), CollectionOrdering.Matching);
    }

    [Test]
    public async Task Every_text_can_be_written_at_a_level_of_words_even_one_that_ends_no_line()
    {
        Vocabulary vocabulary = Vocabulary.Build(Corpus.CountText("a b", TextLevel.Word));
        await Assert.That(vocabulary.Tokens).IsEquivalentTo(["a", "b", "<eos>"], CollectionOrdering.Matching);
    }

    [Test]
    public async Task Without_marks_a_line_end_is_no_token_and_the_mark_is_a_word_like_any_other()
    {
        TokenCounts counts = Corpus.CountText("a b\na <eos> c\n", TextLevel.Word, LineMarks.None);
        await Assert.That((counts.Total, counts.LineMarks)).IsEqualTo((5L, LineMarks.None));
        Vocabulary vocabulary = Vocabulary.Build(counts);
        await Assert.That(vocabulary.Tokens).IsEquivalentTo(["a", "<eos>", "b", "c"], CollectionOrdering.Matching);
        await Assert.That((vocabulary.LineMarks, vocabulary.EndOfLineId)).IsEqualTo((LineMarks.None, null));
        await Assert.That(Corpus.EncodeText("c\n\nb <eos>\n", vocabulary)).IsEquivalentTo([3, 2, 1], CollectionOrdering.Matching);
        await Assert.That(vocabulary.Decode([0, 1, 2])).IsEqualTo("a <eos> b");

        // It has no place of its own beside a limit either.
        await Assert.That(Vocabulary.Build(counts, maximumSize: 2).Tokens).IsEquivalentTo(["<unk>", "a"], CollectionOrdering.Matching);
        await Assert.That(() => new Vocabulary(TextLevel.Character, ["a", "b"], LineMarks.None)).Throws<ArgumentException>()
            .WithMessage("only lines of words have marks at their ends");
    }

    [Test]
    public async Task Words_are_decoded_with_blanks_between_them_and_line_feeds_at_line_ends()
    {
        var vocabulary = new Vocabulary(TextLevel.Word, ["<eos>", "a", "b"]);
        await Assert.That(vocabulary.Decode([1, 2, 0, 0, 2, 1])).IsEqualTo("a b\n\nb a");
        await Assert.That(vocabulary.Decode([])).IsEqualTo("");
        await Assert.That(() => vocabulary.Decode([3])).Throws<ArgumentOutOfRangeException>();
    }

    [Test]
    public async Task Characters_are_decoded_as_they_are()
    {
        const string text = "Größe 😀\r\n\n";
        Vocabulary vocabulary = Vocabulary.Build(Corpus.CountText(text, TextLevel.Character));
        await Assert.That(vocabulary.Decode(Corpus.EncodeText(text, vocabulary))).IsEqualTo(text);
    }

    [Test]
    [Arguments(TextLevel.Word, "<eos>||a", "token 1 is empty")]
    [Arguments(TextLevel.Word, "<eos>|a|a", "token 2, 'a', is there twice: it is token 1 as well")]
    [Arguments(TextLevel.Word, "<eos>|a b", "token 1 is a word with white space in it: 'a b'")]
    [Arguments(TextLevel.Word, "<eos>|a\n", "token 1 is a word with white space in it: 'a\\u000A'")]
    [Arguments(TextLevel.Word, "<eos>|a\0", "token 1 is a word with white space in it: 'a\\u0000'")]
    [Arguments(TextLevel.Word, "<eos>|a\ud83d", "token 1 is not text")]
    [Arguments(TextLevel.Word, "a|b", "a vocabulary of words needs the token <eos>")]
    [Arguments(TextLevel.Character, "a|bc", "token 1 is not one character: 'bc'")]
    [Arguments(TextLevel.Character, "a|<eos>", "token 1 is not one character: '<eos>'")]
    [Arguments(TextLevel.Character, "a|\ud83d", "token 1 is not text")]
    [Arguments(TextLevel.Character, "a|\0", "token 1 is not text")]
    public async Task A_list_that_breaks_a_rule_is_refused(TextLevel level, string tokens, string message) =>
        await Assert.That(() => new Vocabulary(level, tokens.Split('|'))).Throws<ArgumentException>().WithMessage(message);

    [Test]
    public async Task Limits_are_kept()
    {
        await Assert.That(() => new Vocabulary(TextLevel.Character, [])).Throws<ArgumentException>()
            .WithMessage("a vocabulary has 1 to 16777216 tokens, this one 0");
        await Assert.That(() => new Vocabulary(TextLevel.Word, ["<eos>", new string('a', 4097)])).Throws<ArgumentException>()
            .WithMessage("token 1 is longer than 4096 characters");
        await Assert.That(new Vocabulary(TextLevel.Word, ["<eos>", new string('a', 4096)]).Count).IsEqualTo(2);
        await Assert.That(() => Vocabulary.Build(Corpus.CountText("", TextLevel.Word))).Throws<ArgumentException>()
            .WithMessage("a text without tokens makes no vocabulary");
        await Assert.That(() => Vocabulary.Build(Corpus.CountText("a", TextLevel.Word), minimumCount: 0))
            .Throws<ArgumentOutOfRangeException>();
    }
}
