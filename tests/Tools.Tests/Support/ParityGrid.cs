using System.CommandLine;
using TinySD.Formats.Models;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Threading;
using TinySD.Runtime.Training;
using TinySD.Tools.Commands;
using TinySD.Tools.Display;
using TinySD.Tools.Files;
using TinySD.Tools.Options;
using TinySD.Tools.Reproduce;
using TinySD.Tools.Training;

namespace TinySD.Tools.Tests;

/// <summary>The parity task as the command line would train it.</summary>
internal sealed class ParityTraining(ParityRecipe recipe, RunSetup setup) : TrainedTask<ParityBatch>
{
    private const ulong TestSeed = 99;

    public static TaskWords Told { get; } = new(
        "parity model", "the parity of bits", "data", "bits", ParityTask.Accuracy, "Accuracies",
        value => Figures.Fixed(value, 4))
    { Decimals = 4 };

    public override TrainingTask<ParityBatch> Task { get; } = new ParityTask(recipe, setup.Runner);

    public override TaskWords Words => Told;

    public override string Output => setup.Output;

    public override IEnumerable<(string Name, string Value)> Facts => [("sequences", "drawn")];

    public override IEnumerable<string> Notes(TrainingRun<ParityBatch> run, int threads) => [];

    public override void Save(ParameterBlock parameters, IReadOnlyList<EpochOutcome> epochs) => ParityFiles.Models.Save(
        setup.Output, new() { Recipe = recipe, Data = new(), Parameters = parameters.Layout.ParameterCount, Epochs = epochs }, parameters,
        setup.Dtype);

    public override Measurement? Test(IProgressDisplay progress, CancellationToken stop)
    {
        (TrainingRecord<ParityRecipe, NoData> model, ParameterBlock best) = ParityFiles.Load(setup.Output);
        Measurement measured = Measure(recipe, best, setup.Runner, stop);
        ParityFiles.Models.Save(setup.Output, model with { Test = measured }, best, setup.Dtype);
        return measured;
    }

    public static Measurement Measure(ParityRecipe recipe, ParameterBlock parameters, IParallelRunner runner, CancellationToken stop) =>
        new ParityTask(recipe with { Seed = TestSeed }, runner).Measure(parameters, cancellation: stop);
}

/// <summary><c>eval</c> of a parity model, with an option of its own.</summary>
internal sealed class ParityEval() : ModelVerb<EvalRequest>("parity-model", "parity models")
{
    private readonly Option<int?> _batches = Ranged.Whole("--batches", 1, 9, "What the result says.");

    public override IEnumerable<Option> Options => [_batches];

    public override int Run(EvalRequest request, ParseResult parsed, CliContext context)
    {
        (TrainingRecord<ParityRecipe, NoData> model, ParameterBlock parameters) = ParityFiles.Load(request.Model);
        Measurement measured = ParityTraining.Measure(model.Recipe, parameters, SingleThread.Instance, default);
        context.Console.Out.WriteLine($"accuracy {Figures.Fixed(measured.Metric, 4)} in {parsed.GetValue(_batches)} batches");
        return 0;
    }
}

/// <summary>A grid of the parity task.</summary>
internal sealed class ParityGrid(GridPlan<ParityRecipe> plan)
    : GridTask<ParityRecipe, NoData, ParityBatch>(Kind, plan, ParityFiles.Recipe, ParityFiles.Checkpoints)
{
    public static new GridKind Kind { get; } =
        GridKind.Of("reproduce parity", ParityTraining.Told, 0.05, ParityFiles.Recipe, ParityFiles.Checkpoints);

    public override IEnumerable<(string Name, string Value)> Facts => [("sequences", "drawn")];

    protected override NoData DataOf(ParityRecipe recipe) => new();

    protected override TrainedTask<ParityBatch> NewRun(ParityRecipe recipe, RunSetup setup) => new ParityTraining(recipe, setup);
}

/// <summary>What the parity task's verbs start from.</summary>
internal static class ParityPresets
{
    public static IReadOnlyList<ParityRecipe> All { get; } =
    [
        new()
        {
            Name = "parity",
            HiddenSize = 8,
            TimeSteps = 4,
            BatchesPerEpoch = 30,
            BatchSize = 6,
            Epochs = 4,
            LearningRate = 0.3f,
            Dropout = new() { Kind = DropoutKind.Structured, Recurrent = 0.25f, Output = 0.25f },
        },
        new() { Name = "parity-long", TimeSteps = 12 },
    ];
}

/// <summary><c>train parity</c>, all that a second task's verb takes.</summary>
internal sealed class TrainParityCommand : TrainCommand<ParityRecipe, NoData, ParityBatch>
{
    private readonly RecipeOptions<ParityRecipe> _recipe = new(ParityFiles.Recipe, ParityFiles.Shared, ParityPresets.All);

    public TrainParityCommand(CommonOptions common)
        : base("parity", "Train the parity task.", ParityFiles.Recipe, ParityFiles.Checkpoints, common) =>
        AddAll([Out, .. _recipe.All, .. Ends, .. Machine, .. Rest]);

    protected override IReadOnlyList<Option> Required => [];

    protected override TrainingJob<ParityRecipe, NoData, ParityBatch> Read(
        ParseResult parsed, CliContext context, ResumedRun<ParityRecipe, NoData>? resumed)
    {
        ParityRecipe recipe = _recipe.Read(parsed, "parity", resumed, context.Warnings);
        return new(recipe, (_, _) => new(new(), setup => new ParityTraining(recipe, setup)))
        {
            Plan = setup => (new ParityTask(recipe, setup.Runner).MemoryNeed, recipe.TimeSteps),
        };
    }
}

/// <summary><c>reproduce parity</c>, likewise.</summary>
internal sealed class ReproduceParityCommand : GridCommand
{
    private readonly GridOptions _grid = new();
    private readonly RecipeOptions<ParityRecipe> _recipe = new(ParityFiles.Recipe, ParityFiles.Shared, ParityPresets.All);

    public ReproduceParityCommand(CommonOptions common)
        : base(ParityGrid.Kind, "A grid of the parity task.", common) => AddAll([Folder, .. _recipe.OfGrids, .. _grid.All, .. Rest]);

    protected override Func<GridManifest?, GridTask> Read(ParseResult parsed, CliContext context)
    {
        GridPlan<ParityRecipe> plan = _grid.Read(parsed, _recipe, "parity", ParityFiles.Recipe, context.Warnings);
        return _ => new ParityGrid(plan);
    }
}
