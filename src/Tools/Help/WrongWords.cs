namespace TinySD.Tools.Help;

/// <summary>What is wrong with a command line that the parser does not take, with what was likely meant.</summary>
internal static class WrongWords
{
    /// <summary>The error of a command line.</summary>
    public static UsageException Of(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;

        // A word that fits nowhere is usually the cause of the parser's other complaints.
        if (parsed.UnmatchedTokens is [{ } word, ..])
        {
            if (SwitchBefore(parsed, word) is { } before) return new($"{before} is '{word}'; expected true or false.");
            return new($"there is no command, option or argument for '{word}'{EndOf(command, word, parsed.RootCommandResult.Command)}");
        }

        if (command is { Subcommands.Count: > 0, Action: null }) return WithoutCommand(command);
        ParseError? wrong = parsed.Errors.FirstOrDefault(error => error.SymbolResult is { Tokens.Count: > 0 } and not CommandResult);
        return wrong is null && Missing(parsed, command) is { } missing ? missing : new((wrong ?? parsed.Errors[0]).Message);
    }

    /// <summary>The error of a command without the one below it that does something.</summary>
    public static UsageException WithoutCommand(Command command) =>
        new($"a command is missing; expected one of {string.Join(", ", command.Subcommands.Select(below => below.Name))}.")
        {
            LacksWords = true,
        };

    /// <summary>The error of a command that is none.</summary>
    public static UsageException UnknownCommand(Command above, string word, Command root) =>
        new($"there is no command '{word}' of '{new CommandUsage(above).Path}'{EndOf(above, word, root)}");

    private static UsageException? Missing(ParseResult parsed, Command command)
    {
        Argument[] arguments = [.. command.Arguments.Where(argument => argument.Arity.MinimumNumberOfValues > 0)];
        Option[] options = [.. command.Options.Where(option => option.Required)];
        string? missing = Array.Find(arguments, argument => parsed.GetResult(argument) is not { Tokens.Count: > 0 })?.Name
            ?? Array.Find(options, option => parsed.GetResult(option) is not { Implicit: false })?.Name;
        if (missing is null) return null;
        string[] names = [.. arguments.Select(argument => argument.Name), .. options.Select(option => option.Name)];
        string all = names.Length == 1 ? "it is required" : $"{string.Join(", ", names[..^1])} and {names[^1]} are required";
        return new($"{missing} is missing; {all}.") { LacksWords = true };
    }

    private static string EndOf(Command command, string word, Command root)
    {
        if (word.StartsWith('-'))
        {
            IEnumerable<Option> options = new CommandUsage(command).Options;
            return Suggestion.End(word.Split('=')[0], options.SelectMany(option => option.Aliases.Prepend(option.Name)));
        }

        if (command.Subcommands.Count == 0) return ".";
        string? meant = PathOf(command.Subcommands, word) ?? PathOf(Below(root), word);
        return meant is null ? "." : $"; did you mean '{meant}'?";
    }

    // The first of that name, or the one whose name is closest.
    private static string? PathOf(IEnumerable<Command> commands, string word)
    {
        string[] names = [.. commands.Select(command => command.Name)];
        string? name = names.Contains(word) ? word : Suggestion.For(word, names);
        return name is null ? null : new CommandUsage(commands.First(command => command.Name == name)).Path;
    }

    private static IEnumerable<Command> Below(Command command) => command.Subcommands.SelectMany(below => Below(below).Prepend(below));

    // A switch that takes a value, behind which a word stands that is none.
    private static string? SwitchBefore(ParseResult parsed, string word)
    {
        int at = parsed.Tokens.ToList().FindIndex(token => token.Value == word);
        string? before = at > 0 ? parsed.Tokens[at - 1].Value : null;
        Option? option = parsed.CommandResult.Command.Options.FirstOrDefault(o => o.Name == before || o.Aliases.Contains(before!));
        return option is Option<bool?> ? before : null;
    }
}
