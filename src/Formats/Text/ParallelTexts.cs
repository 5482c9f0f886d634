namespace TinySD.Formats.Text;

/// <summary>Sentences and their translations: two files, or lists, of which each line of one is the translation of the same line of the
/// other.</summary>
/// <remarks>Files are read as <see cref="AlignedLines"/> tells. Words are what stands between blanks and tabs; other white space, such as
/// one that does not break, is part of a word, as for multi-bleu.perl and subword-nmt.</remarks>
public sealed class ParallelTexts
{
    private static readonly SearchValues<char> s_blanks = SearchValues.Create(" \t\v\f\r\n");

    /// <summary>Takes sentences as words.</summary>
    /// <param name="sources">The words of each source; one may have none.</param>
    /// <param name="targets">Those of its translation.</param>
    /// <exception cref="ArgumentException">The lists are of different lengths.</exception>
    public ParallelTexts(IReadOnlyList<string[]> sources, IReadOnlyList<string[]> targets)
        : this("the sources", "the targets", sources, targets)
    {
    }

    private ParallelTexts(string sourcePath, string targetPath, IReadOnlyList<string[]> sources, IReadOnlyList<string[]> targets)
    {
        ArgumentNullException.ThrowIfNull(sources);
        ArgumentNullException.ThrowIfNull(targets);
        if (sources.Count != targets.Count)
            Throw.Argument($"{Words.Counted(sources.Count, "source")} and {Words.Counted(targets.Count, "target")}; expected one for each");
        (SourcePath, TargetPath, Sources, Targets) = (sourcePath, targetPath, sources, targets);
        for (int i = 0; i < Count; i++)
        {
            if (IsEmpty(i)) EmptyCount++;
        }
    }

    /// <summary>The sources' file as it was named.</summary>
    public string SourcePath { get; }

    /// <summary>The targets' file as it was named.</summary>
    public string TargetPath { get; }

    /// <summary>The words of each source.</summary>
    public IReadOnlyList<string[]> Sources { get; }

    /// <summary>The words of each translation.</summary>
    public IReadOnlyList<string[]> Targets { get; }

    /// <summary>Pairs.</summary>
    public int Count => Sources.Count;

    /// <summary>Pairs of which one side or both have no word: nothing is learnt from them.</summary>
    public int EmptyCount { get; }

    /// <summary>Reads two files.</summary>
    /// <param name="sourcePath">The sources, a sentence a line.</param>
    /// <param name="targetPath">Their translations.</param>
    /// <exception cref="FileProblemException">One cannot be read, is empty or is not UTF-8, or they have different numbers of
    /// lines.</exception>
    public static ParallelTexts Read(string sourcePath, string targetPath)
    {
        IReadOnlyList<string[]> lines = AlignedLines.Read(sourcePath, targetPath);
        return new ParallelTexts(sourcePath, targetPath, SplitAll(lines[0]), SplitAll(lines[1]));
    }

    /// <summary>The words of a line.</summary>
    public static string[] WordsOf(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        return Split(line, null);
    }

    /// <summary>The pairs of which both sides have a word: those to train on.</summary>
    public ParallelTexts WithoutEmpty()
    {
        if (EmptyCount == 0) return this;
        int[] kept = [.. Enumerable.Range(0, Count).Where(i => !IsEmpty(i))];
        return new ParallelTexts(
            SourcePath, TargetPath, Array.ConvertAll(kept, i => Sources[i]), Array.ConvertAll(kept, i => Targets[i]));
    }

    private bool IsEmpty(int pair) => Sources[pair].Length == 0 || Targets[pair].Length == 0;

    // Words come again and again: one string for each.
    private static string[][] SplitAll(string[] lines)
    {
        var known = new SpanLookup<string>(new(StringComparer.Ordinal));
        return Array.ConvertAll(lines, line => Split(line, known));
    }

    private static string[] Split(string line, SpanLookup<string>? known)
    {
        var words = new List<string>();
        ReadOnlySpan<char> rest = line;
        for (int start; (start = rest.IndexOfAnyExcept(s_blanks)) >= 0;)
        {
            rest = rest[start..];
            int length = rest.IndexOfAny(s_blanks);
            if (length < 0) length = rest.Length;
            words.Add(known is { } all ? Known(rest[..length], all) : rest[..length].ToString());
            rest = rest[length..];
        }

        return [.. words];
    }

    private static string Known(ReadOnlySpan<char> word, SpanLookup<string> known)
    {
        if (known.TryGetValue(word, out string? found)) return found;
        found = word.ToString();
        known.Add(found, found);
        return found;
    }
}
