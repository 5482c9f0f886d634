using TinySD.Tools.Machines;
using TinySD.Tools.Options;
using TinySD.Tools.Tasks.LanguageModeling;
using TinySD.Tools.Training;

namespace TinySD.Tools.Commands;

internal sealed class TrainLmCommand : CliCommand
{
    private const string CommandName = "train lm";

    private readonly FileOption _train = FileOption.Input("--train",
        "The training text, plain or gzip, of any length. At word level tokens are split at white space and lines end in <eos> " +
        "(see --eos).");

    private readonly FileOption _valid = FileOption.Input("--valid", "The validation text: the model that does best on it is kept.");
    private readonly FileOption _test = FileOption.Input("--test", "A test text, measured once, on the model that is kept.");
    private readonly FileOption _out = FileOption.Output("--out", "The model file to write (.tsd).");
    private readonly Option<TensorStorage?> _dtype = Ranged.Dtype();
    private readonly LanguageModelOptions _recipe = new();
    private readonly VocabularyOptions _vocabulary = new();
    private readonly Option<int?> _maxSteps = Ranged.Whole("--max-steps", 1, int.MaxValue,
        "Stop after this many updates; for trying things out.");

    private readonly Option<int?> _streams = EvaluationOptions.StreamsInTraining();
    private readonly Option<int?> _threads = Ranged.Threads();
    private readonly FileOption _profile = Profiles.Option();
    private readonly FileOption _schedule = Schedules.Option();
    private readonly CheckpointOptions _checkpoints = new();
    private readonly FileOption _report = FileOption.Output("--report",
        "Write learning curves, figures, recipe and machine as one HTML page that needs nothing beside itself; " +
        "--resume goes on to write it.");

    private readonly Option<bool> _show = new("--show") { Description = "Print every figure of the recipe and exit." };

    public TrainLmCommand(CommonOptions common)
        : base(
            "lm",
            "Train a language model on a text and write the epoch that does best on another. --train, --valid and --out are required, " +
            "but for --resume.",
            common) =>
        AddAll(
            [
                _train, _valid, _test, _out, .. _recipe.All, .. _vocabulary.All, _dtype, _maxSteps, _streams, _threads, _profile, _schedule,
                _report, .. _checkpoints.All, _show,
            ]);

