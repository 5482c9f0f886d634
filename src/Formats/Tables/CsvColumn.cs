using TinySD.Formats.Text;

namespace TinySD.Formats.Tables;

/// <summary>What the cells of a column are.</summary>
public enum ColumnKind
{
    /// <summary>Numbers and missing cells; at least one number.</summary>
    Numbers,

    /// <summary>Times: dates with or without a clock, or seconds of Unix under a name that says time.</summary>
    Times,

    /// <summary>At least one text.</summary>
    Text,

    /// <summary>All cells are missing.</summary>
    Empty,
}

/// <summary>One column of a table that was read.</summary>
public sealed class CsvColumn
{
    private static readonly string[] s_timeNames =
        ["time", "date", "datetime", "timestamp", "ts", "unix", "unixtime", "epoch"];

    private readonly List<double> _values = [];
    private readonly List<string>? _texts;
    private List<long>? _ticks;
    private long _numbers, _others, _times, _meant, _timesOfEitherOrder;
    private bool _hasOffsets, _isTimes, _isDayFirst;
    private double[]? _array;
    private (CellKind Kind, long Line, string Text) _fault;
    private readonly SpanLookup<string> _known;

    internal CsvColumn(string name, int number, bool isNamed, bool keepsTexts)
    {
        (Name, Number, IsNamed) = (name, number, isNamed);
        if (!keepsTexts) return;
        _texts = [];
        _known = new(new(StringComparer.Ordinal));
    }

    /// <summary>Its name in the header; <c>column1</c> and so on where there is no header, or no name in it.</summary>
    public string Name { get; }

    /// <summary>Its place in a row, counted from 1.</summary>
    public int Number { get; }

    /// <summary>What its cells are.</summary>
    public ColumnKind Kind => _isTimes || (_others > 0 && _times == _others && _numbers == 0) ? ColumnKind.Times
        : _others > 0 ? ColumnKind.Text : _numbers > 0 ? ColumnKind.Numbers : ColumnKind.Empty;

    /// <summary>Cells without a value.</summary>
    public long MissingCount { get; private set; }

    /// <summary>The line of the first of them; 0 where there is none.</summary>
    public long FirstMissingLine { get; private set; }

    internal bool IsNamed { get; }

    internal bool KeepsTexts => _texts is not null;

    /// <summary>Whether most of its cells are numbers or look like some, and yet not all are.</summary>
    internal bool IsMeantAsNumbers => Kind == ColumnKind.Text && _numbers + _meant > _others - _meant;

    /// <summary>Where it is no time, though most of its cells are; 0 of any other column.</summary>
    internal long BrokenTimeLine => Kind == ColumnKind.Text && 2 * _times > _others + _numbers ? _fault.Line : 0;

    /// <summary>The numbers, one for each row, NaN where a cell is missing.</summary>
    internal double[] Values => _array ??= [.. _values];

    internal IReadOnlyList<string> Texts => _texts ?? [];

    internal bool HasOffsets => _hasOffsets;

    /// <summary>The times, one for each row, <see cref="TimeColumn.Missing"/> where there is none.</summary>
    internal long[] Ticks => _ticks is null ? [] : [.. _ticks];

    internal void Add(ReadOnlySpan<char> cell, DecimalMark mark, long line)
    {
        if (_texts is not null) AddText(cell);
        CellKind kind = NumberCell.Read(cell, mark, out double value);
        _values.Add(value);
        if (kind == CellKind.Number)
        {
            _numbers++;
            _ticks = null;
            return;
        }

        if (kind == CellKind.Missing)
        {
            if (MissingCount++ == 0) FirstMissingLine = line;
            _ticks?.Add(TimeColumn.Missing);
            return;
        }

        // Cells are times until one is none.
        if (_others == 0 && _numbers == 0) _ticks = [.. Enumerable.Repeat(TimeColumn.Missing, _values.Count - 1)];
        _others++;
        bool isTime = TryTime(cell, out long ticks, out bool hasOffset);
        if (isTime)
        {
            _times++;
            _hasOffsets |= hasOffset;
            _ticks?.Add(ticks);
        }
        else
        {
            _ticks = null;
        }

        if (!isTime && kind is (CellKind.OtherMarks or CellKind.Infinite)) _meant++;

        // Of times the first that is none tells more.
        if (_fault.Line == 0 || (!isTime && _times == _others - 1)) _fault = (isTime ? CellKind.Text : kind, line, Words.Shown(cell));
    }

    /// <summary>Takes away the last rows.</summary>
    internal void Cut(int count)
    {
        int cut = _values.Count - count;
        _values.RemoveRange(count, cut);
        _texts?.RemoveRange(count, cut);
        _ticks?.RemoveRange(count, cut);
        MissingCount -= cut;
        if (MissingCount == 0) FirstMissingLine = 0;
    }

