using System.Text;
using TinySD.Formats.Text;

namespace TinySD.Formats.Tests;

public sealed class TextCutTests
{
    private static readonly TokenRules s_words = new(TextLevel.Word), s_characters = new(TextLevel.Character);

    // Four lines of 3, 3, 3 and 3 tokens with their ends: a cut in the middle falls on a beginning; others go to the nearest.
    [Test]
    [Arguments("a b\nc d\ne f\ng h\n", 0.5, 6, 3)]
    [Arguments("a b\nc d\ne f\ng h\n", 0.4, 6, 3)]
    [Arguments("a b\nc d\ne f\ng h\n", 0.3, 9, 4)]
    [Arguments("a b\nc d\ne f\ng h\n", 0.05, 11, 4)]
    [Arguments("a b\r\nc d\r\ne f\r\ng h", 0.5, 6, 3)]
    [Arguments("\uFEFFa b\nc d\ne f\ng h\n", 0.25, 9, 4)]
    [Arguments("a b c d e f g h i", 0.2, 8, 1)]
    [Arguments("a\nb c d e f g h i j k l m n o p q r\n", 0.2, 16, 2)]
    [Arguments("a b c d\n\n\n\n", 0.25, 6, 3)]
    [Arguments("a", 0.5, 1, 1)]
    [Arguments(" ", 0.1, 1, 0)]
    public async Task Words_are_cut_where_the_nearest_line_begins_and_else_at_the_token(string text, double share, int tokens, int line)
    {
        using var folder = new TestFolder();
        string path = folder.Put("a", Encoding.UTF8.GetBytes(text));
        long total = Corpus.Count(path, TextLevel.Word).Total;
        await Assert.That(TextCut.Find(path, s_words, share)).IsEqualTo(new TextCut(tokens, total, line));
    }

    // Lines of nine characters and a line feed.
    [Test]
    [Arguments(0.5, 50, 6)]
    [Arguments(0.44, 60, 7)]
    [Arguments(0.02, 98, 10)]
    public async Task So_are_characters(double share, int tokens, int line)
    {
        using var folder = new TestFolder();
        string path = folder.Put("a", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("123456789\n", 10))));
        await Assert.That(TextCut.Find(path, s_characters, share)).IsEqualTo(new TextCut(tokens, 100, line));
    }

    [Test]
    public async Task Bytes_are_cut_at_the_byte()
    {
        using var folder = new TestFolder();
        string path = folder.Put("a", "a\nb\nc\nd\ne\n"u8.ToArray());
        TextCut cut = TextCut.Find(path, new(TextLevel.Byte), 0.3);
        await Assert.That(cut).IsEqualTo(new TextCut(7, 10, 0));
        (TokenStore before, TokenStore after) = Corpus.StoreParts(path, Vocabulary.Bytes, cut);
        using (before)
        using (after)
        {
            await Assert.That(Encoding.ASCII.GetString(Vocabulary.Bytes.DecodeBytes(before.ToArray()))).IsEqualTo("a\nb\nc\nd");
            await Assert.That(Encoding.ASCII.GetString(Vocabulary.Bytes.DecodeBytes(after.ToArray()))).IsEqualTo("\ne\n");
        }

        await Assert.That(Corpus.Count(path, new(TextLevel.Byte), cut).Counts["0a"]).IsEqualTo(3);
    }

    // A cut is the same in whatever blocks the file is read, so the text is of many.
    [Test]
    public async Task The_parts_are_the_texts_that_files_of_their_own_would_be_packed_or_not_in_memory_or_not()
    {
        using var folder = new TestFolder();
        string[] lines = [.. Enumerable.Range(0, 40_000).Select(i => $"line {i} has {i % 7} ünï\n")];
        byte[] whole = Encoding.UTF8.GetBytes(string.Concat(lines));
        string plain = folder.Put("a.txt", whole), packed = folder.Put("a.gz", TableFiles.Gzip(whole));
        string first = folder.Put("first", Encoding.UTF8.GetBytes(string.Concat(lines[..36_000])));
        string second = folder.Put("second", Encoding.UTF8.GetBytes(string.Concat(lines[36_000..])));
        foreach (TokenRules rules in (TokenRules[])[s_words, new(TextLevel.Word, LineMarks.None), s_characters])
        {
            Vocabulary vocabulary = Vocabulary.Build(Corpus.Count(first, rules), addUnknown: true);
            foreach (string path in (string[])[plain, packed])
            {
                TextCut cut = TextCut.Find(path, rules, 0.1);
                long after = Corpus.Count(second, rules).Total;
                if (rules.Level == TextLevel.Word) await Assert.That((cut.Line, cut.Total - cut.Tokens)).IsEqualTo((36_001L, after));
                else cut = cut with { Tokens = cut.Total - after };
                await Assert.That(Corpus.Count(path, rules, cut).Counts).IsEquivalentTo(Corpus.Count(first, rules).Counts);
                (TokenStore before, TokenStore rest) = Corpus.StoreParts(path, vocabulary, cut, memoryBytes: 1000);
                using (before)
                using (rest)
                {
                    await Assert.That(before.ToArray().SequenceEqual(Corpus.Encode(first, vocabulary))).IsTrue();
                    await Assert.That(rest.ToArray().SequenceEqual(Corpus.Encode(second, vocabulary))).IsTrue();
                    await Assert.That(before.LineEnds.LineFeeds + rest.LineEnds.LineFeeds).IsEqualTo(40_000);
                }
            }
        }
    }

    [Test]
    public async Task What_a_vocabulary_lacks_is_counted_behind_a_cut()
    {
        using var folder = new TestFolder();
        string path = folder.Put("a", "x y\na b\na c c\n"u8.ToArray());
        var vocabulary = new Vocabulary(TextLevel.Word, ["a", "<eos>"]);
        await Assert.That(Corpus.FindMissing(path, vocabulary)).IsEqualTo(new MissingTokens(5, 10, "x"));
        await Assert.That(Corpus.FindMissing(path, vocabulary, new TextCut(3, 10, 2))).IsEqualTo(new MissingTokens(3, 7, "b"));
        await Assert.That(Corpus.FindMissing(path, Vocabulary.Bytes).First).IsNull();
    }

    [Test]
    [Arguments(0.0)]
    [Arguments(1.0)]
    [Arguments(double.NaN)]
    public async Task A_share_is_a_part(double share) =>
        await Assert.That(() => TextCut.Find("none", s_words, share)).Throws<ArgumentOutOfRangeException>();
}