    protected override int Run(ParseResult parsed, CliContext context)
    {
        CheckpointRequest? request = _checkpoints.Read(parsed, context.Warnings);
        bool isShow = parsed.GetValue(_show);

        // Before a folder is created for checkpoints.
        if (!isShow && request?.From is null)
        {
            foreach (FileOption option in new[] { _train, _valid, _out }) Required(parsed, option, null);
        }

        Action<string> warn = context.Warnings.Note;
        bool goesElsewhere = request is { From: not null, IsSameFolder: false };
        using CheckpointKeeper? named = request?.Folder is null || goesElsewhere || isShow
            ? null
            : CheckpointKeeper.Hold(request, CommandName);
        using CheckpointFile<LanguageModelRecipe, RunTexts>? from = request?.From is { } folder
            ? CheckpointKeeper.OpenNewest<CheckpointFile<LanguageModelRecipe, RunTexts>>(
                folder, LanguageModelCheckpoint.Format.TryOpen, warn, named,
                $"Start the run anew, with another folder for {CheckpointOptions.Name}.")
            : null;
        ResumedRun? resumed = from is null ? null : new ResumedRun(request!.From!, from.Content);
        string? masks = parsed.GetValue(_schedule) ?? resumed?.Run.Settings.Schedule?.Path;
        using MaskScheduleFile? schedule = masks is null ? null : MaskScheduleFile.Open(masks);
        (TextLevel level, LanguageModelRecipe recipe) = resumed is null
            ? _recipe.Read(parsed, context.Warnings, preset => schedule is null ? preset : Schedules.Take(preset, schedule))
            : resumed.Recipe(parsed, _recipe, context.Warnings);
        if (schedule is not null) Schedules.Check(schedule, recipe);
        resumed?.Check(schedule, _schedule.Name);
        if (isShow)
        {
            RecipeReport.Write(context, level, recipe);
            return ExitCode.Done;
        }

        string train = Required(parsed, _train, resumed?.Run.Data.Train.Path);
        string valid = Required(parsed, _valid, resumed?.Run.Data.Valid.Path);
        string output = Required(parsed, _out, resumed?.Output);
        string? test = parsed.GetValue(_test) ?? resumed?.Run.Data.Test?.Path;
        VocabularyLimits limits = resumed?.Limits(parsed, _vocabulary, context.Warnings)
            ?? _vocabulary.Read(parsed, level, context.Warnings);
        TensorStorage dtype = resumed?.Dtype(parsed, _dtype) ?? parsed.GetValue(_dtype) ?? TensorStorage.F32;
        int? streams = resumed is null ? parsed.GetValue(_streams) ?? recipe.BatchSize : resumed.Streams(parsed, _streams);
        int? maxSteps = parsed.GetValue(_maxSteps) ?? resumed?.Run.Settings.MaxSteps;
        string? report = parsed.GetValue(_report) ?? resumed?.Report;

        // Those that the run was begun with, too.
        CommandFiles files = new CommandFiles().Read(train, _train.Name).Read(valid, _valid.Name).Read(test, _test.Name)
            .Read(schedule?.Path, _schedule.Name).Write(output, _out.Name).Write(report, _report.Name).Add(parsed).Check();

        // Not before: it creates its folder.
        using CheckpointKeeper? elsewhere = goesElsewhere ? CheckpointKeeper.Hold(request!, CommandName) : null;
        CheckpointKeeper? held = named ?? elsewhere;
        OutputFile.CheckWritable(output);
        if (report is not null) CheckWritable(report, isRecorded: parsed.GetValue(_report) is null);

        HardwareProfile? hardware = Profiles.Read(parsed, _profile);
        if (resumed is not null) ResumedRun.CheckExist(parsed, (train, _train), (valid, _valid), (test, _test));
        LineMarks? asked = _vocabulary.Marks(parsed, level, context.Warnings);
        LineMarks marks = resumed?.Marks(asked) ?? asked ?? LineMarks.WhereMissing;
        using LanguageModelData data = ProgressDisplay.Run(
            context, progress => LanguageModelData.Read(train, valid, test, level, marks, limits, recipe, progress, context.Stop.Watch()));
        foreach (string warning in data.Warnings(recipe)) warn(warning);
        resumed?.Check(data, (_train.Name, _valid.Name, _test.Name));
        if (resumed?.Run.Settings is { } begun)
            held!.TakeOver(request!, begun.CheckpointEvery, begun.CheckpointKeep, begun.CheckpointsAreTemporary);
        if (request is { IsSameFolder: true }) held!.Prune();

        // Last of all: what is refused until here leaves no folder behind.
        using CheckpointKeeper? beside = request is null || held is not null
            ? null
            : CheckpointKeeper.HoldBeside(output, request, CommandName, warn, files.IsTaken);
        CheckpointKeeper? keeper = held ?? beside;
        RunCheckpoints? checkpoints = keeper is null ? null : RunCheckpoints.Of(
            keeper, LanguageModelCheckpoint.Format, recipe, data.ToRunTexts(streams),
            keeper.SettingsFor(output, dtype) with
            {
                Schedule = schedule is { Info.Updates: int updates } ? new(schedule.Path, updates, schedule.FingerprintOf(updates)) : null,
                Report = report is null ? null : Path.GetFullPath(report),
                MaxSteps = maxSteps,
            },
            from, request!.IsSameFolder);
        if (resumed is null && File.Exists(output)) warn($"{output} is there already; the first epoch's model replaces it.");
        using var pool = new WorkerPool(Ranged.ThreadsOf(parsed, _threads));
        var training = new LanguageModelTraining(recipe, data, output, pool, hardware, schedule, dtype, streams);
        var driver = new TrainingDriver<TokenWindow>(training, maxSteps, pool.ThreadCount, checkpoints);
        TrainingOutcome outcome = ProgressDisplay.Run(context, progress => driver.Run(progress, context.Stop.Watch()));
        if (report is not null)
        {
            Surroundings machine = Surroundings.Here(hardware, pool.ThreadCount);
            TrainingPage.Save(report, training, RecipeReport.Rows(level, recipe), outcome, CommandLine.Of(parsed), machine);
        }

        if (context.Json) training.WriteJson(context.Console.Out, outcome, pool.ThreadCount);
        else TrainingReport.Write(context.Console, training, outcome);
        keeper?.Finish();
        return ExitCode.Done;
    }

    private void CheckWritable(string report, bool isRecorded)
    {
        try
        {
            OutputFile.CheckWritable(report);
        }
        catch (FileProblemException exception) when (isRecorded)
        {
            string advice = $"It is where the run's report goes; give {_report.Name} with another place.";
            throw new FailureException($"{exception.Message} {advice}", exception);
        }
    }

    private static string Required(ParseResult parsed, FileOption option, string? recorded) => parsed.GetValue(option) ?? recorded
        ?? throw new UsageException($"{option.Name} is missing; --train, --valid and --out are required.");
}
