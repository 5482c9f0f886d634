using System.IO.Compression;
using System.Text;
using TinySD.Formats.Text;

namespace TinySD.Formats.Tests;

/// <summary>Two files, line by line.</summary>
public sealed class ParallelTextsTests
{
    [Test]
    [Arguments("a b\nc\n", "x\ny z\n", "a b=x|c=y z")]
    [Arguments("a b\nc", "x\ny z", "a b=x|c=y z")]
    [Arguments("a b\r\nc\r\n", "x\ny z\n", "a b=x|c=y z")]
    [Arguments("\uFEFFa  b \n\tc\n", "x\ny\tz\n", "a b=x|c=y z")]
    [Arguments("a\n\nb\n", "x\ny\n\n", "a=x|=y|b=")]
    [Arguments("\n", "\n", "=")]
    [Arguments("a\u00A0b c\u2028d\n", "x\u0085y\n", "a\u00A0b c\u2028d=x\u0085y")]
    [Arguments("a\rb\n", "x\n", "a b=x")]
    public async Task Lines_belong_together(string sources, string targets, string expected)
    {
        using var folder = new TestFolder();
        var texts = ParallelTexts.Read(Put(folder, "s", sources), Put(folder, "t", targets));
        await Assert.That(Shown(texts)).IsEqualTo(expected);
    }

    [Test]
    public async Task Packed_files_are_read()
    {
        using var folder = new TestFolder();
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionMode.Compress, leaveOpen: true)) gzip.Write("a b\nc\n"u8);
        var texts = ParallelTexts.Read(folder.Put("s.gz", packed.ToArray()), Put(folder, "t", "x\ny\n"));
        await Assert.That(Shown(texts)).IsEqualTo("a b=x|c=y");
    }

    [Test]
    [Arguments("a\nb\nc\n", "x\ny\n", "3 lines and", "t 2:")]
    [Arguments("a\n", "x\ny\n\n", "1 line and", "t 3:")]
    public async Task Other_numbers_of_lines_are_refused_and_both_are_named(string sources, string targets, string first, string second)
    {
        using var folder = new TestFolder();
        string source = Put(folder, "s", sources), target = Put(folder, "t", targets);
        FileProblem problem = Refused.By(() => ParallelTexts.Read(source, target));
        await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.DoesNotFit);
        await Assert.That(problem.Message).Contains($"{source} has {first}").And.Contains(second);
    }

    [Test]
    public async Task Text_that_is_not_UTF8_is_refused_with_its_line()
    {
        using var folder = new TestFolder();
        string source = folder.Put("s", [.. "a\nb "u8, 0xFF, .. "\nc\n"u8]), target = Put(folder, "t", "x\ny\nz\n");
        FileProblem problem = Refused.By(() => ParallelTexts.Read(source, target));
        await Assert.That((problem.Kind, problem.Line)).IsEqualTo((FileProblemKind.NotUtf8, 2L));
        await Assert.That(Refused.By(() => ParallelTexts.Read(target, source)).Message).Contains(source);
        await Assert.That(Refused.By(() => ParallelTexts.Read(target, folder.Put("e", []))).Kind).IsEqualTo(FileProblemKind.Empty);
        await Assert.That(Refused.By(() => ParallelTexts.Read(target, folder["none"])).Kind).IsEqualTo(FileProblemKind.NotFound);
    }

    [Test]
    public async Task Pairs_with_an_empty_side_are_counted_and_can_be_left_out()
    {
        var texts = new ParallelTexts([["a"], [], ["b"], [], ["c"]], [["x"], ["y"], [], [], ["z"]]);
        await Assert.That((texts.Count, texts.EmptyCount)).IsEqualTo((5, 3));
        await Assert.That(Shown(texts.WithoutEmpty())).IsEqualTo("a=x|c=z");
        await Assert.That(texts.WithoutEmpty().EmptyCount).IsEqualTo(0);
        await Assert.That(() => new ParallelTexts([["a"]], [])).Throws<ArgumentException>();
    }

    [Test]
    public async Task Long_lines_are_read()
    {
        using var folder = new TestFolder();
        string line = string.Join(' ', Enumerable.Range(0, 5000)), longer = new('a', 300_000);
        var texts = ParallelTexts.Read(Put(folder, "s", $"{line}\n{longer}\n"), Put(folder, "t", "x\ny\n"));
        await Assert.That(texts.Sources[0].Length).IsEqualTo(5000);
        await Assert.That(texts.Sources[1][0]).IsEqualTo(longer);
    }

    // A line's end on either side of the end of what is read at once.
    [Test]
    public async Task Lines_may_end_anywhere_in_what_is_read_at_once()
    {
        using var folder = new TestFolder();
        for (int length = 65_530; length < 65_540; length++)
        {
            string word = new('a', length);
            IReadOnlyList<string[]> lines = AlignedLines.Read(Put(folder, "s", $"{word}\r\nb\r\n\r\n"));
            await Assert.That(lines[0].Length).IsEqualTo(3);
            await Assert.That((lines[0][0].Length, lines[0][1], lines[0][2])).IsEqualTo((length, "b", ""));
        }
    }

    [Test]
    [Arguments("multi30k_deen/tok/train.lc.norm.tok.de.gz", "multi30k_deen/tok/train.lc.norm.tok.en.gz", 29_000)]
    [Arguments("iwslt14_deen/test.de.gz", "iwslt14_deen/test.en.gz", 6_750)]
    [Arguments("iwslt14_deen/valid.de.gz", "iwslt14_deen/valid.en.gz", 7_283)]
    [Arguments("iwslt15_envi/tst2012.en.gz", "iwslt15_envi/tst2012.vi.gz", 1_553)]
    [Arguments("iwslt15_envi/tst2013.en.gz", "iwslt15_envi/tst2013.vi.gz", 1_268)]
    public async Task Public_texts_have_their_published_pairs(string source, string target, int expected)
    {
        var texts = ParallelTexts.Read(RealData.Find(source), RealData.Find(target));
        await Assert.That((texts.Count, texts.EmptyCount)).IsEqualTo((expected, 0));
    }

    private static string Put(TestFolder folder, string name, string text) => folder.Put(name, Encoding.UTF8.GetBytes(text));

    private static string Shown(ParallelTexts texts) => string.Join(
        '|', texts.Sources.Zip(texts.Targets, (source, target) => $"{string.Join(' ', source)}={string.Join(' ', target)}"));
}
