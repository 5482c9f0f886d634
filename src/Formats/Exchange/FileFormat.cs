namespace TinySD.Formats.Exchange;

/// <summary>The formats of files that hold models or tensors.</summary>
public enum FileFormat
{
    /// <summary>TinySD's own container, and everything that is none of the others.</summary>
    Tsd,

    /// <summary>A mask schedule.</summary>
    MaskSchedule,

    /// <summary>safetensors.</summary>
    Safetensors,

    /// <summary>ONNX.</summary>
    Onnx,
}

/// <summary>Tells what format a file is of.</summary>
public static class FileFormats
{
    /// <summary>By its first bytes where they are TinySD's, then by its name, then by what its bytes look like.</summary>
    /// <param name="path">The file; one that cannot be read is told by its name alone.</param>
    public static FileFormat Of(string path)
    {
        // Of one that cannot be read its next reader says why.
        ReadOnlySpan<byte> first = FileBytes.TryReadFirst(path, 16, out byte[]? bytes, out _) ? bytes : [];
        if (first.StartsWith(Magic.Container)) return FileFormat.Tsd;
        if (first.StartsWith(Magic.MaskSchedule)) return FileFormat.MaskSchedule;
        if (path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase)) return FileFormat.Safetensors;
        if (path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase)) return FileFormat.Onnx;
        if (path.EndsWith(".tsd", StringComparison.OrdinalIgnoreCase)) return FileFormat.Tsd;
        return ForeignFile.IsSafetensors(first) ? FileFormat.Safetensors : ForeignFile.IsOnnx(first) ? FileFormat.Onnx : FileFormat.Tsd;
    }
}
