namespace TinySD.Formats.Storage;

/// <summary>What TinySD's files begin with: eight bytes that no text starts with and that text-mode copying changes, namely a high bit, CR
/// LF, end-of-file, LF.</summary>
internal static class Magic
{
    /// <summary>A <c>.tsd</c> container.</summary>
    public static ReadOnlySpan<byte> Container => [0x89, (byte)'T', (byte)'S', (byte)'D', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>A <c>.tss</c> mask schedule.</summary>
    public static ReadOnlySpan<byte> MaskSchedule => [0x89, (byte)'T', (byte)'S', (byte)'S', 0x0D, 0x0A, 0x1A, 0x0A];
}
