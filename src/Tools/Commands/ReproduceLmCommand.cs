using TinySD.Tools.Json;
using TinySD.Tools.Machines;
using TinySD.Tools.Options;
using TinySD.Tools.Reproduce;
using TinySD.Tools.Tasks.LanguageModeling;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd reproduce lm</c>.</summary>
internal sealed class ReproduceLmCommand
{
    private const string CommandName = "reproduce lm";

    private readonly FileOption _train = FileOption.Input("--train", "The training text, plain or gzip.");
    private readonly FileOption _valid = FileOption.Input("--valid", "The validation text.");
    private readonly FileOption _test = FileOption.Input("--test", "The test text, measured once for each run, on its best model.");

    private readonly FileOption _folder = new(
        "--dir", "DIR", "Where the grid keeps checkpoints, models and results. The same command again goes on with what is there.",
        (files, path) => files.Fill(path, "--dir", GridFolder.OwnNames));

    private readonly GridOptions _grid = new();
    private readonly Option<int?> _streams = EvaluationOptions.StreamsInTraining();
    private readonly Option<int?> _threads = Ranged.Threads();
    private readonly FileOption _profile = Profiles.Option();

    private readonly FileOption _report = FileOption.Output("--report",
        "Write the report as one HTML page that needs nothing beside itself; kept up to date after every run.");

    private readonly Option<bool> _noTiming = new("--no-timing") { Description = "Do not measure step times." };
    private readonly Option<bool> _timingOnly = new("--timing-only") { Description = "Train nothing; measure the step times anew. Other programs running at the same time spoil them." };
    private readonly Option<bool> _reportOnly = new("--report-only") { Description = "Train and measure nothing; report what there is, also while the grid is being trained." };

    private ReproduceLmCommand()
    {
    }

    public static Command Create(CommonOptions common)
    {
        var self = new ReproduceLmCommand();
        FileOption[] required = [self._train, self._valid, self._test, self._folder];
        var command = new Command("lm",
            "Train a language model with each way to drop units and several seeds, seed by seed. Can be stopped at any time; the same command goes on.");
        foreach (FileOption option in required)
        {
            option.Required = true;
            command.Add(option);
        }

        self._grid.AddTo(command);
        foreach (Option option in new Option[] { self._streams, self._threads, self._profile, self._report, self._noTiming, self._timingOnly, self._reportOnly }) command.Add(option);
        command.SetAction(parsed => self.Run(parsed, common.Read(parsed)));
        return command;
    }

    private int Run(ParseResult parsed, CliContext context)
    {
        GridPlan plan = _grid.Read(parsed, context.Warnings);
        bool reportOnly = parsed.GetValue(_reportOnly), timingOnly = parsed.GetValue(_timingOnly), noTiming = parsed.GetValue(_noTiming);
        if (timingOnly && (reportOnly || noTiming))
            throw new UsageException($"{_timingOnly.Name} and {(reportOnly ? _reportOnly : _noTiming).Name} contradict each other; leave one of them out.");
        context.Warnings.NoEffect(reportOnly && noTiming, _noTiming.Name, $": {_reportOnly.Name} measures nothing");
        var folder = new GridFolder(parsed.GetValue(_folder)!);
        if (folder.Path.Length == 0) throw new UsageException($"{_folder.Name} needs the name of a folder.");
        string train = parsed.GetValue(_train)!, valid = parsed.GetValue(_valid)!, test = parsed.GetValue(_test)!;
        string? page = parsed.GetValue(_report);
        if (page is not null && !folder.WillHold(page)) OutputFile.CheckWritable(page);

        HardwareProfile? hardware = Profiles.Read(parsed, _profile);
        GridManifest? manifest = folder.LoadManifest();
        if (manifest is null && reportOnly) throw new FailureException($"there is no grid in {folder.Path} to report on; leave {_reportOnly.Name} out to begin one.");
        plan = plan with
        {
            Streams = GridManifest.StreamsOf(manifest, parsed.GetValue(_streams), plan.Recipe),
            Marks = GridManifest.MarksOf(manifest, _grid.Marks(parsed, plan.Level, context.Warnings)),
        };
        using LanguageModelData data = ProgressDisplay.Run(
            context, progress => LanguageModelData.Read(
                train, valid, test, plan.Level, plan.Marks, plan.Limits, plan.Recipe, progress, context.Stop.Watch()));
        foreach (string warning in data.Warnings(plan.Recipe)) Warn(context, warning);
        var asked = GridManifest.Of(plan, data);
        manifest?.Check(asked, folder.Path);
        string command = CommandLine.Of(parsed, _timingOnly.Name, _reportOnly.Name);
        int threads = Ranged.ThreadsOf(parsed, _threads);
        if (!reportOnly)
        {
            using CheckpointFolder hold = CheckpointFolder.Hold(folder.Path);
            if (manifest is null) folder.Save(asked);
            else if (manifest.WrittenBy != asked.WrittenBy)
                Warn(context, $"the grid was begun by {manifest.WrittenBy}, and this is {asked.WrittenBy}: last bits may come out otherwise");
            using var pool = new WorkerPool(threads);
            var training = new GridTraining(plan, folder, data, command, pool, hardware, line => Warn(context, line));
            ProgressDisplay.Run(context, progress => Work(progress, pool, training));
        }

        GridReport report = Report();
        if (page is not null) WritePage(page, plan, report);
        if (context.Json) CliJson.Write(context.Console.Out, report, GridJson.Default.GridReport);
        else GridWords.Write(context.Console, report);
        string[] diverged = [.. report.Missing.Where(run => run.Diverged is not null).Select(run => run.Run)];
        return diverged.Length == 0 ? ExitCode.Done : throw new FailureException(
            $"{string.Join(", ", diverged)}: the numbers stopped being finite{(diverged.Length == report.Missing.Count ? "; everything else that was asked for is done" : "")}. " +
            $"A lower --lr or --clip makes another grid, in another folder; to try a run again, remove its folder in {folder.Path}.");

        GridReport Report() => GridReport.Of(plan, folder, asked, command, Surroundings.Here(hardware, threads), DateTime.UtcNow);

        void Work(IProgressDisplay progress, WorkerPool pool, GridTraining training)
        {
            CancellationToken stop = context.Stop.Watch();
            progress.Note(GridWords.Training(plan));
            try
            {
                if (!timingOnly) training.Run(progress, ended: KeepUp, stop);
                if (!noTiming) GridTiming.Run(plan, folder, data.Vocabulary.Count, pool, hardware, timingOnly, progress, stop);
            }
            catch (StoppedException)
            {
                KeepUp();
                throw;
            }
            catch (OperationCanceledException)
            {
                KeepUp();
                throw new StoppedException($"stopped while step times were measured; those of the cells before are kept. Go on with: {command}");
            }
        }

        // The page is written once more at the end: until then what is in its way is no reason to stop training.
        void KeepUp()
        {
            try
            {
                if (page is not null) WritePage(page, plan, Report());
            }
            catch (FileProblemException exception)
            {
                Warn(context, exception.Message);
            }
        }
    }

    private static void WritePage(string path, GridPlan plan, GridReport report) =>
        HtmlPage.Save(path, new GridPage(report, plan.Rows()).Write);

    private static void Warn(CliContext context, string line) => context.Console.Error.WriteLine($"tinysd {CommandName}: {line}");
}
