using System.Text.RegularExpressions;
using TinySD.Tools.Display;

namespace TinySD.Tools.Tests;

/// <summary>The first page shows a terminal after <c>tinysd demo</c>. It is what the program draws: all of it but the times is compared.
/// <c>TINYSD_UPDATE_PICTURE=1</c> draws it anew.</summary>
public sealed partial class PictureTests
{
    private const int Columns = 80;

    // Where the comparison's figures end and its words begin.
    private const string Until = "Both models had";

    [Test]
    public async Task The_picture_on_the_first_page_is_what_the_demo_draws()
    {
        using var folder = new TestFolder();
        var screen = new Screen(Columns);
        var console = new CliConsole(screen, screen, new TerminalTraits(true, true, UseColor: false, Columns));
        using var stop = new StopRequest();
        await Assert.That(Cli.Run(["demo", "--out", folder["demo.tsd"]], console, stop)).IsEqualTo(0);
        string[] drawn = [.. screen.Rows.TakeWhile(row => !row.StartsWith(Until, StringComparison.Ordinal))];

        // Its folder is the test's own, and took a line's room.
        int from = Array.FindIndex(drawn, row => row.StartsWith("Nothing is needed", StringComparison.Ordinal));
        int end = Array.FindIndex(drawn, row => row.StartsWith("training loss", StringComparison.Ordinal));
        string told = string.Join(' ', drawn[from..end]).Replace(folder.Path + "/", "");
        string[] rows =
        [
            "$ dotnet run --project src/Tools -c Release -- demo", .. drawn[..from], .. Paragraph.Lines(told, Columns), .. drawn[end..],
            "...",
        ];
        string picture = Path.Combine(Checkout.Root, "src/Tools/Demo/demo.svg");
        if (Environment.GetEnvironmentVariable("TINYSD_UPDATE_PICTURE") == "1")
        {
            const string title = "A terminal after tinysd demo: two training curves that lie on each other, and a table";
            await File.WriteAllTextAsync(picture, TerminalPicture.Draw(title, rows, Columns));
        }

        string[] shown = TerminalPicture.RowsOf(await File.ReadAllTextAsync(picture));
        await Assert.That(string.Join('\n', shown.Select(WithoutTimes)))
            .IsEqualTo(string.Join('\n', rows.Where(row => row.Length > 0).Select(WithoutTimes)));
    }

    private static string WithoutTimes(string row) => Time().Replace(row, " TIME");

    [GeneratedRegex(@" *\d+\.\d ms +\d+\.\d\d")]
    private static partial Regex Time();
}
