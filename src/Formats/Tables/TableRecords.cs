namespace TinySD.Formats.Tables;

/// <summary>Cuts a table's text into parts of whole rows, each as soon as its last line is complete.</summary>
/// <remarks>CSV's rules (RFC 4180): a cell that begins with a quotation mark ends with one, two stand for one within, and separators and
/// line ends within do not count. Lines end with LF, CRLF or CR. A mark in the middle of a cell is refused: programs do not agree on what
/// it means, and a wrong guess swallows rows.</remarks>
internal sealed class TableRecords(string name, TableText text)
{
    /// <summary>No row is longer. A mark that is never closed would make a row of all that follows.</summary>
    public const int MaxRowLength = 1 << 20;

    private static readonly SearchValues<char> s_marks = SearchValues.Create("\"\r\n");

    private char[] _buffer = new char[2 * TableText.BlockLength];

    // The characters that are there, those looked at, and where the last whole row ends.
    private int _count, _seen, _end;
    private bool _isQuoted, _ended, _endedInReturn;
    private long _line = 1, _openLine;

    /// <summary>The line on which the rows that <see cref="TryNext"/> gave begin, counted from 1.</summary>
    public long FirstLine { get; private set; } = 1;

    /// <summary>The next whole rows; at the end also what is left, which lacks a line end.</summary>
    /// <param name="rows">Valid until the next call.</param>
    /// <exception cref="FileProblemException">It is no text, a row is too long, or a quotation mark stands where none may.</exception>
    public bool TryNext(out ReadOnlyMemory<char> rows)
    {
        _buffer.AsSpan(_end, _count - _end).CopyTo(_buffer);
        (_count, _seen, _end) = (_count - _end, _seen - _end, 0);
        FirstLine = _line - LinesIn(_buffer.AsSpan(0, _seen));
        while (_end == 0 && !_ended)
        {
            if (_count > MaxRowLength) Throw.Problem(TooLong());
            if (_buffer.Length - _count < TableText.BlockLength) Array.Resize(ref _buffer, 2 * _buffer.Length);
            int read = text.Read(_buffer.AsSpan(_count));
            _ended = read == 0;
            _count += read;
            Scan();
        }

        if (_end == 0)
        {
            if (_isQuoted) Throw.Problem(NeverClosed());
            _end = _seen = _count;
        }

        rows = _buffer.AsMemory(0, _end);
        return _end > 0;
    }

    private void Scan()
    {
        ReadOnlySpan<char> buffer = _buffer.AsSpan(0, _count);
        if (_endedInReturn && _seen == 0 && buffer is ['\n', ..])
        {
            // Its row was given when the return came.
            buffer[1..].CopyTo(_buffer);
            _count--;
            buffer = _buffer.AsSpan(0, _count);
        }

        if (_count > _seen) _endedInReturn = false;
        while (_seen < buffer.Length)
        {
            int at = buffer[_seen..].IndexOfAny(s_marks);
            if (at < 0)
            {
                _seen = buffer.Length;
                return;
            }

            at += _seen;
            _seen = at + 1;
            if (buffer[at] == '"')
            {
                Quote(buffer[..at]);
                continue;
            }

            if (buffer[at] == '\n' && at > 0 && buffer[at - 1] == '\r')
            {
                // The second half of a line end.
                if (!_isQuoted) _end = _seen;
                continue;
            }

            _line++;
            if (_isQuoted) continue;
            _end = _seen;
            _endedInReturn = buffer[at] == '\r' && _seen == buffer.Length;
        }
    }

    private void Quote(ReadOnlySpan<char> before)
    {
        if (!_isQuoted)
        {
            before = before.TrimEnd(' ');
            if (!before.IsEmpty && before[^1] is not (',' or ';' or '\t' or '"' or '\r' or '\n')) Throw.Problem(WithinCell());
            _openLine = _line;
        }

        _isQuoted = !_isQuoted;
    }

    private static long LinesIn(ReadOnlySpan<char> text)
    {
        long lines = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\r' || (text[i] == '\n' && (i == 0 || text[i - 1] != '\r'))) lines++;
        }

        return lines;
    }

    private FileProblem WithinCell() => new(FileProblemKind.TableInvalid, name,
        $"{name}, line {_line}: a quotation mark in the middle of a cell. A cell that holds one stands in quotation marks as a whole, " +
        "and each one within is doubled.")
    { Line = _line };

    private FileProblem NeverClosed() => new(FileProblemKind.TableInvalid, name,
        $"{name}, line {_openLine}: the quotation mark that opens a cell here is never closed")
    { Line = _openLine };

    private FileProblem TooLong() => new(FileProblemKind.TableInvalid, name,
        $"{name}, line {FirstLine}: a row of more than {Words.Count(MaxRowLength)} characters. " +
        (_isQuoted ? $"Is the quotation mark that opens a cell on line {_openLine} never closed?" : "Is this a table with line ends?"))
    { Line = FirstLine };
}
