using System.Text;
using TinySD.Formats.Tables;

namespace TinySD.Formats.Tests;

/// <summary>Tables in the encodings that programs write.</summary>
public sealed class TableTextTests
{
    private const string Text = "Größe,Temp °C\r\n1,2\r\n3,4\r\n", Expected = "Größe:1,3 Temp °C:2,4";

    [Test]
    [Arguments("utf-8", false)]
    [Arguments("utf-8", true)]
    [Arguments("utf-16", true)]
    [Arguments("utf-16BE", true)]
    [Arguments("latin1", false)]
    public async Task Encodings_are_told_by_content(string encoding, bool hasMark)
    {
        Encoding to = Encoding.GetEncoding(encoding);
        byte[] bytes = [.. hasMark ? to.GetPreamble() : [], .. to.GetBytes(Text)];
        foreach (byte[] file in (byte[][])[bytes, TableFiles.Gzip(bytes)])
        {
            NumberTable table = TableFiles.Read(file);
            await Assert.That(TableFiles.Shown(table)).IsEqualTo(Expected);
            await Assert.That(table.Remarks)
                .IsEquivalentTo(encoding == "latin1" ? ["t.csv: not UTF-8, read as Latin-1"] : Array.Empty<string>());
        }
    }

    // A euro sign and a dash of windows-1252, which programs call Latin-1 or ANSI.
    [Test]
    public async Task Latin_1_is_as_windows_has_it()
    {
        NumberTable table = TableFiles.Read([.. "a\x0080,b"u8[..1], 0x80, (byte)',', 0x96, (byte)'b', .. "\n1,2\n"u8]);
        await Assert.That(TableFiles.Shown(table)).IsEqualTo("a€:1 –b:2");
    }

    [Test]
    public async Task A_byte_that_is_no_utf8_in_a_text_that_is_harms_no_other_cell()
    {
        NumberTable table = TableFiles.Read([.. "größe,note\n1,a"u8, 0xE9, .. "b\n2,c\n"u8]);
        await Assert.That(TableFiles.Shown(table)).IsEqualTo("größe:1,2");
        await Assert.That(table.Remarks).IsEquivalentTo(["t.csv: bytes that are no UTF-8, though other text in it is"]);
    }

    [Test]
    [Arguments(60_000)]
    [Arguments(65_535)]
    [Arguments(65_536)]
    [Arguments(131_071)]
    public async Task A_character_may_lie_across_blocks(int at)
    {
        // The note of the second row puts the character where it is wanted.
        string start = "a,note,b\n1,", end = "é\",2\n3,x,4\n";
        string text = start + "\"" + new string('n', at - start.Length - 1) + end;
        foreach (Encoding encoding in (Encoding[])[Encoding.UTF8, Encoding.Latin1])
            await Assert.That(TableFiles.Shown(TableFiles.Read(encoding.GetBytes(text)))).IsEqualTo("a:1,3 b:2,4");
    }

    [Test]
    [Arguments("a,b\n1,\0\n", "t.csv looks like binary, not a table in CSV: there is a zero byte at byte 6")]
    [Arguments("PK\u0003\u0004\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\u0013\0\0\0[Content_Types].xml", "t.csv is no table in CSV: " +
        "it begins like an Office document, perhaps a spreadsheet; save its sheet as CSV")]
    public async Task What_is_no_text_is_refused(string text, string message) =>
        await Assert.That(Refused.By(() => TableFiles.Read(Encoding.Latin1.GetBytes(text))).Message).IsEqualTo(message);

    [Test]
    public async Task Utf16_without_its_mark_is_named() =>
        await Assert.That(Refused.By(() => TableFiles.Read(Encoding.Unicode.GetBytes("a,b\n1,2\n"))).Message).IsEqualTo(
            "t.csv looks like UTF-16 (little-endian) without a byte-order mark. Convert it, for example with iconv -f utf-16le -t utf-8.");

    [Test]
    public async Task A_packed_table_that_is_cut_short_is_refused()
    {
        byte[] packed = TableFiles.Gzip(Encoding.UTF8.GetBytes("a,b\n" + string.Concat(Enumerable.Range(0, 999).Select(i => $"{i},1\n"))));
        await Assert.That(Refused.By(() => TableFiles.Read(packed[..^20])).Kind).IsEqualTo(FileProblemKind.GzipDamaged);
    }

    [Test]
    public async Task A_file_is_read_as_a_stream_is()
    {
        using var folder = new TestFolder();
        foreach (byte[] bytes in (byte[][])[Encoding.UTF8.GetBytes(Text), TableFiles.Gzip(Encoding.UTF8.GetBytes(Text))])
            await Assert.That(TableFiles.Shown(NumberTable.Read(folder.Put("t.csv", bytes)))).IsEqualTo(Expected);
        await Assert.That(Refused.By(() => NumberTable.Read(folder["none.csv"])).Kind).IsEqualTo(FileProblemKind.NotFound);
    }
}
