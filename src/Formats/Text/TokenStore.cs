namespace TinySD.Formats.Text;

/// <summary>A text's token ids in as few bytes as its vocabulary needs, one, two or three each: in memory while they are few, in a
/// temporary file when they are many.</summary>
/// <remarks>A file larger than memory can be trained on: what is read of it is what a window asks for. The temporary file has no name and
/// is gone with the process; it lies where the environment variable TMPDIR (on Windows TMP) says, else in /var/tmp on Unix.
/// <see cref="Read"/> allocates nothing. Not thread-safe.</remarks>
public sealed class TokenStore : ITokenSource, IDisposable
{
    /// <summary>Bytes of ids that stay in memory unless said otherwise: 256 MiB.</summary>
    internal const long DefaultMemoryBytes = 256L << 20;

    // Blocks hold whole ids of any width. Short texts, such as a prompt, take a small first one that grows.
    private const int FirstBlockBytes = 6 << 10, BlockBytes = FirstBlockBytes << 7, RunBytes = FirstBlockBytes << 1;

    // No token has this id.
    private const int None = -1;

    private readonly string _path, _folder;
    private readonly int _width, _unknownId;
    private readonly long _memoryBytes;
    private readonly List<byte[]> _blocks = [];
    private byte[] _block = new byte[FirstBlockBytes], _run = [];
    private int _used;
    private FileStream? _file;
    private long _fileBytes;

    /// <param name="path">The text's name, for messages.</param>
    /// <param name="vocabulary">Its tokens.</param>
    /// <param name="memoryBytes">Bytes of ids that stay in memory.</param>
    /// <param name="folder">Where a temporary file goes; null for the usual place.</param>
    internal TokenStore(string path, Vocabulary vocabulary, long memoryBytes, string? folder = null)
    {
        _path = path;
        _width = vocabulary.Count <= 1 << 8 ? 1 : vocabulary.Count <= 1 << 16 ? 2 : 3;
        _unknownId = vocabulary.UnknownId ?? None;
        _memoryBytes = memoryBytes;
        _folder = folder ?? ScratchFile.Folder;
    }

    /// <inheritdoc/>
    public long Length { get; private set; }

    /// <summary>How many of the tokens are <see cref="Vocabulary.Unknown"/>, in the text already or because the vocabulary lacks
    /// them.</summary>
    public long UnknownCount { get; private set; }

    /// <summary>How the lines of the file end that it was read from.</summary>
    public LineEnds LineEnds { get; internal set; }

    /// <summary>Whether the ids are in memory, and not in a temporary file.</summary>
    internal bool IsInMemory => _file is null;

    /// <summary>Copies tokens.</summary>
    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The text has no such tokens.</exception>
    /// <exception cref="FileProblemException">The system failed to read the temporary file.</exception>
    public void Read(long position, Span<int> tokens)
    {
        if (position < 0 || position > Length - tokens.Length)
            Throw.OutOfRange(nameof(position), position, $"0 to {Length - tokens.Length} for {tokens.Length} of {Length} tokens");
        for (long at = position * _width; !tokens.IsEmpty;)
        {
            ReadOnlySpan<byte> packed = _file is null ? InMemory(at) : FromFile(at, tokens.Length * (long)_width);
            int count = Math.Min(packed.Length / _width, tokens.Length);
            Unpack(packed, tokens[..count]);
            tokens = tokens[count..];
            at += (long)count * _width;
        }
    }

    /// <summary>All ids as one array.</summary>
    /// <exception cref="FileProblemException">There are more than an array can hold.</exception>
    public int[] ToArray()
    {
        if (Length > Array.MaxLength)
        {
            Throw.Problem(new(FileProblemKind.TooManyTokens, _path,
                $"{_path} has more than {Words.Count(Array.MaxLength)} tokens; split the text"));
        }

        int[] tokens = new int[Length];
        Read(0, tokens);
        return tokens;
    }

