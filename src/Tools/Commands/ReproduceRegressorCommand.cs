using TinySD.Tools.Options;
using TinySD.Tools.Reproduce;
using TinySD.Tools.Tasks.Regression;

namespace TinySD.Tools.Commands;

internal sealed class ReproduceRegressorCommand : GridCommand
{
    private readonly SeriesOptions _series = new();
    private readonly GridOptions _grid = new();

    public ReproduceRegressorCommand(CommonOptions common)
        : base(
            RegressorGrid.OfSeries,
            "Train a regressor with each way to drop units and some seeds. --test, or three " +
            "numbers of rows for --split, say what to test on. Can be stopped at any time; the same command goes on.",
            common)
    {
        foreach (Option option in _series.Required) option.Required = true;
        AddAll([.. _series.Data, Folder, .. _series.Csv, .. _series.Recipe.OfGrids, .. _grid.All, .. Rest]);
    }

    protected override Func<GridManifest?, GridTask> Read(ParseResult parsed, CliContext context)
    {
        (RegressorRecipe, RegressorRecipe) recipes = _series.Recipes(
            parsed, (usual, warnings) => PlanOf(usual, warnings).Recipe, context.Warnings);
        SeriesRequest request = _series.Request(parsed, resumed: null);
        return _ =>
        {
            RegressorData data = ProgressDisplay.Run(
                context, progress => RegressorData.Read(request, recipes, progress, context.Stop.Watch()));
            if (data.Test is null)
            {
                throw new UsageException(
                    $"a grid needs rows to test on; give {_series.Test.Name}, or --split TRAIN,VALID,TEST with three numbers of rows.");
            }

            // What the data settled, before the schedule is compressed.
            RegressorRecipe settled = data.Recipe;
            var silent = new Warnings(TextWriter.Null, "");
            return new RegressorGrid(PlanOf(settled.Name, silent, own => own with
            {
                Horizon = settled.Horizon,
                BatchSize = settled.BatchSize,
                LinearRows = settled.LinearRows,
            }), data);
        };

        GridPlan<RegressorRecipe> PlanOf(string usual, Warnings warnings, Func<RegressorRecipe, RegressorRecipe>? change = null) =>
            _grid.Read(parsed, _series.Recipe, usual, RegressorFields.Table, warnings, change);
    }
}
