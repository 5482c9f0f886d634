using System.Globalization;
using TinySD.Formats.Tables;

namespace TinySD.Formats.Tests;

/// <summary>Columns of times: found, left out of the numbers, looked at.</summary>
public sealed class TimeColumnTests
{
    [Test]
    [Arguments("when", "2016-07-01", "2016-07-01T00:00:00")]
    [Arguments("when", "2016/7/1", "2016-07-01T00:00:00")]
    [Arguments("when", "2016-07-01 13:30", "2016-07-01T13:30:00")]
    [Arguments("when", "2016-07-01T13:30:05.25", "2016-07-01T13:30:05.25")]
    [Arguments("when", "2016-07-01T13:30:05Z", "2016-07-01T13:30:05")]
    [Arguments("when", "2016-07-01T13:30+02:00", "2016-07-01T11:30:00")]
    [Arguments("when", "2016-07-01 13:30:00 -0530", "2016-07-01T19:00:00")]
    [Arguments("when", "01.07.2016", "2016-07-01T00:00:00")]
    [Arguments("when", "1.7.2016 9:05", "2016-07-01T09:05:00")]
    [Arguments("when", "7/1/2016", "2016-07-01T00:00:00")]
    [Arguments("when", "07/01/2016 0:30", "2016-07-01T00:30:00")]
    [Arguments("when", "7/1/2016 12:05:06 AM", "2016-07-01T00:05:06")]
    [Arguments("when", "7/1/2016 12:05 PM", "2016-07-01T12:05:00")]
    [Arguments("when", "7/1/2016 1:00 pm", "2016-07-01T13:00:00")]
    [Arguments("when", "31/7/2016 13:00", "2016-07-31T13:00:00")]
    [Arguments("time", "1467331200", "2016-07-01T00:00:00")]
    [Arguments("Timestamp", "1467331200000", "2016-07-01T00:00:00")]
    [Arguments("date", "20160701", "2016-07-01T00:00:00")]
    public async Task Times_are_known_by_their_values(string name, string cell, string expected)
    {
        NumberTable table = TableFiles.Read($"{name},a\n{cell},1\n,2\n{cell},3\n");
        await Assert.That(TableFiles.Shown(table)).IsEqualTo("a:1,2,3");
        await Assert.That(table.Time!.Name).IsEqualTo(name);
        long ticks = DateTime.Parse(expected, CultureInfo.InvariantCulture).Ticks;
        await Assert.That(table.Time.Ticks).IsEquivalentTo([ticks, TimeColumn.Missing, ticks], CollectionOrdering.Matching);
    }

    [Test]
    [Arguments("when", "2016-13-01")]
    [Arguments("when", "2016-02-30")]
    [Arguments("when", "31.06.2016")]
    [Arguments("when", "2016-07-01 25:00")]
    [Arguments("when", "2016-07-01 12:60")]
    [Arguments("when", "2016-07-01x")]
    [Arguments("when", "31/13/2016")]
    [Arguments("when", "7/1/2016 13:00 PM")]
    [Arguments("when", "2016-07")]
    [Arguments("value", "1467331200")]
    [Arguments("time", "12.5")]
    public async Task Other_cells_are_no_times(string name, string cell)
    {
        NumberTable table = TableFiles.Read($"{name},a\n{cell},1\n");
        await Assert.That(table.Time).IsNull();
    }

    // 1 and 12 may be either; where a 13 stands is the day.
    [Test]
    [Arguments("1/11/2016 5:00|1/12/2016 5:00|1/13/2016 5:00", "2016-01-11|2016-01-12|2016-01-13")]
    [Arguments("11/1/2016 5:00|12/1/2016 5:00|13/1/2016 5:00", "2016-01-11|2016-01-12|2016-01-13")]
    [Arguments("1/13/2016 5:00|13/1/2016 5:00", "")]
    public async Task The_order_of_day_and_month_is_one_for_the_whole_column(string cells, string expected)
    {
        NumberTable table = TableFiles.Read("when,a\n" + string.Concat(cells.Split('|').Select(cell => $"{cell},1\n")));
        await Assert.That(string.Join('|', (table.Time?.Ticks ?? []).Select(ticks => $"{new DateTime(ticks):yyyy-MM-dd}")))
            .IsEqualTo(expected);
        if (table.Time is { } time) await Assert.That(time.Ticks.All(ticks => new DateTime(ticks).Hour == 5)).IsTrue();
    }

