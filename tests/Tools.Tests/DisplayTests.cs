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
    public async Task Progress_is_drawn_in_one_line_of_the_terminal_and_gone_at_the_end()
    {
        var writer = new StringWriter();
        var line = new LiveLine(writer, width: 50, useColor: false);
        line.Show(0.5, "epoch 2/13  loss 4.5 and more");
        await Assert.That(writer.ToString()).IsEqualTo($"\r{new string('━', 12)}{new string('─', 12)}  50 %  epoch 2/13  loss…\u001b[K");
        line.Show(7, "");
        line.Clear();
        await Assert.That(writer.ToString()).EndsWith($"\r{new string('━', 24)} 100 %  \u001b[K\r\u001b[K");
    }

    private static string Written(Table table, bool useColor = false)
    {
        var writer = new StringWriter { NewLine = "\n" };
        table.Write(writer, useColor);
        return writer.ToString();
    }
}
