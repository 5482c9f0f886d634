namespace TinySD.Formats.Container;

/// <summary>The first 64 bytes of a <c>.tsd</c> file; <c>FORMAT.md</c>, "Prologue". Its layout is the same in every version to
/// come.</summary>
internal sealed record TsdPrologue(long HeaderBytes, long FileBytes, string HeaderChecksum)
{
    public const int Length = 64;

    /// <summary>A header is not longer than this, so that a damaged or hostile length never leads to a large allocation.</summary>
    public const int MaxHeaderBytes = 64 << 20;

    private const int VersionAt = 8, ReservedAt = 12, HeaderBytesAt = 16, FileBytesAt = 24, HeaderChecksumAt = 32, ChecksumAt = 48;

    /// <summary>Where the parts of a file begin: the next multiple of 64.</summary>
    public static long RoundUp(long position) => (position + 63) & ~63L;

    public void Write(Span<byte> prologue)
    {
        prologue[..Length].Clear();
        Magic.Container.CopyTo(prologue);
        BinaryPrimitives.WriteUInt32LittleEndian(prologue[VersionAt..], TsdFile.CurrentVersion);
        BinaryPrimitives.WriteUInt64LittleEndian(prologue[HeaderBytesAt..], (ulong)HeaderBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(prologue[FileBytesAt..], (ulong)FileBytes);
        Convert.FromHexString(HeaderChecksum).CopyTo(prologue[HeaderChecksumAt..]);
        XxHash128.Hash(prologue[..ChecksumAt], prologue[ChecksumAt..]);
    }

    /// <summary>Reads and checks everything that can be checked without the rest of the file.</summary>
    /// <param name="file">Named in the problem.</param>
    /// <param name="first">The file's first 64 bytes, or all of it if it is shorter.</param>
    /// <param name="fileBytes">Its length on disk.</param>
    /// <param name="prologue">What it says.</param>
    /// <param name="problem">Why it is refused.</param>
    public static bool TryRead(
        string file, ReadOnlySpan<byte> first, long fileBytes, [NotNullWhen(true)] out TsdPrologue? prologue,
        [NotNullWhen(false)] out FileProblem? problem)
    {
        prologue = null;
        problem = CheckMagic(file, first);
        if (problem is not null) return false;
        if (first.Length < Length)
        {
            string found = Words.Counted(first.Length, "byte");
            return Problem(file, FileProblemKind.Truncated, first.Length, $"{file} is cut short: it has {found}, " +
                $"and the prologue alone has {Length}. Copy or download it again.").Refuse(out problem);
        }

        string stored = Checksum.Text(first.Slice(ChecksumAt, Checksum.Bytes)), computed = Checksum.Of(first[..ChecksumAt]);
        if (stored != computed)
        {
            return Problem(file, FileProblemKind.PrologueDamaged, 0, $"{file} is damaged in its prologue, bytes 0 to 63: " +
                $"checksum {stored} expected, {computed} found. Copy or download it again.").Refuse(out problem);
        }

        uint version = BinaryPrimitives.ReadUInt32LittleEndian(first[VersionAt..]);
        ulong headerBytes = BinaryPrimitives.ReadUInt64LittleEndian(first[HeaderBytesAt..]);
        ulong announced = BinaryPrimitives.ReadUInt64LittleEndian(first[FileBytesAt..]);
        problem = (version, announced) switch
        {
            ( > TsdFile.CurrentVersion, _) => Problem(file, FileProblemKind.NewerVersion, VersionAt,
                $"{file} is written by a newer TinySD: format version {version}, this build reads up to {TsdFile.CurrentVersion}. Update " +
                "TinySD."),
            (0, _) => Problem(file, FileProblemKind.PrologueInvalid, VersionAt,
                $"{file} says it is of format version 0, and versions start at 1"),
            _ when BinaryPrimitives.ReadUInt32LittleEndian(first[ReservedAt..]) != 0 =>
                Problem(file, FileProblemKind.PrologueInvalid, ReservedAt,
                    $"{file}: bytes 12 to 15 of the prologue are reserved and must be zero"),
            _ when headerBytes is < 2 or > MaxHeaderBytes => Problem(file, FileProblemKind.PrologueInvalid, HeaderBytesAt,
                $"{file}: the prologue announces a header of {Words.Counted(headerBytes, "byte")}; 2 to {MaxHeaderBytes} are allowed"),
            _ when announced > (ulong)fileBytes => OfWholeFile(file, FileProblemKind.Truncated, fileBytes,
                $"{file} is cut short: {announced} bytes expected, {fileBytes} found. Copy or download it again."),
            _ when announced < (ulong)fileBytes => OfWholeFile(file, FileProblemKind.TrailingBytes, (long)announced,
                $"{file} goes on after its end: {announced} bytes expected, {fileBytes} found. Copy or download it again."),
            _ when RoundUp(Length + (long)headerBytes) > fileBytes => Problem(file, FileProblemKind.PrologueInvalid, HeaderBytesAt,
                $"{file}: the prologue announces a header of {Words.Counted(headerBytes, "byte")} in a file of {fileBytes}"),
            _ => null,
        };
        if (problem is not null) return false;
        prologue = new TsdPrologue((long)headerBytes, fileBytes, Checksum.Text(first.Slice(HeaderChecksumAt, Checksum.Bytes)));
        return true;
    }

    private static FileProblem? CheckMagic(string file, ReadOnlySpan<byte> first)
    {
        if (first.IsEmpty) return Problem(file, FileProblemKind.Empty, 0, $"{file} is empty; a TinySD model was expected");
        ReadOnlySpan<byte> start = first[..Math.Min(first.Length, Magic.Container.Length)];
        int same = start.CommonPrefixLength(Magic.Container);
        if (same == start.Length) return null;
        if (IsTextModeCopy(first))
        {
            return Problem(file, FileProblemKind.TransferDamage, same,
                $"{file} was changed by copying it as text: it begins with {Words.Hex(start)} instead of {Words.Hex(Magic.Container)}. " +
                "Copy it again, in binary mode.");
        }

        // One wrong byte in eight is damage, not another format; but a mask schedule's magic differs in one byte too.
        if (start.Length == Magic.Container.Length && !start.SequenceEqual(Magic.MaskSchedule)
            && start[(same + 1)..].SequenceEqual(Magic.Container[(same + 1)..]))
        {
            return Problem(file, FileProblemKind.PrologueDamaged, same,
                $"{file} is damaged at byte {same}: {Magic.Container[same]:X2} expected, {first[same]:X2} found. Copy or " +
                "download it again.");
        }

        string guess = ForeignFile.Guess(first, file);
        return Problem(file, FileProblemKind.Foreign, same, $"{file} is not a TinySD model: it begins with {Words.Hex(start)} ({guess})");
    }

    // The high bit stripped, the first byte re-encoded as UTF-8 or replaced, or a line end translated either way.
    private static bool IsTextModeCopy(ReadOnlySpan<byte> first)
    {
        ReadOnlySpan<byte> name = "TSD"u8;
        return first.StartsWith((ReadOnlySpan<byte>)[0x09, .. "TSD"u8])
            || (first.Length > 4 && first[0] == 0xC2 && first[1] == 0x89 && first[2..].StartsWith(name))
            || (first.Length > 5 && first[0] == 0xEF && first[1] == 0xBF && first[2] == 0xBD && first[3..].StartsWith(name))
            || (first.Length > 5 && first.StartsWith(Magic.Container[..4])
                && (first[4..].StartsWith("\n\u001a"u8) || first[4..].StartsWith("\r\r\n"u8) || first[4..].StartsWith("\r\u001a\r"u8)
                    || first[4..].StartsWith("\r\n\u001a\r\n"u8)));
    }

    private static FileProblem Problem(string file, FileProblemKind kind, long offset, string message) =>
        OfWholeFile(file, kind, offset, message) with { Part = "prologue" };

    // The prologue only tells of it, and is whole.
    private static FileProblem OfWholeFile(string file, FileProblemKind kind, long offset, string message) =>
        new(kind, file, message) { Offset = offset };
}