    /// <summary>Looks whether numbers under a name that says time are one: seconds or milliseconds of Unix, or dates of eight
    /// digits.</summary>
    internal void FindTimes()
    {
        if (Kind != ColumnKind.Numbers || !s_timeNames.Contains(Name.Replace("_", "", StringComparison.Ordinal).ToLowerInvariant())) return;
        var ticks = new List<long>(_values.Count);
        foreach (double value in _values)
        {
            if (!TryUnix(value, out long at)) return;
            ticks.Add(at);
        }

        (_ticks, _isTimes) = (ticks, true);

        // Unix counts from a moment that is the same everywhere; eight digits are a date on somebody's calendar.
        _hasOffsets = _values.Exists(value => value >= 1e8);
    }

    /// <summary>What is wrong with it as a column of numbers; null where nothing is.</summary>
    internal FileProblem? Fault(string file)
    {
        if (Kind == ColumnKind.Numbers) return null;
        if (Kind == ColumnKind.Empty)
        {
            return new(FileProblemKind.TableInvalid, file, $"{file}, column {Shown}: no cell has a number; all are missing")
            { Part = Name };
        }

        if (_isTimes)
        {
            return new(FileProblemKind.DoesNotFit, file, $"{file}, column {Shown}: it holds times, which are no input and no target")
            { Part = Name };
        }

        return Fault(file, Name, _fault.Line, _fault.Kind, _fault.Text);
    }

    /// <summary>The complaint about a cell that is no number.</summary>
    internal static FileProblem Fault(string file, string column, long line, CellKind kind, string text)
    {
        string what = kind switch
        {
            CellKind.Infinite => $"'{text}' is infinite, or beyond the range of numbers of 64 bits; a finite number was expected. " +
                "Leave the cell empty where there is no value.",
            CellKind.OtherMarks => $"'{text}' is not read as a number, for its commas, points or blanks can mean two things. " +
                "Where commas are decimal, say so (--decimal comma); separators of thousands must go.",
            _ => $"'{text}' is no number. A missing value is an empty cell, NA, NaN, null, ? or -.",
        };
        return new(kind == CellKind.Infinite ? FileProblemKind.NotFinite : FileProblemKind.TableInvalid, file,
            $"{file}, line {line}, column '{Words.Shown(column)}': {what}")
        { Line = line, Part = column };
    }

    private string Shown => $"'{Words.Shown(Name)}'";

    // Of 7/1/2016 the 7 is the month, until a 13 stands there: then it was the day all along, if it can have been.
    private bool TryTime(ReadOnlySpan<char> cell, out long ticks, out bool hasOffset)
    {
        bool isTime = TimeCell.TryRead(cell, _isDayFirst, out ticks, out hasOffset);
        if (!isTime && !_isDayFirst && _times == _timesOfEitherOrder && TimeCell.TryRead(cell, true, out ticks, out hasOffset))
            isTime = _isDayFirst = TryTurn();
        if (isTime && TimeCell.IsOfEitherOrder(cell)) _timesOfEitherOrder++;
        return isTime;
    }

    private bool TryTurn()
    {
        if (_ticks is null) return false;
        foreach (ref long at in CollectionsMarshal.AsSpan(_ticks))
        {
            if (at == TimeColumn.Missing) continue;
            var time = new DateTime(at);
            if (time.Day > 12) return false;
            at = new DateTime(time.Year, time.Day, time.Month).Ticks + time.TimeOfDay.Ticks;
        }

        return true;
    }

    private static bool TryUnix(double value, out long ticks)
    {
        ticks = TimeColumn.Missing;
        if (double.IsNaN(value)) return true;
        if (value is >= 19_000_101 and < 22_000_101 && value == Math.Floor(value))
        {
            (int year, int month, int day) = ((int)value / 10_000, (int)value / 100 % 100, (int)value % 100);
            if (month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month)) return false;
            ticks = new DateTime(year, month, day).Ticks;
            return true;
        }

        // From 1973 on as seconds, milliseconds, microseconds and nanoseconds.
        double seconds = value switch
        {
            < 1e8 => double.NaN,
            < 1e10 => value,
            < 1e13 => value / 1e3,
            < 1e16 => value / 1e6,
            _ => value / 1e9,
        };
        if (!(seconds < 1e10)) return false;
        ticks = DateTime.UnixEpoch.Ticks + (long)Math.Round(seconds * TimeSpan.TicksPerSecond);
        return true;
    }

    // Labels and identifiers come many times over.
    private void AddText(ReadOnlySpan<char> cell)
    {
        if (!_known.TryGetValue(cell, out string? text))
        {
            text = cell.ToString();
            _known.Add(text, text);
        }

        _texts!.Add(text);
    }
}
