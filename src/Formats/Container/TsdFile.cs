namespace TinySD.Formats.Container;

/// <summary>An open <c>.tsd</c> file of any kind, or the bytes of one in memory. Opening reads and checks the prologue and the header;
/// tensors are read and checked when asked for.</summary>
/// <remarks>The format is in <c>FORMAT.md</c>. Nothing in the file is trusted: no length in it leads to an allocation larger than the file,
/// and a tensor's numbers are handed out only after its checksum was right. Safe to read from many threads.</remarks>
public sealed class TsdFile : IDisposable
{
    /// <summary>The latest format version that this build reads, and the one it writes.</summary>
    public const int CurrentVersion = 1;

    /// <summary>The kind of the files that a training run goes on from, which are no models.</summary>
    internal const string CheckpointKind = "checkpoint";

    private const int ChunkBytes = 1 << 20;

    private readonly ByteSource _bytes;
    private readonly TsdHeader _header;
    private readonly ReadOnlyMemory<byte> _json;

    private TsdFile(string path, ByteSource bytes, ReadOnlyMemory<byte> json, TsdHeader header) =>
        (Path, _bytes, _json, _header) = (path, bytes, json, header);

    /// <summary>The path as it was given, or what memory was called.</summary>
    public string Path { get; }

    /// <summary>Bytes in the file.</summary>
    public long Length => _bytes.Length;

    /// <summary>What the file holds, for example <c>language-model</c>.</summary>
    public string Kind => _header.Kind;

    /// <summary>The tensors, in file order.</summary>
    public ImmutableArray<TsdTensor> Tensors => _header.Tensors;

    /// <summary>Numbers in all tensors. Where some are whole numbers, scales are left out: they are how others are stored.</summary>
    public long NumberCount
    {
        get
        {
            bool hasScales = Tensors.Any(tensor => tensor.Storage == TensorStorage.I8);
            return Tensors.Where((tensor, i) => !hasScales || i == 0 || !tensor.IsScaleOf(Tensors[i - 1])).Sum(tensor => tensor.Count);
        }
    }

    /// <summary>The header's other members by name, each as its UTF-8 JSON: for a language model <c>configuration</c>,
    /// <c>vocabulary</c> and <c>training</c>.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Sections => _header.Sections;

    /// <summary>Opens a file.</summary>
    /// <exception cref="FileProblemException">It cannot be read, is not a TinySD file, is damaged, or is of a newer version.</exception>
    public static TsdFile Open(string path) =>
        TryOpen(path, out TsdFile? file, out FileProblem? problem) ? file : throw new FileProblemException(problem);

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="file">The open file, to be disposed.</param>
    /// <param name="problem">Why it could not be opened.</param>
    public static bool TryOpen(string path, [NotNullWhen(true)] out TsdFile? file, [NotNullWhen(false)] out FileProblem? problem)
    {
        if (!BitConverter.IsLittleEndian) Throw.BigEndian();
        return SystemErrors.TryOpen(path, Read, out file, out problem);

        TsdFile? Read(SafeFileHandle handle, long length, out FileProblem? problem) => TryRead(path, new(handle, length), out problem);
    }

    /// <summary>Opens a file's bytes that lie in memory, such as a resource of the program; they are checked as a file's are.</summary>
    /// <param name="bytes">The whole file; must stay as they are until this is disposed.</param>
    /// <param name="name">What to call them in messages.</param>
    /// <exception cref="FileProblemException">They are no TinySD file, are damaged, or of a newer version.</exception>
    public static TsdFile Open(ReadOnlyMemory<byte> bytes, string name)
    {
        if (!BitConverter.IsLittleEndian) Throw.BigEndian();
        return TryRead(name, new ByteSource(bytes), out FileProblem? problem) ?? throw new FileProblemException(problem!);
    }

    /// <summary>That the file is of another kind than its reader takes.</summary>
    /// <param name="expected">The kinds that it takes, at least one.</param>
    public FileProblem WrongKind(params IReadOnlyList<string> expected)
    {
        string others = string.Concat(expected.Skip(1).Select(kind => $" or '{kind}'"));
        string message = Kind == CheckpointKind
            ? $"{Path} is a checkpoint of a training run, not a model; the run's best model is the file that its --out names, and train " +
                "--resume goes on with it"
            : $"{Path} is of kind '{Kind}'; '{expected[0]}' was expected{(others.Length > 0 ? $",{others}" : "")}";
        return new(FileProblemKind.WrongKind, Path, message) { Offset = TsdPrologue.Length, Part = "kind" };
    }

    /// <summary>The tensor of that name, or null.</summary>
    public TsdTensor? FindTensor(string name) => _header.Indices.TryGetValue(name, out int index) ? Tensors[index] : null;

