using System.IO.Compression;
using System.Text;
using TinySD.Formats.Text;

namespace TinySD.Formats.Tests;

public sealed class LabelledTextsTests
{
    [Test]
    [Arguments("pos\tA good film\nneg\tA bad one\npos\tgood\n", LabelPlace.First, '\t')]
    [Arguments("A good film\tpos\r\nA bad one\tneg\r\ngood\tpos", LabelPlace.Last, '\t')]
    [Arguments("pos A good film\nneg A bad one\n\n  \npos good\n\n", LabelPlace.First, ' ')]
    [Arguments("\uFEFF pos \tA good film\nneg\tA bad one\n pos\tgood\n", LabelPlace.First, '\t')]
    [Arguments("sentence\tlabel\nA good film\tpos\nA bad one\tneg\ngood\tpos\n", LabelPlace.Last, '\t')]
    [Arguments("Label\tText\r\npos\tA good film\r\nneg\tA bad one\r\npos\tgood\r\n", LabelPlace.First, '\t')]
    public async Task Labels_are_found_on_either_side(string content, LabelPlace place, char separator)
    {
        LabelledTexts read = Read(content);
        await Assert.That(Shown(read)).IsEqualTo("pos=A good film|neg=A bad one|pos=good");
        await Assert.That((read.Place, read.Separator)).IsEqualTo((place, separator));
        await Assert.That(read.Remarks.All(remark => remark.EndsWith("3 blank lines passed over.", StringComparison.Ordinal))).IsTrue();
    }

    [Test]
    [Arguments("film\tgood\nbook\tbad\n", LabelPlace.First, "film=good|book=bad")]
    [Arguments("film\tgood\nbook\tbad\n", LabelPlace.Last, "good=film|bad=book")]
    [Arguments("a b c\tx y\nd\tz\n", LabelPlace.First, "a b c=x y|d=z")]
    [Arguments("a b c x\nd y\n", LabelPlace.Last, "x=a b c|y=d")]
    [Arguments("x\ta\tb\ny\tc\td\te\n", LabelPlace.First, "x=a\tb|y=c\td\te")]
    [Arguments("a\tb\tx\nc\td\te\ty\n", LabelPlace.Last, "x=a\tb|y=c\td\te")]
    public async Task Where_the_label_stands_may_be_said(string content, LabelPlace place, string rows) =>
        await Assert.That(Shown(Read(content, new() { Place = place }))).IsEqualTo(rows);

    [Test]
    [Arguments("World news\tApple\nSport news\tPear\nWorld news\tPlum\nSport news\tFig\n", LabelPlace.First)]
    [Arguments("Satoshi\tJapanese\nMac Neil\tScottish\nKenji\tJapanese\n", LabelPlace.Last)]
    [Arguments("one text\t1\ntwo texts\t2\n", LabelPlace.Last)]
    [Arguments("pos\tone text\n", LabelPlace.First)]
    [Arguments("pos\t\nneg\t \n", LabelPlace.First)]
    [Arguments("\tpos\nx\tneg\n", LabelPlace.Last)]
    public async Task The_side_of_few_values_or_without_white_space_has_the_labels(string content, LabelPlace place) =>
        await Assert.That(Read(content).Place).IsEqualTo(place);

    [Test]
    public async Task Known_labels_tell_where_the_label_stands()
    {
        await Assert.That(Read("good\tpos\nbad\tneg\n", new() { Known = ["neg", "pos"] }).Place).IsEqualTo(LabelPlace.Last);
        await Assert.That(Read("good\tpos\nbad\tneg\n", new() { Known = ["good", "bad", "fair"] }).Place).IsEqualTo(LabelPlace.First);
        await Assert.That(Read("a bad film neg\na good one pos\n", new() { Known = ["neg", "pos"] }).Place).IsEqualTo(LabelPlace.Last);
    }

    [Test]
    [Arguments("good\tpos\nbad\tneg\n", null, "before it are 2 different values, such as 'good', and behind it 2, such as 'pos'")]
    [Arguments("good\tpos\nbad\tneg\n", null, "(--label first|last)")]
    [Arguments("pos\tgood film\nneg a bad one\npos\tgood\n", 2, "line 2: has no tab; a label and a text with a tab between them")]
    [Arguments("pos good film\n\nneg\npos good\n", 3, "line 3: has no blank; a label, a blank and a text were expected, and found")]
    [Arguments("pos\tgood film\nneg\ta bad one\n \tgood one\npos\tgood enough\n", 3, "line 3: has no label; one was expected before")]
    [Arguments("good film\tpos\na bad one\tneg\ngood one\t\n", 3, "line 3: has no label; one was expected behind the tab.")]
    [Arguments("\n\n  \r\n", null, "blank lines only")]
    public async Task A_line_that_is_none_is_refused_by_its_number(string content, int? line, string message)
    {
        FileProblem problem = Refused.By(() => Read(content));
        await Assert.That(problem.Message).Contains(message);
        await Assert.That(problem.Line).IsEqualTo(line);
        await Assert.That(problem.Fault).IsEqualTo(Fault.File);
    }