    [Test]
    public async Task One_cell_that_is_no_time_is_said()
    {
        NumberTable table = TableFiles.Read("when,a\n2016-07-01,1\n2016-07-02,2\nsoon,3\n");
        await Assert.That(table.Time).IsNull();
        await Assert.That(table.Remarks)
            .IsEquivalentTo(["t.csv, column 'when': no column of times, for line 4 has none; left out"]);
    }

    [Test]
    public async Task What_is_irregular_is_found_and_nothing_is_moved()
    {
        NumberTable table = TableFiles.Read(
            "t,a\n2020-01-06 00:00,1\n2020-01-06 01:00,2\n2020-01-06 02:00,3\n2020-01-06 05:00,4\n2020-01-06 06:00,5\n" +
            "2020-01-06 06:00,6\n2020-01-06 04:00,7\n2020-01-06 05:00,8\n2020-01-06 05:30,9\n,10\n2020-01-06 06:30,11\n");
        TimeColumnReport report = TimeColumnReport.Of(table.Time!, table.LineOf);
        await Assert.That(report.UsualStep).IsEqualTo(TimeSpan.FromHours(1));
        await Assert.That(Shown(report))
            .IsEqualTo("gaps 1 (5), 2 rows; disorder 1 (8); repeats 1 (7); short 1 (10); missing 1 (11); twice 0 (); left out 0 ()");
        await Assert.That(table.Numbers("a")).IsEquivalentTo([1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], CollectionOrdering.Matching);
    }

    // The nights of 27 March and 30 October 2016 in Europe, by the hour and by the quarter.
    [Test]
    [Arguments(60)]
    [Arguments(15)]
    public async Task The_nights_on_which_clocks_change_are_told_from_gaps_and_disorder(int minutes)
    {
        foreach ((string day, string expected) in new[]
        {
            ("2016-03-27", "gaps 0 (), 0 rows; disorder 0 (); repeats 0 (); short 0 (); missing 0 (); twice 0 (); left out 1 ({0})"),
            ("2016-10-30", "gaps 0 (), 0 rows; disorder 0 (); repeats 0 (); short 0 (); missing 0 (); twice 1 ({0}); left out 0 ()"),
        })
        {
            // What the wall clock shows while UTC goes on evenly; the change comes at one o'clock UTC, two o'clock on the wall.
            DateTime start = DateTime.Parse($"{day} 00:00", CultureInfo.InvariantCulture);
            bool isSpring = start.Month == 3;
            int perHour = 60 / minutes;
            DateTime[] walls = [.. Enumerable.Range(-perHour, 8 * perHour).Select(i => start.AddMinutes(i * minutes))
                .Select(utc => utc.AddHours((utc.Hour >= 1 && utc.Day == start.Day) == isSpring ? 2 : 1))];
            NumberTable table = TableFiles.Read("t,a\n" + string.Concat(walls.Select(wall => $"{wall:yyyy-MM-dd HH:mm},1\n")));
            int line = 2 + (2 * perHour);
            await Assert.That(Shown(TimeColumnReport.Of(table.Time!, table.LineOf)))
                .IsEqualTo(string.Format(CultureInfo.InvariantCulture, expected, line));
        }
    }

    [Test]
    public async Task Times_with_offsets_go_on_evenly_through_such_a_night()
    {
        NumberTable table = TableFiles.Read(
            "t,a\n2016-10-30T01:00+02:00,1\n2016-10-30T02:00+02:00,1\n2016-10-30T02:00+01:00,1\n2016-10-30T03:00+01:00,1\n");
        await Assert.That(TimeColumnReport.Of(table.Time!, table.LineOf).IsRegular).IsTrue();
    }

    private static string Shown(TimeColumnReport report) =>
        $"gaps {Of(report.Gaps)}, {report.RowsMissing} rows; disorder {Of(report.Disorder)}; repeats {Of(report.Repeats)}; " +
        $"short {Of(report.ShortSteps)}; missing {Of(report.Missing)}; twice {Of(report.HoursTwice)}; left out {Of(report.HoursLeftOut)}";

    private static string Of(TimeFinding finding) => $"{finding.Count} ({string.Join(' ', finding.Lines)})";
}
