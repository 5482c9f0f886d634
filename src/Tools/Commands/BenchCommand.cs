using TinySD.Tools.Bench;
using TinySD.Tools.Options;
using TinySD.Tools.Tasks.LanguageModeling;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd bench</c>: what structured dropout saves on this machine.</summary>
internal static class BenchCommand
{
    private const string DefaultPreset = "zaremba-medium";

    private static readonly string s_defaultRate = BenchPlan.DefaultRate.ToString(CultureInfo.InvariantCulture);

    public static Command Create(CommonOptions common)
    {
        Option<string?> preset = Presets.Option($"The model and its window. One of {Presets.List}. [default: {DefaultPreset}]");
        Option<float?> rate = Ranged.Number("--rate", value => value is > 0f and < 1f, "a drop rate above 0 and below 1",
            $"Drop rate at every site. [default: the preset's, or {s_defaultRate} where it has none]");
        Option<int?> steps = Ranged.Whole("--steps", 1, 100_000,
            "Steps of each model to time. [default: as many as half a minute allows, " +
            $"{BenchComparison.FewestSteps} at least and {BenchComparison.MostSteps} at most]");
        Option<int?> threads = Ranged.Threads();
        FileOption profile = Profiles.Option();
        var cell = new FieldOptions<LanguageModelRecipe>([LanguageModelFields.Cell, LanguageModelFields.Peepholes]);
        Option<int?> keepMultiple = Ranged.Value(LanguageModelFields.Shared.KeepMultiple), groupSize = Ranged.Value(LanguageModelFields.Shared.GroupSize);
        var passes = new Option<bool>("--passes") { Description = "Show where in a step the time goes, pass by pass." };
        var command = new Command("bench",
            "Time training steps with random dropout, whose products are dense, and with structured dropout, in turn, on random tokens: the " +
            "forward, backward and weight-gradient products and the whole step, as medians and ratios. Takes less than a minute. " +
            "Other programs running at the same time spoil the figures.")
        {
            preset, rate, keepMultiple, groupSize, steps, threads, profile, passes,
        };
        foreach (Option option in cell.All) command.Add(option);
        command.SetAction(parsed =>
        {
            CliContext context = common.Read(parsed);
            LanguageModelRecipe recipe = cell.Apply(parsed, Presets.Find(parsed.GetValue(preset) ?? DefaultPreset), context.Warnings);
            var plan = BenchPlan.For(recipe, parsed.GetValue(rate), parsed.GetValue(keepMultiple), parsed.GetValue(groupSize));
            return Run(context, plan, parsed.GetValue(steps), Ranged.ThreadsOf(parsed, threads), parsed.GetValue(passes), Profiles.Read(parsed, profile));
        });
        return command;
    }

    private static int Run(CliContext context, BenchPlan plan, int? steps, int threads, bool passes, HardwareProfile? hardware)
    {
        using var pool = new WorkerPool(threads);
        var comparison = new BenchComparison(plan, steps, pool, hardware);
        BenchReport report = ProgressDisplay.RunToTheEnd(context, "there is nothing to report", (progress, stop) =>
        {
            comparison.Run(progress, stop);
            return new BenchReport(comparison, threads, hardware);
        });
        if (context.Json) report.WriteJson(context.Console.Out, passes);
        else report.WriteText(context.Console, passes);
        return ExitCode.Done;
    }
}
