namespace TinySD.Formats.Text;

/// <summary>Text files of which line N of one belongs to line N of another, such as a text and its translation.</summary>
/// <remarks>A file may be plain or gzip, told by its content, and is strictly UTF-8. A line ends in a line feed, with or without a carriage
/// return before it; the last one may lack its end. Every line counts, an empty one too. No other character ends a line.</remarks>
public static class AlignedLines
{
    // More than any sentence has, and little enough to hold.
    private const int MaxLength = 1 << 26;

    /// <summary>The lines of each file, without their ends.</summary>
    /// <param name="paths">The files, at least one.</param>
    /// <exception cref="FileProblemException">One cannot be read, is empty or is not UTF-8, or a line has more than 2^26 characters; or two
    /// have different numbers of lines, and the message names both.</exception>
    public static IReadOnlyList<string[]> Read(params IReadOnlyList<string> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        string[][] files = new string[paths.Count][];
        for (int i = 0; i < files.Length; i++)
        {
            files[i] = [.. ReadFile(paths[i])];
            if (files[i].Length == files[0].Length) continue;
            Throw.Problem(new(FileProblemKind.DoesNotFit, paths[i],
                $"{paths[0]} has {Words.Count(files[0].Length, "line")} and {paths[i]} {Words.Count(files[i].Length)}: each line of one " +
                "belongs to the same line of the other. Find where they part, or make both anew from the same text."));
        }

        return files;
    }

    private static List<string> ReadFile(string path)
    {
        using TextFile file = TextFile.Open(path);
        using SpanOwner<char> block = SpanOwner<char>.Allocate(TextFile.BlockLength);
        var lines = new List<string>();
        var begun = new StringBuilder();
        bool isOpen = false;
        for (int count; (count = file.Read(block.Span)) > 0;)
        {
            ReadOnlySpan<char> rest = block.Span[..count];
            for (int end; (end = rest.IndexOf('\n')) >= 0; rest = rest[(end + 1)..])
            {
                Add(rest[..end]);
                lines.Add(End());
            }

            Add(rest);
            isOpen = begun.Length > 0;
        }

        if (isOpen) lines.Add(End());
        return lines;

        void Add(ReadOnlySpan<char> piece)
        {
            begun.Append(piece);
            if (begun.Length <= MaxLength) return;
            Throw.Problem(new(FileProblemKind.LineInvalid, path,
                $"{path}, line {lines.Count + 1}: longer than {Words.Count(MaxLength)} characters; a sentence a line was expected")
            { Line = lines.Count + 1 });
        }

        string End()
        {
            int length = begun.Length > 0 && begun[^1] == '\r' ? begun.Length - 1 : begun.Length;
            string line = begun.ToString(0, length);
            begun.Clear();
            return line;
        }
    }
}
