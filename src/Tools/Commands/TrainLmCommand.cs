using System.CommandLine;
using TinySD.Formats;
using TinySD.Runtime.Hardware;
using TinySD.Runtime.Threading;
using TinySD.Runtime.Training;
using TinySD.Tools.Display;
using TinySD.Tools.Errors;
using TinySD.Tools.Options;
using TinySD.Tools.Training;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd train lm</c>.</summary>
internal sealed class TrainLmCommand
{
    private readonly Option<string?> _train = Ranged.File("--train",
        "The training text, plain or gzip. At word level tokens are split at white space and lines end in <eos>.");

    private readonly Option<string?> _valid = Ranged.File("--valid", "The validation text: the model that does best on it is kept.");
    private readonly Option<string?> _test = Ranged.File("--test", "A test text, measured once, on the model that is kept.");
    private readonly Option<string?> _out = Ranged.File("--out", "The model file to write (.tsd).");
    private readonly Option<TensorStorage?> _dtype = Ranged.Choice("--dtype", Names.Storages,
        "Number format of the weights in the model file. f16 and bf16 take half the room and round each weight; training is in f32 all the same. [default: f32]");

    private readonly LanguageModelOptions _recipe = new();
    private readonly Option<int?> _minimumCount = Ranged.Whole("--min-count", 1, int.MaxValue,
        $"Tokens rarer than this in the training text become {Vocabulary.Unknown}; from 2 on, any other text can be read. [default: 1]");

    private readonly Option<int?> _maxSteps = Ranged.Whole("--max-steps", 1, int.MaxValue,
        "Stop after this many updates; for trying things out.");

    private readonly Option<int?> _threads = Ranged.Threads();
    private readonly Option<string?> _profile = Profiles.Option();
    private readonly Option<string?> _schedule = Schedules.Option();
    private readonly Option<bool> _show = new("--show") { Description = "Print every figure of the recipe and exit." };

    private TrainLmCommand()
    {
    }

    public static Command Create(CommonOptions common)
    {
        var self = new TrainLmCommand();
        var command = new Command("lm",
            "Train a language model on a text and write the epoch that does best on another. --train, --valid and --out are required.")
        {
            self._train, self._valid, self._test, self._out,
        };
        self._recipe.AddTo(command);
        Option[] rest = [self._minimumCount, self._dtype, self._maxSteps, self._threads, self._profile, self._schedule, self._show];
        foreach (Option option in rest) command.Add(option);
        command.SetAction(parsed => self.Run(parsed, common.Read(parsed)));
        return command;
    }

    private int Run(ParseResult parsed, CliContext context)
    {
        using MaskScheduleFile? schedule = parsed.GetValue(_schedule) is { } masks ? MaskScheduleFile.Open(masks) : null;
        (TextLevel level, LanguageModelRecipe recipe) = _recipe.Read(parsed, preset => schedule is null ? preset : Schedules.Take(preset, schedule.Info));
        if (schedule is not null) Schedules.Check(schedule, recipe);
        if (parsed.GetValue(_show))
        {
            RecipeReport.Write(context, level, recipe);
            return ExitCode.Done;
        }

        string train = Required(parsed, _train), valid = Required(parsed, _valid), output = Required(parsed, _out);
        string? test = parsed.GetValue(_test);
        OutputFile.CheckIsNone(output, _out.Name, (train, _train.Name), (valid, _valid.Name), (test, _test.Name), (schedule?.Path, _schedule.Name));
        OutputFile.CheckWritable(output);
        HardwareProfile? hardware = Profiles.Read(parsed, _profile);
        var data = LanguageModelData.Read(train, valid, test, level, parsed.GetValue(_minimumCount) ?? 1, recipe);
        using var pool = new WorkerPool(Ranged.ThreadsOf(parsed, _threads));
        var training = new LanguageModelTraining(recipe, data, output, parsed.GetValue(_maxSteps), pool, hardware, schedule, parsed.GetValue(_dtype) ?? TensorStorage.F32);
        TrainingOutcome? outcome = null;
        ProgressDisplay.Run(context, progress => outcome = training.Run(progress, context.Stop.Watch()));
        TrainingReport.Write(context, data, recipe, outcome!, output, pool.ThreadCount);
        return ExitCode.Done;
    }

    private static string Required(ParseResult parsed, Option<string?> option) =>
        parsed.GetValue(option) ?? throw new UsageException($"{option.Name} is missing; --train, --valid and --out are required.");
}
