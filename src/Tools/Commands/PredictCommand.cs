using TinySD.Tools.Json;
using TinySD.Tools.Options;
using TinySD.Tools.Tasks.Regression;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd predict</c>: rows in, predictions out, for as long as rows come.</summary>
internal sealed class PredictCommand : CliCommand, IAnswersInput
{
    private readonly FileArgument _model = new("MODEL", "A regressor (.tsd).");
    private readonly Option<bool> _anomalies = new("--anomalies")
    {
        Description = "Add for each target how unusual the error of what was predicted for the row is: its z-score, and 1 above " +
            "--threshold, else 0. Rows must have the targets then.",
    };

    private readonly Option<float?> _threshold = Ranged.Number("--threshold", v => v > 0, "a number above 0",
        $"The z-score, up or down, that is an alarm. [default: {RowPredictor.DefaultThreshold}]");

    private readonly CsvOptions _csv = new("as in training");
    private readonly ShareOption _share = new();
    private readonly Option<DeltaThresholds?> _delta = DeltaOption.New(
        "Leave out normalised inputs and hidden units that have changed by no more than this since they were last taken: less work, and " +
        "other predictions, by as much as eval tells.");

    private readonly FileOption _profile = Profiles.Option();

    public PredictCommand(CommonOptions common)
        : base(
            "predict",
            "Predict from the CSV rows of standard input. Columns are found by their names; each row gives a row of " +
            "predictions, in the targets' own units and at once; the state goes on from row to row.",
            common) => AddAll([_model, _anomalies, _threshold, _share.Option, .. _csv.All, _delta, _profile]);

    protected override int Run(ParseResult parsed, CliContext context)
    {
        bool isJudged = parsed.GetValue(_anomalies);
        if (!isJudged) context.Warnings.NoEffect(Ranged.Given(parsed, _threshold), $" without {_anomalies.Name}");
        HardwareProfile? hardware = Profiles.Read(parsed, _profile);
        string model = parsed.GetRequiredValue(_model);
        LoadedRegressor loaded = RegressorFile.Load(model);
        (float share, int multiple) = _share.Read(parsed, loaded.Training.Recipe, model, context.Warnings);
        loaded = loaded with { Regressor = loaded.Regressor.AtShare(share, multiple) };
        DeltaThresholds delta = DeltaOption.Of(parsed, _delta);
        DeltaOption.Check(delta, model, loaded.Regressor.Model.Layout.Weights, DeltaOption.Without(loaded.Regressor.Form));
        float? threshold = isJudged ? parsed.GetValue(_threshold) ?? RowPredictor.DefaultThreshold : null;
        var predictor = new RowPredictor(loaded, threshold, hardware, delta);
        SeriesForm form = loaded.Regressor.Form;
        TableOptions options = _csv.Read(parsed, new() { DecimalMark = loaded.Training.Data.DecimalMark });
        using NumberRows rows = NumberRows.Open(
            new StoppableInput(context.Console.Input, context.Stop.Watch()), StoppableInput.Name, options, predictor.Columns,
            loaded.Training.Data.Table, predictor.Columns.Length);
        Note($"predicts {RegressorData.Predicted(form)}; in the targets' own units, one row for each that comes");
        if (rows.Match.Extras is { Count: > 0 } extras)
            Note($"columns of {rows.Name} that are not used: {string.Join(", ", extras)}");
        if (context.Json) WriteJson(context, rows, predictor);
        else WriteRows(context, rows, predictor);
        return rows.Count >= form.RowsNeeded - form.Horizon ? ExitCode.Done : throw new FailureException(
            $"{rows.Name} ended after {Figures.Count(rows.Count, "row")}, before the first prediction; it needs " +
            $"{Figures.Count(form.RowsNeeded - form.Horizon)}.");

        void Note(string line)
        {
            if (!context.Quiet) context.Warnings.Note(line);
        }
    }

    private static void WriteRows(CliContext context, NumberRows rows, RowPredictor predictor)
    {
        TextWriter output = context.Console.Out;
        string separator = rows.Dialect.Separator switch { CellSeparator.Semicolon => ";", CellSeparator.Tab => "\t", _ => "," };
        bool hasComma = rows.Dialect.DecimalMark == DecimalMark.Comma;
        if (rows.Dialect.HasHeader)
        {
            output.WriteLine(string.Join(separator, predictor.Header.Select(name => Quoted(name, separator))));
            output.Flush();
        }

        var line = new StringBuilder();
        foreach (double[] results in Predict(context, rows, predictor))
        {
            line.Clear();
            for (int i = 0; i < results.Length; i++)
            {
                if (i > 0) line.Append(separator);
                if (double.IsNaN(results[i])) continue;
                string number = results[i].ToString("R", CultureInfo.InvariantCulture);
                line.Append(hasComma ? number.Replace('.', ',') : number);
            }

            // Whoever waits at the other end of a pipe gets it now.
            output.WriteLine(line.ToString());
            output.Flush();
        }
    }

    private static void WriteJson(CliContext context, NumberRows rows, RowPredictor predictor)
    {
        CliJson.WriteRows(context, WriteRows, before: json =>
        {
            json.WriteStartArray("columns");
            foreach (string name in predictor.Header) json.WriteStringValue(name);
            json.WriteEndArray();
        });

        void WriteRows(Utf8JsonWriter json)
        {
            foreach (double[] results in Predict(context, rows, predictor))
            {
                json.WriteStartArray();
                foreach (double result in results) FiniteNumber.Write(json, result);
                json.WriteEndArray();
                json.Flush();
                context.Console.Out.Flush();
            }
        }
    }

    // The results of each row, in one array that is used again.
    private static IEnumerable<double[]> Predict(CliContext context, NumberRows rows, RowPredictor predictor)
    {
        double[] row = new double[predictor.Columns.Length], results = new double[predictor.Header.Length];
        while (rows.Read(row))
        {
            try
            {
                predictor.Step(row, results);
            }
            catch (NotFiniteNumberException exception)
            {
                throw new FailureException($"{rows.Name}, line {rows.Line}: {Failures.OneLine(exception)}.", exception);
            }

            foreach (string remark in rows.Remarks) context.Warnings.Say($"{remark}.");
            for (int i = 0; i < row.Length; i++)
            {
                if (rows.MissingCounts[i] == 1 && double.IsNaN(row[i]))
                {
                    context.Warnings.Say(
                        $"{rows.Name}, line {rows.Line}: '{predictor.Columns[i]}' is missing; while it is, its last value is repeated.");
                }
            }

            yield return results;
        }
    }

    private static string Quoted(string name, string separator) =>
        name.Contains(separator, StringComparison.Ordinal) || name.AsSpan().ContainsAny("\"\r\n")
            ? $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\""
            : name;
}
