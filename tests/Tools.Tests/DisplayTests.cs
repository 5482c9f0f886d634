using TinySD.Tools.Display;

namespace TinySD.Tools.Tests;

/// <summary>Tables, and progress that is drawn in place.</summary>
public sealed class DisplayTests
{
    [Test]
    public async Task A_table_is_as_wide_as_its_cells_and_aligns_what_it_is_told_to()
    {
        var table = new Table("name", ">count", "");
        table.Row("a", "1,000", "kept");
        table.Row("longer", "2");
        string[] expected =
        [
            "", "  name     count         ", "─────────────────────────", "  a        1,000   kept  ", "  longer       2         ", "", "",
        ];
        await Assert.That(Written(table)).IsEqualTo(string.Join('\n', expected));
    }

    [Test]
    public async Task A_table_without_headings_has_no_line_for_them()
    {
        var table = new Table("", ">");
        table.Row("a", "1");
        await Assert.That(Written(table)).IsEqualTo("\n  a   1  \n\n");
    }

    [Test]
    public async Task Colours_of_cells_are_shown_where_there_are_any()
    {
        var table = new Table("", "") { Colored = 1 };
        table.Row(TextColor.Grey, "a", "b");
        table.Row("c", "d");
        await Assert.That(Written(table, useColor: true)).IsEqualTo("\n  a   \u001b[90mb\u001b[0m  \n  c   d  \n\n");
        await Assert.That(Written(table)).IsEqualTo("\n  a   b  \n  c   d  \n\n");
    }

    [Test]
    [Arguments("abc", 3)]
    [Arguments("größe", 5)]
    [Arguments("長い", 4)]
    [Arguments("한글", 4)]
    [Arguments("e\u0301x", 2)]
    [Arguments("🙂!", 3)]
    [Arguments("ｆｕ", 4)]
    public async Task Text_takes_as_many_columns_as_a_terminal_gives_it(string text, int columns) =>
        await Assert.That(TextWidth.Of(text)).IsEqualTo(columns);

    [Test]
    [Arguments("abcdef", 6, "abcdef")]
    [Arguments("abcdef", 5, "abcd…")]
    [Arguments("長い名前", 5, "長い…")]
    [Arguments("長い名前", 6, "長い…")]
    [Arguments("abc", 0, "")]
    public async Task Text_is_cut_to_the_columns_there_are(string text, int columns, string shown) =>
        await Assert.That(TextWidth.Cut(text, columns)).IsEqualTo(shown);

    [Test]
    [Arguments("/home/me/models/a.tsd", 11, "…dels/a.tsd")]
    [Arguments("長い名前", 5, "…名前")]
    [Arguments("abc", 3, "abc")]
    [Arguments("abc", 0, "")]
    public async Task The_end_of_a_text_is_kept_likewise(string text, int columns, string shown) =>
        await Assert.That(TextWidth.CutStart(text, columns)).IsEqualTo(shown);

    [Test]
    [Arguments("one two three", 7, "one two|three")]
    [Arguments("one two three", 6, "one|two|three")]
    [Arguments("  one two three", 9, "  one two|  three")]
    [Arguments("averylongword and", 5, "averylongword|and")]
    [Arguments("see averylongword", 5, "see|averylongword")]
    [Arguments("長い 名前", 5, "長い|名前")]
    [Arguments("all of it fits here", 80, "all of it fits here")]
    [Arguments("12345 ", 5, "12345 ")]
    [Arguments("", 5, "")]
    public async Task Prose_is_parted_at_spaces(string text, int columns, string lines) =>
        await Assert.That(string.Join('|', Paragraph.Lines(text, columns))).IsEqualTo(lines);

    /// <summary>The order in which columns give way: headings first, then the space between columns, then text.</summary>
    [Test]
    public async Task A_table_takes_as_many_columns_as_there_are_and_keeps_its_numbers()
    {
        var table = new Table("file", ">validation perplexity", "what there is to say of it");
        table.Row("/home/somebody/models/first.tsd", "1,234,567.89", "a text of several words which is longer than the others");
        table.Row("b.tsd", "2", "");
        foreach (int width in (int[])[40, 50, 64, 80, 120])
        {
            string[] lines = Written(table, width: width).Split('\n');
            int longest = lines.Max(TextWidth.Of);
            await Assert.That(longest).IsLessThanOrEqualTo(width).Because($"{width}");
            await Assert.That(longest).IsGreaterThan(Math.Min(width, 100) - 13).Because($"{width}");
            await Assert.That(lines.Any(line => line.Contains("1,234,567.89", StringComparison.Ordinal))).IsTrue();
            await Assert.That(lines.Any(line => line.Contains("irst.tsd", StringComparison.Ordinal))).IsTrue();
            string all = string.Join(' ', lines);
            foreach (string word in "text several words which longer than the others".Split(' ')) await Assert.That(all).Contains(word);
        }

        string[] at50 =
        [
            "",
            "  file               validation   what there is   ",
            "                     perplexity   to say of it    ",
            new('─', 50),
            "  …els/first.tsd   1,234,567.89   a text of       ",
        ];
        await Assert.That(Written(table, width: 50)).StartsWith(string.Join('\n', at50));
    }

    [Test]
    public async Task A_table_of_too_many_numbers_goes_on_below_itself()
    {
        var table = new Table("run", ">one", ">two", ">three");
        table.Row("a", "1,000,000", "2,000,000", "3,000,000");
        string[] expected =
        [
            "", " run        one        two ", new('─', 27), " a    1,000,000  2,000,000 ",
            "", " run      three ", new('─', 16), " a    3,000,000 ", "", "",
        ];
        await Assert.That(Written(table, width: 30)).IsEqualTo(string.Join('\n', expected));

        // Where there is room beside them, names are whole again.
        var named = new Table("product", ">one", ">two", ">three", ">four");
        named.Row("a name of some length", "1,000,000", "2,000,000", "3,000,000", "4,000,000");
        string parts = Written(named, width: 50);
        await Assert.That(parts.Split("a name of some length").Length).IsGreaterThan(2);
        await Assert.That(parts.Split('\n').Max(TextWidth.Of)).IsLessThanOrEqualTo(50);
    }

    [Test]
    public async Task A_table_in_ascii_has_no_other_characters_of_the_program_s_own()
    {
        var table = new Table("größe", ">perplexity");
        table.Row("naïve × 2", "∞");
        await Assert.That(Written(table, isAscii: true)).IsEqualTo(
            "\n  größe       perplexity  \n--------------------------\n  naïve x 2          inf  \n\n");
    }

    private static string Written(Table table, bool useColor = false, int? width = null, bool isAscii = false)
    {
        var writer = new StringWriter { NewLine = "\n" };
        table.Write(writer, new TableLook(useColor, width, isAscii));
        return writer.ToString();
    }
}
