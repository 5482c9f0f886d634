using TinySD.Tools.Options;

namespace TinySD.Tools.Help;

/// <summary>How a command is typed: its words, what it wants, and its options by what they are about.</summary>
internal sealed class CommandUsage
{
    private readonly WantedOption[] _wanted;

    public CommandUsage(Command command)
    {
        Command = command;
        var path = new List<string>();
        var options = new List<Option>(command.Options.Where(option => !option.Hidden));
        for (Command? at = command; at is not null; at = at.Parents.OfType<Command>().FirstOrDefault())
        {
            path.Insert(0, at is RootCommand ? "tinysd" : at.Name);
            if (at != command) options.AddRange(at.Options.Where(option => option is { Recursive: true, Hidden: false }));
        }

        Path = string.Join(' ', path);
        Groups = [.. options.GroupBy(HelpGroup.Of)];
        IEnumerable<WantedOption> required = options.Where(option => option.Required).Select(option => new WantedOption(option));
        _wanted = [.. required, .. (command as IWantsOptions)?.Wanted ?? []];
        Main = [.. options.Where(option => HelpGroup.IsMain(option) || IsWanted(option))];
    }

    /// <summary>The command.</summary>
    public Command Command { get; }

    /// <summary>Those below it.</summary>
    public IReadOnlyList<Command> Commands => [.. Command.Subcommands.Where(below => !below.Hidden)];

    /// <summary>All of its options, those of the commands above it that are its own too last.</summary>
    public IEnumerable<Option> Options => Groups.SelectMany(group => group);

    /// <summary>The command as it is typed: <c>tinysd train lm</c>.</summary>
    public string Path { get; }

    /// <summary>The options by what they are about.</summary>
    public IReadOnlyList<IGrouping<HelpGroup, Option>> Groups { get; }

    /// <summary>Those that a short page explains.</summary>
    public IReadOnlyList<Option> Main { get; }

    /// <summary>A command and all below it.</summary>
    public static IEnumerable<CommandUsage> All(Command command) =>
        [new(command), .. command.Subcommands.Where(below => !below.Hidden).SelectMany(All)];

    /// <summary>An argument as it stands in usage and errors: <c>&lt;MODEL&gt;</c>.</summary>
    public static string FormOf(Argument argument)
    {
        string form = $"<{argument.Name}>{(argument.Arity.MaximumNumberOfValues > 1 ? "..." : "")}";
        return argument.Arity.MinimumNumberOfValues == 0 ? $"[{form}]" : form;
    }

    /// <summary>The words of a line that may have quotes.</summary>
    public static IEnumerable<string> WordsOf(string line)
    {
        var words = new List<string>();
        bool isQuoted = false;
        foreach (string part in line.Split(' '))
        {
            if (isQuoted) words[^1] += $" {part}";
            else words.Add(part);
            isQuoted ^= part.Count(c => c == '"') % 2 == 1;
        }

        return words;
    }

    /// <summary>The ways to type the command, as words behind it.</summary>
    public IEnumerable<IEnumerable<string>> Lines()
    {
        var words = new List<string>();
        if (Command.Subcommands.Count > 0) words.Add("<COMMAND>");
        words.AddRange(Command.Arguments.Select(FormOf));

        // Those in whose place one may be given are one choice.
        foreach (IGrouping<Option, WantedOption> choice in _wanted.GroupBy(wanted => wanted.Other ?? wanted.Option))
        {
            string[] typed = [.. choice.Select(wanted => Typed(wanted.Option))];
            if (choice.First().Other is not { } other) words.AddRange(typed);
            else words.AddRange([$"({typed[0]}", .. typed[1..], $"| {Typed(other)})"]);
        }

        var lines = new List<IEnumerable<string>> { words.Append("[options]") };
        if ((Command as IWantsOptions)?.InPlaceOfAll is { } all) lines.Add([Typed(all), "[options]"]);
        return lines;

        static string Typed(Option option) => FormOf(option) is { } form ? $"{option.Name} {form}" : option.Name;
    }

    /// <summary>An option with its other names and its value, in lines where it does not fit into one.</summary>
    public static IReadOnlyList<string> HeadOf(Option option, int columns)
    {
        // Short names first, and what is an older name of the same last.
        string[] names = [.. option.Aliases.Prepend(option.Name).Distinct().OrderBy(RankOf)];
        string head = string.Join(", ", names);
        if (FormOf(option) is not { } form) return [head];
        if (head.Length + 1 + form.Length <= columns) return [$"{head} {form}"];
        if (head.Length > columns / 2) return [head, form];

        // Broken where one of the words there are ends.
        string[] choices = [.. form.Split('|').Select((choice, i) => i == 0 ? choice : $"|{choice}")];
        var lines = new List<string> { $"{head} " };
        foreach (string choice in choices)
        {
            if (lines[^1].Length + choice.Length > columns) lines.Add(new string(' ', head.Length + 1));
            lines[^1] += choice;
        }

        return [.. lines.Select(line => line.TrimEnd())];
    }

    /// <summary>What is said behind the text of an option that a command wants.</summary>
    public string MarkOf(Option option)
    {
        foreach ((Option wanted, Option? other) in _wanted)
        {
            if (wanted == option) return other is null ? " [required]" : $" [required, or {other.Name}]";
        }

        return "";
    }

    private static int RankOf(string name) => name.StartsWith("--", StringComparison.Ordinal) ? 1 : 0;

    private static string? FormOf(Option option) =>
        option.Arity.MaximumNumberOfValues == 0 || (option.ValueType == typeof(bool) && option.HelpName is null)
            ? null
            : $"<{option.HelpName ?? "VALUE"}>";

    private bool IsWanted(Option option) => _wanted.Any(wanted => wanted.Option == option || wanted.Other == option);
}
