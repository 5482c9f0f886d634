using System.Globalization;
using System.Text.Json;
using TinySD.Benchmarks.Reports;

namespace TinySD.Benchmarks.Inference;

/// <summary>What one stepper needed.</summary>
/// <param name="Times">Its times.</param>
/// <param name="Difference">The largest difference of an output from that of the reference.</param>
internal sealed record StepperTimes(RaceTimes Times, double Difference)
{
    public string Name => Times.Name;

    public double[] Hot => Times.Hot;

    public double[] Cold => Times.Cold;
}

/// <summary>One shape's race.</summary>
internal sealed record ShapeTimes(StepShape Shape, IReadOnlyList<StepperTimes> Steppers);

/// <summary>The figures of races of steppers, as Markdown and as JSON.</summary>
/// <param name="races">A race for each shape.</param>
/// <param name="basis">Whose times the others' are divided by.</param>
/// <param name="deployed">What a program takes along, and its bytes.</param>
internal sealed class StepperReport(
    IReadOnlyList<ShapeTimes> races, string basis, IReadOnlyList<(string Name, long Bytes)> deployed)
{
    public MarkdownTable[] Tables()
    {
        var times = new MarkdownTable(
            "microseconds a call", "contestant", "in a row: median", "lower quartile", "upper quartile", "minimum",
            "after other work: median", "lower quartile", "upper quartile", "bytes allocated", "largest difference");
        var ratios = new MarkdownTable(
            $"of {basis}'s time, round by round", "contestant", "in a row: median", "lower quartile", "upper quartile",
            "after other work: median", "lower quartile", "upper quartile");
        foreach ((StepShape shape, IReadOnlyList<StepperTimes> steppers) in races)
        {
            StepperTimes by = steppers.Single(stepper => stepper.Name == basis);
            foreach (StepperTimes stepper in steppers)
            {
                (Quartiles hot, Quartiles cold) = (Quartiles.Of(stepper.Hot), Quartiles.Of(stepper.Cold));
                times.Add(
                    shape.Name, stepper.Name, Time(hot.Median), Time(hot.Lower), Time(hot.Upper), Time(hot.Minimum), Time(cold.Median),
                    Time(cold.Lower), Time(cold.Upper), Text(stepper.Times.BytesPerCall, "0"), Text(stepper.Difference, "0.0E0"));
                if (stepper == by) continue;
                (Quartiles hotShare, Quartiles coldShare) = (Shares(stepper.Hot, by.Hot), Shares(stepper.Cold, by.Cold));
                ratios.Add(
                    shape.Name, stepper.Name, Text(hotShare.Median, "0.00"), Text(hotShare.Lower, "0.00"), Text(hotShare.Upper, "0.00"),
                    Text(coldShare.Median, "0.00"), Text(coldShare.Lower, "0.00"), Text(coldShare.Upper, "0.00"));
            }
        }

        var sizes = new MarkdownTable("deployed", "bytes");
        foreach ((string name, long bytes) in deployed) sizes.Add(name, bytes.ToString("N0", CultureInfo.InvariantCulture));
        MarkdownTable[] all = [times, ratios, sizes];
        return [.. all.Where(table => table.HasRows)];
    }

    /// <summary>Writes members of an object that is open.</summary>
    public void WriteMembers(Utf8JsonWriter json)
    {
        json.WriteString("basis", basis);
        json.WriteStartArray("shapes");
        foreach ((StepShape shape, IReadOnlyList<StepperTimes> steppers) in races)
        {
            StepperTimes by = steppers.Single(stepper => stepper.Name == basis);
            json.WriteStartObject();
            json.WriteString("name", shape.Name);
            json.WriteNumber("inputs", shape.Inputs);
            json.WriteNumber("hidden", shape.Hidden);
            json.WriteNumber("batch", shape.Batch);
            json.WriteNumber("steps", shape.Steps);
            json.WriteNumber("matrixBytes", shape.MatrixBytes);
            json.WriteStartArray("contestants");
            foreach (StepperTimes stepper in steppers)
            {
                json.WriteStartObject();
                json.WriteString("name", stepper.Name);
                JsonReport.Write(json, "microseconds", Quartiles.Of(stepper.Hot));
                JsonReport.Write(json, "microsecondsAfterOtherWork", Quartiles.Of(stepper.Cold));
                JsonReport.Write(json, "ofBasis", Shares(stepper.Hot, by.Hot));
                JsonReport.Write(json, "ofBasisAfterOtherWork", Shares(stepper.Cold, by.Cold));
                json.WriteNumber("allocatedBytes", stepper.Times.BytesPerCall);
                json.WriteNumber("largestDifference", stepper.Difference);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("deployed");
        foreach ((string name, long bytes) in deployed)
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteNumber("bytes", bytes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static Quartiles Shares(double[] times, double[] by) => Quartiles.Of(times.Zip(by, (own, basis) => own / basis));

    /// <summary>Microseconds.</summary>
    public static string Time(double microseconds) => Text(microseconds, microseconds < 10 ? "0.000" : microseconds < 1000 ? "0.0" : "0");

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
