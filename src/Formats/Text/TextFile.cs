namespace TinySD.Formats.Text;

/// <summary>Streams a text file as characters: plain or gzip, told by content; strictly UTF-8; refuses what is not text.</summary>
internal sealed class TextFile : IDisposable
{
    /// <summary>A destination of this length holds whatever one read brings.</summary>
    public const int BlockLength = 1 << 16;

    private readonly string _path;
    private readonly CorpusFile _file;
    private readonly MemoryOwner<byte> _bytes;
    private int _count;
    private long _offset, _lines, _returns, _pairs;
    private bool _ended, _isSurelyUtf8, _endsInReturn;

    private TextFile(string path, CorpusFile file)
    {
        _path = path;
        _file = file;
        _bytes = MemoryOwner<byte>.Allocate(BlockLength);
    }

    /// <summary>How much of the file is read, 0 to 1.</summary>
    public double Share => _file.Share;

    /// <summary>How the lines read so far end; what words make of them is not for here.</summary>
    public LineEnds LineEnds => new(_lines, _returns, _pairs, 0, 0);

    /// <summary>Opens a file.</summary>
    /// <exception cref="FileProblemException">It cannot be opened.</exception>
    public static TextFile Open(string path) => new(path, CorpusFile.Open(path));

    /// <summary>A whole file's characters.</summary>
    /// <param name="path">The file.</param>
    /// <param name="most">The most characters.</param>
    /// <returns>Null where there are more.</returns>
    /// <exception cref="FileProblemException">As for <see cref="Open"/> and <see cref="Read"/>.</exception>
    public static string? ReadAll(string path, int most) => ReadAll(path, CorpusFile.Open(path), most);

    /// <summary>The same of bytes that come from elsewhere, too.</summary>
    /// <param name="name">What messages call them.</param>
    /// <param name="bytes">Disposed with this.</param>
    /// <param name="most">The most characters.</param>
    /// <returns>Null where there are more.</returns>
    /// <exception cref="FileProblemException">As for <see cref="Read"/>.</exception>
    public static string? ReadAll(string name, CorpusFile bytes, int most)
    {
        using var file = new TextFile(name, bytes);
        var text = new StringBuilder();
        using SpanOwner<char> block = SpanOwner<char>.Allocate(BlockLength);
        for (int count; (count = file.Read(block.Span)) > 0;)
        {
            text.Append(block.Span[..count]);
            if (text.Length > most) return null;
        }

        return text.ToString();
    }

    /// <summary>Reads some characters; no surrogate pair is split.</summary>
    /// <param name="destination">At least <see cref="BlockLength"/> characters.</param>
    /// <returns>How many; 0 at the end.</returns>
    /// <exception cref="FileProblemException">The file is empty, not text, not UTF-8, or could not be read.</exception>
    public int Read(Span<char> destination)
    {
        while (!_ended || _count > 0)
        {
            Fill();
            OperationStatus status = Utf8.ToUtf16(
                _bytes.Span.Slice(0, _count), destination, out int used, out int written,
                replaceInvalidSequences: false, isFinalBlock: _ended);

            // Where there are fewer characters than bytes, some are of several bytes, and other encodings hardly ever look like that.
            _isSurelyUtf8 |= written < used;
            if (status == OperationStatus.InvalidData) Throw.Problem(NotUtf8(used));

            CountLines(_bytes.Span.Slice(0, used));
            _offset += used;
            _count -= used;
            _bytes.Span.Slice(used, _count).CopyTo(_bytes.Span);
            if (written > 0) return written;
        }

        return 0;
    }

    public void Dispose()
    {
        _bytes.Dispose();
        _file.Dispose();
    }

