using TinySD.Tools.Commands;
using TinySD.Tools.Files;
using TinySD.Tools.Help;
using TinySD.Tools.Json;
using TinySD.Tools.Options;
using TinySD.Tools.Tasks.Classification;
using TinySD.Tools.Tasks.LanguageModeling;
using TinySD.Tools.Tasks.Regression;
using TinySD.Tools.Tasks.Tagging;
using TinySD.Tools.Tasks.Translating;

namespace TinySD.Tools;

/// <summary>The command line as a function: words in, exit code out, nothing of the process touched.</summary>
internal static class Cli
{
    /// <summary>All kinds of files that the program knows; a task adds its own here.</summary>
    public static FileKinds Kinds { get; } = new(
        new LanguageModelKind(), new ClassifierKind(), new RegressorKind(), new TaggerKind(), new TranslatorKind(), new StackKind(),
        LanguageModelKind.Checkpoints, ClassifierKind.Checkpoints, RegressorKind.Checkpoints, TaggerKind.Checkpoints,
        TranslatorKind.Checkpoints,
        new ScheduleKind(), new SafetensorsKind(), new OnnxKind());

    /// <summary>Runs the words after <c>tinysd</c> as one command, which knows these kinds of files or all that the program
    /// knows.</summary>
    public static int Run(IReadOnlyList<string> args, CliConsole console, StopRequest stop, FileKinds? kinds = null)
    {
        var common = new CommonOptions(console, stop);
        ParseResult parsed = Parse(args, common, kinds);
        string command = CommandLine.NameOf(parsed);
        try
        {
            if (parsed.Errors.Count > 0 && parsed.Action is null or ParseErrorAction) throw WrongWords.Of(parsed);

            // What the command line asks for is refused before anything of it is done; help is given all the same.
            bool isRun = parsed.Action == parsed.CommandResult.Command.Action;
            using SpooledInput? input = isRun && new CommandFiles().Add(parsed).Check().NeedsStandardInput
                ? SpooledInput.Keep(new StoppableInput(console.Input, stop.Watch()), StoppableInput.Name)
                : null;
            int code = parsed.Invoke(new InvocationConfiguration
            {
                Output = console.Out,
                Error = console.Error,
                EnableDefaultExceptionHandler = false,
            });
            Flush(console.Out);
            return code;
        }
        catch (BrokenPipeException)
        {
            return ExitCode.BrokenPipe;
        }
        catch (Exception exception)
        {
            var failure = Failure.Of(exception, command, HelpExamples.Of(command) is [{ } example, ..] ? example : null);

            // What was written before it comes first.
            try
            {
                bool isWanted = common.IsJson(parsed, args) && !console.Out.HasWritten;
                if (isWanted) CliJson.Write(console.Out, json => FailureJson.Write(json, failure));
                console.Out.Flush();
            }
            catch (IOException)
            {
                // Then it has failed for that reason, or for a weightier one.
            }

            return Failures.Report(failure, command, console.Error, common.IsVerbose(parsed) ? exception : null);
        }
    }

    /// <summary>What the words mean, nothing run. A word with an @ before it is a word, and no file of words.</summary>
    public static ParseResult Parse(IReadOnlyList<string> args, CommonOptions common, FileKinds? kinds = null)
    {
        // Most of the time of a short command goes into making the options of all the others, which only help and errors tell of.
        var configuration = new ParserConfiguration { ResponseFileTokenReplacer = null };
        var tree = new CommandTree(common, kinds ?? Kinds);
        ParseResult? branch = tree.BranchOf(args)?.Parse(args, configuration);
        return branch is { Errors.Count: 0 } ? branch : tree.Whole().Parse(args, configuration);
    }

    // Results wait in a buffer where they go to a file, and a full disk shows only here.
    private static void Flush(TextWriter output)
    {
        try
        {
            output.Flush();
        }
        catch (IOException exception) when (exception is not BrokenPipeException)
        {
            throw new FailureException($"the results could not be written to standard output: {Failures.OneLine(exception)}", exception);
        }
    }
}
