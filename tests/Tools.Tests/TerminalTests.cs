using System.Text;
using TinySD.Tools.Display;
using TinySD.Tools.Errors;

namespace TinySD.Tools.Tests;

/// <summary>What a terminal shows, of any width and of any locale.</summary>
public sealed class TerminalTests
{
    private const string Wide =
        "epoch 2/13  loss 4.512  長い名前 12,345 tokens/s  3:05 left, and more than any line of this terminal holds for sure";

    [Test]
    [Arguments(20)]
    [Arguments(40)]
    [Arguments(80)]
    [Arguments(120)]
    public async Task Progress_is_one_line_that_never_reaches_the_last_column_and_leaves_nothing_behind(int width)
    {
        using var screen = new Screen(width);
        CliConsole console = OnTerminal(screen);
        RunWithProgress(console, progress =>
        {
            foreach (string text in (string[])["", "short", Wide, "タブ\tand\ttabs", "short again"])
            {
                console.Live.Show(0.5, text);
                Rows(screen, 1);
            }

            progress.Note("a note that stays");
            Rows(screen, 1);
            console.Live.Show(0.9, Wide);
            Rows(screen, 2);
            console.Error.WriteLine("a warning");
            Rows(screen, 2);
            console.Live.Show(7, Wide);
            Rows(screen, 3);
        });
        await Assert.That(screen.Rows).IsEquivalentTo((string[])["a note that stays", "a warning"]);
        await Assert.That(screen.ReachedLastColumn).IsFalse();
    }

    [Test]
    public async Task Progress_fits_a_window_that_was_made_narrower_or_wider_meanwhile()
    {
        using var screen = new Screen(100);
        CliConsole console = OnTerminal(screen);
        RunWithProgress(console, progress =>
        {
            progress.Note("before");
            foreach (int width in (int[])[100, 40, 41, 79, 30, 120])
            {
                screen.Width = width;
                console.Live.Show(0.25, Wide);
                Rows(screen, 2);
            }

            screen.Width = 25;
            progress.Note("after");
            Rows(screen, 2);
            screen.Width = 80;
            console.Live.Show(0.5, Wide);
            screen.Width = 20;
        });
        await Assert.That(screen.Rows).IsEquivalentTo((string[])["before", "after"]);
    }

    [Test]
    public async Task Results_on_the_same_terminal_push_progress_away()
    {
        using var screen = new Screen(60);
        CliConsole console = OnTerminal(screen);
        RunWithProgress(console, _ =>
        {
            console.Live.Show(0.5, Wide);
            console.Out.WriteLine("a row");
            console.Live.Show(0.6, Wide);
            console.Prose.WriteLine("a sentence");
        });
        await Assert.That(screen.Rows).IsEquivalentTo((string[])["a row", "a sentence"]);
    }

    [Test]
    public async Task The_bar_is_as_long_as_the_share()
    {
        using var screen = new Screen(50);
        OnTerminal(screen).Live.Show(0.5, "epoch 2/13  loss 4.5 and more");
        await Assert.That(screen.Rows.Single()).IsEqualTo($"{new string('━', 8)}{new string('─', 8)}  50 %  epoch 2/13  loss 4.5 and…");
        using var ascii = new Screen(50);
        new LiveLine(ascii, new TerminalTraits(true, true, false, 50) { IsAscii = true }).Show(0.5, "epoch 2/13  loss ∞ and more of it");
        await Assert.That(ascii.Rows.Single()).IsEqualTo("========--------  50 %  epoch 2/13  loss inf a...");
    }

    [Test]
    public async Task Prose_is_broken_on_a_terminal_at_its_width_and_nowhere_else()
    {
        string text = string.Join(' ', Enumerable.Repeat("word", 60));
        foreach (int width in (int[])[40, 80, 120])
        {
            using var screen = new Screen(width);
            CliConsole console = OnTerminal(screen);
            console.Prose.WriteLine(text);
            console.Error.WriteLine(text);
            await Assert.That(screen.Rows.Length).IsEqualTo(2 * (int)Math.Ceiling(60.0 / ((width + 1) / 5)));
            await Assert.That(screen.Rows.All(row => row.StartsWith("word", StringComparison.Ordinal))).IsTrue();
        }

        using var piped = new StringWriter { NewLine = "\n" };
        var plain = new CliConsole(piped, piped);
        plain.Prose.WriteLine(text);
        plain.Error.WriteLine(text);
        await Assert.That(piped.ToString()).IsEqualTo($"{text}\n{text}\n");
    }

