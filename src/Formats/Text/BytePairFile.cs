namespace TinySD.Formats.Text;

/// <summary>Byte-pair codes in files, as subword-nmt has them.</summary>
internal static class BytePairFile
{
    private const string VersionMark = "#version:";

    // More text than any codes have, and little enough to hold.
    private const int MaxLength = 1 << 28;

    /// <summary>Reads a file.</summary>
    /// <exception cref="FileProblemException">It cannot be read, is of another version, or a line is no merge.</exception>
    public static BytePairCodes Read(string path)
    {
        string text = TextFile.ReadAll(path, MaxLength)
            ?? throw Refused(path, 1, $"byte-pair codes were expected, and this goes on for more than {Words.Count(MaxLength)} characters");
        var lines = new List<string>(text.Split('\n').Select(line => line.Trim('\r', ' ')));
        while (lines.Count > 0 && lines[^1].Length == 0) lines.RemoveAt(lines.Count - 1);
        bool hasVersion = lines.Count > 0 && lines[0].StartsWith(VersionMark, StringComparison.Ordinal);
        bool marksEndApart = !hasVersion || IsFirstVersion(path, lines[0]);
        int first = hasVersion ? 1 : 0;
        if (lines.Count - first > BytePairCodes.MaxCount)
            throw Refused(path, BytePairCodes.MaxCount, $"more than {Words.Count(BytePairCodes.MaxCount)} merges");
        var merges = new BytePair[lines.Count - first];
        for (int i = 0; i < merges.Length; i++)
        {
            string line = lines[first + i];
            if (line.Split(' ') is not [{ Length: > 0 } left, { Length: > 0 } right] || line.Contains('\r'))
            {
                throw Refused(path, first + i + 1,
                    $"two symbols with one blank between them were expected, as subword-nmt writes byte-pair codes, and found was " +
                    $"'{Words.Shown(line)}'");
            }

            merges[i] = new BytePair(left, right);
        }

        return new BytePairCodes(merges, marksEndApart);
    }

    /// <summary>Writes a file.</summary>
    public static void Write(string path, BytePairCodes codes) => AtomicFile.Write(path, stream =>
    {
        using var writer = new StreamWriter(stream, leaveOpen: true) { NewLine = "\n" };
        if (!codes.MarksEndApart) writer.WriteLine($"{VersionMark} 0.2");
        foreach ((string first, string second) in codes.Merges) writer.WriteLine($"{first} {second}");
    });

    private static bool IsFirstVersion(string path, string line)
    {
        // Zeros at the end say nothing.
        string version = line[VersionMark.Length..].Trim();
        string number = version;
        while (number.EndsWith(".0", StringComparison.Ordinal)) number = number[..^2];
        if (number is "0.1" or "0.2") return number == "0.1";
        string hint = version.EndsWith("byte", StringComparison.Ordinal) ? " Learn them without --byte." : "";
        Throw.Problem(new(FileProblemKind.Unsupported, path,
            $"{path}, line 1: byte-pair codes of version '{Words.Shown(version)}'; 0.1 and 0.2 can be read.{hint}")
        { Line = 1 });
        return false;
    }

    private static FileProblemException Refused(string path, long line, string what) =>
        new(new(FileProblemKind.LineInvalid, path, $"{path}, line {line}: {what}.") { Line = line });
}
