using TinySD.Formats.Exchange.Parts;

namespace TinySD.Formats.Exchange.Safetensors;

/// <summary>An open safetensors file. Opening reads and checks the header; tensors are read when asked for.</summary>
/// <remarks>Nothing in the file is trusted, and no allocation is larger than the file. The format has no checksums: what is read is whole
/// in length, and no more can be known. Safe to read from many threads.</remarks>
public sealed class SafetensorsFile : IDisposable
{
    /// <summary>A header is not longer than this, as in the format's reference implementation.</summary>
    internal const long MaxHeaderBytes = 100_000_000;

    internal const int LengthBytes = 8;

    // Of numbers that are not floats as they lie in memory, so many bytes at a time go through the stack.
    private const int ChunkBytes = 4096;

    private readonly SafeFileHandle _handle;
    private readonly Dictionary<string, SafetensorsTensor> _byName;

    private SafetensorsFile(string path, SafeFileHandle handle, long length, SafetensorsHeader header)
    {
        Path = path;
        Length = length;
        _handle = handle;
        Tensors = header.Tensors;
        Metadata = header.Metadata;
        _byName = header.Tensors.ToDictionary(t => t.Name, StringComparer.Ordinal);
    }

    /// <summary>The path as it was given.</summary>
    public string Path { get; }

    /// <summary>Bytes in the file.</summary>
    public long Length { get; }

    /// <summary>The tensors, in the order in which they lie.</summary>
    public ImmutableArray<SafetensorsTensor> Tensors { get; }

    /// <summary>Text that the writer added, member <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens a file.</summary>
    /// <exception cref="FileProblemException">It cannot be read or is no whole safetensors file.</exception>
    public static SafetensorsFile Open(string path) =>
        TryOpen(path, out SafetensorsFile? file, out FileProblem? problem) ? file : throw new FileProblemException(problem);

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="file">The open file, to be disposed.</param>
    /// <param name="problem">Why it could not be opened.</param>
    public static bool TryOpen(string path, [NotNullWhen(true)] out SafetensorsFile? file, [NotNullWhen(false)] out FileProblem? problem)
    {
        if (!BitConverter.IsLittleEndian) Throw.BigEndian();
        return SystemErrors.TryOpen(path, Read, out file, out problem);

        SafetensorsFile? Read(SafeFileHandle handle, long length, out FileProblem? problem) =>
            TryReadHeader(path, handle, length, out SafetensorsHeader? header, out problem)
                ? new SafetensorsFile(path, handle, length, header) : null;
    }

