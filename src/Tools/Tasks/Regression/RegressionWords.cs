namespace TinySD.Tools.Tasks.Regression;

/// <summary>What a regressor was measured at, in words.</summary>
internal static class RegressionWords
{
    // A model that is better by less than this is no better than what costs nothing. On few rows chance does more: a step up or down in
    // every row, which a random walk has in any stretch, explains 4 / n of n changes or more in one of twenty (chi-squared, one degree).
    private const double Slight = 0.02, ByChance = 4;

    /// <summary>The figures beside those of the plainest rivals, a line each.</summary>
    /// <param name="what">What was measured, for example <c>validation</c>.</param>
    /// <param name="result">What came out.</param>
    /// <param name="form">Of the regressor.</param>
    public static IEnumerable<string> Of(string what, RegressionResult result, SeriesForm form)
    {
        RegressionFigures all = result.All;
        string season = all.Season is { } rival
            ? $"; repeating that of {Figures.Count(form.Season, "row")} ago: {Text(rival)}" : "";
        yield return $"{what}: {Text(all.Model)} over {Figures.Count(all.Count, "prediction")}; " +
            $"repeating the last value: {Text(all.Persistence)}{season} (normalised values)";
        for (int target = 0; target < form.Targets.Length; target++)
        {
            RegressionFigures own = result.PerTarget[target];
            double scale = form.TargetScales[target].Scale;
            yield return $"{what}, {form.Targets[target]}, in its own units: mean absolute error {Number(own.Model.Mae * scale)}; " +
                $"repeating the last value {Number(own.Persistence.Mae * scale)}";
        }

        double rows = (double)all.Count / form.OutputCount, slight = Math.Max(Slight, ByChance * form.StepCount / rows);
        if (all.Model.Mse >= (1 - slight) * all.Persistence.Mse)
        {
            yield return $"{what}: repeating the last value is as good as the model. The series may be a random walk, of which nothing " +
                "better is known, or the model may be too small, or trained too little.";
        }
        else if (all.Season is { } seasonal && all.Model.Mse >= (1 - slight) * seasonal.Mse)
        {
            yield return $"{what}: repeating the value of a season ago is as good as the model.";
        }
    }

    /// <summary>A figure as people read it.</summary>
    public static string Number(double value) => double.IsNaN(value) ? "none" : value.ToString("G4", CultureInfo.InvariantCulture);

    private static string Text(MeanErrors errors) =>
        $"mse {Number(errors.Mse)}, mae {Number(errors.Mae)}{(double.IsNaN(errors.R2) ? "" : $", R2 {Number(errors.R2)}")}";
}
