namespace TinySD.Formats.Container;

/// <summary>Checks a header's tensor entries one by one, in file order, against the rules of <c>FORMAT.md</c>, "Tensors".</summary>
internal sealed class TensorPlacing(string file, long dataStart, long fileBytes)
{
    private readonly ImmutableArray<TsdTensor>.Builder _tensors = ImmutableArray.CreateBuilder<TsdTensor>();
    private readonly Dictionary<string, int> _indices = new(StringComparer.Ordinal);

    // The end so far, counted from dataStart as the offsets in the header are.
    private long _end;

    public ImmutableArray<TsdTensor> Tensors => _tensors.ToImmutable();

    /// <summary>The place of each tensor by its name.</summary>
    public IReadOnlyDictionary<string, int> Indices => _indices;

    /// <summary>Takes the next tensor.</summary>
    /// <returns>Null, or why it is refused.</returns>
    public FileProblem? Add(TensorEntry? entry)
    {
        if (entry is null)
            return Problem(FileProblemKind.TensorInvalid, $"tensors[{_tensors.Count}]", null, "an entry of 'tensors' is null");
        string name = entry.Name;
        if (!IsName(name))
        {
            return Problem(FileProblemKind.TensorInvalid, $"tensors[{_tensors.Count}]", null,
                $"a tensor is named '{Words.Shown(name)}'; 1 to {TsdHeader.MaxNameLength} printable ASCII characters without blanks are " +
                "allowed");
        }

        if (!_indices.TryAdd(name, _tensors.Count))
            return Problem(FileProblemKind.TensorInvalid, name, null, $"tensor '{name}' is declared twice");
        if (StorageSpelling.Storages.FindFault(entry.Dtype) is not null)
            return Problem(FileProblemKind.TensorUnsupported, name, null,
                $"tensor '{name}' is of dtype '{Words.Shown(entry.Dtype)}'; this build reads f32, f16 and bf16");
        if (!Checksum.IsWellFormed(entry.Checksum))
            return Problem(FileProblemKind.TensorInvalid, name, null,
                $"tensor '{name}' has a checksum that is not {Checksum.Digits} lower-case hexadecimal digits");
        if (entry.Shape.Length > TsdHeader.MaxRank)
            return Problem(FileProblemKind.TensorInvalid, name, null,
                $"tensor '{name}' has {entry.Shape.Length} extents; at most {TsdHeader.MaxRank} are allowed");
        long needed = NumberFormat.BytesOf(StorageSpelling.Storages.ValueOf(entry.Dtype));
        foreach (long extent in entry.Shape)
        {
            if (extent < 1)
            {
                return Problem(FileProblemKind.TensorInvalid, name, null,
                    $"tensor '{name}' has an extent of {extent}; every extent must be at least 1");
            }

            // Larger than the file is as wrong as overflow, and ends the product before it can overflow.
            needed = extent > fileBytes / needed ? long.MaxValue : needed * extent;
            if (needed == long.MaxValue)
            {
                return Problem(FileProblemKind.TensorOutsideFile, name, null,
                    $"tensor '{name}' has the shape [{string.Join(", ", entry.Shape)}], more than a file of {fileBytes} bytes can hold");
            }
        }

        if (entry.Bytes != needed)
        {
            return Problem(FileProblemKind.TensorInvalid, name, null,
                $"tensor '{name}' says {Words.Counted(entry.Bytes, "byte")}, its shape [{string.Join(", ", entry.Shape)}] makes {needed}");
        }

        return Place(entry);
    }

    /// <summary>Checks that nothing lies behind the last tensor.</summary>
    public FileProblem? Finish() => dataStart + _end == fileBytes ? null : Problem(FileProblemKind.TensorGap, "header", dataStart + _end,
        $"{fileBytes - dataStart - _end} bytes at the end belong to no tensor: the last one ends, with its padding, at byte " +
        $"{dataStart + _end} of {fileBytes}");

    private FileProblem? Place(TensorEntry entry)
    {
        string name = entry.Name;
        long room = fileBytes - dataStart;
        if (entry.Offset % 64 != 0 || entry.Offset < 0)
            return Problem(FileProblemKind.TensorMisaligned, name, null,
                $"tensor '{name}' has the offset {entry.Offset}; a multiple of 64 was expected");
        if (entry.Offset < _end)
        {
            return Problem(FileProblemKind.TensorOverlap, name, dataStart + entry.Offset,
                $"tensor '{name}' has the offset {entry.Offset}, before the tensor declared before it ends; {_end} was expected");
        }

        if (entry.Offset > room || entry.Bytes > room - entry.Offset)
        {
            return Problem(FileProblemKind.TensorOutsideFile, name, null,
                $"tensor '{name}' reaches beyond the end of the file: offset {entry.Offset}, {Words.Counted(entry.Bytes, "byte")}, " +
                $"of {room} bytes of tensors");
        }

        if (entry.Offset > _end)
        {
            return Problem(FileProblemKind.TensorGap, name, dataStart + _end,
                $"tensor '{name}' has the offset {entry.Offset} and leaves a gap behind the one before it; {_end} was expected");
        }

        var tensor = new TsdTensor(name, entry.Dtype, [.. entry.Shape], dataStart + entry.Offset, entry.Bytes, entry.Checksum);
        _tensors.Add(tensor);
        _end = TsdPrologue.RoundUp(entry.Offset + entry.Bytes);
        return _end <= room ? null : Problem(FileProblemKind.TensorOutsideFile, name, tensor.End,
            $"the padding after tensor '{name}' reaches beyond the end of the file: byte {dataStart + _end} of {fileBytes}");
    }

    private static bool IsName(string name) =>
        name.Length is > 0 and <= TsdHeader.MaxNameLength && !name.AsSpan().ContainsAnyExceptInRange('!', '~');

    private FileProblem Problem(FileProblemKind kind, string part, long? offset, string message) =>
        new(kind, file, $"{file}: {message}. {Blame.OnWriter}")
        { Offset = offset ?? TsdPrologue.Length, Part = part };
}
