using System.IO.Compression;
using System.Text;
using TinySD.Formats.Text;

namespace TinySD.Formats.Tests;

public sealed class WordVectorsTests
{
    private static readonly string[] s_wanted = ["the", "The", "Paris", "PARIS", "mail", "none", "3"];

    [Test]
    [Arguments("the 0.5 -1e-2 3\nparis 1 2 3.25\nof 4 5 6\n")]
    [Arguments("3 3\nthe 0.5 -1e-2 3\nparis 1 2 3.25\nof 4 5 6\n")]
    [Arguments("3 3\nthe 0.5 -1e-2 3 \nparis 1 2 3.25 \nof 4 5 6 ")]
    [Arguments("\uFEFFthe\t0.5\t-.01\t3.0\r\nparis\t1\t2\t3.25\r\n\r\nof\t4\t5\t6\r\n")]
    [Arguments("of 4 5 6\nthe  0.5 -1E-02  +3\nparis 1 2 3.25\nthe 9 9 9\n")]
    public async Task Glove_and_word2vec_are_read(string content)
    {
        WordVectors read = Read(content);
        await Assert.That(read.Dimension).IsEqualTo(3);
        await Assert.That(Shown(read, "the")).IsEqualTo("0.5 -0.01 3");
        await Assert.That(Shown(read, "The")).IsEqualTo("0.5 -0.01 3");
        await Assert.That(Shown(read, "PARIS")).IsEqualTo("1 2 3.25");
        await Assert.That(Shown(read, "of")).IsEqualTo("");
        await Assert.That(Shown(read, "none")).IsEqualTo("");
        await Assert.That(read.Remarks.Count).IsEqualTo(0);
    }

    [Test]
    public async Task A_word_itself_goes_before_the_one_in_lower_case()
    {
        WordVectors read = Read("paris 1\nParis 2\nthe 3\n");
        await Assert.That(Shown(read, "Paris")).IsEqualTo("2");
        await Assert.That(Shown(read, "PARIS")).IsEqualTo("1");
        await Assert.That((read.Count, Shown(read, "The"))).IsEqualTo((3L, "3"));
    }

    [Test]
    public async Task Words_with_blanks_in_them_are_words()
    {
        WordVectors read = Read(". . . 1 2\nat name@domain.com 3 4\nthe 5 6\n 7 8\n\u00A0 7 8\n. 9 9\nmail 1 1\n");
        await Assert.That((read.Dimension, read.Count)).IsEqualTo((2, 7L));
        await Assert.That(Shown(read, "the")).IsEqualTo("5 6");
        await Assert.That(Shown(read, "mail")).IsEqualTo("1 1");
        await Assert.That(Shown(Read("new york 1 2\nyork 3 4\n", ["new york"]), "new york")).IsEqualTo("1 2");
    }

    [Test]
    public async Task A_word_that_is_a_number_is_a_word() => await Assert.That(Shown(Read("the 1 2\n3 4 5\n"), "3")).IsEqualTo("4 5");

    [Test]
    [Arguments("the 1 2 3\nof 1 2\n", 2, "line 2: 2 numbers behind 'of'; 3 were expected, as line 1 has it.")]
    [Arguments("the 1 2 3\nof 1 2 3 4\n", 2, "line 2: 4 numbers behind 'of'; 3 were expected, as line 1 has it.")]
    [Arguments("2 3\nthe 1 2 3\n\nof 1 2\n", 4, "line 4: 2 numbers behind 'of'; 3 were expected, as line 1 has it.")]
    [Arguments("2 3\nthe 1\n", 2, "line 2: 1 number behind 'the'; 3 were expected, as line 1 has it.")]
    [Arguments("of 1 2\nthe\n", 2, "line 2: 0 numbers behind 'the'; 2 were expected")]
    [Arguments("of 1 2\nthe 1 x\n", 2, "line 2: number 2 of 'the' is 'x'; a finite number was expected.")]
    [Arguments("of 1 2\nthe NaN 2\n", 2, "line 2: number 1 of 'the' is 'NaN'; a finite number was expected.")]
    [Arguments("of 1 2\nthe 1e39 2\n", 2, "line 2: number 1 of 'the' is '1e39'; a finite number was expected.")]
    [Arguments("once upon a time\n", 1, "line 1: a word and its numbers were expected, and found was 'once upon a time'.")]
    [Arguments("the\n", 1, "line 1: a word and its numbers were expected")]
    [Arguments("2 1\nthe \u0001\0\u0002\u0003", 2, "line 2: a zero byte, so this is no text. Is it word2vec's binary form?")]
    [Arguments("", null, "has no word vectors")]
    [Arguments("\n \n", null, "has no word vectors")]
    [Arguments("2 3\n", null, "has no word vectors")]
    [Arguments("PK\u0003\u0004glove.6B.100d.txt", null, "is not text: it begins like a")]
    public async Task A_wrong_line_is_named(string content, int? line, string message)
    {
        FileProblem problem = Refused.By(() => Read(content));
        await Assert.That(problem.Message).Contains(message);
        await Assert.That(problem.Line).IsEqualTo(line);
        await Assert.That(problem.Fault).IsEqualTo(Fault.File);
    }

