using System.Globalization;
using System.Text;
using CsCheck;
using TinySD.Formats.Text;

namespace TinySD.Formats.Tests;

/// <summary>Words as <c>tokenize simple</c> has them, by the rules that FORMAT.md gives.</summary>
public sealed class SimpleSplitTests
{
    private static readonly TokenRules s_rules = new(TextLevel.Word) { Split = WordSplit.Simple };

    [Test]
    [Arguments("Hello, world!", "Hello|,|world|!|<eos>")]
    [Arguments("\"Don't!\" \u2014 3.14 well-known... <unk>,", "\"|Don't|!|\"|\u2014|3.14|well-known|...|<unk>|,|<eos>")]
    [Arguments("don\u2019t", "don\u2019t|<eos>")]
    [Arguments("the dogs' o' 'tis 'quoted'", "the|dogs|'|o|'|'|tis|'|quoted|'|<eos>")]
    [Arguments("rock-'n'-roll a--b - -x x- b\u2010c", "rock|-|'|n|'|-|roll|a|--|b|-|-|x|x|-|b\u2010c|<eos>")]
    [Arguments("don''t it's-a", "don|''|t|it's-a|<eos>")]
    [Arguments("1,000.50 1. .5 1.a a.1 1,,2 v2.0 2.x", "1,000.50|1|.|.|5|1|.|a|a|.|1|1|,,|2|v2.0|2|.|x|<eos>")]
    [Arguments("U.S. e.g. a,b", "U|.|S|.|e|.|g|.|a|,|b|<eos>")]
    [Arguments("!!?? ...", "!!|??|...|<eos>")]
    [Arguments("a_b #tag @me 50% $5", "a|_|b|#|tag|@|me|50|%|$|5|<eos>")]
    [Arguments("<unk><eos>x<unk>y <<unk>> <un k> <<<", "<unk>|<eos>|x|<unk>|y|<|<unk>|>|<|un|k|>|<<<|<eos>")]
    [Arguments("cafe\u0301s nai\u0308ve \u0301x", "cafe\u0301s|nai\u0308ve|\u0301x|<eos>")]
    [Arguments("\U0001F600\U0001F600\U0001F603 ok\U0001F44D", "\U0001F600\U0001F600|\U0001F603|ok|\U0001F44D|<eos>")]
    [Arguments("\u6211\u4EEC\u3002\u597D\uFF0C12", "\u6211\u4EEC|\u3002|\u597D|\uFF0C|12|<eos>")]
    [Arguments("\u0661\u066B\u0662 \u0661.\u0662 \u00BD m\u00B2", "\u0661|\u066B|\u0662|\u0661.\u0662|\u00BD|m|\u00B2|<eos>")]
    [Arguments("\U00010400\U00010401'\U00010402", "\U00010400\U00010401'\U00010402|<eos>")]
    [Arguments("a\u00A0b\u2028c\u3000d\u0085e\u200Bf", "a|b|c|d|e|\u200B|f|<eos>")]
    [Arguments("a.\r\n\r\nb", "a|.|<eos>|<eos>|b|<eos>")]
    [Arguments("a <eos>.\nb<eos>\n", "a|<eos>|.|<eos>|b|<eos>|<eos>")]
    [Arguments("", "")]
    [Arguments("\u00A0", "<eos>")]
    public async Task Punctuation_stands_apart(string text, string expected)
    {
        await Assert.That(Words(text, s_rules)).IsEqualTo(expected);
        using var folder = new TestFolder();
        if (text.Length == 0) return;
        foreach (string mark in (string[])["", "\uFEFF"])
        {
            string path = folder.Put("a", Encoding.UTF8.GetBytes(mark + text));
            Vocabulary vocabulary = Vocabulary.Build(Corpus.Count(path, s_rules));
            await Assert.That(string.Join('|', Corpus.Encode(path, vocabulary).Select(id => vocabulary[id]))).IsEqualTo(expected);
        }
    }

    [Test]
    public async Task Marks_that_a_line_has_already_are_seen_where_they_are_glued()
    {
        await Assert.That(Words("a<eos>\nb\n", s_rules with { LineMarks = LineMarks.WhereMissing })).IsEqualTo("a|<eos>|b|<eos>");
        await Assert.That(Words("a<eos>.\nb\n", s_rules with { LineMarks = LineMarks.WhereMissing })).IsEqualTo("a|<eos>|.|<eos>|b|<eos>");
        await Assert.That(Words("a.\nb\n", s_rules with { LineMarks = LineMarks.None })).IsEqualTo("a|.|b");
    }

    // A scanner that sees all of the text at once, and makes strings as it likes.
    [Test]
    public async Task Blocks_of_any_length_give_the_words_of_the_whole()
    {
        Gen<string> text = Gen.OneOf<string>(
            "a", "B", "\u00E9", "e\u0301", "\U0001F600", "7", "0", "'", "\u2019", "-", ".", ",", " ", "\n", "\u00A0", "<", ">", "<unk>",
            "<eos>", "unk>", "\u6211", "\U00010400", "!").Array[0, 40].Select(string.Concat);
        Gen.Select(text, Gen.Int[1, 9].Array[1, 8]).Sample((whole, lengths) => InBlocks(whole, lengths) == Naive(whole));
        await Task.CompletedTask;
    }

