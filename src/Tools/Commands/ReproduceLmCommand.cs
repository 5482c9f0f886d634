using System.CommandLine;
using TinySD.Formats;
using TinySD.Runtime.Hardware;
using TinySD.Runtime.Threading;
using TinySD.Tools.Display;
using TinySD.Tools.Errors;
using TinySD.Tools.Options;
using TinySD.Tools.Reproduce;
using TinySD.Tools.Training;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd reproduce lm</c>.</summary>
internal sealed class ReproduceLmCommand
{
    private const string CommandName = "reproduce lm";

    private readonly Option<string?> _train = Ranged.File("--train", "The training text, plain or gzip.");
    private readonly Option<string?> _valid = Ranged.File("--valid", "The validation text.");
    private readonly Option<string?> _test = Ranged.File("--test", "The test text, measured once for each run, on its best model.");

    private readonly Option<string?> _folder = new("--dir")
    {
        HelpName = "DIR",
        Description = "Where the grid keeps checkpoints, models and results. The same command again goes on with what is there.",
    };

    private readonly GridOptions _grid = new();
    private readonly Option<int?> _threads = Ranged.Threads();
    private readonly Option<string?> _profile = Profiles.Option();

    private ReproduceLmCommand()
    {
    }

    public static Command Create(CommonOptions common)
    {
        var self = new ReproduceLmCommand();
        Option<string?>[] required = [self._train, self._valid, self._test, self._folder];
        var command = new Command("lm",
            "Train a language model with each way to drop units and several seeds, seed by seed. Can be stopped at any time; the same command goes on.");
        foreach (Option<string?> option in required)
        {
            option.Required = true;
            command.Add(option);
        }

        self._grid.AddTo(command);
        foreach (Option option in new Option[] { self._threads, self._profile }) command.Add(option);
        command.SetAction(parsed => self.Run(parsed, common.Read(parsed)));
        return command;
    }

    private int Run(ParseResult parsed, CliContext context)
    {
        GridPlan plan = _grid.Read(parsed);
        var folder = new GridFolder(parsed.GetValue(_folder)!);
        if (folder.Path.Length == 0) throw new UsageException($"{_folder.Name} needs the name of a folder.");
        string train = parsed.GetValue(_train)!, valid = parsed.GetValue(_valid)!, test = parsed.GetValue(_test)!;
        HardwareProfile? hardware = Profiles.Read(parsed, _profile);
        GridManifest? manifest = folder.LoadManifest();
        using var data = LanguageModelData.Read(train, valid, test, plan.Level, 1, null, plan.Recipe);
        var asked = GridManifest.Of(plan, data);
        manifest?.Check(asked, folder.Path);
        using CheckpointFolder hold = CheckpointFolder.Hold(folder.Path);
        if (manifest is null) folder.Save(asked);
        else if (manifest.WrittenBy != asked.WrittenBy) Warn(context, $"the grid was begun by {manifest.WrittenBy}, and this is {asked.WrittenBy}: last bits may come out otherwise");
        string command = CommandLine.Of(parsed);
        using var pool = new WorkerPool(Ranged.ThreadsOf(parsed, _threads));
        var training = new GridTraining(plan, folder, data, command, pool, hardware, line => Warn(context, line));
        ProgressDisplay.Run(context, progress =>
        {
            progress.Note(GridText.Schedule(plan));
            training.Run(progress, () => { }, context.Stop.Watch());
        });
        return ExitCode.Done;
    }

    private static void Warn(CliContext context, string line) => context.Console.Error.WriteLine($"tinysd {CommandName}: {line}");
}
