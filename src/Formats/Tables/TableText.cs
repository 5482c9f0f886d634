using TinySD.Formats.Text;

namespace TinySD.Formats.Tables;

/// <summary>Streams a table's text as characters: plain or gzip, told by content; UTF-8, UTF-16 with its byte-order mark, or, where the
/// bytes are no UTF-8, Latin-1 as <see cref="DecodedText"/> has it.</summary>
/// <remarks>Spreadsheets write every one of these. A byte that is no UTF-8 in a text that is UTF-8 before it is damage, and becomes the
/// replacement character: in a cell that is read it is refused as any other text, elsewhere it harms nobody.</remarks>
internal sealed class TableText : IDisposable
{
    /// <summary>A destination of this length holds whatever one read brings.</summary>
    public const int BlockLength = 1 << 16;

    private readonly string _name;
    private readonly CorpusFile _file;
    private readonly bool _waitsForBlocks;
    private readonly byte[] _bytes = new byte[BlockLength];
    private int _count;
    private long _offset;
    private bool _ended, _needsMore = true, _isSurelyUtf8, _isLatin1;
    private Decoder? _wide;

    private TableText(string name, CorpusFile file, bool waitsForBlocks)
    {
        _name = name;
        _file = file;
        _waitsForBlocks = waitsForBlocks;
    }

    /// <summary>How much of a file is read, 0 to 1; 0 of a stream.</summary>
    public double Share => _file.Share;

    /// <summary>What the text is in, as far as it is read; plain ASCII is UTF-8.</summary>
    public string Encoding => _isLatin1 ? "Latin-1" : _wide is null ? "UTF-8" : "UTF-16";

    /// <summary>Whether bytes were replaced, for they are no UTF-8 in a text that is.</summary>
    public bool IsDamaged { get; private set; }

    /// <summary>Opens a file.</summary>
    /// <exception cref="FileProblemException">It cannot be opened.</exception>
    public static TableText Open(string path) => new(path, CorpusFile.Open(path), waitsForBlocks: true);

    /// <summary>Reads from a stream.</summary>
    /// <param name="name">Its name in messages.</param>
    /// <param name="stream">The bytes; owned from here on.</param>
    /// <param name="waitsForBlocks">Whether a read may wait for more than there is; else it gives what has come.</param>
    public static TableText Of(string name, Stream stream, bool waitsForBlocks) => new(name, CorpusFile.Of(name, stream), waitsForBlocks);

    /// <summary>Reads some characters.</summary>
    /// <param name="destination">At least <see cref="BlockLength"/> characters.</param>
    /// <returns>How many; 0 at the end.</returns>
    /// <exception cref="FileProblemException">It is no text, or could not be read.</exception>
    public int Read(Span<char> destination)
    {
        while (!_ended || _count > 0)
        {
            // What is there is given before more is waited for.
            if (_needsMore) Fill();
            int written = Decode(destination);
            if (written > 0) return written;
        }

        return 0;
    }

    public void Dispose() => _file.Dispose();

    private void Fill()
    {
        if (_ended) return;
        bool isStart = _offset == 0 && _count == 0;
        Span<byte> free = _bytes.AsSpan(_count);
        int added = _waitsForBlocks ? _file.Read(free) : _file.Read(free, 1);
        _ended = added == 0 || (_waitsForBlocks && added < free.Length);
        _count += added;
        if (!isStart) return;

        // A mark has at most four bytes; nobody waits long for the rest of it.
        if (!_ended && _count < 4 && _bytes[0] >= 0xEF) _count += _file.Read(_bytes.AsSpan(_count), 4 - _count);
        CheckStart(_bytes.AsSpan(0, _count));
    }

    private void CheckStart(ReadOnlySpan<byte> first)
    {
        int mark = 0;
        if (first.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
        {
            _isSurelyUtf8 = true;
            mark = 3;
        }
        else if (first is [0xFF, 0xFE, ..] and not [_, _, 0, 0, ..])
        {
            _wide = System.Text.Encoding.Unicode.GetDecoder();
            mark = 2;
        }
        else if (first is [0xFE, 0xFF, ..])
        {
            _wide = System.Text.Encoding.BigEndianUnicode.GetDecoder();
            mark = 2;
        }
        else if (ForeignFile.Describe(first[..Math.Min(first.Length, ForeignFile.FirstBytes)], _name) is { } format)
        {
            Throw.Problem(new(FileProblemKind.Binary, _name, $"{_name} is no table in CSV: it begins like {format}") { Offset = 0 });
        }
        else if (first.Contains((byte)0) && WideText.Find(first[..(first.Length / 4 * 4)]) is { } wide)
        {
            Throw.Problem(new(FileProblemKind.NotUtf8, _name,
                $"{_name} looks like {wide.Name} without a byte-order mark. Convert it, for example with iconv -f {wide.Iconv} -t utf-8.")
            { Offset = 0 });
        }

        Drop(mark);
    }

    private int Decode(Span<char> destination)
    {
        Span<byte> bytes = _bytes.AsSpan(0, _count);
        int used, written;
        _needsMore = true;
        if (_wide is not null)
        {
            _wide.Convert(bytes, destination, flush: _ended, out used, out written, out _);
            Drop(used);
            return written;
        }

        int zero = bytes.IndexOf((byte)0);
        if (zero >= 0)
        {
            Throw.Problem(new(FileProblemKind.Binary, _name,
                $"{_name} looks like binary, not a table in CSV: there is a zero byte at {_file.Place(_offset + zero)}")
            { Offset = _offset + zero });
        }

        if (_isLatin1) return DecodeLatin1(bytes, destination);
        OperationStatus status = Utf8.ToUtf16(
            bytes, destination, out used, out written, replaceInvalidSequences: false, isFinalBlock: _ended);
        _isSurelyUtf8 |= written < used;
        _needsMore = status != OperationStatus.InvalidData;
        if (status == OperationStatus.InvalidData && used == 0)
        {
            // All before it is ASCII, which is the same in both.
            if (!_isSurelyUtf8)
            {
                _isLatin1 = true;
                return DecodeLatin1(bytes, destination);
            }

            IsDamaged = true;
            Rune.DecodeFromUtf8(bytes, out _, out used);
            destination[0] = '\uFFFD';
            written = 1;
        }

        Drop(used);
        return written;
    }

    private int DecodeLatin1(ReadOnlySpan<byte> bytes, Span<char> destination)
    {
        DecodedText.Latin1(bytes, destination);
        Drop(bytes.Length);
        return bytes.Length;
    }

    private void Drop(int count)
    {
        _offset += count;
        _count -= count;
        _bytes.AsSpan(count, _count).CopyTo(_bytes);
    }
}