    private void CountLines(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) return;
        _lines += bytes.Count((byte)'\n');
        if (_endsInReturn && bytes[0] == (byte)'\n') _pairs++;
        int returns = bytes.Count((byte)'\r');
        _returns += returns;
        if (returns > 0) _pairs += bytes.Count("\r\n"u8);
        _endsInReturn = bytes[^1] == (byte)'\r';
    }

    private void Fill()
    {
        if (_ended) return;
        int added = _file.Read(_bytes.Span.Slice(_count));
        bool isStart = _offset == 0 && _count == 0;
        Span<byte> fresh = _bytes.Span.Slice(_count, added);
        _count += added;
        _ended = _count < _bytes.Length;
        if (isStart) CheckStart();
        int zero = fresh.IndexOf((byte)0);
        if (zero >= 0)
        {
            long at = _offset + _count - added + zero;
            if (isStart && WideText.Find(_bytes.Span.Slice(0, _count)) is { } wide) Throw.Problem(NotUtf8(wide, zero));
            Throw.Problem(new(FileProblemKind.Binary, _path,
                $"{_path} looks like binary, not text: there is a zero byte at {_file.Place(at)}")
            { Offset = at });
        }

        if (isStart) SkipMark();
    }

    private void CheckStart()
    {
        if (_count == 0) Throw.Problem(_file.Empty("a text"));
        if (ForeignFile.Describe(_bytes.Span.Slice(0, Math.Min(_count, ForeignFile.FirstBytes)), _path) is { } format)
            Throw.Problem(new(FileProblemKind.Binary, _path, $"{_path} is not text: it begins like {format}") { Offset = 0 });
    }

    /// <summary>Windows programs put a byte-order mark before a text; it is no part of it.</summary>
    private void SkipMark()
    {
        if (!_bytes.Span.Slice(0, _count).StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF])) return;
        _isSurelyUtf8 = true;
        _offset = 3;
        _count -= 3;
        _bytes.Span.Slice(3, _count).CopyTo(_bytes.Span);
        if (_count == 0)
        {
            Throw.Problem(new(FileProblemKind.Empty, _path, $"{_path} is empty but for a byte-order mark; a text was expected")
            { Offset = 0 });
        }
    }

    private FileProblem NotUtf8(WideText wide, int zero)
    {
        long line = _bytes.Span.Slice(0, zero).Count((byte)'\n') + 1;
        return new(FileProblemKind.NotUtf8, _path,
            $"{_path}, line {line}: not UTF-8 text, with 00 at {_file.Place(zero)}; it looks like {wide.Name} without a byte-order mark. " +
            $"Convert the file, for example with iconv -f {wide.Iconv} -t utf-8.")
        { Offset = zero, Line = line };
    }

    private FileProblem NotUtf8(int at)
    {
        long line = _lines + _bytes.Span.Slice(0, at).Count((byte)'\n') + 1, offset = _offset + at;
        bool isCut = _ended && Rune.DecodeFromUtf8(_bytes.Span.Slice(at, _count - at), out _, out _) == OperationStatus.NeedMoreData;
        string remedy = (_isSurelyUtf8, isCut) switch
        {
            (true, true) => "The text before it is UTF-8, so it is cut short within a character; copy it again.",
            (true, false) => "The text before it is UTF-8, so the file is damaged, or put together from texts of two encodings. " +
                "Copy it again, or mend that line.",
            (false, true) => $"If it is cut short within a character, copy it again; otherwise convert it{HowToConvert(at)}",
            (false, false) => $"Convert the file{HowToConvert(at)}",
        };
        return new(FileProblemKind.NotUtf8, _path,
            $"{_path}, line {line}: not UTF-8 text, with {_bytes.Span[at]:X2} at {_file.Place(offset)}. {remedy}")
        { Offset = offset, Line = line };
    }

    // The first such byte may stand at the end of a block, and what follows it tells more.
    private string HowToConvert(int at)
    {
        const int blocks = 16;
        var text = new NarrowText();
        text.Add(_bytes.Span.Slice(Math.Max(0, at - 1), _count - Math.Max(0, at - 1)));
        using SpanOwner<byte> more = SpanOwner<byte>.Allocate(BlockLength);
        for (int i = 0; i < blocks && !_ended; i++)
        {
            int read;
            try
            {
                read = _file.Read(more.Span);
            }
            catch (FileProblemException)
            {
                // This is about the text, of which enough has been seen for that.
                break;
            }

            text.Add(more.Span[..read]);
            _ended = read < more.Length;
        }

        return text.Iconv is { } name
            ? $", for example with iconv -f {name} -t utf-8."
            : " from its encoding, which cannot be told from here; from GB18030, for example, with iconv -f gb18030 -t utf-8.";
    }
}
