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
        string name = entry?.Name ?? "", place = $"tensors[{_tensors.Count}]";
        if (entry is null) return Problem(FileProblemKind.TensorInvalid, place, "an entry of 'tensors' is null");
        if (!IsName(name))
        {
            return Problem(FileProblemKind.TensorInvalid, place, $"a tensor is named '{Words.Shown(name)}'; " +
                $"1 to {TsdHeader.MaxNameLength} printable ASCII characters without blanks are allowed");
        }

        if (!_indices.TryAdd(name, _tensors.Count)) return Invalid("is declared twice");
        if (StorageSpelling.Storages.FindFault(entry.Dtype) is not null)
        {
            return Problem(FileProblemKind.TensorUnsupported, name,
                $"tensor '{name}' is of dtype '{Words.Shown(entry.Dtype)}'; this build reads f32, f16, bf16 and i8");
        }

        if (!Checksum.IsWellFormed(entry.Checksum))
            return Invalid($"has a checksum that is not {Checksum.Digits} lower-case hexadecimal digits");
        if (entry.Shape.Length > TsdHeader.MaxRank)
            return Invalid($"has {entry.Shape.Length} extents; at most {TsdHeader.MaxRank} are allowed");
        string shape = $"shape [{string.Join(", ", entry.Shape)}]";
        long needed = NumberFormat.BytesOf(StorageSpelling.Storages.ValueOf(entry.Dtype));
        foreach (long extent in entry.Shape)
        {
            if (extent < 1) return Invalid($"has an extent of {extent}; every extent must be at least 1");

            // Larger than the file is as wrong as overflow, and ends the product before it can overflow.
            needed = extent > fileBytes / needed ? long.MaxValue : needed * extent;
            if (needed == long.MaxValue)
            {
                return Problem(FileProblemKind.TensorOutsideFile, name,
                    $"tensor '{name}' has the {shape}, more than a file of {fileBytes} bytes can hold");
            }
        }

        return entry.Bytes == needed ? Place(entry) : Invalid($"says {Words.Counted(entry.Bytes, "byte")}, its {shape} makes {needed}");

        FileProblem Invalid(string what) => Problem(FileProblemKind.TensorInvalid, name, $"tensor '{name}' {what}");
    }

    /// <summary>Checks that nothing lies behind the last tensor.</summary>
    public FileProblem? Finish() => dataStart + _end == fileBytes ? null : Problem(FileProblemKind.TensorGap, "header",
        $"{fileBytes - dataStart - _end} bytes at the end belong to no tensor: the last one ends, with its padding, at byte " +
        $"{dataStart + _end} of {fileBytes}", dataStart + _end);

    private FileProblem? Place(TensorEntry entry)
    {
        string name = entry.Name, has = $"tensor '{name}' has the offset {entry.Offset}";
        long room = fileBytes - dataStart;
        if (entry.Offset % 64 != 0 || entry.Offset < 0)
            return Problem(FileProblemKind.TensorMisaligned, name, $"{has}; a multiple of 64 was expected");
        if (entry.Offset < _end)
        {
            return Problem(FileProblemKind.TensorOverlap, name,
                $"{has}, before the tensor declared before it ends; {_end} was expected", dataStart + entry.Offset);
        }

        if (entry.Offset > room || entry.Bytes > room - entry.Offset)
        {
            return Problem(FileProblemKind.TensorOutsideFile, name, $"tensor '{name}' reaches beyond the end of the file: " +
                $"offset {entry.Offset}, {Words.Counted(entry.Bytes, "byte")}, of {room} bytes of tensors");
        }

        if (entry.Offset > _end)
        {
            return Problem(FileProblemKind.TensorGap, name,
                $"{has} and leaves a gap behind the one before it; {_end} was expected", dataStart + _end);
        }

        var tensor = new TsdTensor(name, entry.Dtype, [.. entry.Shape], dataStart + entry.Offset, entry.Bytes, entry.Checksum);
        _tensors.Add(tensor);
        _end = TsdPrologue.RoundUp(entry.Offset + entry.Bytes);
        return _end <= room ? null : Problem(FileProblemKind.TensorOutsideFile, name,
            $"the padding after tensor '{name}' reaches beyond the end of the file: byte {dataStart + _end} of {fileBytes}", tensor.End);
    }

    private static bool IsName(string name) =>
        name.Length is > 0 and <= TsdHeader.MaxNameLength && !name.AsSpan().ContainsAnyExceptInRange('!', '~');

    private FileProblem Problem(FileProblemKind kind, string part, string message, long offset = TsdPrologue.Length) =>
        new(kind, file, $"{file}: {message}. {Blame.OnWriter}") { Offset = offset, Part = part };
}