    /// <summary>Reads a tensor, checks it, and expands its numbers to single precision. Whole numbers of dtype <c>i8</c> stay what they
    /// are: that they are to be multiplied by scales is for the kind of file to say.</summary>
    /// <param name="name">The tensor.</param>
    /// <param name="destination">As many floats as the tensor has; zeroed when the tensor turns out to be damaged.</param>
    /// <exception cref="FileProblemException">There is no such tensor, it is damaged, or it cannot be read.</exception>
    /// <exception cref="ArgumentException">The destination is not of the tensor's length.</exception>
    public void ReadTensor(string name, Span<float> destination)
    {
        if (!TryReadTensor(name, destination, out FileProblem? problem)) Throw.Problem(problem);
    }

    /// <summary>Reads a tensor and checks it.</summary>
    /// <param name="name">The tensor.</param>
    /// <param name="destination">As many floats as the tensor has; zeroed when the tensor turns out to be damaged.</param>
    /// <param name="problem">Why it could not be read.</param>
    /// <exception cref="ArgumentException">The destination is not of the tensor's length.</exception>
    public bool TryReadTensor(string name, Span<float> destination, [NotNullWhen(false)] out FileProblem? problem)
    {
        if (!TryFind(name, destination.Length, out TsdTensor? tensor, out problem)) return false;
        problem = Check(tensor, destination, []) ?? CheckPadding(tensor.Name, tensor.End);
        if (problem is not null) destination.Clear();
        return problem is null;
    }

    /// <summary>Reads a tensor of dtype <c>i8</c> and checks it.</summary>
    /// <param name="name">The tensor.</param>
    /// <param name="destination">As many numbers as the tensor has; zeroed when the tensor turns out to be damaged.</param>
    /// <param name="problem">Why it could not be read.</param>
    /// <exception cref="ArgumentException">The destination is not of the tensor's length, or the tensor of another dtype.</exception>
    public bool TryReadTensor(string name, Span<sbyte> destination, [NotNullWhen(false)] out FileProblem? problem)
    {
        if (!TryFind(name, destination.Length, out TsdTensor? tensor, out problem)) return false;
        if (tensor.Storage != TensorStorage.I8) Throw.Argument($"tensor '{name}' is of dtype {tensor.Dtype}; i8 was expected");
        problem = Check(tensor, [], MemoryMarshal.AsBytes(destination)) ?? CheckPadding(tensor.Name, tensor.End);
        if (problem is not null) destination.Clear();
        return problem is null;
    }

