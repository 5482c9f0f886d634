namespace TinySD.Formats.Text;

/// <summary>Guesses the encoding of a text that is not UTF-8, to advise about it: one of Western Europe's of one byte a character, or none
/// that can be told.</summary>
/// <remarks>ISO-8859-1 has control characters, which no text holds, where windows-1252 has quotation marks, dashes and a few letters (0x80
/// to 0x9F); they are alike elsewhere. What speaks against both: a byte that is no character of windows-1252, a sign in the middle of a
/// word, which is a letter of another code page, and long runs of such bytes, which are letters of another script (GB18030, Shift-JIS,
/// windows-1251).</remarks>
internal struct NarrowText
{
    // So many bytes side by side are no Western word.
    private const int LongRun = 4;

    private bool _isWindows, _isNeither;
    private int _high, _inLongRuns, _run;
    private bool _runVaries;
    private byte _last, _beforeLast;

    /// <summary>The name by which iconv knows the encoding; null where none can be told.</summary>
    public readonly string? Iconv => _isNeither || 4 * (_inLongRuns + (IsLongRun ? _run : 0)) > _high ? null
        : _isWindows ? "windows-1252" : "latin1";

    private readonly bool IsLongRun => _run >= LongRun && _runVaries;

    /// <summary>Looks at more of the text.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes) Add(value);
    }

    private void Add(byte value)
    {
        // "caf\x82 " has no letter behind the sign, and a quotation mark stands there too; between letters it is none.
        if (IsSign(_last) && char.IsAsciiLetter((char)_beforeLast) && char.IsAsciiLetter((char)value)) _isNeither = true;
        if (value >= 0x80)
        {
            _high++;
            _isWindows |= value <= 0x9F;
            _isNeither |= value is 0x81 or 0x8D or 0x8F or 0x90 or 0x9D;
            _runVaries = _run > 0 && (_runVaries || value != _last);
            _run++;
        }
        else if (_run > 0)
        {
            if (IsLongRun) _inLongRuns += _run;
            _run = 0;
        }

        (_beforeLast, _last) = (_last, value);
    }

    // Signs of windows-1252 that do not stand within words, as apostrophes, dashes, dots, soft hyphens and ordinals may.
    private static bool IsSign(byte value) => value is 0x80 or 0x82 or 0x84 or (>= 0x86 and <= 0x89) or 0x8B or 0x93 or 0x94
        or 0x98 or 0x99 or 0x9B or (>= 0xA1 and <= 0xA9) or 0xAB or 0xAC or 0xAE or 0xAF or (>= 0xB0 and <= 0xB6) or 0xB8 or 0xB9
        or (>= 0xBB and <= 0xBF) or 0xD7 or 0xF7;
}
