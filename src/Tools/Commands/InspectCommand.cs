using TinySD.Tools.Files;
using TinySD.Tools.Options;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd inspect</c>: what a file holds, without reading its tensors.</summary>
internal sealed class InspectCommand : CliCommand
{
    private const int MostSize = 65536;

    private readonly FileArgument _file = new("FILE", "A file of TinySD (.tsd or .tss), safetensors or ONNX.");
    private readonly Option<bool> _all = new("--all") { Description = "Show all tensors and texts, and all of each, not only the first." };
    private readonly Option<bool> _plan = new("--plan")
    {
        Description = "Print the memory that training the model further would take, in bytes, and nothing else of it.",
    };

    private readonly Option<int?> _batch = Ranged.Whole("--batch", 1, MostSize,
        "With --plan: sequences B in a batch. [default: as it was trained]");

    private readonly Option<int?> _steps = Ranged.Whole(PlanRequest.StepsName, 1, MostSize,
        "With --plan: time steps T of a batch; of a classifier those of its longest sequence. [default: as it was trained]");

    private readonly Option<OptimizerKind?> _optimizer = Ranged.Value("--optimizer", ModelSpelling.Optimizers,
        "With --plan: the update rule. [default: as it was trained]");

    private readonly Option<int?> _threads = Ranged.Threads();
    private readonly FileOption _profile = Profiles.Option(
        "The hardware profile, one that 'tinysd hw list' shows or a file: of the machine that a recommendation is for, which need not be " +
        "this one, or with --plan of this one. [default: the best built-in one that runs here, fitted to this machine's caches]");

    private readonly FileKinds _kinds;

    public InspectCommand(CommonOptions common, FileKinds kinds)
        : base(
            "inspect",
            "Show what a file holds. Kind, configuration, vocabulary, how it was trained, tensors; and in which format its model is best " +
            "run on a machine. Does not check the tensors: see verify. Or, with --plan, the memory that training its model further takes.",
            common)
    {
        _kinds = kinds;
        AddAll([_file, _profile, _all, _plan, .. OfPlan]);
    }

    private IEnumerable<Option> OfPlan => [_batch, _steps, _optimizer, _threads];

    protected override int Run(ParseResult parsed, CliContext context)
    {
        string path = parsed.GetRequiredValue(_file);
        if (parsed.GetValue(_plan))
        {
            context.Warnings.NoEffect(parsed.GetValue(_all), "--all", " with --plan");
            using var pool = new WorkerPool(Ranged.ThreadsOf(parsed, _threads));
            _kinds.Of(path).Plan(path, new(
                parsed.GetValue(_batch), parsed.GetValue(_steps), parsed.GetValue(_optimizer), pool, Profiles.Read(parsed, _profile),
                context.Warnings)).Write(context);
            return ExitCode.Done;
        }

        context.Warnings.NoEffect(Ranged.Given(parsed, OfPlan), " without --plan");
        HardwareProfile? profile = Profiles.ReadToAdvise(parsed, _profile);
        bool isGiven = parsed.GetValue(_profile) is not null;
        _kinds.Of(path).Inspect(path, report =>
        {
            context.Warnings.NoEffect(isGiven && report.Step is null, _profile.Name, $": {path} is no model");
            (profile is null ? report : report.Advise(profile, !isGiven)).Write(context, parsed.GetValue(_all));
        });
        return ExitCode.Done;
    }
}