    [Test]
    public async Task Every_text_is_one_row_however_short_or_long()
    {
        string giant = string.Join(' ', Enumerable.Repeat("word", 100_000));
        LabelledTexts read = Read($"a\t\nb\t   \na\tx\nb\t{giant}\na\t\U0001F600");
        await Assert.That(read.Rows.Select(row => row.Text.Length).ToArray())
            .IsEquivalentTo([0, 3, 1, giant.Length, 2], TUnit.Assertions.Enums.CollectionOrdering.Matching);
        var reading = new TextReading();
        Vocabulary vocabulary = reading.BuildVocabulary(read.Rows.Select(row => row.Text));
        EncodedTexts encoded = reading.Encode(read.Rows.Select(row => row.Text), vocabulary);
        await Assert.That(encoded.Sequences.Select(ids => ids.Length).ToArray())
            .IsEquivalentTo([0, 0, 1, 100_000, 1], TUnit.Assertions.Enums.CollectionOrdering.Matching);
        await Assert.That((encoded.Total, encoded.Unknown, encoded.Cut, encoded.Longest)).IsEqualTo((100_002L, 0L, 0L, 100_000));
    }

    [Test]
    public async Task A_file_that_is_not_utf8_is_read_as_latin1_and_that_is_said()
    {
        using var folder = new TestFolder();
        byte[] latin = [.. "a\tx y\nb\tcaf\u00e9 au lait\n".Select(c => (byte)c)];
        var read = LabelledTexts.Read(folder.Put("a.txt", latin));
        await Assert.That(read.Rows[1].Text).IsEqualTo("caf\u00e9 au lait");
        await Assert.That(read.Remarks.Single()).EndsWith("a.txt is not UTF-8 (line 2 has the byte E9); it is read as Latin-1.");
        byte[] windows = [.. "a\tx y\nb\t"u8, 0x80, 0x93, 0xE9, 0x94, .. " z\n"u8];
        read = LabelledTexts.Read(folder.Put("b.txt", windows));
        await Assert.That(read.Rows[1].Text).IsEqualTo("\u20AC\u201C\u00e9\u201D z");
        await Assert.That(read.Remarks.Single()).EndsWith("it is read as windows-1252.");
    }

    [Test]
    public async Task Utf16_is_known_by_its_mark_and_gzip_by_its_content()
    {
        using var folder = new TestFolder();
        const string text = "caf\u00e9 \u4e2d one\tpos\nx y\tneg\n";
        foreach (Encoding encoding in new Encoding[] { Encoding.Unicode, Encoding.BigEndianUnicode, Encoding.UTF8 })
        {
            byte[] bytes = [.. encoding.GetPreamble(), .. encoding.GetBytes(text)];
            using var packed = new MemoryStream();
            using (var gzip = new GZipStream(packed, CompressionLevel.Fastest)) gzip.Write(bytes);
            foreach (byte[] content in new[] { bytes, packed.ToArray() })
                await Assert.That(Shown(LabelledTexts.Read(folder.Put("a", content)))).IsEqualTo("pos=caf\u00e9 \u4e2d one|neg=x y");
        }

        FileProblem problem = Refused.By(() => LabelledTexts.Read(folder.Put("b", [0xFF, 0xFE, 0x00, 0xD8, 0x41, 0x00])));
        await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.Binary);
        await Assert.That(Refused.By(() => LabelledTexts.Read(folder.Put("c", "a\tb\0c\n"u8))).Kind).IsEqualTo(FileProblemKind.Binary);
        await Assert.That(Refused.By(() => LabelledTexts.Read(folder.Put("d", []))).Kind).IsEqualTo(FileProblemKind.Empty);
    }

    [Test]
    public async Task A_text_may_have_several_labels_or_none()
    {
        var options = new LabelledTextOptions { IsMultiLabel = true };
        LabelledTexts read = Read("b, a\tgood film\n\tnothing in it\na,a\tgood\nc\tx, y, z\n", options);
        await Assert.That(Shown(read)).IsEqualTo("b,a=good film|=nothing in it|a=good|c=x, y, z");
        var classes = ClassNames.Of(read.Path, read.Rows);
        await Assert.That(string.Join(' ', classes.Names)).IsEqualTo("a b c");
        await Assert.That(string.Join('|', classes.IdsOf(read.Path, read.Rows).Select(ids => string.Join(',', ids)))).IsEqualTo("0,1||0|2");
        await Assert.That(string.Join(' ', classes.Counts(classes.IdsOf(read.Path, read.Rows)))).IsEqualTo("2 1 1");
        FileProblem problem = Refused.By(() => Read("a\tgood film\na,,b\tx y\n", options));
        await Assert.That((problem.Line, problem.Kind)).IsEqualTo((2L, FileProblemKind.LineInvalid));
        await Assert.That(problem.Message).Contains("line 2: 'a,,b' has an empty label between its commas");
    }

    private static LabelledTexts Read(string content, LabelledTextOptions? options = null)
    {
        using var folder = new TestFolder();
        return LabelledTexts.Read(folder.Put("a.txt", Encoding.UTF8.GetBytes(content)), options);
    }

    private static string Shown(LabelledTexts read) =>
        string.Join('|', read.Rows.Select(row => $"{string.Join(',', row.Labels)}={row.Text}"));
}
