using TinySD.Tools.Analysis;
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
    public static ParseResult Parse(IReadOnlyList<string> args, CommonOptions common, FileKinds? kinds = null) =>
        CreateRoot(common, kinds ?? Kinds).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });

    private static RootCommand CreateRoot(CommonOptions common, FileKinds kinds)
    {
        // What each kind of model is measured by; a task adds its own here.
        var csv = new CsvOptions("as in training");
        var share = new ShareOption();
        Option<DeltaThresholds?> delta = DeltaOption.New(
            "Measure as a streaming session too that leaves out inputs and hidden units which have changed by no more than this since " +
            "they were last taken (delta networks, Neil et al. 2017): the metric beside the exact one, the errors of all answers, and " +
            "the share of multiply-adds skipped.");
        var texts = new LanguageModelEval(share, delta);
        var labels = new ClassifierEval(share, csv, delta);
        var series = new RegressorEval(share, csv, delta);
        var tags = new TaggerEval();
        var translations = new TranslatorEval();
        var evaluations = new ModelVerbs<EvalRequest>(texts, labels, series, tags, translations);

        // And by what they are compared with themselves in fewer bits.
        var quantizations = new ModelVerbs<QuantizeRequest>(
            Quantizing(LanguageModelFile.Format, texts), Quantizing(ClassifierFile.Format, labels),
            Quantizing(RegressorFile.Format, series), Quantizing(TaggerFile.Format, tags),
            Quantizing(TranslatorFile.Format, translations),
            new QuantizeVerb<RecurrentStackDescription, RecurrentStack>(RecurrentStackFile.Format, "recurrent stacks", null));

        // And how its states are looked at.
        var analyses = new ModelVerbs<AnalyzeRequest>(new ClassifierAnalysis(csv), new RegressorAnalysis(csv));
        CliConsole console = common.Console;
        var root = new RootCommand("Trains and runs recurrent networks with structured dropout.");
        root.SetAction(parsed =>
        {
            if (common.Read(parsed).Json) throw WrongWords.WithoutCommand(root);
            HelpOptions.Write(root, console, isWhole: false);
            return ExitCode.Done;
        });
        Command[] commands =
        [
            .. new HelpGroup("Begin").Of<Command>(
                new DemoCommand(common), new HelpCommand(console), new ManCommand(console), new CompletionCommand(console)),
            .. new HelpGroup("Train").Of(
                new Command("train", "Train a model of texts, labels, series, tags or translations.")
                {
                    new TrainLmCommand(common), new TrainClassifierCommand(common), new TrainRegressorCommand(common),
                    new TrainTaggerCommand(common), new TrainTranslatorCommand(common),
                }),
            .. new HelpGroup("Use").Of<Command>(
                new GenerateCommand(common), new ScoreCommand(common), new ClassifyCommand(common), new PredictCommand(common),
                new TagCommand(common), new TranslateCommand(common), new RunCommand(common)),
            .. new HelpGroup("Look into").Of<Command>(
                new EvalCommand(evaluations, common), new BleuCommand(common), new AnalyzeCommand(analyses, common),
                new CompareCommand(common, kinds), new InspectCommand(common, kinds), new VerifyCommand(common, kinds)),
            .. new HelpGroup("Exchange").Of<Command>(
                new ImportCommand(common, kinds), new ExportCommand(common, kinds), new QuantizeCommand(quantizations, common)),
            .. new HelpGroup("Experiments").Of<Command>(
                new BenchCommand(common),
                new Command(
                    "reproduce",
                    "Train a grid of dropout cases and seeds. The report says what structured dropout costs and gains, and why.")
                {
                    new ReproduceLmCommand(common), new ReproduceClassifierCommand(common), new ReproduceRegressorCommand(common),
                    new ReproduceTaggerCommand(common), new ReproduceTranslatorCommand(common), new ReproduceNoiseCommand(common),
                },
                HwCommand.Create(common),
                new ScheduleCommand(common),
                SynthesizeCommand.Create(common)),
        ];
        foreach (Command command in commands) root.Add(command);
        common.AddTo(root);
        HelpOptions.Install(root, console);
        return root;
    }

    private static QuantizeVerb<TContent, TModel> Quantizing<TContent, TModel>(ModelFormat<TContent, TModel> format, EvalVerb eval)
        where TContent : class
        where TModel : class => new(format, eval.Noun, eval);

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