    /// <summary>The tensor of that name, or null.</summary>
    public SafetensorsTensor? FindTensor(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Reads a tensor: <c>F32</c>, <c>F16</c>, <c>BF16</c> and <c>F64</c> as floats, integers of up to 64 bits with a sign and of
    /// up to 32 without, and <c>BOOL</c>, as integers.</summary>
    /// <param name="source">One of <see cref="Tensors"/>.</param>
    /// <param name="tensor">The numbers; at most eight times as many bytes as the file has for them.</param>
    /// <param name="problem">Why it could not be read.</param>
    public bool TryRead(
        SafetensorsTensor source, [NotNullWhen(true)] out NamedTensor? tensor, [NotNullWhen(false)] out FileProblem? problem)
    {
        tensor = null;
        if (source.Count > Array.MaxLength || source.Shape.Any(extent => extent > int.MaxValue))
            return Unreadable(source, $"has the shape [{string.Join(", ", source.Shape)}], and this build's limit is 2^31 numbers")
                .Refuse(out problem);
        IEnumerable<int> shape = source.Shape.Select(extent => (int)extent);
        if (SafetensorsDtypes.IsInteger(source.Dtype))
        {
            long[] integers = new long[source.Count];
            if (TryReadIntegers(source, integers, out problem))
                tensor = new NamedTensor(source.Name, shape, integers) { IsBoolean = source.Dtype == SafetensorsDtypes.Boolean };
        }
        else
        {
            // A dtype that is not read is refused before memory is taken for it.
            float[] floats = IsFloat(source) ? new float[source.Count] : [];
            if (TryReadFloats(source, floats, out problem)) tensor = new NamedTensor(source.Name, shape, floats);
        }

        return tensor is not null && problem is null;
    }

    /// <summary>Reads a tensor of <c>F32</c>, <c>F16</c>, <c>BF16</c> or <c>F64</c> as 32-bit floats.</summary>
    /// <param name="tensor">One of <see cref="Tensors"/>.</param>
    /// <param name="destination">As many floats as it has. <c>F64</c> is rounded to the nearest; a finite number that no float can hold is
    /// refused.</param>
    /// <param name="problem">Why it could not be read.</param>
    /// <exception cref="ArgumentException">The destination is not of the tensor's length.</exception>
    public bool TryReadFloats(SafetensorsTensor tensor, Span<float> destination, [NotNullWhen(false)] out FileProblem? problem)
    {
        if (IsFloat(tensor) && destination.Length != tensor.Count)
            Throw.Argument($"tensor '{tensor.Name}' has {Words.Counted(tensor.Count, "number")}, the destination {destination.Length}");
        switch (tensor.Dtype)
        {
            case SafetensorsDtypes.Binary32:
                for (int start = 0; start < destination.Length;)
                {
                    // In parts, because a span of all bytes could be too long for a span.
                    int count = Math.Min(destination.Length - start, 1 << 28);
                    Span<byte> bytes = MemoryMarshal.AsBytes(destination.Slice(start, count));
                    if (!FileBytes.TryRead(Path, _handle, bytes, tensor.Offset + ((long)start * sizeof(float)), out problem)) return false;
                    start += count;
                }

                problem = null;
                return true;
            case SafetensorsDtypes.Binary16:
                return TryConvert(tensor, destination, static (Half value) => (float)value, out problem);
            case SafetensorsDtypes.BFloat16:
                return TryConvert(
                    tensor, destination, static (ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16), out problem);
            case SafetensorsDtypes.Binary64:
                int lost = -1, at = 0;
                bool isRead = TryConvert(
                    tensor, destination,
                    (double value) =>
                    {
                        float narrowed = (float)value;
                        if (float.IsInfinity(narrowed) && double.IsFinite(value) && lost < 0) lost = at;
                        at++;
                        return narrowed;
                    },
                    out problem);
                if (!isRead || lost < 0) return isRead;
                return Unreadable(tensor, "is too large for a 32-bit float", $"number {lost} of ").Refuse(out problem);
            default:
                return Unreadable(tensor, $"is of dtype {tensor.Dtype}; F32, F16, BF16 or F64 was expected").Refuse(out problem);
        }
    }

    /// <summary>Reads a tensor of <c>I32</c> or <c>I64</c>.</summary>
    /// <param name="tensor">One of <see cref="Tensors"/>.</param>
    /// <param name="destination">As many numbers as it has.</param>
    /// <param name="problem">Why it could not be read.</param>
    /// <exception cref="ArgumentException">The destination is not of the tensor's length.</exception>
    public bool TryReadIntegers(SafetensorsTensor tensor, Span<long> destination, [NotNullWhen(false)] out FileProblem? problem)
    {
        if (destination.Length != tensor.Count)
            Throw.Argument($"tensor '{tensor.Name}' has {Words.Counted(tensor.Count, "number")}, the destination {destination.Length}");
        return tensor.Dtype switch
        {
            SafetensorsDtypes.Integer64 => TryConvert(tensor, destination, static (long value) => value, out problem),
            SafetensorsDtypes.Integer32 => TryConvert(tensor, destination, static (int value) => (long)value, out problem),
            SafetensorsDtypes.Integer16 => TryConvert(tensor, destination, static (short value) => (long)value, out problem),
            SafetensorsDtypes.Integer8 => TryConvert(tensor, destination, static (sbyte value) => (long)value, out problem),
            SafetensorsDtypes.Unsigned32 => TryConvert(tensor, destination, static (uint value) => (long)value, out problem),
            SafetensorsDtypes.Unsigned16 => TryConvert(tensor, destination, static (ushort value) => (long)value, out problem),
            SafetensorsDtypes.Unsigned8 => TryConvert(tensor, destination, static (byte value) => (long)value, out problem),
            SafetensorsDtypes.Boolean => TryConvert(tensor, destination, static (byte value) => value == 0 ? 0L : 1L, out problem),
            _ => Unreadable(tensor, $"is of dtype {tensor.Dtype}; integers or BOOL were expected").Refuse(out problem),
        };
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _handle.Dispose();

    internal static bool IsFloat(SafetensorsTensor tensor) => tensor.Dtype is
        SafetensorsDtypes.Binary32 or SafetensorsDtypes.Binary16 or SafetensorsDtypes.BFloat16 or SafetensorsDtypes.Binary64;

    private static bool TryReadHeader(
        string path, SafeFileHandle handle, long length, [NotNullWhen(true)] out SafetensorsHeader? header,
        [NotNullWhen(false)] out FileProblem? problem)
    {
        header = null;
        Span<byte> start = stackalloc byte[ForeignFile.FirstBytes];
        start = start[..(int)Math.Min(length, start.Length)];
        if (!FileBytes.TryRead(path, handle, start, 0, out problem)) return false;
        ulong announced = length < LengthBytes ? 0 : BinaryPrimitives.ReadUInt64LittleEndian(start);
        problem = !start.IsEmpty && !ForeignFile.IsSafetensors(start) && FindForeign(path, start) is { } foreign ? foreign
            : length == 0 ? new(FileProblemKind.Empty, path, $"{path} is empty; a safetensors file was expected") { Offset = 0 }
            : length < LengthBytes ? new(FileProblemKind.Truncated, path,
                $"{path} is cut short: a safetensors file has at least {LengthBytes} bytes, {length} found")
            { Offset = length }
            : announced > MaxHeaderBytes ? Announced(FileProblemKind.PrologueInvalid,
                $"{path} is no safetensors file, or damaged: it announces a header of {announced} bytes, and {MaxHeaderBytes} are allowed")
            : (long)announced > length - LengthBytes ? Announced(FileProblemKind.Truncated,
                $"{path} is cut short, or no safetensors file: it announces a header of {Words.Counted(announced, "byte")}, " +
                $"and the rest of the file has {length - LengthBytes}")
            : null;
        if (problem is not null) return false;
        byte[] json = new byte[announced];
        return FileBytes.TryRead(path, handle, json, LengthBytes, out problem)
            && SafetensorsHeader.TryRead(path, json, length, out header, out problem);

        FileProblem Announced(FileProblemKind kind, string message) => new(kind, path, message) { Offset = 0, Part = "header" };
    }

    // Nothing that is known looks like a length of at most 100 MB and a brace. A name says too little: a safetensors file may have any.
    private static FileProblem? FindForeign(string path, ReadOnlySpan<byte> first)
    {
        bool isKnown = ForeignFile.Describe(first, "") is not null || ForeignFile.DescribeMarkup(first) is not null;
        string? what = isKnown ? ForeignFile.Guess(first, path) : null;
        if (what is null && first.Length >= LengthBytes && ForeignFile.LooksLikeText(first)) what = "it looks like text";
        return what is null ? null : new(FileProblemKind.Foreign, path,
            $"{path} is not a safetensors file: it begins with {Words.Hex(first[..Math.Min(first.Length, LengthBytes)])} ({what})")
        { Offset = 0 };
    }

    private bool TryConvert<TFrom, TTo>(
        SafetensorsTensor tensor, Span<TTo> destination, Func<TFrom, TTo> convert, [NotNullWhen(false)] out FileProblem? problem)
        where TFrom : unmanaged
    {
        Span<byte> chunk = stackalloc byte[ChunkBytes];
        long at = tensor.Offset;
        problem = null;
        while (!destination.IsEmpty)
        {
            ReadOnlySpan<TFrom> numbers = MemoryMarshal.Cast<byte, TFrom>(chunk);
            int count = Math.Min(numbers.Length, destination.Length);
            Span<byte> bytes = chunk[..(count * (ChunkBytes / numbers.Length))];
            if (!FileBytes.TryRead(Path, _handle, bytes, at, out problem)) return false;
            for (int i = 0; i < count; i++) destination[i] = convert(numbers[i]);
            destination = destination[count..];
            at += bytes.Length;
        }

        return true;
    }

    private FileProblem Unreadable(SafetensorsTensor tensor, string message, string part = "") => new(
        FileProblemKind.TensorUnsupported, Path, $"{Path}: {part}tensor '{Words.Shown(tensor.Name)}' {message}")
    { Offset = tensor.Offset, Part = tensor.Name };
}
