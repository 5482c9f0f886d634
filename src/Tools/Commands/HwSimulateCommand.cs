using TinySD.Tools.Bench;
using TinySD.Tools.Options;
using TinySD.Tools.Systolic;
using TinySD.Tools.Tasks.LanguageModeling;
using TinySD.Tools.Training;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd hw simulate</c>: the cycles of a training step, or of one product, on a systolic array.</summary>
internal sealed class HwSimulateCommand : CliCommand
{
    private readonly FileOption _profile = Profiles.Option($"The array, built in or a file. Built in: {Profiles.Arrays}.");

    private readonly Option<string?> _preset = PresetOption.Create(
        $"Simulate a training step of this model. One of {Presets.List}.", Presets.Names);

    private readonly FieldOptions<LanguageModelRecipe> _cell = new([LanguageModelFields.Cell]);

    private readonly Option<GemmShape?> _gemm = Ranged.Value("--gemm", "M,N,K",
        "Simulate one forward product [M, K] x [K, N]; masks drop a part of K. Write the sizes without spaces.",
        $"three whole numbers M,N,K from 1 to {GemmShape.MaxExtent}", GemmShape.Find);

    private readonly Option<DropoutKind?> _dropout = Ranged.Value("--dropout", ModelSpelling.DropoutKinds,
        "How masks vary. Only the structured ones skip work. [default: structured]");

    private readonly Option<float?> _rate = Ranged.Rate("--rate",
        $"Drop rate at every site. [default: the preset's, or {Figures.Setting(BenchPlan.DefaultRate)} where it has none]");

    private readonly Option<int?> _keepMultiple = Ranged.Value(LanguageModelFields.Shared.KeepMultiple);
    private readonly Option<int?> _groupSize = Ranged.Value(LanguageModelFields.Shared.GroupSize);
    private readonly Option<SystolicDataflow?> _dataflow = Ranged.Value("--dataflow", HardwareSpelling.Dataflows,
        "What stays in the array: outputs, weights or inputs. [default: the profile's]");

    private readonly FileOption _report = FileOption.Output("--report",
        "Also draw the masks and the cycles of every product, as a page (HTML) to look at.");

    public HwSimulateCommand(CommonOptions common)
        : base(
            "simulate",
            "Count the cycles of a systolic array. For every product of a training step, or for one product: dense, and with the " +
            "units skipped that structured masks drop. The masks are those that training would draw.",
            common)
    {
        _profile.Required = true;
        AddAll([_profile, _preset, .. _cell.All, _gemm, _dropout, _rate, _keepMultiple, _groupSize, _dataflow, _report]);
    }

    protected override int Run(ParseResult parsed, CliContext context)
    {
        string? page = parsed.GetValue(_report);
        HardwareProfile array = Profiles.FindArray(parsed.GetRequiredValue(_profile));
        var report = new SimulationReport(array, parsed.GetValue(_dataflow), PlanOf(parsed, context.Warnings));
        if (page is not null) HtmlPage.Save(page, report.WriteHtml);
        if (context.Json) report.WriteJson(context.Console.Out);
        else report.WriteText(context.Console);
        return ExitCode.Done;
    }

    private SimulationPlan PlanOf(ParseResult parsed, Warnings warnings)
    {
        DropoutKind kind = parsed.GetValue(_dropout) ?? DropoutKind.Structured;
        float? rate = parsed.GetValue(_rate);
        int? multiple = parsed.GetValue(_keepMultiple), group = parsed.GetValue(_groupSize);
        string isKind = $": --dropout is {ModelSpelling.DropoutKinds.NameOf(kind)}";
        bool isNested = kind is DropoutKind.Nested or DropoutKind.NestedLocked;
        if ((kind == DropoutKind.None || isNested) && rate is not null)
        {
            warnings.NoEffect([_rate.Name], isNested ? $"{isKind}, which keeps one share of the units everywhere" : isKind);
            rate = null;
        }

        if (isNested)
        {
            warnings.NoEffect(Ranged.Given(parsed, _groupSize), $"{isKind}, which keeps the first units");
            group = null;
        }
        else if (kind is not (DropoutKind.Structured or DropoutKind.StructuredLocked))
        {
            warnings.NoEffect(Ranged.Given(parsed, _keepMultiple, _groupSize), $"{isKind}, and only structured masks skip units");
            multiple = group = null;
        }

        if (parsed.GetValue(_gemm) is not null) warnings.NoEffect(_cell.Given(parsed), " on the one product of --gemm");
        return (parsed.GetValue(_preset), parsed.GetValue(_gemm)) switch
        {
            (null, null) => throw new UsageException("there is nothing to simulate; give --preset NAME or --gemm M,N,K."),
            ({ } name, null) => SimulationPlan.ForPreset(_cell.Apply(parsed, Presets.Find(name), warnings), kind, rate, multiple, group),
            (null, { } shape) => SimulationPlan.ForGemm(shape, kind, rate, multiple, group),
            _ => throw new UsageException("--preset and --gemm exclude each other; leave one of them out."),
        };
    }
}
