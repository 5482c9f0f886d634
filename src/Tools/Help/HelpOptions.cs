using System.CommandLine.Help;
using TinySD.Tools.Options;

namespace TinySD.Tools.Help;

/// <summary>The options <c>--help</c>, <c>--help-all</c> and <c>--version</c>.</summary>
internal static class HelpOptions
{
    /// <summary>Puts them into the root command, in the place of the parser's own.</summary>
    public static void Install(RootCommand root, CliConsole console)
    {
        foreach (HelpOption option in root.Options.OfType<HelpOption>().ToArray()) root.Options.Remove(option);
        foreach (VersionOption option in root.Options.OfType<VersionOption>())
        {
            option.Action = new Version();
            option.Description = "Show the version, the framework and the platform.";
        }

        Option[] options =
        [
            Create("--help", "Show what a command does and takes.", console, isWhole: false, "-h", "-?"),
            Create("--help-all", "The same with every option explained.", console, isWhole: true),
        ];
        foreach (Option option in options) root.Add(option);
        HelpGroup.Common.Of(root.Options);
    }

    /// <summary>Writes a command's page.</summary>
    public static void Write(Command command, CliConsole console, bool isWhole)
    {
        foreach (string line in HelpPage.Of(command, console.OutputWidth, isWhole)) console.Out.WriteLine(line);
    }

    private static Option<bool> Create(string name, string help, CliConsole console, bool isWhole, params string[] others) =>
        new(name, others)
        {
            Description = help,
            Recursive = true,
            Arity = ArgumentArity.Zero,
            Action = new Page(console, isWhole),
        };

    private sealed class Page(CliConsole console, bool isWhole) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parsed)
        {
            Write(parsed.CommandResult.Command, console, isWhole);
            return ExitCode.Done;
        }
    }

    private sealed class Version : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parsed)
        {
            string build = TrainingRecord.ThisBuild[(TrainingRecord.ThisBuild.IndexOf(' ') + 1)..];
            parsed.InvocationConfiguration.Output.WriteLine(
                $"tinysd {build} ({RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier})");
            return ExitCode.Done;
        }
    }
}
