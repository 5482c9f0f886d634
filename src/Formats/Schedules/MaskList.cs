namespace TinySD.Formats.Schedules;

/// <summary>One mask as bytes: the kept groups of a place, as a bitmap or as the gaps between them, whichever is shorter; <c>FORMAT.md</c>,
/// "Mask schedules".</summary>
internal static class MaskList
{
    private const byte Bitmap = 0, Gaps = 1;

    /// <summary>Length of a mask written as a bitmap, the byte that says so included.</summary>
    public static int BitmapBytes(int groups) => 1 + ((groups + 7) / 8);

    /// <summary>Writes a mask.</summary>
    /// <param name="kept">Kept groups in increasing order.</param>
    /// <param name="groups">All groups.</param>
    /// <param name="bytes">Receives it; <see cref="BitmapBytes"/> are enough.</param>
    /// <returns>How many bytes it took.</returns>
    public static int Write(ReadOnlySpan<int> kept, int groups, Span<byte> bytes)
    {
        int bitmap = BitmapBytes(groups);
        if (GapBytes(kept) < bitmap)
        {
            bytes[0] = Gaps;
            int at = 1;
            WriteNumber(kept.Length, bytes, ref at);
            int next = 0;
            foreach (int group in kept)
            {
                WriteNumber(group - next, bytes, ref at);
                next = group + 1;
            }

            return at;
        }

        bytes[..bitmap].Clear();
        bytes[0] = Bitmap;
        foreach (int group in kept) bytes[1 + (group / 8)] |= (byte)(1 << (group % 8));
        return bitmap;
    }

    /// <summary>Checks a mask.</summary>
    /// <param name="bytes">What is left of the update's masks.</param>
    /// <param name="groups">All groups.</param>
    /// <param name="keptGroups">How many must be kept; 0 for any number.</param>
    /// <param name="fault">What is wrong with it.</param>
    /// <returns>Its length, or 0 for a wrong one.</returns>
    public static int Check(ReadOnlySpan<byte> bytes, int groups, int keptGroups, out string? fault)
    {
        fault = null;
        int at = 1, kept = 0;
        if (bytes.IsEmpty) fault = "is cut short";
        else if (bytes[0] == Bitmap) (at, kept) = CheckBitmap(bytes, groups, out fault);
        else if (bytes[0] == Gaps) kept = CheckGaps(bytes, groups, ref at, out fault);
        else fault = $"is written in the way {bytes[0]}; 0, a bitmap, and 1, gaps, are known";
        if (fault is null && keptGroups != 0 && kept != keptGroups) fault = $"keeps {Words.Counted(kept, "group")}; {keptGroups} expected";
        return fault is null ? at : 0;
    }

    /// <summary>Reads a mask that was checked.</summary>
    /// <param name="bytes">From its first byte on.</param>
    /// <param name="units">Units of the place.</param>
    /// <param name="groupSize">Units in a group.</param>
    /// <param name="keep">Receives the kept units.</param>
    /// <returns>How many are kept.</returns>
    public static int Read(ReadOnlySpan<byte> bytes, int units, int groupSize, Span<int> keep)
    {
        int count = 0, groups = (units + groupSize - 1) / groupSize;
        if (bytes[0] == Bitmap)
        {
            for (int group = 0; group < groups; group++)
            {
                if ((bytes[1 + (group / 8)] >> (group % 8) & 1) != 0) count = Append(group, units, groupSize, keep, count);
            }

            return count;
        }

        int at = 1, next = 0;
        for (int left = ReadNumber(bytes, ref at); left > 0; left--)
        {
            int group = next + ReadNumber(bytes, ref at);
            count = Append(group, units, groupSize, keep, count);
            next = group + 1;
        }

        return count;
    }

    private static int Append(int group, int units, int groupSize, Span<int> keep, int count)
    {
        int first = group * groupSize, length = Math.Min(groupSize, units - first);
        for (int i = 0; i < length; i++) keep[count++] = first + i;
        return count;
    }

    private static (int Length, int Kept) CheckBitmap(ReadOnlySpan<byte> bytes, int groups, out string? fault)
    {
        fault = null;
        int length = BitmapBytes(groups), kept = 0;
        if (bytes.Length < length)
        {
            fault = "is cut short";
            return default;
        }

        foreach (byte value in bytes[1..length]) kept += BitOperations.PopCount(value);
        if (groups % 8 != 0 && bytes[length - 1] >> (groups % 8) != 0) fault = "keeps a group that the place does not have";
        return (length, kept);
    }

    private static int CheckGaps(ReadOnlySpan<byte> bytes, int groups, ref int at, out string? fault)
    {
        fault = null;
        int kept = ReadNumber(bytes, ref at), next = 0;
        if ((uint)kept > (uint)groups) fault = "is cut short, or keeps more groups than the place has";
        for (int i = 0; i < kept && fault is null; i++)
        {
            int gap = ReadNumber(bytes, ref at);
            if (gap < 0) fault = "is cut short, or has a number that is too large";
            else if (gap >= groups - next) fault = "keeps a group that the place does not have";
            next += gap + 1;
        }

        return kept;
    }

    private static int GapBytes(ReadOnlySpan<int> kept)
    {
        int bytes = 1 + NumberBytes(kept.Length), next = 0;
        foreach (int group in kept)
        {
            bytes += NumberBytes(group - next);
            next = group + 1;
        }

        return bytes;
    }

    private static int NumberBytes(int number) => number < 1 << 7 ? 1 : number < 1 << 14 ? 2 : 3;

    // Seven bits a byte, the low ones first, the eighth set where more follow. No number here has more than 21 bits.
    private static void WriteNumber(int number, Span<byte> bytes, ref int at)
    {
        for (; number >= 1 << 7; number >>= 7) bytes[at++] = (byte)(number | 0x80);
        bytes[at++] = (byte)number;
    }

    // Below 0 for one that does not end within three bytes, and for more bytes than it needs.
    private static int ReadNumber(ReadOnlySpan<byte> bytes, ref int at)
    {
        int number = 0;
        for (int shift = 0; shift <= 14; shift += 7)
        {
            if (at >= bytes.Length) return -1;
            byte value = bytes[at++];
            number |= (value & 0x7F) << shift;
            if (value < 0x80) return value == 0 && shift > 0 ? -1 : number;
        }

        return -1;
    }
}
