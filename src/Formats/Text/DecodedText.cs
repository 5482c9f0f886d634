namespace TinySD.Formats.Text;

/// <summary>A whole file as characters, in whatever encoding programs of today or of Western Europe wrote it.</summary>
/// <remarks>UTF-16 where it begins with its byte-order mark, UTF-8 where it is valid UTF-8, else Latin-1 with the signs that windows-1252
/// has where Latin-1 has control characters. So every file that is text has characters, and who reads it should say where a guess was
/// made.</remarks>
internal sealed record DecodedText
{
    // Windows-1252 from 0x80 on; where it has no character, Latin-1's.
    private const string Signs =
        "\u20AC\u0081\u201A\u0192\u201E\u2026\u2020\u2021\u02C6\u2030\u0160\u2039\u0152\u008D\u017D\u008F" +
        "\u0090\u2018\u2019\u201C\u201D\u2022\u2013\u2014\u02DC\u2122\u0161\u203A\u0153\u009D\u017E\u0178";

    private static readonly byte[] s_littleEndian = [0xFF, 0xFE], s_bigEndian = [0xFE, 0xFF];

    /// <summary>The characters, without a byte-order mark.</summary>
    public required string Characters { get; init; }

    /// <summary>What to tell of an encoding that was guessed; null where none was.</summary>
    public string? Note { get; init; }

    /// <summary>Reads a file, plain or gzip.</summary>
    /// <exception cref="FileProblemException">It cannot be read, is empty, is damaged gzip, or is not text.</exception>
    public static DecodedText Read(string path)
    {
        using CorpusFile file = CorpusFile.Open(path);
        using var bytes = new ArrayPoolBufferWriter<byte>(TextFile.BlockLength);
        for (int read = 1; read > 0; bytes.Advance(read))
        {
            if (bytes.WrittenCount > Array.MaxLength / 2) Throw.Problem(TooLong(path));
            read = file.Read(bytes.GetSpan(TextFile.BlockLength));
        }

        ReadOnlySpan<byte> content = bytes.WrittenSpan;
        if (content.IsEmpty) Throw.Problem(file.Empty("a text"));
        bool isUtf16 = content.StartsWith(s_littleEndian) || content.StartsWith(s_bigEndian);
        if (!isUtf16 && ForeignFile.Describe(content[..Math.Min(content.Length, ForeignFile.FirstBytes)], path) is { } format)
            Throw.Problem(new(FileProblemKind.Binary, path, $"{path} is not text: it begins like {format}") { Offset = 0 });
        DecodedText text = Decode(path, content);
        int zero = text.Characters.IndexOf('\0');
        if (zero >= 0)
        {
            Throw.Problem(new(FileProblemKind.Binary, path, $"{path} looks like binary, not text: character {zero} is zero")
            { Offset = content.IndexOf((byte)0) });
        }

        return text;
    }

    /// <summary>The characters of one line, or of any other piece without a byte-order mark: UTF-8, or Latin-1 as above.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes) => Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : Latin1(bytes);

    /// <summary>The characters of Latin-1 as above, one for each byte.</summary>
    public static void Latin1(ReadOnlySpan<byte> bytes, Span<char> characters)
    {
        for (int i = 0; i < bytes.Length; i++)
            characters[i] = bytes[i] is >= 0x80 and <= 0x9F ? Signs[bytes[i] - 0x80] : (char)bytes[i];
    }

    private static DecodedText Decode(string path, ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith(s_littleEndian)) return Utf16(path, bytes[2..], bigEndian: false);
        if (bytes.StartsWith(s_bigEndian)) return Utf16(path, bytes[2..], bigEndian: true);
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF])) bytes = bytes[3..];
        if (Utf8.IsValid(bytes)) return new() { Characters = Encoding.UTF8.GetString(bytes) };
        int at = 0;
        while (Rune.DecodeFromUtf8(bytes[at..], out _, out int length) == OperationStatus.Done) at += length;
        long line = bytes[..at].Count((byte)'\n') + 1;
        string name = bytes.ContainsAnyInRange((byte)0x80, (byte)0x9F) ? "windows-1252" : "Latin-1";
        return new()
        {
            Characters = Latin1(bytes),
            Note = $"{path} is not UTF-8 (line {line} has the byte {bytes[at]:X2}); it is read as {name}.",
        };
    }

    private static DecodedText Utf16(string path, ReadOnlySpan<byte> bytes, bool bigEndian)
    {
        try
        {
            return new() { Characters = new UnicodeEncoding(bigEndian, byteOrderMark: false, throwOnInvalidBytes: true).GetString(bytes) };
        }
        catch (DecoderFallbackException exception)
        {
            Throw.Problem(
                new(FileProblemKind.Binary, path, $"{path} begins as UTF-16 text and is none: it is damaged; copy it again")
                { Offset = exception.Index }, exception);
            return null;
        }
    }

    private static string Latin1(ReadOnlySpan<byte> bytes)
    {
        using SpanOwner<char> characters = SpanOwner<char>.Allocate(bytes.Length);
        Latin1(bytes, characters.Span);
        return characters.Span.ToString();
    }

    private static FileProblem TooLong(string path) =>
        new(FileProblemKind.TooManyTokens, path, $"{path} is longer than {Words.Count(Array.MaxLength / 2)} bytes; split it");
}
