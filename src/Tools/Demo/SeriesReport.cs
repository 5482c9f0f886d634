using TinySD.Tools.Json;
using TinySD.Tools.Tasks.Regression;

namespace TinySD.Tools.Demo;

/// <summary>Tells what a regressor found in the sensor's test part.</summary>
internal static class SeriesReport
{
    private const int PlotHeight = 14;

    /// <summary>As text: a drawing, and what came of it.</summary>
    public static void Write(CliConsole console, SeriesFindings findings)
    {
        RegressionFigures figures = findings.Measured.All;
        double scale = findings.Loaded.Regressor.Form.TargetScales[0].Scale;
        console.Prose.WriteLine(
            $"A sensor's {Figures.Count(findings.Loaded.Training.Data.Train.Rows, "value")}, one every two hours, trained a small " +
            $"regressor in {Figures.Fixed(findings.Seconds, 1)} s to tell the next: on the {figures.Count} after them it is wrong by " +
            $"{Degrees(figures.Model.Mae * scale)} on average, and repeating the last value by " +
            $"{Degrees(figures.Persistence.Mae * scale)}. Then come five days with two planted faults. An alarm is a value further " +
            $"from what was predicted than {RowPredictor.DefaultThreshold} times the usual error:");
        console.Prose.WriteLine();
        double[] alarms = [.. findings.Values.Select((value, row) => findings.Alarms[row] ? value : double.NaN)];
        console.Prose.Write(TextPlot.Draw(
            [
                new('.', "predicted", findings.Predicted), new('o', "measured", findings.Values) { IsOnTop = true },
                new('!', "measured, an alarm", alarms) { IsOnTop = true },
            ],
            Math.Min(console.OutputWidth, DemoReport.PlotWidth), PlotHeight, "degrees", "row"));
        console.Prose.WriteLine();
        foreach (SensorFault fault in SensorSeries.Faults) console.Prose.WriteLine(About(fault, findings));
        int[] others = [.. findings.FalseAlarms];
        console.Prose.WriteLine(
            others.Length == 0 ? "No other row raised an alarm." : $"False alarms: {Figures.Count(others.Length)}, {Rows(others)}.");
        console.Prose.WriteLine();
    }

    /// <summary>As members of a JSON object.</summary>
    /// <param name="findings">What it found.</param>
    /// <param name="model">The regressor's file; null where none was written.</param>
    public static DemoSeries ToJson(SeriesFindings findings, string? model)
    {
        SeriesRecord data = findings.Loaded.Training.Data;
        return new DemoSeries(
            (int)data.Train.Rows, (int)data.Valid.Rows, findings.Values.Length,
            findings.Loaded.Regressor.Model.Layout.ParameterCount, findings.Loaded.Training.Epochs.Count, findings.Seconds,
            findings.Measured.All.Model.Mse, findings.Measured.All.Persistence.Mse, RowPredictor.DefaultThreshold,
            [
                .. SensorSeries.Faults.Select(fault => new DemoFault(
                    fault.Name, fault.First, fault.Count, findings.AlarmsOf(fault).Any(), [.. findings.AlarmsOf(fault)])),
            ],
            [.. findings.FalseAlarms], findings.Values, findings.Predicted, findings.Scores, model);
    }

    private static string About(SensorFault fault, SeriesFindings findings)
    {
        int[] alarms = [.. findings.AlarmsOf(fault)];
        string where = Rows([.. Enumerable.Range(fault.First, fault.Count)]);
        string found = alarms.Length == 0 ? "not found" : $"found, by {(alarms.Length == 1 ? "an alarm" : "alarms")} in {Rows(alarms)}";
        return $"{fault.Name} in {where}: {found}.";
    }

    private static string Rows(int[] rows)
    {
        bool isRun = rows.Length > 2 && rows[^1] - rows[0] == rows.Length - 1;
        string numbers = isRun ? $"{rows[0] + 1} to {rows[^1] + 1}" : string.Join(", ", rows.Select(row => row + 1));
        return $"row{(rows.Length == 1 ? "" : "s")} {numbers}";
    }

    private static string Degrees(double degrees) => $"{Figures.Fixed(degrees, 2)} degrees";
}