    [Test]
    [Arguments(TextLevel.Word)]
    [Arguments(TextLevel.Character)]
    public async Task Lower_case_is_that_of_each_character_in_whatever_blocks_a_file_is_read(TextLevel level)
    {
        using var folder = new TestFolder();
        string text = string.Concat(Enumerable.Range(0, 20_000).Select(i => $"ÀB\U00010400ß İ ΣΑΣ {i}\n"));
        string lowered = string.Concat(
            text.EnumerateRunes().Select(rune => rune.Value == 0x130 ? "İ" : Rune.ToLowerInvariant(rune).ToString()));
        string path = folder.Put("a", Encoding.UTF8.GetBytes(text)), other = folder.Put("b", Encoding.UTF8.GetBytes(lowered));
        TokenRules rules = new(level) { IsLowerCase = true };
        Vocabulary vocabulary = Vocabulary.Build(Corpus.Count(path, rules));
        Vocabulary plain = Vocabulary.Build(Corpus.Count(other, new TokenRules(level)));
        await Assert.That(vocabulary.Tokens.SequenceEqual(plain.Tokens)).IsTrue();
        await Assert.That(Corpus.Encode(path, vocabulary).SequenceEqual(Corpus.Encode(other, plain))).IsTrue();
        await Assert.That(Corpus.EncodeText(text, vocabulary).SequenceEqual(Corpus.EncodeText(lowered, plain))).IsTrue();
        await Assert.That(Corpus.FindMissing(path, vocabulary).Count).IsEqualTo(0);
        await Assert.That(vocabulary.TryGetId(level == TextLevel.Word ? "\u03C3\u03B1\u03C3" : "\U00010428", out _)).IsTrue();
    }

    [Test]
    [Arguments(TextLevel.Character, false, WordSplit.Simple, "only texts of words are split into words")]
    [Arguments(TextLevel.Byte, true, WordSplit.None, "bytes have no upper or lower case")]
    public async Task Rules_that_make_no_sense_are_refused(TextLevel level, bool lower, WordSplit split, string message)
    {
        var rules = new TokenRules(level) { IsLowerCase = lower, Split = split };
        await Assert.That(() => new Vocabulary(rules, ["a"])).Throws<ArgumentException>().WithMessageContaining(message);
    }

    [Test]
    public async Task A_word_that_is_too_long_is_refused_and_many_short_ones_without_a_blank_are_not()
    {
        using var folder = new TestFolder();
        string path = folder.Put("a", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("ab,", 100_000))));
        await Assert.That(Corpus.Count(path, s_rules).Counts["ab"]).IsEqualTo(100_000);
        path = folder.Put("b", Encoding.UTF8.GetBytes("a " + new string('.', 5000)));
        await Assert.That(Refused.By(() => Corpus.Count(path, s_rules)).Kind).IsEqualTo(FileProblemKind.WordTooLong);
    }

    private static string Words(string text, TokenRules rules)
    {
        var tokenizer = new Tokenizer(rules);
        var sink = new ListSink([]);
        tokenizer.Push(text, isLast: true, ref sink);
        tokenizer.EndLine(ref sink);
        return string.Join('|', sink.List);
    }

    private static string InBlocks(string text, int[] lengths)
    {
        var tokenizer = new Tokenizer(s_rules);
        var sink = new ListSink([]);
        string pending = "";
        int position = 0;
        for (int block = 0; position < text.Length; block++)
        {
            int length = Math.Min(lengths[block % lengths.Length], text.Length - position);
            if (char.IsHighSurrogate(text[position + length - 1])) length++;
            pending += text.Substring(position, length);
            position += length;
            pending = pending[tokenizer.Push(pending, isLast: false, ref sink)..];
        }

        tokenizer.Push(pending, isLast: true, ref sink);
        tokenizer.EndLine(ref sink);
        return string.Join('|', sink.List);
    }

    private static string Naive(string text)
    {
        var words = new List<string>();
        string[] lines = text.Split('\n');
        for (int number = 0; number < lines.Length; number++)
        {
            string[] runes = [.. lines[number].EnumerateRunes().Select(rune => rune.ToString())];
            for (int i = 0; i < runes.Length;)
            {
                int start = i;
                string rest = string.Concat(runes[i..]);
                if (IsMark(rest)) i += 5;
                else if (IsLetter(i)) while (IsLetter(i) || IsJoint(i)) i++;
                else if (string.IsNullOrWhiteSpace(runes[i])) { i++; continue; }
                else do i++; while (i < runes.Length && runes[i] == runes[start] && !IsMark(string.Concat(runes[i..])));
                words.Add(string.Concat(runes[start..i]));
            }

            if (number < lines.Length - 1 || lines[number].Length > 0) words.Add("<eos>");

            bool IsLetter(int at) => at < runes.Length && (CategoryOf(runes[at])[0] is 'L' or 'M' || IsDigit(at));

            bool IsDigit(int at) => at >= 0 && at < runes.Length && CategoryOf(runes[at]) == "Nd";

            bool IsJoint(int at) => at < runes.Length && (runes[at] is "'" or "\u2019" or "-" or "\u2010"
                ? IsLetter(at - 1) && IsLetter(at + 1)
                : runes[at] is "." or "," && IsDigit(at - 1) && IsDigit(at + 1));
        }

        return string.Join('|', words);

        static bool IsMark(string rest) => rest.Length >= 5 && rest[..5] is ("<unk>" or "<eos>");
    }

    private static string CategoryOf(string rune) => CharUnicodeInfo.GetUnicodeCategory(rune, 0) switch
    {
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.OtherLetter => "L",
        UnicodeCategory.NonSpacingMark => "M",
        UnicodeCategory.DecimalDigitNumber => "Nd",
        _ => "other",
    };

    private readonly struct ListSink(List<string> list) : ITokenSink
    {
        public List<string> List => list;

        public void Accept(ReadOnlySpan<char> token, long line) => list.Add(token.ToString());
    }
}
