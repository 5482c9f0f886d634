using TinySD.Tools.Analysis;
using TinySD.Tools.Commands;
using TinySD.Tools.Files;
using TinySD.Tools.Help;
using TinySD.Tools.Options;
using TinySD.Tools.Tasks.Classification;
using TinySD.Tools.Tasks.LanguageModeling;
using TinySD.Tools.Tasks.Regression;
using TinySD.Tools.Tasks.Tagging;
using TinySD.Tools.Tasks.Translating;

namespace TinySD.Tools;

/// <summary>All commands: as a whole, or the one branch that a command line names.</summary>
/// <param name="common">The options that every command has.</param>
/// <param name="kinds">The kinds of files that commands know.</param>
internal sealed class CommandTree(CommonOptions common, FileKinds kinds)
{
    // Names of the command and of the one below it that are made; all where they are null.
    private string? _name, _below;

    /// <summary>With all commands.</summary>
    public RootCommand Whole()
    {
        (_name, _below) = (null, null);
        return Create();
    }

    /// <summary>With the command alone that the words begin with; null where they begin with none, or with one that tells of
    /// others.</summary>
    public RootCommand? BranchOf(IReadOnlyList<string> words)
    {
        if (words.Count == 0 || words[0] is HelpCommand.Word or ManCommand.Word or CompletionCommand.Word) return null;
        (_name, _below) = (words[0], words.Count > 1 ? words[1] : null);
        RootCommand root = Create();
        return root.Subcommands.Count == 1 ? root : null;
    }

    private RootCommand Create()
    {
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
            .. new HelpGroup("Begin").Of(Named(
                _name, ("demo", () => new DemoCommand(common)), (HelpCommand.Word, () => new HelpCommand(console)),
                (ManCommand.Word, () => new ManCommand(console)), (CompletionCommand.Word, () => new CompletionCommand(console)))),
            .. new HelpGroup("Train").Of(Named(
                _name, ("train", () => Parent(
                    "train", "Train a model of texts, labels, series, tags or translations.",
                    ("lm", () => new TrainLmCommand(common)), ("classifier", () => new TrainClassifierCommand(common)),
                    ("regressor", () => new TrainRegressorCommand(common)), ("tagger", () => new TrainTaggerCommand(common)),
                    ("translator", () => new TrainTranslatorCommand(common)))))),
            .. new HelpGroup("Use").Of(Named(
                _name, ("generate", () => new GenerateCommand(common)), ("score", () => new ScoreCommand(common)),
                ("classify", () => new ClassifyCommand(common)), ("predict", () => new PredictCommand(common)),
                ("tag", () => new TagCommand(common)), ("translate", () => new TranslateCommand(common)),
                ("run", () => new RunCommand(common)))),
            .. new HelpGroup("Look into").Of(Named(
                _name, ("eval", () => new EvalCommand(new Evaluations().All, common)), ("bleu", () => new BleuCommand(common)),
                ("analyze", () => new AnalyzeCommand(Analyses(), common)), ("compare", () => new CompareCommand(common, kinds)),
                ("inspect", () => new InspectCommand(common, kinds)), ("verify", () => new VerifyCommand(common, kinds)))),
            .. new HelpGroup("Exchange").Of(Named(
                _name, ("import", () => new ImportCommand(common, kinds)), ("export", () => new ExportCommand(common, kinds)),
                ("quantize", () => new QuantizeCommand(new Evaluations().InFewerBits, common)))),
            .. new HelpGroup("Experiments").Of(Named(
                _name, ("bench", () => new BenchCommand(common)),
                ("reproduce", () => Parent(
                    "reproduce",
                    "Train a grid of dropout cases and seeds. The report says what structured dropout costs and gains, and why.",
                    ("lm", () => new ReproduceLmCommand(common)), ("classifier", () => new ReproduceClassifierCommand(common)),
                    ("regressor", () => new ReproduceRegressorCommand(common)), ("tagger", () => new ReproduceTaggerCommand(common)),
                    ("translator", () => new ReproduceTranslatorCommand(common)), ("noise", () => new ReproduceNoiseCommand(common)))),
                ("hw", () => HwCommand.Create(common)), ("schedule", () => new ScheduleCommand(common)),
                ("synthesize", () => SynthesizeCommand.Create(common)))),
        ];
        foreach (Command command in commands) root.Add(command);
        common.AddTo(root);
        HelpOptions.Install(root, console);
        return root;
    }

    private Command Parent(string name, string help, params ReadOnlySpan<(string Name, Func<Command> Create)> below)
    {
        var parent = new Command(name, help);
        Command[] one = _below is null ? [] : Named(_below, below);
        foreach (Command command in one.Length > 0 ? one : Named(null, below)) parent.Add(command);
        return parent;
    }

    private static Command[] Named(string? name, params ReadOnlySpan<(string Name, Func<Command> Create)> commands)
    {
        var named = new List<Command>();
        foreach ((string own, Func<Command> create) in commands)
        {
            if (name is null || name == own) named.Add(create());
        }

        return [.. named];
    }

    // How states are looked at.
    private static ModelVerbs<AnalyzeRequest> Analyses()
    {
        CsvOptions csv = Evaluations.Csv();
        return new(new ClassifierAnalysis(csv), new RegressorAnalysis(csv));
    }

    /// <summary>What each kind of model is measured by; a task adds its own here.</summary>
    private sealed class Evaluations
    {
        private readonly LanguageModelEval _texts;
        private readonly ClassifierEval _labels;
        private readonly RegressorEval _series;
        private readonly TaggerEval _tags = new();
        private readonly TranslatorEval _translations = new();

        public Evaluations()
        {
            CsvOptions csv = Csv();
            var share = new ShareOption();
            Option<DeltaThresholds?> delta = DeltaOption.New(
                "Measure as a streaming session too that leaves out inputs and hidden units which have changed by no more than this " +
                "since they were last taken (delta networks, Neil et al. 2017): the metric beside the exact one, the errors of all " +
                "answers, and the share of multiply-adds skipped.");
            (_texts, _labels, _series) = (new(share, delta), new(share, csv, delta), new(share, csv, delta));
        }

        public ModelVerbs<EvalRequest> All => new(_texts, _labels, _series, _tags, _translations);

        /// <summary>By what they are compared with themselves in fewer bits.</summary>
        public ModelVerbs<QuantizeRequest> InFewerBits => new(
            Quantizing(LanguageModelFile.Format, _texts), Quantizing(ClassifierFile.Format, _labels),
            Quantizing(RegressorFile.Format, _series), Quantizing(TaggerFile.Format, _tags),
            Quantizing(TranslatorFile.Format, _translations),
            new QuantizeVerb<RecurrentStackDescription, RecurrentStack>(RecurrentStackFile.Format, "recurrent stacks", null));

        public static CsvOptions Csv() => new("as in training");

        private static QuantizeVerb<TContent, TModel> Quantizing<TContent, TModel>(ModelFormat<TContent, TModel> format, EvalVerb eval)
            where TContent : class
            where TModel : class => new(format, eval.Noun, eval);
    }
}
