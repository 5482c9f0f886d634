namespace TinySD.Tools.Help;

/// <summary><c>tinysd help</c>: the page of a command that is named, or of the program.</summary>
internal sealed class HelpCommand : Command
{
    /// <summary>How it is called.</summary>
    public const string Word = "help";

    private readonly Argument<string[]> _words = new("COMMAND")
    {
        Arity = ArgumentArity.ZeroOrMore, Description = "The command, for example train lm; none for all commands.",
    };

    private readonly Option<bool> _all = new("--all") { Description = "Explain every option." };

    public HelpCommand(CliConsole console)
        : base(Word, "Show what a command does and takes.")
    {
        Add(_words);
        Add(_all);
        SetAction(parsed =>
        {
            HelpOptions.Write(Find(parsed), console, parsed.GetValue(_all));
            return ExitCode.Done;
        });
    }

    private Command Find(ParseResult parsed)
    {
        Command at = parsed.RootCommandResult.Command;
        foreach (string word in parsed.GetValue(_words) ?? [])
        {
            at = at.Subcommands.FirstOrDefault(command => command.Name == word || command.Aliases.Contains(word))
                ?? throw WrongWords.UnknownCommand(at, word, parsed.RootCommandResult.Command);
        }

        return at;
    }
}