    /// <summary>Gives memory and temporary file back.</summary>
    public void Dispose()
    {
        _file?.Dispose();
        _blocks.Clear();
        _block = [];
        Length = 0;
    }

    internal void Add(int id)
    {
        if (_used == _block.Length) Grow();
        Span<byte> at = _block.AsSpan(_used, _width);
        at[0] = (byte)id;
        if (_width > 1) at[1] = (byte)(id >> 8);
        if (_width > 2) at[2] = (byte)(id >> 16);
        _used += _width;
        Length++;
        if (id == _unknownId) UnknownCount++;
    }

    /// <summary>Appends bytes that are their own ids.</summary>
    internal void Add(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_used == _block.Length) Grow();
            int count = Math.Min(bytes.Length, _block.Length - _used);
            bytes[..count].CopyTo(_block.AsSpan(_used));
            bytes = bytes[count..];
            _used += count;
            Length += count;
        }
    }

    /// <summary>The text has ended: nothing is appended any more.</summary>
    internal void Complete()
    {
        if (_file is null)
        {
            if (Length * _width <= _memoryBytes) return;
            Spill();
        }

        Write(_block.AsSpan(0, _used));
        _used = 0;
        _block = [];
        _run = new byte[RunBytes];
    }

    private void Grow()
    {
        if (_block.Length < BlockBytes)
        {
            Array.Resize(ref _block, 2 * _block.Length);
            return;
        }

        if (_file is null && Length * _width > _memoryBytes) Spill();
        if (_file is null)
        {
            _blocks.Add(_block);
            _block = new byte[BlockBytes];
        }
        else
        {
            Write(_block);
        }

        _used = 0;
    }

    private void Spill()
    {
        _file = SystemErrors.Worded(() => ScratchFile.Create(_folder), exception => ScratchFile.Failure(_path, _folder, exception));
        foreach (byte[] block in _blocks) Write(block);
        _blocks.Clear();
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        try
        {
            RandomAccess.Write(_file!.SafeFileHandle, bytes, _fileBytes);
        }
        catch (Exception exception) when (SystemErrors.IsFromSystem(exception))
        {
            _file!.Dispose();
            Throw.Problem(ScratchFile.Failure(_path, _folder, exception), exception);
        }

        _fileBytes += bytes.Length;
    }

    private ReadOnlySpan<byte> InMemory(long at)
    {
        int block = (int)(at / BlockBytes);
        int start = (int)(at % BlockBytes);
        return block < _blocks.Count ? _blocks[block].AsSpan(start) : _block.AsSpan(start, _used - start);
    }

    private ReadOnlySpan<byte> FromFile(long at, long wanted)
    {
        Span<byte> run = _run.AsSpan(0, (int)Math.Min(wanted, RunBytes));
        try
        {
            if (FileBytes.ReadAt(_file!.SafeFileHandle, run, at) < run.Length)
            {
                Throw.Problem(new(FileProblemKind.ReadFailed, _path,
                    $"the temporary file with the token ids of {_path} has been cut short"));
            }
        }
        catch (Exception exception) when (SystemErrors.IsFromSystem(exception))
        {
            Throw.Problem(new(FileProblemKind.ReadFailed, _path,
                $"the temporary file in {_folder} with the token ids of {_path} cannot be read: {exception.Message}"), exception);
        }

        return run;
    }

    private void Unpack(ReadOnlySpan<byte> packed, Span<int> tokens)
    {
        switch (_width)
        {
            case 1:
                for (int i = 0; i < tokens.Length; i++) tokens[i] = packed[i];
                break;
            case 2:
                for (int i = 0; i < tokens.Length; i++) tokens[i] = BinaryPrimitives.ReadUInt16LittleEndian(packed[(2 * i)..]);
                break;
            default:
                for (int i = 0; i < tokens.Length; i++)
                    tokens[i] = packed[3 * i] | (packed[(3 * i) + 1] << 8) | (packed[(3 * i) + 2] << 16);
                break;
        }
    }
}
