using TinySD.Formats;
using TinySD.Formats.Checkpoints;
using TinySD.Formats.Fields;
using TinySD.Formats.Models;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Memory;
using TinySD.Tools.Files;

using Number = TinySD.Formats.Fields.Field<TinySD.Tests.Shared.ParityRecipe, int>;

namespace TinySD.Tools.Tests;

/// <summary>All that the parity task has to say about its files.</summary>
internal static class ParityFiles
{
    public static TrainingFields<ParityRecipe> Shared { get; } = new(_ => CellKind.Lstm);

    public static FieldTable<ParityRecipe> Recipe { get; } = new("a recipe", new ParityRecipe { Name = "" },
    [
        new Number("hiddenSize", "--hidden", "", Spelling.Whole(1), r => r.HiddenSize, (r, v) => r with { HiddenSize = v }),
        new Number("timeSteps", "--steps", "", Spelling.Whole(1), r => r.TimeSteps, (r, v) => r with { TimeSteps = v }),
        new Number("batchesPerEpoch", "--batches", "", Spelling.Whole(1), r => r.BatchesPerEpoch, (r, v) => r with { BatchesPerEpoch = v }),
        Shared.Name, .. Shared.Dropout, .. Shared.Decay, Shared.Batch, .. Shared.Run, Shared.ForgetBias, Shared.Seed,
    ]);

    public static CheckpointFormat<ParityRecipe, NoData> Checkpoints { get; } = new("parity", ParityTask.Accuracy, Recipe, NoData.Json);

    public static TrainedModelFormat<ParityRecipe, NoData> Models { get; } = new(
        "parity-model", ParityTask.Accuracy, Recipe, NoData.Json, recipe => new ParityTask(recipe).Network.Parameters.Layout);

    public static (TrainingRecord<ParityRecipe, NoData> Content, ParameterBlock Parameters) Load(string path) =>
        Models.TryLoad(path, out TrainingRecord<ParityRecipe, NoData>? content, out ParameterBlock? parameters, out FileProblem? problem)
            ? (content, parameters)
            : throw new FileProblemException(problem);

    public static FileKind[] Kinds { get; } =
    [
        new ModelKind<TrainingRecord<ParityRecipe, NoData>, ParameterBlock>(
            Models,
            model => [.. TrainingFacts.Origin(model), .. TrainingFacts.Results(model, ParityTask.Accuracy), .. Recipe.Rows(model.Recipe)]),
        new CheckpointKind<ParityRecipe, NoData>(Checkpoints, _ => [], run => Recipe.Rows(run.Recipe)),
    ];
}
