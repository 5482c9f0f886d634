namespace TinySD.Formats.Tables;

/// <summary>The times of a table's rows, in the order of the file.</summary>
/// <param name="Name">The column's name.</param>
/// <param name="Ticks">100 ns since the year 1, one for each row; <see cref="Missing"/> where there is none. Of UTC where the cells have
/// offsets, else as the clock showed them.</param>
/// <param name="HasOffsets">Whether the cells say how far from UTC they are.</param>
public sealed record TimeColumn(string Name, IReadOnlyList<long> Ticks, bool HasOffsets)
{
    /// <summary>Stands for a cell without a time.</summary>
    public const long Missing = -1;
}

/// <summary>Something that happens in a time column, how often, and where first.</summary>
/// <param name="Count">How often.</param>
/// <param name="Lines">The lines of the first few rows it happens at: each the later row of two.</param>
public sealed record TimeFinding(long Count, IReadOnlyList<long> Lines);

/// <summary>How regular the times of a table's rows are. Nothing is ever put in another order.</summary>
public sealed record TimeColumnReport
{
    private const int Examples = 3;

    private TimeColumnReport(string column) => Column = column;

    /// <summary>The column's name.</summary>
    public string Column { get; }

    /// <summary>The commonest time from a row to the next; zero where there is none.</summary>
    public TimeSpan UsualStep { get; private init; }

    /// <summary>Rows without a time.</summary>
    public TimeFinding Missing { get; private init; } = new(0, []);

    /// <summary>Steps longer than the usual one, other than <see cref="HoursLeftOut"/>.</summary>
    public TimeFinding Gaps { get; private init; } = new(0, []);

    /// <summary>Rows that the gaps leave room for.</summary>
    public long RowsMissing { get; private init; }

    /// <summary>Rows earlier than the one before, other than <see cref="HoursTwice"/>.</summary>
    public TimeFinding Disorder { get; private init; } = new(0, []);

    /// <summary>Rows at the same time as the one before, other than <see cref="HoursTwice"/>.</summary>
    public TimeFinding Repeats { get; private init; } = new(0, []);

    /// <summary>Steps shorter than the usual one.</summary>
    public TimeFinding ShortSteps { get; private init; } = new(0, []);

    /// <summary>Nights on which the clock goes back: an hour comes twice, early on a Sunday, in times without an offset.</summary>
    public TimeFinding HoursTwice { get; private init; } = new(0, []);

    /// <summary>Nights on which the clock goes forward: an hour is left out, early on a Sunday, in times without an offset.</summary>
    public TimeFinding HoursLeftOut { get; private init; } = new(0, []);

    /// <summary>Whether every row follows the one before by the usual step.</summary>
    public bool IsRegular => Missing.Count + Gaps.Count + Disorder.Count + Repeats.Count + ShortSteps.Count + HoursTwice.Count
        + HoursLeftOut.Count == 0;

    /// <summary>Looks at times.</summary>
    /// <param name="times">The column.</param>
    /// <param name="lineOf">The line of a row, which is counted from 0.</param>
    public static TimeColumnReport Of(TimeColumn times, Func<int, long> lineOf)
    {
        (var missing, var gaps, var disorder, var repeats) = (new Finding(), new Finding(), new Finding(), new Finding());
        (var shorter, var twice, var leftOut) = (new Finding(), new Finding(), new Finding());
        long step = UsualStepOf(times.Ticks), rows = 0, before = TimeColumn.Missing;
        for (int row = 0; row < times.Ticks.Count; row++)
        {
            long at = times.Ticks[row], line = lineOf(row);
            if (at == TimeColumn.Missing)
            {
                missing.Add(line);
                continue;
            }

            long difference = at - before;
            bool isChange = !times.HasOffsets && step is > 0 and <= TimeSpan.TicksPerHour && IsEarlyOnSunday(at);
            if (before == TimeColumn.Missing || difference == step)
            {
                // As it should be.
            }
            else if (isChange && difference == step - TimeSpan.TicksPerHour)
            {
                twice.Add(line);
            }
            else if (isChange && difference == step + TimeSpan.TicksPerHour)
            {
                leftOut.Add(line);
            }
            else if (difference > step)
            {
                gaps.Add(line);
                rows += step > 0 ? Math.Max(0, (long)Math.Round((double)difference / step) - 1) : 0;
            }
            else
            {
                (difference < 0 ? disorder : difference == 0 ? repeats : shorter).Add(line);
            }

            before = at;
        }

        return new(times.Name)
        {
            UsualStep = TimeSpan.FromTicks(step),
            Missing = missing.Done,
            Gaps = gaps.Done,
            RowsMissing = rows,
            Disorder = disorder.Done,
            Repeats = repeats.Done,
            ShortSteps = shorter.Done,
            HoursTwice = twice.Done,
            HoursLeftOut = leftOut.Done,
        };
    }

    // The commonest of the steps forward; of several that are as common, the shortest.
    private static long UsualStepOf(IReadOnlyList<long> ticks)
    {
        var counts = new Dictionary<long, long>();
        long before = TimeColumn.Missing;
        foreach (long at in ticks)
        {
            if (at == TimeColumn.Missing) continue;
            if (before != TimeColumn.Missing && at > before) CollectionsMarshal.GetValueRefOrAddDefault(counts, at - before, out _)++;
            before = at;
        }

        (long commonest, long most) = (0, 0);
        foreach ((long step, long count) in counts)
        {
            if (count > most || (count == most && step < commonest)) (commonest, most) = (step, count);
        }

        return commonest;
    }

    // Nearly all countries that change their clocks do so on a Sunday, between midnight and four.
    private static bool IsEarlyOnSunday(long ticks)
    {
        var time = new DateTime(ticks);
        return time.DayOfWeek == DayOfWeek.Sunday && time.Hour <= 4;
    }

    private sealed class Finding
    {
        private readonly List<long> _lines = [];
        private long _count;

        public TimeFinding Done => new(_count, _lines);

        public void Add(long line)
        {
            if (_count++ < Examples) _lines.Add(line);
        }
    }
}
