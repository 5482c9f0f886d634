namespace TinySD.Tools.Options;

/// <summary>The options that every command has.</summary>
internal sealed class CommonOptions(CliConsole console, StopRequest stop)
{
    private readonly Option<bool> _json = new("--json") { Description = "Print the result as one JSON object.", Recursive = true };
    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "Show no progress.", Recursive = true };
    private readonly Option<bool> _verbose = new("--verbose") { Description = "Add the stack trace to an error.", Recursive = true };

    /// <summary>Adds them to the root command, and so to all.</summary>
    public void AddTo(RootCommand root)
    {
        foreach (Option option in HelpGroup.Common.Of(_json, _quiet, _verbose)) root.Add(option);
    }

    public CliContext Read(ParseResult parsed) =>
        new(console, parsed.GetValue(_json), parsed.GetValue(_quiet), stop, new Warnings(console.Error, CommandLine.NameOf(parsed)));

    /// <summary>Where all of them write.</summary>
    public CliConsole Console => console;

    /// <summary>Whether results and errors are JSON; of words that the parser does not understand, too.</summary>
    public bool IsJson(ParseResult parsed, IEnumerable<string> words) => parsed.GetValue(_json) || words.Contains(_json.Name);

    /// <summary>Whether errors are to show their trace.</summary>
    public bool IsVerbose(ParseResult parsed) => parsed.GetValue(_verbose);
}
