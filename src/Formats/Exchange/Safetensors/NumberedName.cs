namespace TinySD.Formats.Exchange.Safetensors;

/// <summary>A name with numbers in it, as of modules that are counted.</summary>
internal static class NumberedName
{
    private const int MostDigits = 4;

    /// <summary>What stands before, between and behind the numbers, which may be nothing, and they: every second piece is a
    /// number.</summary>
    public static string[] Split(string name)
    {
        var pieces = new List<string>();
        bool isNumber = false;
        for (int start = 0; ; isNumber = !isNumber)
        {
            ReadOnlySpan<char> rest = name.AsSpan(start);
            int length = isNumber ? rest.IndexOfAnyExceptInRange('0', '9') : rest.IndexOfAnyInRange('0', '9');
            if (length < 0) length = rest.Length;
            pieces.Add(name.Substring(start, length));
            start += length;
            if (start == name.Length && !isNumber) return [.. pieces];
        }
    }

    /// <summary>The last number, of its last four digits at most, and what stands before and behind it.</summary>
    public static bool TryLast(string name, out int number, out string around)
    {
        string[] pieces = Split(name);
        (number, around) = (0, "");
        if (pieces.Length == 1) return false;
        string digits = pieces[^2];
        int first = Math.Max(0, digits.Length - MostDigits);
        number = int.Parse(digits.AsSpan(first), CultureInfo.InvariantCulture);
        int end = name.Length - pieces[^1].Length;
        around = $"{name[..(end - digits.Length + first)]}\n{pieces[^1]}";
        return true;
    }
}
