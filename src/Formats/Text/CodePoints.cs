namespace TinySD.Formats.Text;

/// <summary>The order of texts by their code points, which is that of their UTF-8 bytes, and Python's. .NET's ordinal order is by UTF-16
/// code units, which puts characters beyond the first plane before the last ones of it.</summary>
internal static class CodePoints
{
    /// <summary>Below 0 where the first comes first, above 0 where the second does.</summary>
    public static int Compare(string one, string other)
    {
        int at = one.AsSpan().CommonPrefixLength(other);
        if (at == one.Length || at == other.Length) return one.Length - other.Length;
        return Rank(one[at]) - Rank(other[at]);
    }

    // Surrogates stand behind all that they are not.
    private static int Rank(char unit) => char.IsSurrogate(unit) ? unit + 0x10000 : unit;
}
