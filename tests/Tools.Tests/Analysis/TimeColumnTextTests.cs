using System.Globalization;
using TinySD.Formats.Tables;
using TinySD.Tools.Analysis;
using TinySD.Tools.Json;

namespace TinySD.Tools.Tests;

/// <summary>What is said of a table's times.</summary>
public sealed class TimeColumnTextTests
{
    [Test]
    public async Task A_regular_column_is_one_line() =>
        await Assert.That(Lines("2024-01-01 00:00", "2024-01-01 01:00", "2024-01-01 02:00"))
            .IsEqualTo("time column 'when': a row every 01:00:00, without exception");

    [Test]
    public async Task Gaps_disorder_and_repeats_are_named_with_their_lines() =>
        await Assert.That(Lines(
            "2024-01-01", "2024-01-02", "2024-01-03", "2024-01-06", "2024-01-06", "2024-01-05", "2024-01-06", "2024-01-07"))
            .IsEqualTo(
                "time column 'when': a row every 1 day\ngaps, with room for 2 rows: 1 (line 5)\n" +
                "rows earlier than the one before: 1 (line 7)\nrows at the time of the one before: 1 (line 6)");

    [Test]
    public async Task Daylight_saving_is_told_from_gaps()
    {
        string[] hours = [.. Enumerable.Range(0, 6).Where(hour => hour != 2).Select(hour => $"2024-03-31 {hour:00}:00")];
        string found = Lines(["2024-03-30 22:00", "2024-03-30 23:00", .. hours]);
        await Assert.That(found).IsEqualTo(
            "time column 'when': a row every 01:00:00\nhours left out, as when daylight saving begins: 1 (line 6)");
        TimesResult json = TimeColumnText.From(Report(["2024-03-30 22:00", "2024-03-30 23:00", .. hours]));
        await Assert.That((json.Column, json.UsualStepSeconds, json.IsRegular, json.RowsMissing)).IsEqualTo(("when", 3600.0, false, 0L));
        await Assert.That(json.Findings.Single(finding => finding.Count > 0).What).IsEqualTo("hoursLeftOut");
    }

    private static string Lines(params string[] times) => string.Join('\n', TimeColumnText.Lines(Report(times)));

    // Line 1 is the header.
    private static TimeColumnReport Report(string[] times) => TimeColumnReport.Of(
        new TimeColumn("when", [.. times.Select(time => DateTime.Parse(time, CultureInfo.InvariantCulture).Ticks)], false), row => row + 2);
}
