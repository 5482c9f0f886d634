namespace TinySD.Tools.Help;

/// <summary><c>tinysd completion</c>: the script by which a shell completes words.</summary>
internal sealed class CompletionCommand : Command
{
    /// <summary>How it is called.</summary>
    public const string Word = "completion";

    private readonly Argument<string> _shell = new("SHELL") { Description = $"The shell: {string.Join(", ", CompletionScript.Shells)}." };

    public CompletionCommand(CliConsole console)
        : base(Word, "Print a script by which a shell completes words. It names commands, options and the words they take.")
    {
        _shell.CompletionSources.Add([.. CompletionScript.Shells]);
        Add(_shell);
        SetAction(parsed =>
        {
            string shell = parsed.GetRequiredValue(_shell);
            if (!CompletionScript.Shells.Contains(shell))
            {
                throw new UsageException(
                    $"SHELL is '{shell}'; expected one of {string.Join(", ", CompletionScript.Shells)}" +
                    Suggestion.End(shell, CompletionScript.Shells));
            }

            console.Out.Write(CompletionScript.Of(parsed.RootCommandResult.Command, shell));
            return ExitCode.Done;
        });
    }
}
