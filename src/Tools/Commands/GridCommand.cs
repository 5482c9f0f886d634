using TinySD.Tools.Machines;
using TinySD.Tools.Options;
using TinySD.Tools.Reproduce;

namespace TinySD.Tools.Commands;

/// <summary>A verb of <c>tinysd reproduce</c>: a grid of one task, whose data and recipe are all that the verb itself brings.</summary>
/// <param name="kind">What the grid's folder knows of the task.</param>
/// <param name="help">What it does.</param>
/// <param name="common">The options that every command has.</param>
internal abstract class GridCommand(GridKind kind, string help, CommonOptions common)
    : CliCommand(kind.Command.Split(' ')[^1], help, common)
{
    private readonly FileOption _folder = new(
        "--dir", "DIR", "Where the grid keeps checkpoints, models and results. The same command again goes on with what is there.",
        (files, path) => files.Fill(path, "--dir", GridFolder.OwnNames))
    { Required = true };

    private readonly Option<int?> _threads = Ranged.Threads();
    private readonly FileOption _profile = Profiles.Option();

    private readonly FileOption _report = FileOption.Output("--report",
        "Write the report as one HTML page that needs nothing beside itself; kept up to date after every run.");

    private readonly Option<bool> _noTiming = new("--no-timing") { Description = "Do not measure step times." };

    private readonly Option<bool> _timingOnly = new("--timing-only")
    {
        Description = "Train nothing; measure the step times anew. Other programs running at the same time spoil them.",
    };

    private readonly Option<bool> _reportOnly = new("--report-only")
    {
        Description = "Train and measure nothing; report what there is, also while the grid is being trained.",
    };

    /// <summary>The option that stands behind those that name data.</summary>
    protected Option Folder => HelpGroup.Output.Of(_folder)[0];

    /// <summary>The options that stand last.</summary>
    protected IEnumerable<Option> Rest =>
    [
        .. HelpGroup.AsMain(_threads), _profile, .. HelpGroup.Output.MainOf(_report),
        .. HelpGroup.Grid.Of(_noTiming, _timingOnly, _reportOnly),
    ];

    /// <summary>Reads a command line; what is returned reads the data, for the grid that has begun or for a new one.</summary>
    /// <exception cref="UsageException">Options contradict each other.</exception>
    protected abstract Func<GridManifest?, GridTask> Read(ParseResult parsed, CliContext context);

    protected override int Run(ParseResult parsed, CliContext context)
    {
        Func<GridManifest?, GridTask> open = Read(parsed, context);
        bool reportOnly = parsed.GetValue(_reportOnly), timingOnly = parsed.GetValue(_timingOnly), noTiming = parsed.GetValue(_noTiming);
        if (timingOnly && (reportOnly || noTiming))
        {
            string other = (reportOnly ? _reportOnly : _noTiming).Name;
            throw new UsageException($"{_timingOnly.Name} and {other} contradict each other; leave one of them out.");
        }

        context.Warnings.NoEffect(reportOnly && noTiming, _noTiming.Name, $": {_reportOnly.Name} measures nothing");
        var folder = new GridFolder(parsed.GetValue(_folder)!, kind);
        if (folder.Path.Length == 0) throw new UsageException($"{_folder.Name} needs the name of a folder.");
        string? page = parsed.GetValue(_report);
        if (page is not null && !folder.WillHold(page)) OutputFile.CheckWritable(page);

        HardwareProfile? hardware = Profiles.Read(parsed, _profile);
        GridManifest? manifest = folder.LoadManifest();
        if (manifest is null && reportOnly)
            throw new FailureException($"there is no grid in {folder.Path} to report on; leave {_reportOnly.Name} out to begin one.");
        using GridTask task = open(manifest);
        foreach (string warning in task.Warnings) Warn(warning);
        GridManifest asked = GridManifest.Of(task);
        manifest?.Check(asked, kind, folder.Path);
        if (manifest is not null) task.Check(manifest.Data, folder.Path);
        string command = CommandLine.Of(parsed, _timingOnly.Name, _reportOnly.Name);
        int threads = Ranged.ThreadsOf(parsed, _threads);
        if (!reportOnly)
        {
            using CheckpointFolder hold = CheckpointFolder.Hold(folder.Path);
            if (manifest is null) folder.Save(asked);
            else if (manifest.WrittenBy != asked.WrittenBy)
                Warn($"the grid was begun by {manifest.WrittenBy}, and this is {asked.WrittenBy}: last bits may come out otherwise");
            using var pool = new WorkerPool(threads);
            ProgressDisplay.Run(context, progress => Work(progress, new(folder, context.Console.Typed(command), pool, hardware, Warn)));
        }

        GridReport report = Report();
        if (page is not null) WritePage(report);
        if (context.Json) folder.WriteJson(context.Console.Out, report, task);
        else GridWords.Write(context.Console, report, task);
        string[] diverged = [.. report.Missing.Where(run => run.Diverged is not null).Select(run => run.Run)];
        string rest = diverged.Length == report.Missing.Count ? "; everything else that was asked for is done" : "";
        return diverged.Length == 0 ? ExitCode.Done : throw new FailureException(
            $"{string.Join(", ", diverged)}: the numbers stopped being finite{rest}. " +
            $"A lower --lr or --clip makes another grid, in another folder; to try a run again, remove its folder in {folder.Path}.");

        GridReport Report() => GridReport.Of(task, folder, command, Surroundings.Here(hardware, threads), DateTime.UtcNow);

        void WritePage(GridReport report) => HtmlPage.Save(page!, new GridPage(report, task).Write);

        void Warn(string line) => context.Console.Error.WriteLine($"tinysd {kind.Command}: {line}");

        void Work(IProgressDisplay progress, GridTraining training)
        {
            CancellationToken stop = context.Stop.Watch();
            progress.Note(GridWords.Training(task));
            try
            {
                if (!timingOnly) training.Run(task, progress, ended: KeepUp, stop);
                if (!noTiming) GridTiming.Run(task, folder, training.Runner, hardware, timingOnly, progress, stop);
            }
            catch (StoppedException)
            {
                KeepUp();
                throw;
            }
            catch (OperationCanceledException)
            {
                KeepUp();
                throw new StoppedException(
                    $"stopped while step times were measured; those of the cells before are kept. Go on with: " +
                    context.Console.Typed(command));
            }
        }

        // The page is written once more at the end: until then what is in its way is no reason to stop training.
        void KeepUp()
        {
            try
            {
                if (page is not null) WritePage(Report());
            }
            catch (FileProblemException exception)
            {
                Warn(exception.Message);
            }
        }
    }
}