    [Test]
    [Arguments("LC_ALL=C.UTF-8", true)]
    [Arguments("LANG=de_DE.utf8", true)]
    [Arguments("LC_CTYPE=en_GB.UTF-8 LANG=C", true)]
    [Arguments("LC_ALL=C LC_CTYPE=en_GB.UTF-8 LANG=en_GB.UTF-8", false)]
    [Arguments("LC_ALL= LANG=ja_JP.eucJP", false)]
    [Arguments("LANG=C", false)]
    [Arguments("", false)]
    public async Task The_locale_says_which_characters_there_are(string environment, bool isUtf8)
    {
        var variables = environment.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => word.Split('='))
            .ToDictionary(pair => pair[0], pair => pair[1]);
        await Assert.That(TerminalTraits.IsUtf8(name => variables.GetValueOrDefault(name))).IsEqualTo(isUtf8);
    }

    /// <summary>Whole commands: what they draw is ASCII where the terminal has nothing else, and keeps to its width.</summary>
    [Test]
    [Arguments(40)]
    [Arguments(80)]
    [Arguments(120)]
    public async Task Commands_draw_in_ascii_where_the_locale_has_nothing_else_and_keep_to_the_width(int width)
    {
        using var folder = new TestFolder();
        File.WriteAllText(folder["s.csv"], "t,x\n" + string.Concat(Enumerable.Range(0, 200).Select(i => $"{i},{i % 7}\n")));
        string[] train =
        [
            "train", "regressor", "--train", folder["s.csv"], "--targets", "x", "--out", folder.Model, "--hidden", "4", "--layers", "1",
            "--epochs", "4", "--bptt", "8", "--batch", "4", "--linear-rows", "2",
        ];
        string[][] commands =
        [
            train, ["inspect", folder.Model], ["hw", "list"], ["eval", folder.Model, "--data", folder["s.csv"]],
            ["hw", "simulate", "--profile", "systolic-16x16", "--preset", "zaremba-small"],
        ];
        foreach (string[] command in commands)
        {
            using var ascii = new StringWriter { NewLine = "\n" };
            using var unicode = new StringWriter { NewLine = "\n" };
            foreach ((StringWriter writer, bool isAscii) in ((StringWriter, bool)[])[(ascii, true), (unicode, false)])
            {
                using var stop = new StopRequest();
                var console = new CliConsole(writer, TextWriter.Null, new(true, false, false, width) { IsAscii = isAscii });
                await Assert.That(Cli.Run([.. command, "--quiet"], console, stop)).IsEqualTo(0).Because(string.Join(' ', command));
            }

            await Assert.That(Ascii.IsValid(ascii.ToString())).IsTrue().Because(ascii.ToString());
            string[] wide = [.. unicode.ToString().Split('\n').Where(line => TextWidth.Of(line) > width)];

            await Assert.That(string.Join('\n', wide)).IsEqualTo("").Because(string.Join(' ', command));
        }
    }

    private static CliConsole OnTerminal(Screen screen) =>
        new(screen, screen, new TerminalTraits(true, true, false, 0) { AskWidth = () => screen.Width });

    private static void RunWithProgress(CliConsole console, Action<IProgressDisplay> body)
    {
        using var stop = new StopRequest();
        ProgressDisplay.Run(new CliContext(console, false, false, stop, new Warnings(console.Error, "tinysd test")), body);
    }

    private static void Rows(Screen screen, int count)
    {
        if (screen.Rows.Length == count) return;
        throw new InvalidOperationException($"{screen.Rows.Length} rows, not {count}:\n{string.Join('\n', screen.Rows)}");
    }
}
