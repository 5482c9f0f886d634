namespace TinySD.Tools.Help;

/// <summary><c>tinysd man</c>: the manual page.</summary>
internal sealed class ManCommand : Command
{
    /// <summary>How it is called.</summary>
    public const string Word = "man";

    public ManCommand(CliConsole console)
        : base(Word, "Print a manual page of all commands, in roff. Put it where man looks: tinysd man > tinysd.1") => SetAction(parsed =>
        {
            console.Out.Write(ManPage.Of(parsed.RootCommandResult.Command, TrainingRecord.ThisBuild));
            return ExitCode.Done;
        });
}
