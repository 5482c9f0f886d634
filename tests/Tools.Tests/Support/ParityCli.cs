using System.CommandLine;
using TinySD.Tools.Commands;
using TinySD.Tools.Display;
using TinySD.Tools.Errors;
using TinySD.Tools.Files;
using TinySD.Tools.Options;
using TinySD.Tools.Tasks.LanguageModeling;

namespace TinySD.Tools.Tests;

/// <summary>A command line that has the parity task's verbs and no others.</summary>
internal static class ParityCli
{
    /// <param name="stopAt">Asks for a stop, as Ctrl-C does, when it has shown something so many times.</param>
    /// <param name="args">The words after <c>tinysd</c>.</param>
    public static CliResult Run((string Wanted, int After)? stopAt, params string[] args)
    {
        using var stop = new StopRequest();
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var console = new CliConsole(output, error);
        if (stopAt is var (wanted, after))
            console = new(output, error) { Progress = new Loud(new StoppingDisplay(stop, wanted, after), error) };
        var common = new CommonOptions(console, stop);
        var evaluations = new ModelVerbs<EvalRequest>(new LanguageModelEval(new(), DeltaOption.New("")), new ParityEval());
        var root = new RootCommand
        {
            new EvalCommand(evaluations, common),
            new Command("train") { new TrainParityCommand(common) }, new Command("reproduce") { new ReproduceParityCommand(common) },
        };
        common.AddTo(root);
        ParseResult parsed = root.Parse(args);
        int code;
        try
        {
            code = parsed.Invoke(new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false });
        }
        catch (Exception exception)
        {
            string name = CommandLine.NameOf(parsed);
            code = Failures.Report(Failure.Of(exception, name), name, error, exception);
        }

        return new CliResult(code, output.ToString(), error.ToString());
    }

    private sealed class Loud(IProgressDisplay inner, TextWriter output) : IProgressDisplay
    {
        public bool IsDue => inner.IsDue;

        public void Show(string label, double share, string detail) => inner.Show(label, share, detail);

        public void Note(string line)
        {
            output.WriteLine(line);
            inner.Note(line);
        }
    }
}
