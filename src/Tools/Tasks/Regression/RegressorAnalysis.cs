using TinySD.Tools.Analysis;
using TinySD.Tools.Files;
using TinySD.Tools.Options;

namespace TinySD.Tools.Tasks.Regression;

/// <summary><c>tinysd analyze</c> of a regressor.</summary>
/// <param name="csv">How a table is written.</param>
internal sealed class RegressorAnalysis(CsvOptions csv) : ModelVerb<AnalyzeRequest>(RegressorFile.Kind, "regressors")
{
    private const int Fifths = 5;

    public override IEnumerable<Option> Options => csv.All;

    public override int Run(AnalyzeRequest request, ParseResult parsed, CliContext context)
    {
        LoadedRegressor loaded = RegressorFile.Load(request.Model);
        loaded = loaded with { Regressor = RegressorFile.Format.ToFloats(loaded.Regressor, request.Model, context.Warnings.Note) };
        TableOptions options = csv.Read(parsed, new() { DecimalMark = loaded.Training.Data.DecimalMark });
        NumberTable table = ProgressDisplay.Run(
            context, progress => RegressorData.ReadTable(request.Data, options, progress, context.Stop.Watch()));
        AnalysisRun run = RunOf(loaded, table);

        // What SeriesRemarks says of times is said whole beside the results.
        foreach (string remark in table.Remarks) context.Warnings.Note(remark);
        return run.Run(request, parsed, context);
    }

    private static AnalysisRun RunOf(LoadedRegressor loaded, NumberTable table)
    {
        SequenceModel model = loaded.Regressor.Model;
        SeriesForm form = loaded.Regressor.Form;
        SeriesTable series = table.Series(form.Inputs, loaded.Training.Data.Table);
        if (series.RowCount < form.Window)
        {
            throw new FailureException(
                $"{table.Name} has {Figures.Count(series.RowCount, "row")}, and the regressor reads windows of {form.Window}: at least " +
                "so many are needed.");
        }

        float[] inputs = AnalysisRun.Finite(form.InputsOf(series, series.RowCount), table.Name);
        (int[] classes, string[] names) = FifthsOf(series, form);
        IEnumerable<string> outputs = Enumerable.Range(0, form.OutputCount).Select(
            output => form.Targets[output % form.Targets.Length] + (form.Horizon == 0 ? "" : $"+{(output / form.Targets.Length) + 1}"));
        return new AnalysisRun(
            RegressorFile.Kind, new AnalysedModel(model, [.. outputs], names, IsSoftmax: false, []),
            AnalysedSequences.OfSeries(model, inputs, classes, form.Window))
        {
            Times = table.Time is { } times ? TimeColumnReport.Of(times, table.LineOf) : null,
        };
    }

    // Which fifth of its values the first target is in, or else the first input. A missing value is of no fifth.
    private static (int[] Classes, string[] Names) FifthsOf(SeriesTable series, SeriesForm form)
    {
        string name = form.Inputs.Contains(form.Targets[0]) ? form.Targets[0] : form.Inputs[0];
        ReadOnlySpan<double> values = series[name];
        double[] sorted = [.. values.ToArray().Where(value => !double.IsNaN(value)).Order()];
        if (sorted.Length == 0) return ([.. Enumerable.Repeat(-1, series.RowCount)], []);
        double[] limits = [.. Enumerable.Range(1, Fifths - 1).Select(fifth => sorted[sorted.Length * fifth / Fifths])];
        int[] classes = Array.ConvertAll(values.ToArray(), value => double.IsNaN(value) ? -1 : limits.Count(limit => value >= limit));
        return (classes, [$"lowest fifth of {name}", "second fifth", "middle fifth", "fourth fifth", $"highest fifth of {name}"]);
    }
}
