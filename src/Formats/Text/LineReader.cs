namespace TinySD.Formats.Text;

/// <summary>Reads lines from a stream that may come to no end, each as soon as it has ended. Every line is one, also an empty one and a
/// last one without an end.</summary>
/// <remarks>The stream may be plain or gzip, told by its first bytes. A line is UTF-8, or else Latin-1; a byte-order mark of UTF-8 is
/// skipped.</remarks>
public sealed class LineReader : IDisposable
{
    private const int MaxLength = 1 << 28;

    private readonly string _name;
    private readonly CorpusFile _file;
    private byte[] _buffer = new byte[TextFile.BlockLength];
    private int _start, _count, _searched;
    private bool _ended;

    /// <summary>Takes a stream.</summary>
    /// <param name="name">What to call it in messages.</param>
    /// <param name="stream">The bytes; disposed with this.</param>
    public LineReader(string name, Stream stream)
        : this(name, CorpusFile.Of(name, stream))
    {
    }

    private LineReader(string name, CorpusFile file) => (_name, _file) = (name, file);

    /// <summary>What messages call it: of a file its path.</summary>
    public string Name => _name;

    /// <summary>The line read last, counted from 1.</summary>
    public long Line { get; private set; }

    /// <summary>Whether a line was not UTF-8, and so was read as Latin-1.</summary>
    public bool HasLatin1 { get; private set; }

    /// <summary>How much of a file is read, 0 to 1; 0 of a stream.</summary>
    internal double Share => _file.Share;

    /// <summary>Whether the next line is here already, so that <see cref="TryRead"/> does not wait.</summary>
    public bool HasLine
    {
        get
        {
            ReadOnlySpan<byte> rest = _buffer.AsSpan(_start + _searched, _count - _searched);
            int end = rest.IndexOf((byte)'\n');
            if (end < 0) _searched = _count;
            else _searched += end;
            return end >= 0;
        }
    }

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FileProblemException">It cannot be opened.</exception>
    public static LineReader Open(string path) => new(path, CorpusFile.Open(path));

    /// <summary>Waits for the next line.</summary>
    /// <param name="line">Without its end.</param>
    /// <returns>Whether there is one.</returns>
    /// <exception cref="FileProblemException">The stream could not be read, is damaged gzip or UTF-16, or a line is longer than 256
    /// MiB.</exception>
    public bool TryRead([NotNullWhen(true)] out string? line)
    {
        line = TryReadBytes(out ReadOnlySpan<byte> bytes) ? Decode(bytes) : null;
        return line is not null;
    }

    /// <summary>Waits for the next line, and gives its bytes, which are good until the one after it is read.</summary>
    /// <inheritdoc cref="TryRead"/>
    public bool TryReadBytes(out ReadOnlySpan<byte> line)
    {
        line = default;
        int end;
        while ((end = _buffer.AsSpan(_start + _searched, _count - _searched).IndexOf((byte)'\n')) < 0 && !_ended)
        {
            _searched = _count;
            Fill();
        }

        if (end < 0 && _count == 0) return false;
        int length = end < 0 ? _count : _searched + end;
        Line++;
        line = Content(_buffer.AsSpan(_start, length));
        int used = end < 0 ? length : length + 1;
        (_start, _count, _searched) = (_start + used, _count - used, 0);
        return true;
    }

    /// <summary>Disposes the stream.</summary>
    public void Dispose() => _file.Dispose();

    private string Decode(ReadOnlySpan<byte> bytes)
    {
        HasLatin1 |= !Utf8.IsValid(bytes);
        return DecodedText.Decode(bytes);
    }

    private ReadOnlySpan<byte> Content(ReadOnlySpan<byte> bytes)
    {
        if (Line == 1)
        {
            if (bytes.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF])) bytes = bytes[3..];
            if (bytes is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..])
            {
                Throw.Problem(new(FileProblemKind.NotUtf8, _name,
                    $"{_name} is UTF-16 text; convert it to UTF-8, for example with iconv -f utf-16 -t utf-8")
                { Line = 1 });
            }
        }

        return bytes is [.., (byte)'\r'] ? bytes[..^1] : bytes;
    }

    private void Fill()
    {
        if (_start > 0) _buffer.AsSpan(_start, _count).CopyTo(_buffer);
        _start = 0;
        if (_count == _buffer.Length)
        {
            if (_count >= MaxLength)
            {
                Throw.Problem(new(FileProblemKind.LineInvalid, _name,
                    $"{_name}, line {Line + 1}: longer than {Words.Count(MaxLength)} bytes; one text a line was expected")
                { Line = Line + 1 });
            }

            Array.Resize(ref _buffer, 2 * _buffer.Length);
        }

        int read = _file.Read(_buffer.AsSpan(_count), 1);
        _ended = read == 0;
        _count += read;
    }
}
