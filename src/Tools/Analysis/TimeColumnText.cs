using TinySD.Tools.Json;

namespace TinySD.Tools.Analysis;

/// <summary>What is irregular in a table's time column, in words and as JSON. Rows are never put in another order.</summary>
internal static class TimeColumnText
{
    /// <summary>The figures as JSON has them.</summary>
    public static TimesResult From(TimeColumnReport report) => new(
        report.Column, report.UsualStep.TotalSeconds, report.IsRegular, report.RowsMissing,
        [.. Findings(report).Select(found => new TimesFinding(found.Key, found.Finding.Count, found.Finding.Lines))]);

    /// <summary>One line of each thing that was found, after one that says what is usual.</summary>
    public static IEnumerable<string> Lines(TimeColumnReport report)
    {
        string step = report.UsualStep > TimeSpan.Zero ? $"a row every {Step(report.UsualStep)}" : "no usual step";
        yield return $"time column '{report.Column}': {step}{(report.IsRegular ? ", without exception" : "")}";
        foreach ((_, string what, TimeFinding finding) in Findings(report))
        {
            if (finding.Count == 0) continue;
            string more = finding.Count > finding.Lines.Count ? ", …" : "";
            string lines = string.Join(", ", finding.Lines.Select(line => Figures.Count(line)));
            yield return $"{what}: {Figures.Count(finding.Count)} (line{(finding.Count == 1 ? "" : "s")} {lines}{more})";
        }
    }

    /// <summary>The same as a section of a page.</summary>
    public static void WriteHtml(TextWriter output, TimeColumnReport report)
    {
        output.WriteLine(
            """
            <h2>Times</h2>
            <p>The network reads rows in the file's order and does not know how far apart they are. Where the time column is not regular,
            what it has learnt of one step may not hold. Nothing was put in another order.</p>
            """);
        HtmlPage.List(output, Lines(report).Select(HtmlPage.Text));
    }

    private static IEnumerable<(string Key, string What, TimeFinding Finding)> Findings(TimeColumnReport report) =>
    [
        ("missing", "rows without a time", report.Missing),
        ("gaps", $"gaps, with room for {Figures.Count(report.RowsMissing, "row")}", report.Gaps),
        ("disorder", "rows earlier than the one before", report.Disorder),
        ("repeats", "rows at the time of the one before", report.Repeats),
        ("shortSteps", "steps shorter than the usual one", report.ShortSteps),
        ("hoursTwice", "hours that come twice, as when daylight saving ends", report.HoursTwice),
        ("hoursLeftOut", "hours left out, as when daylight saving begins", report.HoursLeftOut),
    ];

    private static string Step(TimeSpan step) => step.TotalDays >= 1 && step.Ticks % TimeSpan.TicksPerDay == 0
        ? Figures.Count((long)step.TotalDays, "day")
        : step.ToString(step.Ticks % TimeSpan.TicksPerSecond == 0 ? @"hh\:mm\:ss" : "c", CultureInfo.InvariantCulture);
}
