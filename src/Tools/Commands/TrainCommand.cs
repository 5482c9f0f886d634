using TinySD.Tools.Files;
using TinySD.Tools.Json;
using TinySD.Tools.Machines;
using TinySD.Tools.Options;
using TinySD.Tools.Training;

namespace TinySD.Tools.Commands;

/// <summary>
/// A verb of <c>tinysd train</c>: new runs and those that go on, checkpoints, files that are not to be confused, model, report and result.
/// The verb itself brings its data and recipe, and which of its options may not be otherwise in a run that goes on.
/// </summary>
/// <typeparam name="TRecipe">The task's recipe.</typeparam>
/// <typeparam name="TData">What only the task has in its checkpoints.</typeparam>
/// <typeparam name="TBatch">What its network is fed.</typeparam>
/// <param name="name">The verb.</param>
/// <param name="help">What it does.</param>
/// <param name="table">The recipe's figures.</param>
/// <param name="format">Its checkpoints.</param>
/// <param name="common">The options that every command has.</param>
internal abstract class TrainCommand<TRecipe, TData, TBatch>(
    string name, string help, FieldTable<TRecipe> table, CheckpointFormat<TRecipe, TData> format, CommonOptions common)
    : CliCommand(name, help, common)
    where TRecipe : TrainingRecipe
    where TData : class
    where TBatch : class
{
    private readonly FileOption _out = FileOption.Output("--out", "The model file to write (.tsd).");
    private readonly Option<TensorStorage?> _dtype = Ranged.Dtype();
    private readonly Option<int?> _maxSteps = Ranged.Whole("--max-steps", 1, int.MaxValue,
        "Stop after this many updates; for trying things out.");

    private readonly FileOption _initFrom = StartOption.Create();
    private readonly Option<int?> _threads = Ranged.Threads();
    private readonly FileOption _profile = Profiles.Option();
    private readonly CheckpointOptions _checkpoints = new();
    private readonly FileOption _report = FileOption.Output("--report",
        "Write learning curves, figures, recipe and machine as one HTML page that needs nothing beside itself; " +
        "--resume goes on to write it.");

    private readonly LogOptions _log = new();

    private readonly Option<bool> _plan = new("--plan")
    {
        Description = "Print the memory that training would take, in bytes, and stop. Nothing is written.",
    };

    private readonly Option<bool> _show = new("--show") { Description = "Print every figure of the recipe and exit." };

    /// <summary>The options of all tasks, in the order of the help: that of the model, which stands behind those that name data; and behind
    /// those of the recipe how it is written and when to stop, what it runs on, and the rest.</summary>
    protected Option Out => HelpGroup.Output.MainOf(_out)[0];

    /// <inheritdoc cref="Out"/>
    protected Option InitFrom => HelpGroup.Training.Of(_initFrom)[0];

    /// <inheritdoc cref="Out"/>
    protected IEnumerable<Option> Ends => [.. HelpGroup.Output.Of<Option>(_dtype), .. HelpGroup.Training.Of(_maxSteps)];

    /// <inheritdoc cref="Out"/>
    protected IEnumerable<Option> Machine => [.. HelpGroup.AsMain(_threads), _profile];

    /// <inheritdoc cref="Out"/>
    protected IEnumerable<Option> Rest =>
        [.. HelpGroup.Output.MainOf(_report), .. HelpGroup.Output.Of(_log.All), .. _checkpoints.All, .. HelpGroup.Output.Of(_plan, _show)];

    /// <inheritdoc/>
    public override IEnumerable<WantedOption> Wanted =>
        Required.Append(_out).Select(option => new WantedOption(option, InPlaceOf(option)));

    /// <inheritdoc/>
    public override Option? InPlaceOfAll => _checkpoints.Resume;

    /// <summary>The options that a new run needs beside the model's.</summary>
    protected abstract IReadOnlyList<Option> Required { get; }

    /// <summary>The option that may be given in place of one of these, or null.</summary>
    protected virtual Option? InPlaceOf(Option option) => null;

    /// <summary>The file of the model that a run begins with, or null.</summary>
    /// <exception cref="UsageException">The run that goes on began without one.</exception>
    /// <exception cref="FailureException">It is not where it was, or has weights that are not trained.</exception>
    /// <exception cref="FileProblemException">It cannot be read.</exception>
    protected string? StartOf(ParseResult parsed, ResumedRun<TRecipe, TData>? resumed)
    {
        string? asked = parsed.GetValue(_initFrom), was = resumed?.Settings.InitFrom;
        if (resumed is not null && asked is not null && was is null) resumed.Same(_initFrom.Name, asked, null);
        ResumedRun<TRecipe, TData>.CheckExist(parsed, [(_initFrom, was)]);
        if ((asked ?? was) is { } path) WholeWeights.RefuseToTrain(path);
        return asked ?? was;
    }

    /// <summary>What a command line asks for. Reads no data, and with <c>--show</c> only the recipe is used.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="context">Where it writes.</param>
    /// <param name="resumed">The run that goes on, from which everything comes that the command line does not say; or null.</param>
    /// <exception cref="UsageException">Options contradict each other or the run.</exception>
    protected abstract TrainingJob<TRecipe, TData, TBatch> Read(
        ParseResult parsed, CliContext context, ResumedRun<TRecipe, TData>? resumed);

    protected override int Run(ParseResult parsed, CliContext context)
    {
        CheckpointRequest? request = _checkpoints.Read(parsed, context.Warnings);
        bool isShow = parsed.GetValue(_show), isPlan = parsed.GetValue(_plan) && !isShow, isOnlyTold = isShow || isPlan;

        // Before a folder is created for checkpoints.
        if (!isShow && request?.From is null) RequireAll(parsed, isPlan ? Required : [.. Required, _out]);
        Action<string> warn = context.Warnings.Note;
        string typed = $"{context.Console.Command} train {Name}";
        bool goesElsewhere = request is { From: not null, IsSameFolder: false };
        using CheckpointKeeper? named = request?.Folder is null || goesElsewhere || isOnlyTold
            ? null
            : CheckpointKeeper.Hold(request, typed);
        using CheckpointFile<TRecipe, TData>? from = request?.From is { } folder
            ? CheckpointKeeper.OpenNewest<CheckpointFile<TRecipe, TData>>(
                folder, format.TryOpen, warn, named, $"Start the run anew, with another folder for {CheckpointOptions.Name}.")
            : null;
        ResumedRun<TRecipe, TData>? resumed = from is null ? null : new(request!.From!, from.Content, table);
        using TrainingJob<TRecipe, TData, TBatch> job = Read(parsed, context, resumed);
        if (isShow)
        {
            Show(context, job);
            return ExitCode.Done;
        }

        if (isPlan) return Plan(parsed, context, job, keepsBest: request is not null);
        string output = parsed.GetValue(_out) ?? resumed!.Output;
        TensorStorage asked = parsed.GetValue(_dtype) ?? resumed?.Settings.Dtype ?? TensorStorage.F32;
        TensorStorage dtype = resumed?.Same(_dtype.Name, asked, resumed.Settings.Dtype, StorageSpelling.Roundings) ?? asked;
        int? maxSteps = parsed.GetValue(_maxSteps) ?? resumed?.Settings.MaxSteps;
        string? report = parsed.GetValue(_report) ?? resumed?.Report;
        LogRequest? logged = _log.Read(parsed, resumed?.Log, resumed?.Settings.LogEvery, context.Warnings);

        // Those that the run was begun with, too.
        var files = new CommandFiles();
        string? start = StartOf(parsed, resumed);
        foreach ((FileOption option, string? path) in job.Files) files.Read(path, option.Name);
        files.Read(start, _initFrom.Name);
        files.Write(output, _out.Name).Write(report, _report.Name).Write(logged?.Path, _log.File.Name).Add(parsed).Check();

        // Not before: it creates its folder.
        using CheckpointKeeper? elsewhere = goesElsewhere ? CheckpointKeeper.Hold(request!, typed) : null;
        CheckpointKeeper? held = named ?? elsewhere;
        OutputFile.CheckWritable(output);
        if (report is not null) CheckWritable(report, "the run's report", _report, Ranged.Given(parsed, _report).Count == 0);
        if (logged is not null) CheckWritable(logged.Path, "the run's log", _log.File, Ranged.Given(parsed, _log.File).Count == 0);

        HardwareProfile? hardware = Profiles.Read(parsed, _profile);
        if (resumed is not null) ResumedRun<TRecipe, TData>.CheckExist(parsed, job.Files);
        using TrainingData<TData, TBatch> data =
            ProgressDisplay.Run(context, progress => job.Read(progress, context.Stop.Watch()));
        foreach (string warning in data.Warnings) warn(warning);
        if (resumed is not null)
        {
            data.Check();
            held!.TakeOver(
                request!, resumed.Settings.CheckpointEvery, resumed.Settings.CheckpointKeep, resumed.Settings.CheckpointsAreTemporary);
        }

        if (request is { IsSameFolder: true }) held!.Prune();

        // Last of all: what is refused until here leaves no folder behind.
        using CheckpointKeeper? beside = request is null || held is not null
            ? null
            : CheckpointKeeper.HoldBeside(output, request, typed, warn, files.IsTaken);
        CheckpointKeeper? keeper = held ?? beside;
        RunCheckpoints? checkpoints = keeper is null ? null : RunCheckpoints.Of(
            keeper, format, job.Recipe, data.Recorded,
            job.Settle(keeper.SettingsFor(output, dtype) with
            {
                Report = report is null ? null : Path.GetFullPath(report),
                Log = logged is null ? null : Path.GetFullPath(logged.Path),
                LogEvery = logged?.Every,
                MaxSteps = maxSteps,
                InitFrom = start is null ? null : Path.GetFullPath(start),
            }),
            from, request!.IsSameFolder);
        if (resumed is null && File.Exists(output)) warn($"{output} is there already; the first epoch's model replaces it.");
        using var pool = new WorkerPool(Ranged.ThreadsOf(parsed, _threads));
        TrainedTask<TBatch> training = data.Begin(new(output, dtype, pool, hardware));
        using RunLog? log = logged is null ? null : Log(logged, training, from?.Content.State, warn);
        log?.Begin(from?.Content.State.Updates ?? 0, json => json
            .Add(output, "model").Add(training.Task.Network.Parameters.Layout.ParameterCount, "parameters").Add(pool.ThreadCount, "threads")
            .Add(DataOf(job), "data").Add(recipe => recipe.AddAll(writer => WriteRecipe(writer, job)), "recipe"));
        var driver = new TrainingDriver<TBatch>(training, maxSteps, pool.ThreadCount, checkpoints, log);
        TrainingOutcome outcome = ProgressDisplay.Run(context, progress =>
        {
            foreach (string note in data.Notes) progress.Note(note);
            return driver.Run(progress, context.Stop.Watch());
        });
        if (report is not null)
        {
            Surroundings machine = Surroundings.Here(hardware, pool.ThreadCount);
            TrainingPage.Save(report, training, RowsOf(job), outcome, CommandLine.Of(parsed), machine);
        }

        if (context.Json) training.WriteJson(context.Console.Out, outcome, pool.ThreadCount, json => WriteRecipe(json, job));
        else TrainingReport.Write(context.Console, training, outcome);
        keeper?.Finish();
        return ExitCode.Done;
    }

    private static RunLog Log(LogRequest request, TrainedTask<TBatch> training, RunState? from, Action<string> warn)
    {
        if (from is not null) return RunLog.Continue(request.Path, request.Every, training.SpeedName, from);
        if (File.Exists(request.Path)) warn($"{request.Path} is there already; the run's log replaces it.");
        return RunLog.Create(request.Path, request.Every, training.SpeedName);
    }

    // The files by their options: those of --valid-source under validSource.
    private static Action<JsonMembers> DataOf(TrainingJob<TRecipe, TData, TBatch> job) => json =>
    {
        foreach ((FileOption option, string? path) in job.Files)
        {
            string[] words = option.Name.Split('-', StringSplitOptions.RemoveEmptyEntries);
            json.Add(path, words[0] + string.Concat(words[1..].Select(word => char.ToUpperInvariant(word[0]) + word[1..])));
        }
    };

    private int Plan(ParseResult parsed, CliContext context, TrainingJob<TRecipe, TData, TBatch> job, bool keepsBest)
    {
        var files = new CommandFiles();
        foreach ((FileOption option, string? path) in job.Files) files.Read(path, option.Name);
        files.Add(parsed).Check();
        HardwareProfile? hardware = Profiles.Read(parsed, _profile);
        using var pool = new WorkerPool(Ranged.ThreadsOf(parsed, _threads));
        (MemoryNeed need, int steps) = ProgressDisplay.Run(
            context, progress => Sizes.Checked(() => job.Plan(new(pool, hardware, progress, context.Stop.Watch()))));
        long best = keepsBest ? need.ParametersBytes : 0;
        new PlanReport(need, job.Recipe.BatchSize, steps, job.Recipe.Optimizer, pool.ThreadCount) { BestBytes = best }.Write(context);
        return ExitCode.Done;
    }

    private void RequireAll(ParseResult parsed, IReadOnlyList<Option> all)
    {
        if (all.FirstOrDefault(option => !IsGiven(option)) is not { } missing) return;
        string names = string.Join(", ", all.SkipLast(1).Select(NameOf));
        throw new UsageException(all.Count == 1
            ? $"{missing.Name} is missing; it is required."
            : $"{missing.Name} is missing; {names} and {NameOf(all[^1])} are required.")
        {
            LacksWords = true,
        };

        bool IsGiven(Option option) =>
            Ranged.Given(parsed, option).Count > 0 || (InPlaceOf(option) is { } other && Ranged.Given(parsed, other).Count > 0);

        string NameOf(Option option) => InPlaceOf(option) is { } other ? $"{option.Name} (or {other.Name})" : option.Name;
    }

    private void Show(CliContext context, TrainingJob<TRecipe, TData, TBatch> job)
    {
        if (context.Json)
        {
            CliJson.Write(context.Console.Out, json =>
            {
                json.WriteStartObject();
                WriteRecipe(json, job);
                json.WriteEndObject();
            });
            return;
        }

        var shown = new Table("option", "value");
        foreach ((string option, string value) in RowsOf(job)) shown.Row(option, value);
        context.Console.Write(shown);
    }

    private IEnumerable<(string Option, string Value)> RowsOf(TrainingJob<TRecipe, TData, TBatch> job) =>
        SettingRows.With(table.Rows(job.Recipe), job.Beside);

    private void WriteRecipe(Utf8JsonWriter json, TrainingJob<TRecipe, TData, TBatch> job)
    {
        table.WriteResult(json, job.Recipe);
        job.WriteBeside(json);
    }

    private static void CheckWritable(string path, string what, Option option, bool isRecorded)
    {
        try
        {
            OutputFile.CheckWritable(path);
        }
        catch (FileProblemException exception) when (isRecorded)
        {
            string advice = $"It is where {what} goes; give {option.Name} with another place.";
            throw new FailureException($"{exception.Message} {advice}", exception);
        }
    }
}
