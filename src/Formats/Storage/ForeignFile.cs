using System.Buffers.Binary;

namespace TinySD.Formats;

/// <summary>Recognises, from a file's first bytes, what somebody gave by mistake.</summary>
internal static class ForeignFile
{
    /// <summary>A name with an article and sometimes advice, or null for bytes that say nothing.</summary>
    /// <param name="first">The first bytes, as many as are at hand; 16 are enough.</param>
    public static string? Describe(ReadOnlySpan<byte> first)
    {
        if (first.StartsWith(TsdPrologue.Magic)) return "a TinySD model";
        if (first.StartsWith(MaskScheduleHeader.Magic)) return "a TinySD mask schedule";
        if (StartsWith(first, 0x1F, 0x8B)) return "a gzip file; unpack it first";
        if (first.StartsWith("PK\u0003\u0004"u8)) return "a zip archive, perhaps a PyTorch checkpoint";
        if (first.StartsWith("\u007fELF"u8)) return "a program";
        if (first.StartsWith("%PDF"u8)) return "a PDF document";
        if (IsBzip2(first)) return "a bzip2 file; unpack it first";
        if (StartsWith(first, 0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z')) return "an xz file; unpack it first";
        if (StartsWith(first, 0x28, 0xB5, 0x2F, 0xFD)) return "a zstd file; unpack it first";
        if (StartsWith(first, 0x89, (byte)'P', (byte)'N', (byte)'G')) return "a PNG image";
        if (StartsWith(first, 0x89, (byte)'H', (byte)'D', (byte)'F')) return "an HDF5 file";

        // UTF-32's little-endian mark begins with UTF-16's.
        if (StartsWith(first, 0xFF, 0xFE, 0, 0) || StartsWith(first, 0, 0, 0xFE, 0xFF))
            return "UTF-32 text; convert it to UTF-8, for example with iconv -f utf-32 -t utf-8";
        if (StartsWith(first, 0xFF, 0xFE) || StartsWith(first, 0xFE, 0xFF))
            return "UTF-16 text; convert it to UTF-8, for example with iconv -f utf-16 -t utf-8";
        if (IsSafetensors(first)) return "a safetensors file";
        return IsOnnx(first) ? "perhaps an ONNX model" : null;
    }

    /// <summary>Whether the bytes could be the start of a text: no control characters but white space.</summary>
    public static bool LooksLikeText(ReadOnlySpan<byte> first)
    {
        foreach (byte value in first)
        {
            if (value is < 0x20 and not ((byte)'\n' or (byte)'\r' or (byte)'\t' or (byte)'\f') or 0x7F) return false;
        }

        return true;
    }

    private static bool StartsWith(ReadOnlySpan<byte> first, params ReadOnlySpan<byte> mark) => first.StartsWith(mark);

    // Three letters may begin a text; after them come the block size, as a digit, and pi, as the first block's mark.
    private static bool IsBzip2(ReadOnlySpan<byte> first) =>
        first.StartsWith("BZh"u8) && first.Length > 3 && first[3] is >= (byte)'1' and <= (byte)'9' && StartsWith(first[4..], 0x31, 0x41, 0x59, 0x26, 0x53, 0x59);

    // A little-endian length, well below the 100 MB that safetensors allows, then the JSON header's brace.
    public static bool IsSafetensors(ReadOnlySpan<byte> first) =>
        first.Length > 8 && first[8] == (byte)'{' && BinaryPrimitives.ReadUInt64LittleEndian(first) is > 1 and < 100_000_000;

    // ModelProto: field 1 (ir_version), a small number, then another field of the few that follow it.
    public static bool IsOnnx(ReadOnlySpan<byte> first) =>
        first.Length > 2 && first[0] == 0x08 && first[1] is > 0 and < 0x20
        && first[2] is 0x12 or 0x1A or 0x22 or 0x2A or 0x32 or 0x3A or 0x42;
}
