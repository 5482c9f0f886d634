using TinySD.Tools.Json;
using TinySD.Tools.Training;

namespace TinySD.Tools.Tasks.Regression;

/// <summary>A regressor in training: its rows and its file. The memory is planned and taken at once.</summary>
/// <param name="recipe">What decides the run; the data's, or with another seed and another way to drop units.</param>
/// <param name="data">Its rows.</param>
/// <param name="setup">Where it writes, and what it computes with.</param>
/// <param name="start">The model to begin with, or null.</param>
/// <exception cref="UsageException">The sizes are beyond what one block of memory can hold.</exception>
internal sealed class RegressorTraining(RegressorRecipe recipe, RegressorData data, RunSetup setup, SequenceModel? start = null)
    : TrainedTask<SequenceBatch>
{
    private readonly RegressorTask _task = Sizes.Checked(() => new RegressorTask(
        recipe, data.Form, data.Train, data.Valid, setup.Runner, setup.Hardware, start: start));

    private RegressionResult? _validated, _tested;

    public override TrainingTask<SequenceBatch> Task => _task;

    public override string Output => setup.Output;

    public override TaskWords Words => Told;

    /// <summary>How regressors are told about.</summary>
    public static TaskWords Told { get; } = new(
        "regressor", "regression", "rows", "predictions", RegressorFile.Metric, "Mean squared errors", RegressionWords.Number)
    { Decimals = 1, Unit = "%", UnitsInOne = 100, IsRelative = true };

    public override IEnumerable<(string Name, string Value)> Facts => data.Facts;

    public override IEnumerable<string> Findings =>
    [
        .. _validated is null ? [] : RegressionWords.Of("validation", _validated, data.Form),
        .. _tested is null ? [] : RegressionWords.Of("test", _tested, data.Form),
    ];

    public override IEnumerable<string> Notes(TrainingRun<SequenceBatch> run, int threads)
    {
        yield return $"predicts {RegressorData.Predicted(data.Form)}";
        string tested = data.Test is null ? "" : $", {Figures.Count(data.Test.Count)} to test on";
        yield return
            $"{data.Name}: {Figures.Count(data.Train.Count, "row")} to train on, {Figures.Count(data.Valid.Count)} to validate " +
            $"on{tested}; {Figures.Count(_task.Regressor.Model.Layout.ParameterCount, "parameter")}; " +
            $"{Figures.Count(run.BatchCount, "step")} an epoch of {Figures.Count(recipe.BatchSize, "sequence")}; threads: {threads}";
    }

    public override void Save(ParameterBlock parameters, IReadOnlyList<EpochOutcome> epochs) =>
        RegressorFile.Save(Output, new Regressor(_task.ModelOf(parameters), data.Form), new()
        {
            Recipe = recipe,
            Data = data.ToRecord(_task.Evaluate(parameters, data.Valid).Spreads),
            Epochs = epochs,
        }, setup.Dtype);

    public override Measurement? Test(IProgressDisplay progress, CancellationToken stop)
    {
        LoadedRegressor best = RegressorFile.Load(Output);
        var evaluator = new RegressorEvaluator(best.Regressor, setup.Runner, setup.Hardware);
        _validated = evaluator.Evaluate(data.Valid, null, ProgressDisplay.ShareOf(progress, "validation of what is kept"), stop);
        if (data.Test is not { } test) return null;
        _tested = evaluator.Evaluate(test, null, ProgressDisplay.ShareOf(progress, "testing"), stop);
        var measured = new Measurement(_tested.All.Model.Mse, _tested.All.Model.Mse);
        if (!double.IsFinite(measured.Loss)) return measured;
        SeriesRecord series = best.Training.Data with { Test = data.ToTestRecord() };
        RegressorFile.Save(Output, best.Regressor, best.Training with { Data = series, Test = measured }, setup.Dtype);
        return measured;
    }

    public override void WriteText(CliConsole console)
    {
        foreach (string finding in Findings) console.Prose.WriteLine(finding);
    }

    public override void WriteResult(Utf8JsonWriter json)
    {
        Names("inputs", data.Form.Inputs);
        Names("targets", data.Form.Targets);
        Figures("validFigures", _validated);
        Figures("testFigures", _tested);

        void Names(string name, IEnumerable<string> columns)
        {
            json.WriteStartArray(name);
            foreach (string column in columns) json.WriteStringValue(column);
            json.WriteEndArray();
        }

        void Figures(string name, RegressionResult? result)
        {
            if (result is null) return;
            json.WriteStartObject(name);
            RegressionJson.WriteMembers(json, result, data.Form);
            json.WriteEndObject();
        }
    }
}
