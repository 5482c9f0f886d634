using TinySD.Tools.Options;

namespace TinySD.Tools.Help;

/// <summary>What a command does, what it takes and how it is typed, in lines of at most so many columns.</summary>
/// <remarks>Of a command with many options the page explains those that matter first, and only names the others.</remarks>
internal sealed class HelpPage
{
    /// <summary>Lines above which a page that is not asked to explain everything only names most of it.</summary>
    public const int MostLines = 60;

    private const int NarrowColumns = 40, WideColumns = 120, TextColumn = 22, NarrowTextColumn = 6, FewExamples = 2, FewLines = 2;

    private readonly Command _command;
    private readonly int _columns, _textColumn;
    private readonly CommandUsage _usage;
    private readonly List<string> _lines = [];

    private HelpPage(Command command, int columns, bool isWhole)
    {
        (_command, _usage) = (command, new CommandUsage(command));
        _columns = Math.Clamp(columns, NarrowColumns, WideColumns);
        _textColumn = _columns < 2 * TextColumn ? NarrowTextColumn : TextColumn;
        _lines.AddRange(HangingText.Lines(command.Description ?? "", _columns));
        AddUsage();
        AddCommands();
        AddArguments();
        if (isWhole) AddGroups();
        else AddMain();
        AddExamples(isWhole ? int.MaxValue : FewExamples);
    }

    /// <summary>The lines of a command's page.</summary>
    /// <param name="command">The command.</param>
    /// <param name="columns">Columns that a line may take; what is too narrow or too wide to be read is not used.</param>
    /// <param name="isWhole">Whether every option is explained, however many there are.</param>
    public static IReadOnlyList<string> Of(Command command, int columns, bool isWhole)
    {
        var whole = new HelpPage(command, columns, isWhole: true);
        return isWhole || whole._lines.Count <= MostLines ? whole._lines : new HelpPage(command, columns, isWhole: false)._lines;
    }

    private void AddUsage()
    {
        _lines.Add("");
        string before = "Usage:";
        foreach (IEnumerable<string> words in _usage.Lines())
        {
            // The words behind the command's own stand under each other.
            string lead = $"{before} {_usage.Path} ";
            _lines.AddRange(HangingText.Lines(words, _columns, lead, Math.Min(lead.Length, _columns / 2)));
            before = new string(' ', before.Length);
        }
    }

    private void AddCommands()
    {
        IReadOnlyList<Command> commands = _usage.Commands;
        int column = commands.Count == 0 ? 0 : commands.Max(command => command.Name.Length) + 4;
        foreach (IGrouping<HelpGroup, Command> group in commands.GroupBy(HelpGroup.Of))
        {
            AddHeading(group.Key == HelpGroup.Other ? "Commands" : group.Key.Title);
            foreach (Command command in group)
                AddEntry([command.Name], HangingText.FirstSentence(command.Description ?? "").TrimEnd('.'), column);
        }
    }

    private void AddArguments()
    {
        if (_command.Arguments.Count == 0) return;
        AddHeading("Arguments");
        foreach (Argument argument in _command.Arguments)
            AddEntry([CommandUsage.FormOf(argument)], argument.Description ?? "", _textColumn);
    }

    private void AddGroups()
    {
        foreach (IGrouping<HelpGroup, Option> group in _usage.Groups)
        {
            AddHeading(group.Key.Title);
            foreach (Option option in group) AddOption(option, isShort: false);
        }
    }

    private void AddMain()
    {
        AddHeading("Main options");
        foreach (Option option in _usage.Main) AddOption(option, isShort: true);
        AddHeading($"More options, which '{_usage.Path} --help-all' explains");
        int column = _usage.Groups.Max(group => group.Key.Title.Length) + 4;
        foreach (IGrouping<HelpGroup, Option> group in _usage.Groups)
        {
            string names = string.Join(", ", group.Except(_usage.Main).Select(option => option.Name));
            if (names.Length > 0) AddEntry([group.Key.Title], names, column);
        }
    }

    private void AddOption(Option option, bool isShort)
    {
        string text = isShort ? Shortened(option.Description ?? "") : option.Description ?? "";
        AddEntry(CommandUsage.HeadOf(option, _columns - 2), text + _usage.MarkOf(option), _textColumn);
    }

    // The first sentence, or as much of it as a few lines hold, and what is taken where the option is not given.
    private string Shortened(string text)
    {
        int end = text.LastIndexOf(" [default: ", StringComparison.Ordinal);
        string first = HangingText.FirstSentence(end < 0 ? text : text[..end]), usual = end < 0 ? "" : text[end..];
        for (int cut = first.Length; cut > 0 && LinesOf(first) > FewLines;)
        {
            cut = first.AsSpan(0, cut).LastIndexOfAny(':', ';');
            if (cut > 0) first = $"{first[..cut]}.";
        }

        return LinesOf(first + usual) <= FewLines + 2 ? first + usual : first;

        int LinesOf(string some) => HangingText.Lines(some, _columns - _textColumn).Count;
    }

    private void AddExamples(int most)
    {
        IReadOnlyList<string> examples = HelpExamples.Of(_usage.Path);
        if (examples.Count == 0) return;
        AddHeading("Examples");
        foreach (string example in examples.Take(most)) _lines.AddRange(HelpExamples.Lines(example, _columns));
    }

    private void AddHeading(string title)
    {
        _lines.Add("");
        _lines.AddRange(HangingText.Lines($"{title}:", _columns));
    }

    // What is too long to stand beside its text stands above it.
    private void AddEntry(IReadOnlyList<string> head, string text, int column)
    {
        bool isBeside = head.Count == 1 && head[0].Length + 4 <= column;
        foreach (string line in head.SkipLast(isBeside ? 1 : 0)) _lines.Add($"  {line}");
        _lines.AddRange(HangingText.Lines(text, _columns, (isBeside ? $"  {head[0]}" : "").PadRight(column), column));
    }
}