    /// <summary>Reads the whole file once, a megabyte at a time, and checks every tensor and all padding.</summary>
    /// <returns>What is damaged, in file order; <see cref="FileProblem.Part"/> holds the tensor's name. Empty when the file is
    /// whole.</returns>
    public IReadOnlyList<FileProblem> Verify()
    {
        var damaged = new List<FileProblem>();
        foreach (TsdTensor tensor in Tensors)
        {
            if (Check(tensor, [], []) is { } damage) damaged.Add(damage);
            if (CheckPadding(tensor.Name, tensor.End) is { } padding) damaged.Add(padding);
        }

        return damaged;
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _bytes.Dispose();

    /// <summary>Maps the file from a place on; for <see cref="MappedFloats"/>.</summary>
    internal MappedFloats Map(long offset, int lengthFloats, Type owner) => new(_bytes.File!, offset, lengthFloats, owner);

    /// <summary>Where in the file a section begins.</summary>
    internal long OffsetOf(ReadOnlyMemory<byte> section)
    {
        MemoryMarshal.TryGetArray(section, out ArraySegment<byte> inner);
        MemoryMarshal.TryGetArray(_json, out ArraySegment<byte> outer);
        return TsdPrologue.Length + inner.Offset - outer.Offset;
    }

    private static TsdFile? TryRead(string path, ByteSource bytes, out FileProblem? problem)
    {
        long length = bytes.Length;
        Span<byte> first = stackalloc byte[TsdPrologue.Length];
        first = first[..(int)Math.Min(length, first.Length)];
        problem = bytes.ReadAt(first, 0) == first.Length ? null : FileBytes.Shrunk(path);
        if (problem is not null) return null;
        if (!TsdPrologue.TryRead(path, first, length, out TsdPrologue? prologue, out problem)) return null;
        byte[] json = new byte[prologue.HeaderBytes];
        bool isWhole = bytes.ReadAt(json, TsdPrologue.Length) == json.Length;
        string computed = Checksum.Of(json);
        problem = !isWhole ? FileBytes.Shrunk(path)
            : computed == prologue.HeaderChecksum ? null
            : new(FileProblemKind.HeaderDamaged, path,
                $"{path} is damaged in its header, bytes {TsdPrologue.Length} to {TsdPrologue.Length + json.Length - 1}: " +
                $"checksum {prologue.HeaderChecksum} expected, {computed} found. Copy or download it again.")
            { Offset = TsdPrologue.Length, Part = "header" };
        if (problem is not null) return null;
        if (!TsdHeader.TryRead(path, json, length, out TsdHeader? header, out problem)) return null;
        var file = new TsdFile(path, bytes, json, header);
        problem = file.CheckPadding("header", TsdPrologue.Length + json.Length);
        return problem is null ? file : null;
    }

    private bool TryFind(
        string name, int length, [NotNullWhen(true)] out TsdTensor? tensor, [NotNullWhen(false)] out FileProblem? problem)
    {
        tensor = FindTensor(name);
        problem = tensor is not null ? null
            : new FileProblem(FileProblemKind.TensorMissing, Path, $"{Path} has no tensor '{Words.Shown(name)}'") { Part = name };
        if (tensor is not null && length != tensor.Count)
            Throw.Argument($"tensor '{name}' has {Words.Counted(tensor.Count, "number")}, the destination {length}");
        return tensor is not null && problem is null;
    }

    /// <summary>Streams a tensor through its checksum, into a destination if there is one: of floats, or of bytes as they are.</summary>
    private FileProblem? Check(TsdTensor tensor, Span<float> floats, Span<byte> bytes)
    {
        TensorStorage storage = tensor.Storage;
        if (!floats.IsEmpty && storage == TensorStorage.F32 && tensor.Bytes <= int.MaxValue) bytes = MemoryMarshal.AsBytes(floats);
        bool isDirect = !bytes.IsEmpty;
        using SpanOwner<byte> scratch = SpanOwner<byte>.Allocate(isDirect ? 0 : (int)Math.Min(ChunkBytes, tensor.Bytes));
        try
        {
            var hash = new XxHash128();
            for (long done = 0; done < tensor.Bytes;)
            {
                int count = (int)Math.Min(ChunkBytes, tensor.Bytes - done), size = NumberFormat.BytesOf(storage);
                Span<byte> chunk = isDirect ? bytes.Slice((int)done, count) : scratch.Span[..count];
                if (_bytes.ReadAt(chunk, tensor.Offset + done) < count) return FileBytes.Shrunk(Path);
                hash.Append(chunk);
                if (!isDirect && !floats.IsEmpty) NumberFormat.Expand(chunk, storage, floats.Slice((int)(done / size), count / size));
                done += count;
            }

            return Compare(tensor, hash);
        }
        catch (Exception exception) when (SystemErrors.IsFromSystem(exception))
        {
            return SystemErrors.WhileReading(Path, exception) with { Offset = tensor.Offset, Part = tensor.Name };
        }
    }

    /// <summary>Checks a tensor, and the padding after it, where they lie in memory.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="padded">Its bytes and those of the padding.</param>
    internal FileProblem? CheckMapped(TsdTensor tensor, ReadOnlySpan<float> padded)
    {
        var hash = new XxHash128();
        int length = (int)tensor.Count;
        for (int done = 0; done < length; done += ChunkBytes / sizeof(float))
            hash.Append(MemoryMarshal.AsBytes(padded.Slice(done, Math.Min(ChunkBytes / sizeof(float), length - done))));
        return Compare(tensor, hash) ?? CheckZero(tensor.Name, tensor.End, MemoryMarshal.AsBytes(padded[length..]));
    }

    private FileProblem? Compare(TsdTensor tensor, XxHash128 hash)
    {
        string computed = Checksum.Text(hash);
        return computed == tensor.Checksum ? null : new(FileProblemKind.TensorDamaged, Path,
            $"{Path} is damaged in tensor '{tensor.Name}', bytes {tensor.Offset} to {tensor.End - 1}: " +
            $"checksum {tensor.Checksum} expected, {computed} found. Copy or download it again.")
        { Offset = tensor.Offset, Part = tensor.Name };
    }

    private FileProblem? CheckPadding(string after, long start)
    {
        Span<byte> padding = stackalloc byte[(int)(TsdPrologue.RoundUp(start) - start)];
        return _bytes.TryRead(Path, padding, start, out FileProblem? problem)
            ? CheckZero(after, start, padding)
            : problem with { Part = after };
    }

    private FileProblem? CheckZero(string after, long start, ReadOnlySpan<byte> padding)
    {
        int wrong = padding.IndexOfAnyExcept((byte)0);
        return wrong < 0 ? null : new(FileProblemKind.PaddingDamaged, Path,
            $"{Path} is damaged in the padding after '{after}', at byte {start + wrong}: 00 expected, {padding[wrong]:X2} found. Copy or " +
            "download it again.")
        { Offset = start + wrong, Part = after };
    }
}
