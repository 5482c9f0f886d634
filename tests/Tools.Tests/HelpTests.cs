using System.CommandLine;
using System.Text.RegularExpressions;
using TinySD.Tools.Display;
using TinySD.Tools.Help;
using TinySD.Tools.Options;

namespace TinySD.Tools.Tests;

/// <summary>What the help says of every command there is, in both forms and at the widths of terminals.</summary>
public sealed partial class HelpTests
{
    public static IEnumerable<string> Commands() => All().Select(PathOf);

    [Test]
    [MethodDataSource(nameof(Commands))]
    public async Task A_page_fits_the_width_and_says_everything(string path)
    {
        Command command = All().First(command => PathOf(command) == path);
        Option[] options = [.. OptionsOf(command)];
        foreach (int columns in new[] { 40, 80, 120 })
        {
            IReadOnlyList<string> whole = HelpPage.Of(command, columns, isWhole: true);
            IReadOnlyList<string> page = HelpPage.Of(command, columns, isWhole: false);
            IEnumerable<string> wide = whole.Concat(page).Where(line => line.Length > columns && !HasOneWord(line));
            await Assert.That(columns == 40 ? [] : wide).IsEmpty().Because($"{path} at {columns}");
            await Assert.That(whole.Concat(page).Where(line => line != line.TrimEnd())).IsEmpty().Because(path);
            string all = string.Join('\n', whole), some = string.Join('\n', page);
            foreach (Option option in options)
            {
                await Assert.That(Names(all)).Contains(option.Name).Because($"{path} --help-all");
                await Assert.That(Names(some)).Contains(option.Name).Because($"{path} --help");
                await Assert.That(Words(all)).Contains(Words(option.Description!)).Because($"{path} {option.Name}");
            }

            await Assert.That(Words(some)).Contains(Words(command.Description!));
            foreach (Command below in command.Subcommands) await Assert.That(page.Any(line => IsOf(line, below.Name))).IsTrue();
            if (columns >= 80) await Assert.That(page.Count).IsLessThanOrEqualTo(Most(path)).Because($"{path} at {columns}");
        }
    }

    [Test]
    [MethodDataSource(nameof(Commands))]
    public async Task Commands_are_told_in_one_line_and_stand_in_groups(string path)
    {
        Command command = All().First(command => PathOf(command) == path);
        IReadOnlyList<string> page = HelpPage.Of(command, 80, isWhole: false);
        foreach (Command below in command.Subcommands)
        {
            string line = page.Single(line => IsOf(line, below.Name));
            await Assert.That(line).EndsWith(HangingText.FirstSentence(below.Description!).TrimEnd('.'));
            if (command is RootCommand) await Assert.That(HelpGroup.Of(below)).IsNotEqualTo(HelpGroup.Other).Because(below.Name);
        }
    }

    [Test]
    [Arguments("train lm", "--out", "[required]")]
    [Arguments("train classifier", "--train", "[required]")]
    [Arguments("train regressor", "--targets", "[required, or --init-from]")]
    [Arguments("eval", "--data", "[required]")]
    [Arguments("schedule", "--steps", "[required]")]
    [Arguments("reproduce lm", "--dir", "[required]")]
    public async Task What_is_required_is_marked_and_stands_in_the_usage(string path, string option, string mark)
    {
        foreach (string form in new[] { "--help", "--help-all" })
        {
            string help = Tinysd.Run([.. path.Split(' '), form]).Out;
            string usage = help[help.IndexOf("Usage:", StringComparison.Ordinal)..];
            await Assert.That(Words(usage[..usage.IndexOf("\n\n", StringComparison.Ordinal)])).Contains($"{option} <");
            string entry = help[help.IndexOf($"\n  {option} <", StringComparison.Ordinal)..];
            await Assert.That(Words(NextEntry().Split(entry[1..])[0])).EndsWith(mark);
        }
    }

