using TinySD.Tools.Options;

namespace TinySD.Tools.Help;

/// <summary>A manual page of the program, in roff, made of the same commands as the help.</summary>
internal sealed class ManPage
{
    private const int Columns = 72;

    private readonly StringBuilder _page = new();

    private ManPage(Command root, string build)
    {
        Macro($".TH TINYSD 1 \"\" \"{Escaped(build)}\" \"TinySD\"");
        Macro(".SH NAME");
        Text($"tinysd - {char.ToLowerInvariant(root.Description![0])}{root.Description[1..].TrimEnd('.')}");
        Macro(".SH SYNOPSIS");
        Macro(".B tinysd");
        Text("<COMMAND> [options]");
        Macro(".SH DESCRIPTION");
        Text(root.Description);
        Text("Results go to standard output, all else to standard error. A file that is read may be - for standard input.");
        Macro(".SH OPTIONS");
        Text("Those of all commands:");
        foreach (Option option in root.Options) Add(option, "");
        Macro(".SH COMMANDS");
        foreach (CommandUsage usage in CommandUsage.All(root).Skip(1)) Add(usage);
        Macro(".SH EXIT STATUS");
        Entry("0", "It is done.");
        Entry("1", "It failed: input that cannot be read, a full disk, numbers that stopped being finite.");
        Entry("2", "The command line is wrong.");
        Entry("130", "It was stopped by Ctrl-C or SIGTERM, after a last checkpoint where there were any.");
        Entry("141", "Whoever read standard output has gone.");
        Macro(".SH ENVIRONMENT");
        Entry("NO_COLOR", "Nothing is coloured.");
        Entry("TMPDIR", "Where large temporary files go; /var/tmp without it.");
    }

    /// <summary>The page.</summary>
    /// <param name="root">The program.</param>
    /// <param name="build">Its name and version.</param>
    public static string Of(Command root, string build) => new ManPage(root, build)._page.ToString();

    private void Add(CommandUsage usage)
    {
        Macro($".SS \"{Escaped(usage.Path)}\"");
        Text(usage.Command.Description ?? "");
        foreach (IEnumerable<string> words in usage.Lines())
        {
            Macro(".PP");
            Macro($".B {Escaped(usage.Path)}");
            Text(string.Join(' ', words));
        }

        foreach (Argument argument in usage.Command.Arguments) Entry(CommandUsage.FormOf(argument), argument.Description ?? "");
        foreach (IGrouping<HelpGroup, Option> group in usage.Groups.Where(group => group.Key != HelpGroup.Common))
        {
            Macro(".PP");
            Macro($".I {Escaped(group.Key.Title)}");
            foreach (Option option in group) Add(option, usage.MarkOf(option));
        }

        if (HelpExamples.Of(usage.Path) is not { Count: > 0 } examples) return;
        Macro(".PP");
        Macro(".I Examples");
        Macro(".PP");
        Macro(".nf");
        foreach (string line in examples.SelectMany(example => HelpExamples.Lines(example, Columns))) Macro(Escaped(line));
        Macro(".fi");
    }

    private void Add(Option option, string mark) => Entry(CommandUsage.HeadOf(option, int.MaxValue)[0], option.Description + mark);

    private void Entry(string head, string text)
    {
        Macro(".TP");
        Macro($".B \"{Escaped(head).Replace("\"", "\\(dq", StringComparison.Ordinal)}\"");
        Text(text);
    }

    private void Macro(string line) => _page.Append(line).Append('\n');

    // A sentence a line, as roff wants them; a line that begins as a macro does is none.
    private void Text(string text)
    {
        foreach (string sentence in text.Replace(". ", ".\n", StringComparison.Ordinal).Split('\n'))
        {
            foreach (string line in HangingText.Lines(sentence, Columns))
                Macro(line.StartsWith('.') || line.StartsWith('\'') ? $"\\&{Escaped(line)}" : Escaped(line));
        }
    }

    private static string Escaped(string text) => text.Replace("\\", "\\e", StringComparison.Ordinal)
        .Replace("-", "\\-", StringComparison.Ordinal).Replace("'", "\\(aq", StringComparison.Ordinal);
}
