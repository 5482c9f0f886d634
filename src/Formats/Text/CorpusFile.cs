namespace TinySD.Formats.Text;

/// <summary>Streams a corpus file's bytes: plain or gzip, told by content.</summary>
internal sealed class CorpusFile : IDisposable
{
    private readonly string _path;
    private readonly FileStream _file;
    private readonly Stream _stream;

    private CorpusFile(string path, FileStream file, bool isGzip)
    {
        _path = path;
        _file = file;
        _stream = isGzip ? new WholeGzipStream(file) : file;
    }

    /// <summary>How much of the file is read, 0 to 1; of a gzip file how much of its packed bytes.</summary>
    /// <exception cref="FileProblemException">The system does not tell.</exception>
    public double Share =>
        SystemErrors.Reading(_path, () => _file.Length == 0 ? 1 : Math.Min(1, (double)_file.Position / _file.Length));

    /// <summary>Opens a file.</summary>
    /// <exception cref="FileProblemException">It cannot be opened.</exception>
    public static CorpusFile Open(string path)
    {
        if (!SystemErrors.TryOpen(path, out SafeFileHandle? handle, out FileProblem? problem)) Throw.Problem(problem);
        var file = new FileStream(handle, FileAccess.Read, bufferSize: 0);
        try
        {
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

    /// <summary>Fills <paramref name="bytes"/>.</summary>
    /// <returns>How many there were; fewer than asked for only at the end.</returns>
    /// <exception cref="FileProblemException">The file could not be read, or is damaged gzip.</exception>
    public int Read(Span<byte> bytes)
    {
        try
        {
            return _stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
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

    /// <summary>The place of a byte in words, as counted in <see cref="Read"/>.</summary>
    public string Place(long offset) => $"byte {offset}{(_stream == _file ? "" : " of the unpacked text")}";

    /// <summary>The complaint about a file without a byte.</summary>
    public FileProblem Empty(string expected) =>
        new(FileProblemKind.Empty, _path, $"{_path} is empty; {expected} was expected") { Offset = 0 };

    public void Dispose() => _stream.Dispose();
}