    [Test]
    public async Task The_usage_of_training_has_the_choices_and_the_way_to_go_on()
    {
        await Assert.That(Words(string.Join('\n', Page("train translator")))).Contains(
            "Usage: tinysd train translator --source <FILE> --target <FILE> --out <FILE> " +
            "[options] tinysd train translator --resume <DIR> [options]");
        await Assert.That(Words(string.Join('\n', Page("train regressor")))).Contains(
            "Usage: tinysd train regressor --train <FILE> (--targets <A,B> | --init-from <FILE>) --out <FILE> [options]");
        await Assert.That(Words(string.Join('\n', Page("generate")))).Contains("Usage: tinysd generate <MODEL> [options]");
        await Assert.That(Words(string.Join('\n', Page("train")))).Contains("Usage: tinysd train <COMMAND> [options]");
    }

    [Test]
    public async Task The_page_of_a_command_can_be_asked_for_in_several_ways()
    {
        string page = Tinysd.Run("train", "lm", "--help").Out, whole = Tinysd.Run("train", "lm", "--help-all").Out;
        await Assert.That(Tinysd.Run("help", "train", "lm").Out).IsEqualTo(page);
        await Assert.That(Tinysd.Run("train", "lm", "--hidden", "none", "-h").Out).IsEqualTo(page);
        await Assert.That(Tinysd.Run("help", "--all", "train", "lm").Out).IsEqualTo(whole);
        await Assert.That(whole.Length).IsGreaterThan(2 * page.Length);
        CliResult bare = Tinysd.Run();
        await Assert.That(bare.Code).IsEqualTo(0);
        await Assert.That(bare.Out).IsEqualTo(Tinysd.Run("--help").Out);
        await Assert.That(bare.Out).IsEqualTo(Tinysd.Run("help").Out);
        CliResult unknown = Tinysd.Run("help", "train", "ml");
        await Assert.That(unknown.Code).IsEqualTo(2);
        await Assert.That(unknown.Error).StartsWith("tinysd help: there is no command 'ml' of 'tinysd train'");
    }

    [Test]
    [Arguments("one two three", 7, "one two|three")]
    [Arguments("one two three", 80, "one two three")]
    [Arguments("incomprehensible one", 5, "incomprehensible|one")]
    [Arguments("", 80, "")]
    public async Task Text_is_broken_at_blanks(string text, int columns, string lines) =>
        await Assert.That(string.Join('|', HangingText.Lines(text, columns))).IsEqualTo(lines);

    [Test]
    public async Task What_leads_a_paragraph_stands_in_its_first_line_alone() =>
        await Assert.That(string.Join('\n', HangingText.Lines("one two three", 11, "ab: ", 2))).IsEqualTo("ab: one two\n  three");

    // A newcomer's first question is about a language model; other tasks have more files and columns to tell of.
    private static int Most(string path) => path == "tinysd train lm" ? HelpPage.MostLines : 80;

    private static string[] Page(string path) =>
        [.. HelpPage.Of(All().First(command => PathOf(command) == $"tinysd {path}"), 80, isWhole: false)];

    private static IEnumerable<Command> All()
    {
        using var stop = new StopRequest();
        var common = new CommonOptions(new CliConsole(TextWriter.Null, TextWriter.Null), stop);
        return Below(Cli.Parse([], common).RootCommandResult.Command);

        static IEnumerable<Command> Below(Command command) => [command, .. command.Subcommands.SelectMany(Below)];
    }

    private static IEnumerable<Option> OptionsOf(Command command) =>
        [.. command.Options, .. command.Parents.OfType<Command>().SelectMany(OptionsOf).Where(option => option.Recursive)];

    private static string PathOf(Command command) => new CommandUsage(command).Path;

    private static bool IsOf(string line, string command) => line.StartsWith($"  {command} ", StringComparison.Ordinal);

    // A form or a path may be longer than a narrow line.
    private static bool HasOneWord(string line) => !line.Trim().Contains(' ', StringComparison.Ordinal);

    private static string Words(string text) => string.Join(' ', text.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries));

    private static IEnumerable<string> Names(string text) => OptionName().Matches(text).Select(match => match.Value);

    [GeneratedRegex(@"--[a-z0-9][a-z0-9-]*")]
    private static partial Regex OptionName();

    [GeneratedRegex(@"\n(?=  \S|\S|\n)")]
    private static partial Regex NextEntry();
}