    [Test]
    public async Task Another_dimension_than_asked_for_is_the_callers_fault()
    {
        using var folder = new TestFolder();
        string path = folder.Put("v", "the 1 2\n"u8);
        FileProblem problem = Refused.By(() => WordVectors.Read(path, s_wanted, 100));
        await Assert.That(problem.Message).EndsWith(" has vectors of 2 numbers, and 100 were asked for");
        await Assert.That(problem.Fault).IsEqualTo(Fault.Caller);
        await Assert.That(WordVectors.Read(path, s_wanted, 2).Dimension).IsEqualTo(2);
        await Assert.That(() => WordVectors.Read(path, s_wanted, 0)).Throws<ArgumentOutOfRangeException>();
    }

    [Test]
    public async Task A_first_line_that_speaks_of_more_words_is_told() => await Assert.That(Read("400 2\nthe 1 2\n").Remarks.Single())
        .EndsWith(": its first line speaks of 400 words, and 1 follows; if it was cut short, copy or download it again.");

    [Test]
    public async Task Packed_files_are_read_and_lines_that_are_not_UTF8_do_no_harm()
    {
        using var folder = new TestFolder();
        using var packed = new MemoryStream();
        byte[] content = [.. "the 1 2\n"u8, 0xFF, 0x80, .. " 3 4\nmail 5 6\n"u8];
        using (var gzip = new GZipStream(packed, CompressionMode.Compress)) gzip.Write(content);
        var read = WordVectors.Read(folder.Put("v.gz", packed.ToArray()), s_wanted);
        await Assert.That((Shown(read, "the"), Shown(read, "mail"), read.Count)).IsEqualTo(("1 2", "5 6", 3L));
    }

    [Test]
    public async Task Vectors_are_written_where_their_words_have_their_embedding()
    {
        var words = new Vocabulary(TextLevel.Word, ["<unk>", "mail", "of", "The"], LineMarks.None);
        WordVectors read = Read("the 1 2\nof 3 4\nmail 5 6\n", [.. words.Tokens.Where(word => word != "of")]);
        float[] embedding = [9, 9, 9, 9, 9, 9, 9, 9];
        await Assert.That(read.CopyTo(words, embedding)).IsEqualTo(2);
        await Assert.That(string.Join(' ', embedding)).IsEqualTo("9 9 5 6 9 9 1 2");
        await Assert.That(() => read.CopyTo(words, new float[7])).Throws<ArgumentException>()
            .WithMessage("the embedding has 7 numbers; 4 words of 2 numbers each were expected");
    }

    [Test]
    public async Task Progress_is_told_and_reading_can_be_stopped()
    {
        using var folder = new TestFolder();
        string path = folder.Put("v", Encoding.UTF8.GetBytes(string.Concat(
            Enumerable.Range(0, 20_000).Select(i => $"w{i} {string.Join(' ', Enumerable.Range(i, 50))}\n"))));
        double last = 0;
        var read = WordVectors.Read(path, ["w7", "w19999"], progress: share => last = share);
        await Assert.That(Shown(read, "w19999")).StartsWith("19999 20000 20001 ");
        await Assert.That(last).IsGreaterThan(0).And.IsLessThanOrEqualTo(1);
        using var stop = new CancellationTokenSource();
        await Assert.That(() => WordVectors.Read(path, [], null, _ => stop.Cancel(), stop.Token)).Throws<OperationCanceledException>();
    }

    private static WordVectors Read(string content, string[]? wanted = null)
    {
        using var folder = new TestFolder();
        return WordVectors.Read(folder.Put("vectors", Encoding.UTF8.GetBytes(content)), wanted ?? s_wanted);
    }

    private static string Shown(WordVectors vectors, string word) =>
        vectors.TryGet(word, out ReadOnlySpan<float> vector) ? string.Join(' ', vector.ToArray()) : "";
}
