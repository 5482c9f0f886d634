using System.Text;
using CsCheck;
using TinySD.Formats.Text;

namespace TinySD.Formats.Tests;

public sealed class TokenizerTests
{
    [Test]
    [Arguments("", "")]
    [Arguments("\n", "1:<eos>")]
    [Arguments("a b\n", "1:a 1:b 1:<eos>")]
    [Arguments("a b", "1:a 1:b 1:<eos>")]
    [Arguments("  a \t b\v\f\r\n\n c", "1:a 1:b 1:<eos> 2:<eos> 3:c 3:<eos>")]
    [Arguments(" ", "1:<eos>")]
    [Arguments("a\n ", "1:a 1:<eos> 2:<eos>")]
    [Arguments("a\rb\n", "1:a 1:b 1:<eos>")]
    [Arguments("no\u00A0break\u2028too\n", "1:no\u00A0break\u2028too 1:<eos>")]
    [Arguments("<eos> <unk> 😀\n", "1:<eos> 1:<unk> 1:😀 1:<eos>")]
    public async Task Words_are_split_at_ascii_white_space_and_lines_end_in_a_token(string text, string expected) =>
        await Assert.That(string.Join(' ', Tokens(text, TextLevel.Word, endLine: true))).IsEqualTo(expected);

    [Test]
    [Arguments(LineMarks.WhereMissing, "a b\n", "1:a 1:b 1:<eos>")]
    [Arguments(LineMarks.WhereMissing, "a <eos>\nb\n", "1:a 1:<eos> 2:b 2:<eos>")]
    [Arguments(LineMarks.WhereMissing, "a <eos> \t\r\n<eos>\n\n", "1:a 1:<eos> 2:<eos> 3:<eos>")]
    [Arguments(LineMarks.WhereMissing, "<eos> a\n", "1:<eos> 1:a 1:<eos>")]
    [Arguments(LineMarks.WhereMissing, "a <eos> <eos>\n", "1:a 1:<eos> 1:<eos>")]
    [Arguments(LineMarks.WhereMissing, "a <eos>", "1:a 1:<eos>")]
    [Arguments(LineMarks.WhereMissing, "a <eos>x\n", "1:a 1:<eos>x 1:<eos>")]
    [Arguments(LineMarks.Always, "a <eos>\n", "1:a 1:<eos> 1:<eos>")]
    [Arguments(LineMarks.None, "a b\n\nc <eos>\nd", "1:a 1:b 3:c 3:<eos> 4:d")]
    [Arguments(LineMarks.None, "\n \n", "")]
    public async Task Lines_get_the_marks_that_are_asked_for(LineMarks marks, string text, string expected)
    {
        await Assert.That(string.Join(' ', Tokens(text, TextLevel.Word, endLine: true, marks))).IsEqualTo(expected);
        for (int block = 1; block < 9; block++)
            await Assert.That(string.Join(' ', InBlocks(text, TextLevel.Word, [block], marks))).IsEqualTo(expected);
    }

    [Test]
    [Arguments("", "")]
    [Arguments("ab", "1:a|1:b")]
    [Arguments("é😀\r\nx", "1:é|1:😀|1:\r|1:\n|2:x")]
    [Arguments("e\u0301", "1:e|1:\u0301")]
    public async Task Characters_are_scalar_values(string text, string expected) =>
        await Assert.That(string.Join('|', Tokens(text, TextLevel.Character, endLine: true))).IsEqualTo(expected);

    [Test]
    public async Task Blocks_of_any_length_give_the_tokens_of_the_whole()
    {
        Gen<string> text = Gen.OneOf<string>("a", "bc", "é", "😀", " ", "\n", "\t", "\r\n", "<eos>").Array[0, 40].Select(string.Concat);
        Gen.Select(text, Gen.Int[1, 9].Array[1, 8], Gen.Bool).Sample((whole, lengths, isWord) =>
        {
            TextLevel level = isWord ? TextLevel.Word : TextLevel.Character;
            return InBlocks(whole, level, lengths).SequenceEqual(Naive(whole, level));
        });
        await Task.CompletedTask;
    }

    // An oracle with the library's own means, which allocates as much as it likes.
    private static IEnumerable<string> Naive(string text, TextLevel level)
    {
        if (level == TextLevel.Character)
        {
            int line = 1;
            foreach (Rune rune in text.EnumerateRunes())
            {
                yield return $"{line}:{rune}";
                if (rune.Value == '\n') line++;
            }

            yield break;
        }

        string[] lines = text.Split('\n');
        for (int line = 0; line < lines.Length; line++)
        {
            string[] words = lines[line].Split((char[])[' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
            foreach (string word in words) yield return $"{line + 1}:{word}";
            if (line < lines.Length - 1 || lines[line].Length > 0) yield return $"{line + 1}:<eos>";
        }
    }

    private static List<string> Tokens(string text, TextLevel level, bool endLine, LineMarks marks = LineMarks.Always)
    {
        var tokenizer = new Tokenizer(new(level, marks));
        var sink = new ListSink([]);
        tokenizer.Push(text, isLast: true, ref sink);
        if (endLine) tokenizer.EndLine(ref sink);
        return sink.List;
    }

    private static List<string> InBlocks(string text, TextLevel level, int[] lengths, LineMarks marks = LineMarks.Always)
    {
        var tokenizer = new Tokenizer(new(level, marks));
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
        return sink.List;
    }

    private struct ListSink(List<string> list) : ITokenSink
    {
        public readonly List<string> List => list;

        public readonly void Accept(ReadOnlySpan<char> token, long line) => list.Add($"{line}:{token}");
    }
}
