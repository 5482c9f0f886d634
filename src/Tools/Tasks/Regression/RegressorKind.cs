using TinySD.Tools.Files;
using TinySD.Tools.Training;

namespace TinySD.Tools.Tasks.Regression;

internal sealed class RegressorKind() : ModelKind<RegressorDescription, Regressor>(RegressorFile.Format, Facts)
{
    public static FileKind Checkpoints { get; } = new CheckpointKind<RegressorRecipe, RunSeries>(
        RegressorCheckpoint.Format, Facts, run => RegressorFields.Table.Rows(run.Recipe));

    protected override IReadOnlyList<double> SharesOf(RegressorDescription content) =>
        TrainingFacts.SharesOf(content.Training.Recipe.Dropout);

    protected override ComparedRun RunOf(RegressorDescription content) => ComparedRun.Of(content.Training, RegressorTraining.Told);

    protected override PlanReport Plan(RegressorDescription content, PlanRequest request)
    {
        RegressorRecipe recipe = request.Settle(content.Training.Recipe);
        request.Warnings.NoEffect(
            request.Steps is not null && recipe.Window > 0, PlanRequest.StepsName,
            $": the regressor predicts from the last {Figures.Count(recipe.Window, "row")}, which are run whole");
        recipe = recipe with { Bptt = request.Steps ?? recipe.Bptt };
        (int inputs, int targets) = (content.Form.Inputs.Length, content.Form.Targets.Length);
        return new(
            RegressorTask.MemoryNeedOf(recipe, inputs, targets, request.Runner, request.Hardware), recipe.BatchSize, recipe.TimeSteps,
            recipe.Optimizer, request.Runner.ThreadCount);
    }

    private static IEnumerable<(string, string)> Facts(RegressorDescription model)
    {
        (SeriesForm form, TrainingRecord<RegressorRecipe, SeriesRecord> training) = model;
        yield return ("predicts", RegressorData.Predicted(form));
        for (int i = 0; i < form.Inputs.Length; i++) yield return ($"input {form.Inputs[i]}", Told(form.InputScales[i]));
        for (int i = 0; i < form.Targets.Length; i++) yield return ($"target {form.Targets[i]}", Told(form.TargetScales[i]));
        foreach ((string, string) fact in TrainingFacts.Origin(training)) yield return fact;
        yield return ("trained on", Told(training.Data.Train));
        yield return ("validated on", Told(training.Data.Valid));
        if (training.Data.Test is { } test) yield return ("tested on", Told(test));
        foreach ((string, string) fact in TrainingFacts.Results(training, RegressorFile.Metric)) yield return fact;
        foreach ((string, string) row in RegressorFields.Table.Rows(training.Recipe)) yield return row;
    }

    private static IEnumerable<(string, string)> Facts(RunSeries series)
    {
        yield return ("inputs", string.Join(", ", series.Inputs));
        yield return ("targets", string.Join(", ", series.Targets));
        yield return ("trained on", $"{series.Train.Path}, {Figures.Count(series.Parts[0], "row")}");
        yield return series.Valid is { } valid
            ? ("validated on", $"{valid.Path}, {Figures.Count(valid.Rows, "row")}")
            : ("validated on", $"{series.Train.Path}, {Figures.Count(series.Parts[1], "row")}");
        if (series.Test is { } test) yield return ("tested on", $"{test.Path}, {Figures.Count(test.Rows, "row")}");
    }

    private static string Told(ColumnScale scale) =>
        $"mean {RegressionWords.Number(scale.Offset)}, standard deviation {RegressionWords.Number(scale.Scale)}";

    private static string Told(RowsRecord rows) => $"{rows.Name}, {Figures.Count(rows.Rows, "row")}";
}
