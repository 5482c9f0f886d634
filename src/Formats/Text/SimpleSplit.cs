namespace TinySD.Formats.Text;

/// <summary>Finds words as <see cref="WordSplit.Simple"/> has them, without allocating. FORMAT.md is its law.</summary>
internal static class SimpleSplit
{
    // Both marks are as long.
    private const int MarkLength = 5;

    private enum Kind
    {
        Other,
        Letter,
        Digit,
    }

    /// <summary>Whether a character is white space.</summary>
    public static bool IsBlank(char character) => char.IsWhiteSpace(character);

    /// <summary>The length of the word at a block's start.</summary>
    /// <param name="block">Begins with what is no white space; no surrogate pair is split at its end.</param>
    /// <param name="isLast">Whether nothing follows the block.</param>
    /// <returns>0 where what follows the block may be part of the word.</returns>
    public static int LengthOf(ReadOnlySpan<char> block, bool isLast)
    {
        if (MarkAt(block, isLast) is { } mark) return mark;
        return KindAt(block, out int length) == Kind.Other ? OthersAt(block, length, isLast) : LettersAt(block, isLast);
    }

    private static int LettersAt(ReadOnlySpan<char> block, bool isLast)
    {
        Kind before = Kind.Other;
        int position = 0;
        while (position < block.Length)
        {
            Kind kind = KindAt(block[position..], out int length);
            if (kind == Kind.Other)
            {
                if (!MayJoin(block[position], before)) return position;
                if (position + 1 == block.Length) return isLast ? position : 0;
                Kind behind = KindAt(block[(position + 1)..], out _);
                if (behind == Kind.Other || (block[position] is '.' or ',' && behind != Kind.Digit)) return position;
            }

            before = kind;
            position += length;
        }

        return isLast ? position : 0;
    }

    // An apostrophe or a hyphen, and in numbers a point or a comma.
    private static bool MayJoin(char character, Kind before) =>
        character is '\'' or '\u2019' or '-' or '\u2010' || (character is '.' or ',' && before == Kind.Digit);

    private static int OthersAt(ReadOnlySpan<char> block, int length, bool isLast)
    {
        ReadOnlySpan<char> first = block[..length];
        int position = length;
        for (; block[position..].StartsWith(first); position += length)
        {
            if (MarkAt(block[position..], isLast) is { } mark) return mark == 0 ? 0 : position;
        }

        return position == block.Length && !isLast ? 0 : position;
    }

    // The length of the mark that a block begins with; 0 where more would have to be seen, and null where there is none.
    private static int? MarkAt(ReadOnlySpan<char> block, bool isLast)
    {
        if (block[0] != '<') return null;
        if (block.StartsWith(Vocabulary.Unknown) || block.StartsWith(Vocabulary.EndOfLine)) return MarkLength;
        bool mayBecome = !isLast && block.Length < MarkLength
            && (Vocabulary.Unknown.AsSpan().StartsWith(block) || Vocabulary.EndOfLine.AsSpan().StartsWith(block));
        return mayBecome ? 0 : null;
    }

    private static Kind KindAt(ReadOnlySpan<char> block, out int length)
    {
        char first = block[0];
        length = 1;
        if (char.IsAscii(first))
            return char.IsAsciiLetter(first) ? Kind.Letter : char.IsAsciiDigit(first) ? Kind.Digit : Kind.Other;
        if (Rune.DecodeFromUtf16(block, out Rune rune, out int units) != OperationStatus.Done) return Kind.Other;
        length = units;
        return Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
                or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter or UnicodeCategory.NonSpacingMark
                or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark => Kind.Letter,
            UnicodeCategory.DecimalDigitNumber => Kind.Digit,
            _ => Kind.Other,
        };
    }
}
