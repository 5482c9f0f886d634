namespace TinySD.Formats.Exchange.Onnx.Messages;

/// <summary>Where a tensor's numbers lie when they are not in the model.</summary>
/// <param name="Location">A path relative to the model's folder.</param>
/// <param name="Offset">The first byte; null where it is no number.</param>
/// <param name="Length">How many bytes, -1 where it is not said; null where it is no number.</param>
internal sealed record OnnxExternalData(string Location, long? Offset, long? Length)
{
    /// <summary>Reads one entry, a key and its value, into what the entries before it said.</summary>
    public static bool TryRead(ref ProtoReader reader, ref OnnxExternalData? external)
    {
        if (!reader.TryBytes(out ProtoBytes message)) return false;
        var entry = new ProtoReader(message);
        string key = "", value = "";
        while (entry.Next())
        {
            if (entry.Field == OnnxTensorField.EntryKey) entry.TryText(out key);
            else if (entry.Field == OnnxTensorField.EntryValue) entry.TryText(out value);
            else entry.Skip();
        }

        if (entry.Fault is { } fault) return reader.Fail(fault);
        external ??= new OnnxExternalData("", 0, -1);
        external = key switch
        {
            "location" => external with { Location = value },
            "offset" => external with { Offset = Number() },
            "length" => external with { Length = Number() },
            _ => external,
        };
        return true;

        long? Number() => long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;
    }
}

/// <summary>Reads what lies beside a model, and nothing that lies elsewhere: no path leaves the model's folder, and links are not
/// followed.</summary>
internal sealed class OnnxExternalFiles(string model)
{
    // Tensors may share bytes, as tied weights do; a small model must not make many of one file.
    private const int MaxReads = 4;

    private readonly Dictionary<string, long> _read = new(StringComparer.Ordinal);

    /// <summary>The path of a tensor's file, or null where it would leave the model's folder.</summary>
    public static string? PathOf(string model, string location)
    {
        string[] parts = location.Split('/');
        bool stays = location.Length > 0 && !Path.IsPathRooted(location) && !location.AsSpan().ContainsAny("\\:\0")
            && Array.TrueForAll(parts, part => part.Length > 0 && part != "..");
        if (!stays) return null;
        string folder = Path.GetDirectoryName(model) is { Length: > 0 } found ? found : ".";
        return Path.Combine([folder, .. parts.Where(part => part != ".")]);
    }

    /// <summary>Bytes of all the files that tensors lie in; files that are not there count nothing.</summary>
    public long TotalBytes(IEnumerable<OnnxTensor> tensors)
    {
        long total = 0;
        foreach (string location in tensors.Where(tensor => tensor.External is not null).Select(tensor => tensor.External!.Location)
            .Distinct(StringComparer.Ordinal))
        {
            if (PathOf(model, location) is { } path && new FileInfo(path) is { Exists: true } file) total += file.Length;
        }

        return total;
    }

    /// <summary>A tensor's bytes: as many as its shape asks for.</summary>
    public bool TryRead(OnnxTensor tensor, OnnxExternalData place, [NotNullWhen(true)] out byte[]? bytes,
        [NotNullWhen(false)] out FileProblem? problem)
    {
        bytes = null;
        string shown = Words.Shown(tensor.Name), location = Words.Shown(place.Location, 160);
        if (PathOf(model, place.Location) is not { } path)
            return Unsupported("; only files in the model's own folder are read").Refuse(out problem);
        if (LinkIn(path) is { } link)
            return Unsupported($", and {link} is a link, which is not followed; put the file itself there").Refuse(out problem);
        long needed = tensor.Bytes;
        if (place.Offset is not { } offset || place.Length is not { } length || (length >= 0 && length != needed))
        {
            return OnnxProblem.Invalid(model, tensor.Offset, tensor.Name,
                $"tensor '{shown}' lies in '{location}' from byte {Or(place.Offset)}, {Or(place.Length)} bytes long; its shape " +
                $"[{string.Join(", ", tensor.Shape)}] of {OnnxDataType.NameOf(tensor.DataType)} makes {Words.Counted(needed, "byte")}")
                .Refuse(out problem);
        }

        if (!SystemErrors.TryOpen(path, out SafeFileHandle? handle, out problem))
            return (problem with { Message = $"{problem.Message}; tensor '{shown}' of {model} lies there" }).Refuse(out problem);
        using (handle)
        {
            long size = SystemErrors.Reading(path, () => RandomAccess.GetLength(handle)), before = _read.GetValueOrDefault(path);
            problem = offset > size - needed ? new FileProblem(FileProblemKind.TensorOutsideFile, path,
                    $"{path} has {Words.Counted(size, "byte")}, and tensor '{shown}' of {model} takes bytes {offset} to " +
                    $"{Math.Min(long.MaxValue - needed, offset) + needed} of it; it is another model's, or was not copied whole")
            { Part = tensor.Name }
                : before + needed <= MaxReads * size ? null
                : OnnxProblem.Unsupported(model, tensor.Offset, tensor.Name, $"reading '{location}' more than {MaxReads} times over");
            if (problem is not null) return false;
            _read[path] = before + needed;
            bytes = new byte[needed];
            return FileBytes.TryRead(path, handle, bytes, offset, out problem);
        }

        FileProblem Unsupported(string why) =>
            OnnxProblem.Unsupported(model, tensor.Offset, tensor.Name, $"tensor '{shown}' lies in '{location}'{why}");

        static string Or(long? number) => number is null or < 0 ? "?" : number.Value.ToString(CultureInfo.InvariantCulture);
    }

    // The first part of the path below the model's folder that is a link.
    private string? LinkIn(string path)
    {
        string folder = Path.GetDirectoryName(model) is { Length: > 0 } found ? found : ".";
        for (string? at = path; at is not null && at.Length > folder.Length; at = Path.GetDirectoryName(at))
        {
            if (new FileInfo(at).LinkTarget is not null) return at;
        }

        return null;
    }
}
