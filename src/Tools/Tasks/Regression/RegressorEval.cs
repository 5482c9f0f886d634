using TinySD.Tools.Files;
using TinySD.Tools.Json;
using TinySD.Tools.Options;

namespace TinySD.Tools.Tasks.Regression;

/// <summary><c>tinysd eval</c> of a regressor: its errors on a table, beside those of its rivals.</summary>
/// <param name="csv">How a table is written.</param>
internal sealed class RegressorEval(CsvOptions csv) : ModelVerb<EvalRequest>(RegressorFile.Kind, "regressors")
{
    private readonly Option<string?> _rows = new("--rows")
    {
        HelpName = "FIRST,COUNT",
        Description = "Of a regressor's table: measure on so many rows from this one on, the first being 0; those before are their " +
            "history. [default: all]",
    };

    public override IEnumerable<Option> Options => [_rows, .. csv.All];

    public override int Run(EvalRequest request, ParseResult parsed, CliContext context)
    {
        LoadedRegressor loaded = RegressorFile.Load(request.Model);
        TableOptions options = csv.Read(parsed, new() { DecimalMark = loaded.Training.Data.DecimalMark });
        using var pool = new WorkerPool(request.Threads);
        RegressionResult result = ProgressDisplay.Run(context, progress =>
        {
            var rows = EvaluationRows.Read(
                request.Data, parsed.GetValue(_rows), options, loaded, context.Console.Input, progress, context.Stop.Watch());
            foreach (string remark in rows.Remarks) context.Warnings.Note(remark);
            var evaluator = new RegressorEvaluator(loaded.Regressor, pool, request.Hardware);
            return rows.Measure(evaluator, ProgressDisplay.ShareOf(progress, "evaluation"), context.Stop.Watch());
        });
        SeriesForm form = loaded.Regressor.Form;
        if (context.Json)
        {
            CliJson.Write(context.Console.Out, json =>
            {
                json.WriteStartObject();
                RegressionJson.WriteMembers(json, result, form);
                json.WriteEndObject();
            });
            return ExitCode.Done;
        }

        foreach (string line in RegressionWords.Of(Path.GetFileName(request.Data), result, form)) context.Console.Out.WriteLine(line);
        return ExitCode.Done;
    }
}
