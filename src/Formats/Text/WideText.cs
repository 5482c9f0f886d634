namespace TinySD.Formats.Text;

/// <summary>An encoding of two or four bytes a character, recognised without its byte-order mark.</summary>
internal sealed record WideText(string Name, string Iconv)
{
    /// <summary>The encoding that a text with zero bytes is in, or null where it is none: all must decode, and to what stands in
    /// texts.</summary>
    /// <param name="start">The first bytes of the text, all of it or a multiple of four.</param>
    public static WideText? Find(ReadOnlySpan<byte> start)
    {
        if (IsText32(start, bigEndian: false)) return new("UTF-32 (little-endian)", "utf-32le");
        if (IsText32(start, bigEndian: true)) return new("UTF-32 (big-endian)", "utf-32be");

        // "ab" of one byte order is two rare characters of the other: the zero halves of the commonest characters tell.
        int[] zeros = new int[2];
        for (int i = 0; i < start.Length; i++) zeros[i % 2] += start[i] == 0 ? 1 : 0;

        // UTF-8 with a zero byte in it is damaged, though its letters two by two may be characters of another script. Half of the bytes are
        // zero in UTF-16 that passes for UTF-8, because it is ASCII.
        if (3 * (zeros[0] + zeros[1]) <= start.Length && IsUtf8(start)) return null;
        return zeros[1] >= zeros[0]
            ? IsText16(start, bigEndian: false) ? new("UTF-16 (little-endian)", "utf-16le") : null
            : IsText16(start, bigEndian: true) ? new("UTF-16 (big-endian)", "utf-16be") : null;
    }

    private static bool IsUtf8(ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes)
        {
            if (value is > 0 and < 0x20 && !IsOfText(new Rune(value))) return false;
        }

        return Utf8.IsValid(bytes);
    }

    private static bool IsText32(ReadOnlySpan<byte> bytes, bool bigEndian)
    {
        if (bytes.Length % 4 != 0) return false;
        for (; !bytes.IsEmpty; bytes = bytes[4..])
        {
            uint value = bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            if (!Rune.TryCreate(value, out Rune rune) || !IsOfText(rune)) return false;
        }

        return true;
    }

    private static bool IsText16(ReadOnlySpan<byte> bytes, bool bigEndian)
    {
        if (bytes.Length % 2 != 0) return false;
        char high = '\0';
        for (; !bytes.IsEmpty; bytes = bytes[2..])
        {
            char unit = (char)(bigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes));
            if (high != '\0')
            {
                if (!Rune.TryCreate(high, unit, out Rune pair) || !IsOfText(pair)) return false;
                high = '\0';
            }
            else if (char.IsHighSurrogate(unit))
            {
                high = unit;
            }
            else if (!Rune.TryCreate(unit, out Rune rune) || !IsOfText(rune))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsOfText(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Control => rune.Value is '\n' or '\r' or '\t' or '\f' or '\v',
        UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse => false,
        _ => true,
    };
}
