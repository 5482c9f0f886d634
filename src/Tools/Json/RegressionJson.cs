namespace TinySD.Tools.Json;

/// <summary>What a regressor was measured at, as members of a JSON object. Errors are of normalised values, but for those whose names end
/// in <c>InUnits</c>, which are in the target's own.</summary>
internal static class RegressionJson
{
    /// <summary>Writes the members.</summary>
    public static void WriteMembers(Utf8JsonWriter json, RegressionResult result, SeriesForm form)
    {
        WriteFigures(json, result.All);
        json.WriteStartObject("perTarget");
        for (int target = 0; target < form.Targets.Length; target++)
        {
            json.WriteStartObject(form.Targets[target]);
            RegressionFigures figures = result.PerTarget[target];
            double scale = form.TargetScales[target].Scale;
            WriteFigures(json, figures);
            Number(json, "maeInUnits", figures.Model.Mae * scale);
            Number(json, "rmseInUnits", Math.Sqrt(figures.Model.Mse) * scale);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteStartArray("perStep");
        for (int step = 0; step < result.PerStep.Count; step++)
        {
            json.WriteStartObject();
            json.WriteNumber("ahead", form.Ahead(step));
            WriteFigures(json, result.PerStep[step]);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteFigures(Utf8JsonWriter json, RegressionFigures figures)
    {
        Write(figures.Model);
        json.WriteNumber("count", figures.Count);
        WriteRival("persistence", figures.Persistence);
        if (figures.Season is { } season) WriteRival("season", season);

        void WriteRival(string name, MeanErrors errors)
        {
            json.WriteStartObject(name);
            Write(errors);
            json.WriteEndObject();
        }

        void Write(MeanErrors errors)
        {
            Number(json, "mse", errors.Mse);
            Number(json, "mae", errors.Mae);
            Number(json, "r2", errors.R2);
        }
    }

    private static void Number(Utf8JsonWriter json, string name, double value)
    {
        json.WritePropertyName(name);
        FiniteNumber.Write(json, value);
    }
}
