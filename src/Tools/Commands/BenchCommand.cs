using TinySD.Tools.Bench;
using TinySD.Tools.Options;
using TinySD.Tools.Tasks.LanguageModeling;
using TinySD.Tools.Training;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd bench</c>: what structured dropout saves on this machine.</summary>
internal sealed class BenchCommand : CliCommand
{
    private const string DefaultPreset = "zaremba-medium";

    private readonly Option<string?> _preset =
        PresetOption.Create($"The model and its window. One of {Presets.List}. [default: {DefaultPreset}]", Presets.Names);

    private readonly Option<float?> _rate = Ranged.Number("--rate", value => value is > 0f and < 1f, "a drop rate above 0 and below 1",
        $"Drop rate at every site. [default: the preset's, or {Figures.Setting(BenchPlan.DefaultRate)} where it has none]");

    private readonly Option<int?> _steps = Ranged.Whole("--steps", 1, 100_000,
        "Steps of each model to time. [default: as many as half a minute allows, " +
        $"{StepBudget.Fewest} at least and {StepBudget.Most} at most]");

    private readonly Option<int?> _threads = Ranged.Threads();
    private readonly FileOption _profile = Profiles.Option();
    private readonly FieldOptions<LanguageModelRecipe> _cell = new([LanguageModelFields.Cell, LanguageModelFields.Peepholes]);
    private readonly Option<int?> _keepMultiple = Ranged.Value(LanguageModelFields.Shared.KeepMultiple);
    private readonly Option<int?> _groupSize = Ranged.Value(LanguageModelFields.Shared.GroupSize);
    private readonly Option<bool> _passes = new("--passes") { Description = "Show where in a step the time goes, pass by pass." };

    public BenchCommand(CommonOptions common)
        : base(
            "bench",
            "Time training steps with random and with structured dropout. In turn, on random tokens: the forward, backward and " +
            "weight-gradient products and the whole step, as medians and ratios. Takes less than a minute. " +
            "Other programs running at the same time spoil the figures.",
            common) =>
        AddAll([_preset, _rate, _keepMultiple, _groupSize, _steps, _threads, _profile, _passes, .. _cell.All]);

    protected override int Run(ParseResult parsed, CliContext context)
    {
        LanguageModelRecipe recipe = _cell.Apply(parsed, Presets.Find(parsed.GetValue(_preset) ?? DefaultPreset), context.Warnings);
        var plan = BenchPlan.For(recipe, parsed.GetValue(_rate), parsed.GetValue(_keepMultiple), parsed.GetValue(_groupSize));
        HardwareProfile? hardware = Profiles.Read(parsed, _profile);
        using var pool = new WorkerPool(Ranged.ThreadsOf(parsed, _threads));
        StepComparison<TimedModel> comparison = plan.Compare(parsed.GetValue(_steps), pool, hardware);
        BenchReport report = ProgressDisplay.RunToTheEnd(context, "there is nothing to report", (progress, stop) =>
        {
            comparison.Run(progress, stop);
            return new BenchReport(comparison, pool.ThreadCount, hardware);
        });
        if (context.Json) report.WriteJson(context.Console.Out, parsed.GetValue(_passes));
        else report.WriteText(context.Console, parsed.GetValue(_passes));
        return ExitCode.Done;
    }
}
