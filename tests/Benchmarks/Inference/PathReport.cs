using System.Globalization;
using System.Text.Json;
using TinySD.Benchmarks.Reports;

namespace TinySD.Benchmarks.Inference;

/// <summary>A model in one way.</summary>
/// <param name="Subject">The model.</param>
/// <param name="Run">The way.</param>
/// <param name="Times">Its times.</param>
/// <param name="Basis">Those that they are divided by, of the same model.</param>
/// <param name="Metric">What it reached.</param>
internal sealed record PathRow(ISubject Subject, IPathRun Run, RaceTimes Times, RaceTimes Basis, double Metric)
{
    public Quartiles Shares => Quartiles.Of(Times.Hot.Zip(Basis.Hot, (own, basis) => own / basis));
}

/// <summary>The table of models and ways.</summary>
internal static class PathReport
{
    public static MarkdownTable Table(IReadOnlyList<PathRow> rows)
    {
        var table = new MarkdownTable(
            "model", "path", "microseconds a step: median", "lower quartile", "upper quartile", "of the first path's", "after other work",
            "bytes allocated", "bytes of file", "resident: weights", "session", "metric");
        ISubject? before = null;
        foreach (PathRow row in rows)
        {
            Quartiles hot = Quartiles.Of(row.Times.Hot);
            string model = row.Subject == before ? "" : $"{row.Subject.Name}: {row.Subject.Description}";
            table.Add(
                model, row.Run.Path, StepperReport.Time(hot.Median), StepperReport.Time(hot.Lower), StepperReport.Time(hot.Upper),
                Text(row.Shares.Median, "0.00"), StepperReport.Time(Quartiles.Of(row.Times.Cold).Median),
                Text(row.Times.BytesPerCall, "0"), row.Run.FileBytes is { } file ? Text(file, "N0") : "none",
                Text(row.Run.WeightBytes, "N0"), Text(row.Run.SessionBytes, "N0"),
                $"{row.Subject.Metric} {Text(row.Metric, row.Metric < 1 ? "0.00000" : "0.00")}");
            before = row.Subject;
        }

        return table;
    }

    /// <summary>Writes members of an object that is open.</summary>
    public static void WriteMembers(Utf8JsonWriter json, IReadOnlyList<PathRow> rows)
    {
        json.WriteStartArray("rows");
        foreach (PathRow row in rows)
        {
            json.WriteStartObject();
            json.WriteString("model", row.Subject.Name);
            json.WriteString("description", row.Subject.Description);
            json.WriteString("path", row.Run.Path);
            JsonReport.Write(json, "microseconds", Quartiles.Of(row.Times.Hot));
            JsonReport.Write(json, "microsecondsAfterOtherWork", Quartiles.Of(row.Times.Cold));
            JsonReport.Write(json, "ofFirstPath", row.Shares);
            json.WriteNumber("allocatedBytes", row.Times.BytesPerCall);
            if (row.Run.FileBytes is { } file) json.WriteNumber("fileBytes", file);
            json.WriteNumber("weightBytes", row.Run.WeightBytes);
            json.WriteNumber("sessionBytes", row.Run.SessionBytes);
            json.WriteString("metric", row.Subject.Metric);
            json.WriteNumber("value", row.Metric);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
