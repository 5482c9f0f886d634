using TinySD.Tools.Files;
using TinySD.Tools.Json;
using TinySD.Tools.Options;

namespace TinySD.Tools.Tasks.Regression;

/// <summary><c>tinysd eval</c> of a regressor: its errors on a table, beside those of its rivals.</summary>
/// <param name="share">How much of it.</param>
/// <param name="csv">How a table is written.</param>
/// <param name="delta">Thresholds.</param>
internal sealed class RegressorEval(ShareOption share, CsvOptions csv, Option<DeltaThresholds?> delta)
    : EvalVerb<LoadedRegressor, RegressorEval.Measured>(RegressorFile.Kind, "regressors")
{
    private readonly Option<string?> _rows = new("--rows")
    {
        HelpName = "FIRST,COUNT",
        Description = "Of a regressor's table: measure on so many rows from this one on, the first being 0; those before are their " +
            "history. [default: all]",
    };

    public override IEnumerable<Option> Options => [share.Option, .. Comparing, delta];

    public override IEnumerable<Option> Comparing => [_rows, .. csv.All];

    protected override LoadedRegressor Load(string path) => RegressorFile.Load(path);

    protected override LoadedRegressor Settle(LoadedRegressor loaded, string path, ParseResult parsed, Warnings warnings)
    {
        (float of, int multiple) = share.Read(parsed, loaded.Training.Recipe, path, warnings);
        return loaded with { Regressor = loaded.Regressor.AtShare(of, multiple) };
    }

    protected override Measuring Prepare(
        LoadedRegressor loaded, EvalRequest request, IParallelRunner runner, ParseResult parsed, CliContext context)
    {
        TableOptions options = csv.Read(parsed, new() { DecimalMark = loaded.Training.Data.DecimalMark });
        DeltaThresholds? thresholds = parsed.GetValue(delta);
        DeltaOption.Check(
            thresholds ?? default, request.Model, loaded.Regressor.Model.Layout.Weights, DeltaOption.Without(loaded.Regressor.Form));
        EvaluationRows rows = ProgressDisplay.Run(context, progress => EvaluationRows.Read(
            request.Data, parsed.GetValue(_rows), options, loaded, progress, context.Stop.Watch()));
        foreach (string remark in rows.Remarks) context.Warnings.Note(remark);
        return new(model =>
        {
            var evaluator = new RegressorEvaluator(model.Regressor, runner, request.Hardware);
            return ProgressDisplay.Run(context, progress =>
            {
                RegressionResult plain = rows.Measure(evaluator, ProgressDisplay.ShareOf(progress, "evaluation"), context.Stop.Watch());
                if (thresholds is not { } given) return new Measured(plain, null);
                Action<double> show = ProgressDisplay.ShareOf(progress, "delta thresholds");
                return new Measured(plain, Compared(given, DeltaEvaluator.Compare(
                    model.Regressor, rows.Part, given, runner, request.Hardware, show, context.Stop.Watch())));
            });
        });
    }

    protected override ComparedFigure FigureOf(Measured measured) => new(
        RegressorFile.Metric.Name, measured.Result.All.Model.Mse, RegressionWords.Number(measured.Result.All.Model.Mse));

    protected override void Write(Measured measured, LoadedRegressor loaded, EvalRequest request, CliContext context)
    {
        (RegressionResult result, DeltaEvalResult? compared) = measured;
        SeriesForm form = loaded.Regressor.Form;
        if (!context.Json)
        {
            foreach (string line in RegressionWords.Of(Path.GetFileName(request.Data), result, form)) context.Console.Prose.WriteLine(line);
            compared?.WriteText(context.Console, ["mse", "mae"], "predictions (normalised)", RegressionWords.Number);
            return;
        }

        CliJson.Write(context.Console.Out, json =>
        {
            json.WriteStartObject();
            RegressionJson.WriteMembers(json, result, form);
            new JsonMembers(json).Add(compared, "delta");
            json.WriteEndObject();
        });
    }

    private static DeltaEvalResult Compared(DeltaThresholds thresholds, DeltaComparison<RegressionResult> found)
    {
        MeanErrors exact = found.Exact.All.Model, delta = found.Delta.All.Model;
        return new(
            thresholds, [("mse", exact.Mse, delta.Mse), ("mae", exact.Mae, delta.Mae), ("r2", exact.R2, delta.R2)], found.Error,
            found.Products);
    }

    /// <summary>What a regressor came to.</summary>
    /// <param name="Result">By itself.</param>
    /// <param name="Delta">Beside that, with thresholds, where they are given.</param>
    internal sealed record Measured(RegressionResult Result, DeltaEvalResult? Delta);
}
