using Microsoft.Win32.SafeHandles;

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
        Span<byte> first = stackalloc byte[16];
        first = first[..ReadFirst(path, first)];
        if (first.StartsWith(Magic.Container)) return FileFormat.Tsd;
        if (first.StartsWith(Magic.MaskSchedule)) return FileFormat.MaskSchedule;
        if (path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase)) return FileFormat.Safetensors;
        if (path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase)) return FileFormat.Onnx;
        if (path.EndsWith(".tsd", StringComparison.OrdinalIgnoreCase)) return FileFormat.Tsd;
        return ForeignFile.IsSafetensors(first) ? FileFormat.Safetensors : ForeignFile.IsOnnx(first) ? FileFormat.Onnx : FileFormat.Tsd;
    }

    private static int ReadFirst(string path, Span<byte> first)
    {
        if (!SystemErrors.TryOpen(path, out SafeFileHandle? handle, out _)) return 0;
        using (handle)
        {
            try
            {
                return RandomAccess.Read(handle, first, 0);
            }
            catch (Exception exception) when (SystemErrors.IsFromSystem(exception))
            {
                // Whoever reads it next says why it cannot be read.
                return 0;
            }
        }
    }
}
