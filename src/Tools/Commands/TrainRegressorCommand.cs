using TinySD.Tools.Options;
using TinySD.Tools.Tasks.Regression;
using TinySD.Tools.Training;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd train regressor</c>: columns of numbers from columns of numbers.</summary>
internal sealed class TrainRegressorCommand : TrainCommand<RegressorRecipe, RunSeries, SequenceBatch>
{
    private readonly SeriesOptions _series = new();

    public TrainRegressorCommand(CommonOptions common)
        : base(
            "regressor",
            "Train a regressor on a table of numbers. Rows are in order of time; the epoch that does best on its validation rows is " +
            "written.",
            RegressorFields.Table, RegressorCheckpoint.Format, common) =>
        AddAll([.. _series.Data, Out, .. _series.Csv, .. _series.Recipe.All, InitFrom, .. Ends, .. Machine, .. Rest]);

    protected override IReadOnlyList<Option> Required => _series.Required;

    protected override Option? InPlaceOf(Option option) => option == _series.Targets ? InitFrom : null;

    protected override TrainingJob<RegressorRecipe, RunSeries, SequenceBatch> Read(
        ParseResult parsed, CliContext context, ResumedRun<RegressorRecipe, RunSeries>? resumed)
    {
        LoadedRegressor? loaded = StartOf(parsed, resumed) is { } path ? RegressorFile.Load(path) : null;
        StartModel<RegressorRecipe>? start = loaded is null ? null : new(
            StartOf(parsed, resumed)!, loaded.Training.Recipe, own => own.WithShapeOf(loaded.Regressor));
        (RegressorRecipe Forecast, RegressorRecipe SameRow) recipes = _series.Recipes(
            parsed, (usual, warnings) => _series.Recipe.Read(parsed, usual, resumed, warnings, start), context.Warnings);
        SeriesRequest request = _series.Request(parsed, resumed, start, loaded?.Regressor.Form);
        TrainingJob<RegressorRecipe, RunSeries, SequenceBatch> job = null!;
        job = new(recipes.Forecast, ReadTables)
        {
            Files = [(_series.Train, request.Train), (_series.Valid, request.Valid), (_series.Test, request.Test)],
            Plan = setup =>
            {
                var data = RegressorData.Read(request with { Test = null }, recipes, setup.Progress, setup.Stop);
                job.Recipe = data.Recipe;
                MemoryNeed need = RegressorTask.MemoryNeedOf(
                    data.Recipe, data.Form.Inputs.Length, data.Form.Targets.Length, setup.Runner, setup.Hardware);
                return (need, data.Recipe.TimeSteps);
            },
        };
        return job;

        TrainingData<RunSeries, SequenceBatch> ReadTables(IProgressDisplay progress, CancellationToken stop)
        {
            var data = RegressorData.Read(request, recipes, progress, stop);
            job.Recipe = data.Recipe;
            return new(data.ToRunSeries(), setup => new RegressorTraining(data.Recipe, data, setup, loaded?.Regressor.Model))
            {
                Warnings = data.Warnings,
                Check = () => Check(resumed!, data),
            };
        }
    }

    private void Check(ResumedRun<RegressorRecipe, RunSeries> resumed, RegressorData data)
    {
        RunSeries found = data.ToRunSeries();
        Check(_series.Train, found.Train, resumed.Data.Train);
        if (resumed.Data.Valid is { } valid) Check(_series.Valid, found.Valid!, valid);

        // A test table changes nothing in the run, so one may be added.
        if (found.Test is { } test && resumed.Data.Test is { } tested) Check(_series.Test, test, tested);

        void Check(FileOption option, TableFingerprint table, TableFingerprint known)
        {
            const string what = "the table";
            string rows = $"{Figures.Count(known.Rows, "row")} expected, {Figures.Count(table.Rows)} found";
            if (table.Rows != known.Rows) throw resumed.Other(option.Name, table.Path, what, rows);
            if (table.Checksum != known.Checksum)
                throw resumed.Other(option.Name, table.Path, what, "it has as many rows, but not the same numbers");
            resumed.CheckName(option.Name, table.Path, known.Path, what);
        }
    }
}
