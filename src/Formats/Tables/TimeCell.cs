namespace TinySD.Formats.Tables;

/// <summary>Reads a cell as a time: <c>2016-07-01</c>, <c>2016/07/01</c>, <c>01.07.2016</c> or, the month before the day or behind it,
/// <c>7/1/2016</c>; then <c>T</c> or a blank and <c>hh:mm[:ss[.f]]</c>, perhaps AM or PM; then <c>Z</c> or an offset. All but the date may
/// be left out.</summary>
internal ref struct TimeCell
{
    private readonly bool _isDayFirst;
    private ReadOnlySpan<char> _rest;

    private TimeCell(ReadOnlySpan<char> cell, bool isDayFirst)
    {
        _rest = cell;
        _isDayFirst = isDayFirst;
    }

    /// <summary>Whether a date has its day and month in an order that the cell does not tell.</summary>
    public static bool IsOfEitherOrder(ReadOnlySpan<char> cell) => cell.IndexOf('/') is 1 or 2;

    /// <summary>Reads a time.</summary>
    /// <param name="cell">Without white space around it.</param>
    /// <param name="isDayFirst">Whether of <c>7/1/2016</c> the 7 is the day.</param>
    /// <param name="ticks">100 ns since the year 1; of UTC where the cell has an offset, else as the clock showed it.</param>
    /// <param name="hasOffset">Whether the cell says how far from UTC it is.</param>
    public static bool TryRead(ReadOnlySpan<char> cell, bool isDayFirst, out long ticks, out bool hasOffset)
    {
        (ticks, hasOffset) = (0, false);
        var reader = new TimeCell(cell, isDayFirst);
        if (!reader.TryDate(out ticks)) return false;
        if (reader._rest.IsEmpty) return true;
        if (!reader.Take('T') && !reader.Take(' ')) return false;
        if (!reader.TryClock(ref ticks)) return false;
        hasOffset = !reader._rest.IsEmpty;
        return !hasOffset || reader.TryOffset(ref ticks);
    }

    private bool TryDate(out long ticks)
    {
        ticks = 0;
        int day, month, year;
        if (TryDigits(4, 4, out year))
        {
            char mark = _rest.IsEmpty ? '\0' : _rest[0];
            if (mark is not ('-' or '/') || !Take(mark) || !TryDigits(1, 2, out month) || !Take(mark) || !TryDigits(1, 2, out day))
                return false;
        }
        else
        {
            if (!TryDigits(1, 2, out day)) return false;
            char mark = Take('.') ? '.' : Take('/') ? '/' : '\0';
            if (mark == '\0' || !TryDigits(1, 2, out month) || !Take(mark) || !TryDigits(4, 4, out year)) return false;
            if (mark == '/' && !_isDayFirst) (day, month) = (month, day);
        }

        if (year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month)) return false;
        ticks = new DateTime(year, month, day).Ticks;
        return true;
    }

    private bool TryClock(ref long ticks)
    {
        int second = 0;
        if (!TryDigits(1, 2, out int hour) || !Take(':') || !TryDigits(2, 2, out int minute)) return false;
        if (Take(':') && !TryDigits(2, 2, out second)) return false;
        if (hour > 23 || minute > 59 || second > 59) return false;
        bool isMorning = _rest.EndsWith(" AM", StringComparison.OrdinalIgnoreCase);
        if (isMorning || _rest.EndsWith(" PM", StringComparison.OrdinalIgnoreCase))
        {
            // Twelve comes before one.
            if (hour is < 1 or > 12) return false;
            hour = (hour % 12) + (isMorning ? 0 : 12);
            _rest = _rest[..^3];
        }

        ticks += (hour * TimeSpan.TicksPerHour) + (minute * TimeSpan.TicksPerMinute) + (second * TimeSpan.TicksPerSecond);
        if (!Take('.')) return true;
        long unit = TimeSpan.TicksPerSecond;
        int digits = 0;
        for (; !_rest.IsEmpty && char.IsAsciiDigit(_rest[0]); digits++, _rest = _rest[1..]) ticks += (unit /= 10) * (_rest[0] - '0');
        return digits > 0;
    }

    private bool TryOffset(ref long ticks)
    {
        _ = Take(' ');
        if (Take('Z')) return _rest.IsEmpty;
        int sign = Take('+') ? 1 : Take('-') ? -1 : 0, minutes = 0;
        if (sign == 0 || !TryDigits(2, 2, out int hours)) return false;
        if (!_rest.IsEmpty)
        {
            _ = Take(':');
            if (!TryDigits(2, 2, out minutes)) return false;
        }

        ticks -= sign * ((hours * TimeSpan.TicksPerHour) + (minutes * TimeSpan.TicksPerMinute));
        return _rest.IsEmpty && hours < 24 && minutes < 60 && ticks >= 0 && ticks <= DateTime.MaxValue.Ticks;
    }

    private bool Take(char wanted)
    {
        if (_rest.IsEmpty || _rest[0] != wanted) return false;
        _rest = _rest[1..];
        return true;
    }

    private bool TryDigits(int least, int most, out int number)
    {
        number = 0;
        int count = 0;
        for (; count < Math.Min(most, _rest.Length) && char.IsAsciiDigit(_rest[count]); count++)
            number = (10 * number) + _rest[count] - '0';
        if (count < least) return false;
        _rest = _rest[count..];
        return true;
    }
}
