using System.CommandLine;
using System.Diagnostics;
using TinySD.Formats.Models;
using TinySD.Runtime.Hardware;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Threading;
using TinySD.Runtime.Training;
using TinySD.Tools.Commands;
using TinySD.Tools.Display;
using TinySD.Tools.Options;
using TinySD.Tools.Reproduce;
using TinySD.Tools.Training;

namespace TinySD.Tools.Tests;

/// <summary>The parity task as the command line would train it.</summary>
internal sealed class ParityTraining(ParityRecipe recipe, string output, IParallelRunner runner) : TrainedTask<ParityBatch>
{
    private const ulong TestSeed = 99;

    public static TaskWords Told { get; } = new(
        "parity model", "the parity of bits", "data", "bits", ParityTask.Accuracy, "Accuracies",
        value => Figures.Fixed(value, 4))
    { Decimals = 4 };

    public override TrainingTask<ParityBatch> Task { get; } = new ParityTask(recipe, runner);

    public override TaskWords Words => Told;

    public override string Output => output;

    public override IEnumerable<(string Name, string Value)> Facts => [("sequences", "drawn")];

    public override IEnumerable<string> Notes(TrainingRun<ParityBatch> run, int threads) => [];

    public override void Save(ParameterBlock parameters, IReadOnlyList<EpochOutcome> epochs) => ParityFiles.Models.Save(
        output, new() { Recipe = recipe, Data = new(), Parameters = parameters.Layout.ParameterCount, Epochs = epochs }, parameters);

    public override Measurement? Test(IProgressDisplay progress, CancellationToken stop)
    {
        ParityFiles.Models.TryLoad(output, out TrainingRecord<ParityRecipe, NoData>? model, out ParameterBlock? best, out _);
        Measurement measured = new ParityTask(recipe with { Seed = TestSeed }, runner).Measure(best!, cancellation: stop);
        ParityFiles.Models.Save(output, model! with { Test = measured }, best!);
        return measured;
    }
}

/// <summary>A grid of the parity task.</summary>
internal sealed class ParityGrid(GridPlan<ParityRecipe> plan)
    : GridTask<ParityRecipe, NoData, ParityBatch>(Kind, plan, ParityFiles.Recipe, ParityFiles.Checkpoints)
{
    public static new GridKind Kind { get; } =
        GridKind.Of("reproduce parity", ParityTraining.Told, 0.05, ParityFiles.Recipe, ParityFiles.Checkpoints);

    public override IEnumerable<(string Name, string Value)> Facts => [("sequences", "drawn")];

    protected override NoData DataOfRuns => new();

    public override NetworkPlan NetworkOf(GridCell cell) => new ParityTask(RecipeOf(cell)).Network.Plan;

    public override ITimedRun Timed(GridCell cell, IParallelRunner runner, HardwareProfile? hardware) =>
        new TimedParity(new(new ParityTask(RecipeOf(cell) with { BatchesPerEpoch = int.MaxValue }, runner)));

    protected override TrainedTask<ParityBatch> NewRun(
        ParityRecipe recipe, string output, IParallelRunner runner, HardwareProfile? hardware) =>
        new ParityTraining(recipe, output, runner);

    private sealed class TimedParity(TrainingRun<ParityBatch> run) : ITimedRun
    {
        public double LastStepMilliseconds => run.LastStep.TotalMilliseconds;

        public PassTimes Times => run.Trainer.Times;

        public void BeginRound(int epoch)
        {
        }

        public double Step(int index) => run.TryStep(out StepResult result) ? result.Loss : throw new UnreachableException();
    }
}

/// <summary><c>reproduce parity</c>, all that a second task's verb takes.</summary>
internal sealed class ReproduceParityCommand : GridCommand
{
    private static readonly ParityRecipe s_preset = new()
    {
        Name = "parity",
        HiddenSize = 8,
        TimeSteps = 4,
        BatchesPerEpoch = 30,
        BatchSize = 6,
        Epochs = 4,
        LearningRate = 0.3f,
        Dropout = new() { Kind = DropoutKind.Structured, Recurrent = 0.25f, Output = 0.25f },
    };

    private readonly GridOptions _grid = new();
    private readonly FieldOptions<ParityRecipe> _recipe = new([ParityFiles.Recipe.Find("--epochs")!, ParityFiles.Recipe.Find("--lr")!]);

    public ReproduceParityCommand(CommonOptions common)
        : base(ParityGrid.Kind, "A grid of the parity task.", common) => AddAll([Folder, .. _recipe.All, .. _grid.All, .. Rest]);

    protected override Func<GridManifest?, GridTask> Read(ParseResult parsed, CliContext context)
    {
        ParityRecipe recipe = _recipe.Apply(parsed, s_preset, context.Warnings);
        GridPlan<ParityRecipe> plan = _grid.Read(parsed, recipe, recipe.Dropout, givesRecurrentRate: false, ParityFiles.Recipe);
        return _ => new ParityGrid(plan);
    }
}
