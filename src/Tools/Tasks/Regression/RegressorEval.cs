using TinySD.Tools.Files;
using TinySD.Tools.Json;
using TinySD.Tools.Options;

namespace TinySD.Tools.Tasks.Regression;

/// <summary><c>tinysd eval</c> of a regressor: its errors on a table, beside those of its rivals.</summary>
/// <param name="csv">How a table is written.</param>
/// <param name="delta">Thresholds.</param>
internal sealed class RegressorEval(CsvOptions csv, Option<DeltaThresholds?> delta)
    : ModelVerb<EvalRequest>(RegressorFile.Kind, "regressors")
{
    private readonly Option<string?> _rows = new("--rows")
    {
        HelpName = "FIRST,COUNT",
        Description = "Of a regressor's table: measure on so many rows from this one on, the first being 0; those before are their " +
            "history. [default: all]",
    };

    public override IEnumerable<Option> Options => [_rows, .. csv.All, delta];

    public override int Run(EvalRequest request, ParseResult parsed, CliContext context)
    {
        LoadedRegressor loaded = RegressorFile.Load(request.Model);
        TableOptions options = csv.Read(parsed, new() { DecimalMark = loaded.Training.Data.DecimalMark });
        SeriesForm form = loaded.Regressor.Form;
        DeltaThresholds? thresholds = parsed.GetValue(delta);
        DeltaOption.Check(thresholds ?? default, request.Model, DeltaOption.Without(form));
        using var pool = new WorkerPool(request.Threads);
        DeltaEvalResult? compared = null;
        RegressionResult result = ProgressDisplay.Run(context, progress =>
        {
            var rows = EvaluationRows.Read(
                request.Data, parsed.GetValue(_rows), options, loaded, context.Console.Input, progress, context.Stop.Watch());
            foreach (string remark in rows.Remarks) context.Warnings.Note(remark);
            var evaluator = new RegressorEvaluator(loaded.Regressor, pool, request.Hardware);
            RegressionResult plain = rows.Measure(evaluator, ProgressDisplay.ShareOf(progress, "evaluation"), context.Stop.Watch());
            if (thresholds is not { } given) return plain;
            Action<double> show = ProgressDisplay.ShareOf(progress, "delta thresholds");
            compared = Compared(given, DeltaEvaluator.Compare(
                loaded.Regressor, rows.Part, given, pool, request.Hardware, show, context.Stop.Watch()));
            return plain;
        });
        if (context.Json)
        {
            CliJson.Write(context.Console.Out, json =>
            {
                json.WriteStartObject();
                RegressionJson.WriteMembers(json, result, form);
                new JsonMembers(json).Add(compared, "delta");
                json.WriteEndObject();
            });
            return ExitCode.Done;
        }

        foreach (string line in RegressionWords.Of(Path.GetFileName(request.Data), result, form)) context.Console.Out.WriteLine(line);
        compared?.WriteText(context.Console, ["mse", "mae"], "predictions (normalised)", RegressionWords.Number);
        return ExitCode.Done;
    }

    private static DeltaEvalResult Compared(DeltaThresholds thresholds, DeltaComparison<RegressionResult> found)
    {
        MeanErrors exact = found.Exact.All.Model, delta = found.Delta.All.Model;
        return new(
            thresholds, [("mse", exact.Mse, delta.Mse), ("mae", exact.Mae, delta.Mae), ("r2", exact.R2, delta.R2)], found.Error,
            found.Products);
    }
}
