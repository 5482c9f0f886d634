namespace TinySD.Formats.Text;

/// <summary>Streams the bytes of a text from a file, or from a stream such as standard input: plain or gzip, told by content.</summary>
internal sealed class CorpusFile : IDisposable
{
    private readonly string _path;
    private readonly FileStream? _file;
    private readonly Stream _stream;
    private readonly bool _isGzip;

    private CorpusFile(string path, Stream bytes, bool isGzip)
    {
        _path = path;
        _file = bytes as FileStream;
        _isGzip = isGzip;
        _stream = isGzip ? new WholeGzipStream(bytes) : bytes;
    }

    /// <summary>How much of the file is read, 0 to 1; of a gzip file how much of its packed bytes. 0 where the bytes come from no
    /// file.</summary>
    /// <exception cref="FileProblemException">The system does not tell.</exception>
    public double Share => _file is null ? 0
        : SystemErrors.Reading(_path, () => _file.Length == 0 ? 1 : Math.Min(1, (double)_file.Position / _file.Length));

    /// <summary>Opens a file.</summary>
    /// <exception cref="FileProblemException">It cannot be opened.</exception>
    public static CorpusFile Open(string path)
    {
        if (!SystemErrors.TryOpen(path, out SafeFileHandle? handle, out FileProblem? problem)) Throw.Problem(problem);
        var file = new FileStream(handle, FileAccess.Read, bufferSize: 0);
        try
        {
            // The file of a stream that was kept has other readers, and its handle stands where one of them left it.
            file.Position = 0;
            Span<byte> first = stackalloc byte[2];
            bool isGzip = file.ReadAtLeast(first, 2, throwOnEndOfStream: false) == 2 && first[0] == 0x1F && first[1] == 0x8B;
            file.Position = 0;
            return new CorpusFile(path, file, isGzip);
        }
        catch (Exception exception)
        {
            file.Dispose();
            if (SystemErrors.IsFromSystem(exception)) Throw.Problem(SystemErrors.WhileReading(path, exception), exception);
            throw;
        }
    }

    /// <summary>Reads from a stream, which may come to no end and be no file.</summary>
    /// <param name="name">The stream's name in messages.</param>
    /// <param name="stream">The bytes; owned from here on.</param>
    /// <exception cref="FileProblemException">The stream could not be read.</exception>
    public static CorpusFile Of(string name, Stream stream)
    {
        byte[] first = new byte[2];
        int count = SystemErrors.Reading(name, () => stream.ReadAtLeast(first, first.Length, throwOnEndOfStream: false));
        return new CorpusFile(name, new Rejoined(first.AsMemory(0, count), stream), first is [0x1F, 0x8B]);
    }

    /// <summary>Fills <paramref name="bytes"/>.</summary>
    /// <returns>How many there were; fewer than asked for only at the end.</returns>
    /// <exception cref="FileProblemException">The file could not be read, or is damaged gzip.</exception>
    public int Read(Span<byte> bytes) => Read(bytes, bytes.Length);

    /// <summary>Reads so many bytes, and more where they are there without waiting.</summary>
    /// <returns>How many; fewer than <paramref name="least"/> only at the end.</returns>
    /// <exception cref="FileProblemException">The file could not be read, or is damaged gzip.</exception>
    public int Read(Span<byte> bytes, int least)
    {
        try
        {
            return _stream.ReadAtLeast(bytes, least, throwOnEndOfStream: false);
        }
        catch (InvalidDataException exception)
        {
            Throw.Problem(new(FileProblemKind.GzipDamaged, _path, $"{_path} is a damaged or cut-short gzip file; copy or download it again")
            { Part = "gzip" }, exception);
        }
        catch (Exception exception) when (SystemErrors.IsFromSystem(exception))
        {
            Throw.Problem(SystemErrors.WhileReading(_path, exception), exception);
        }

        return 0;
    }

    /// <summary>The place of a byte in words, as counted in <see cref="Read(Span{byte})"/>.</summary>
    public string Place(long offset) => $"byte {offset}{(_isGzip ? " of the unpacked text" : "")}";

    /// <summary>The complaint about a file without a byte.</summary>
    public FileProblem Empty(string expected) =>
        new(FileProblemKind.Empty, _path, $"{_path} is empty; {expected} was expected") { Offset = 0 };

    public void Dispose() => _stream.Dispose();

    /// <summary>A stream with its first bytes, which were looked at, put back before it.</summary>
    private sealed class Rejoined(ReadOnlyMemory<byte> first, Stream rest) : OneWayStream(isRead: true)
    {
        private ReadOnlyMemory<byte> _first = first;

        public override int Read(Span<byte> destination)
        {
            if (_first.IsEmpty) return rest.Read(destination);
            int count = Math.Min(_first.Length, destination.Length);
            _first.Span[..count].CopyTo(destination);
            _first = _first[count..];
            return count;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) rest.Dispose();
            base.Dispose(disposing);
        }
    }
}
