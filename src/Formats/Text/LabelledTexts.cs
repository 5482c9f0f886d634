namespace TinySD.Formats.Text;

/// <summary>Texts with labels, one a line of a file: <c>label TAB text</c>, <c>text TAB label</c> or <c>label BLANK text</c>.</summary>
/// <remarks>The file may be plain or gzip, told by its content, and UTF-8, UTF-16 with its byte-order mark, or else Latin-1. A line ends in
/// a line feed, with or without a carriage return before it; the last one may lack its end. Blank lines are no rows. White space around a
/// label is not part of it; a text is taken as it is. A line with several tabs is cut at the one next to the label.
/// <para>Where the label stands, if nobody says so: on the side that holds known labels, if some are known. Else, with blanks, at the
/// beginning; with tabs, not on the one side on which a field is empty, or else on the side with at most half as many different values, or
/// else on the one that has neither more of them nor white space in it where the other has none.</para>
/// <para>A first line that names its columns, such as <c>label TAB text</c> or <c>sentence TAB label</c>, is no row, and says where the
/// label stands.</para></remarks>
public sealed class LabelledTexts
{
    // What people call these columns.
    private static readonly HashSet<string> s_labelNames =
        new(["label", "labels", "class", "category", "target", "sentiment", "topic", "tag", "tags"], StringComparer.OrdinalIgnoreCase);

    private static readonly HashSet<string> s_textNames =
        new(["text", "texts", "sentence", "review", "question", "title", "message", "phrase"], StringComparer.OrdinalIgnoreCase);

    private LabelledTexts(string path, LabelPlace place, char separator, bool isMultiLabel, IReadOnlyList<LabelledRow> rows) =>
        (Path, Place, Separator, IsMultiLabel, Rows) = (path, place, separator, isMultiLabel, rows);

    /// <summary>The file as it was named.</summary>
    public string Path { get; }

    /// <summary>Where the labels stood.</summary>
    public LabelPlace Place { get; }

    /// <summary>What stood between label and text: a tab or a blank; of a table a comma, whatever it was.</summary>
    public char Separator { get; }

    /// <summary>Whether a text has any number of labels.</summary>
    public bool IsMultiLabel { get; }

    /// <summary>The texts, in the file's order; at least one.</summary>
    public IReadOnlyList<LabelledRow> Rows { get; }

    /// <summary>Whether the first line names the columns.</summary>
    public bool HasHeader { get; private init; }

    /// <summary>What a user should know of how it was read, one line each: another encoding, blank lines.</summary>
    public IReadOnlyList<string> Remarks { get; private init; } = [];

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">What need not be found out; null for nothing.</param>
    /// <exception cref="FileProblemException">It cannot be read, is no text or has no rows; a line has no separator or no label; or it
    /// cannot be told where the labels stand.</exception>
    public static LabelledTexts Read(string path, LabelledTextOptions? options = null)
    {
        options ??= new();
        if (options.Separator is not (null or '\t' or ' ')) Throw.OutOfRange("Separator", options.Separator, "a tab or a blank");
        var text = DecodedText.Read(path);
        var lines = new List<(long Number, string Line)>();
        long count = 0, blank = 0;
        for (int start = 0, end; start <= text.Characters.Length; start = end + 1)
        {
            end = text.Characters.IndexOf('\n', start);
            bool isEnd = start == text.Characters.Length;
            if (end < 0) end = text.Characters.Length;
            ReadOnlySpan<char> line = text.Characters.AsSpan(start, end - start);
            if (!isEnd) count++;
            if (line is [.., '\r']) line = line[..^1];

            // A tab makes two sides, even if both are blank.
            if (line.Contains('\t') || !line.IsWhiteSpace()) lines.Add((count, line.ToString()));
            else if (!isEnd) blank++;
        }

        if (lines.Count == 0)
            Throw.Problem(new(FileProblemKind.Empty, path, $"{path} has blank lines only; lines with a label and a text were expected"));
        char separator = options.Separator ?? (lines[0].Line.Contains('\t') ? '\t' : ' ');
        foreach ((long number, string line) in lines) CheckSeparator(path, number, line, separator);
        LabelPlace? named = separator == '\t' ? PlaceOfHeader(lines[0].Line) : null;
        if (named is not null && lines.Count > 1) lines.RemoveAt(0);
        else named = null;
        LabelPlace place = options.Place ?? named ?? new LabelSides(lines.Select(line => line.Line), separator, options).Find(path);
        return new(path, place, separator, options.IsMultiLabel, lines.ConvertAll(line => RowOf(path, line, place, separator, options)))
        {
            HasHeader = named is not null,
            Remarks = [.. RemarksOf(path, text, blank)],
        };
    }

    /// <summary>Texts of a table.</summary>
    internal static LabelledTexts OfTable(
        string path, LabelPlace place, bool isMultiLabel, IReadOnlyList<LabelledRow> rows, bool hasHeader, IReadOnlyList<string> remarks) =>
        new(path, place, ',', isMultiLabel, rows) { HasHeader = hasHeader, Remarks = remarks };

    /// <summary>Whether a column of that name is one of labels.</summary>
    internal static bool IsLabelName(string name) => s_labelNames.Contains(name);

    /// <summary>Whether a column of that name is one of texts.</summary>
    internal static bool IsTextName(string name) => s_textNames.Contains(name);

    /// <summary>A line's label and text.</summary>
    internal static (string Label, string Text) Cut(string line, LabelPlace place, char separator)
    {
        if (separator == '\t')
        {
            int tab = place == LabelPlace.First ? line.IndexOf('\t') : line.LastIndexOf('\t');
            return place == LabelPlace.First ? (line[..tab], line[(tab + 1)..]) : (line[(tab + 1)..], line[..tab]);
        }

        // Blanks around the line are not between label and text, save one behind a label without a text.
        string whole = line.Trim();
        int blank = place == LabelPlace.First ? whole.IndexOfAny([' ', '\t']) : whole.LastIndexOfAny([' ', '\t']);
        if (blank < 0) return (whole, "");
        return place == LabelPlace.First ? (whole[..blank], whole[(blank + 1)..]) : (whole[(blank + 1)..], whole[..blank]);
    }

    private static IEnumerable<string> RemarksOf(string path, DecodedText text, long blank)
    {
        if (text.Note is { } note) yield return note;
        if (blank > 0) yield return $"{path}: {Words.Count(blank, "blank line")} passed over.";
    }

    private static LabelPlace? PlaceOfHeader(string line)
    {
        string[] names = Array.ConvertAll(line.Split('\t'), name => name.Trim());
        if (names.Length != 2) return null;
        if (s_labelNames.Contains(names[0]) && s_textNames.Contains(names[1])) return LabelPlace.First;
        return s_textNames.Contains(names[0]) && s_labelNames.Contains(names[1]) ? LabelPlace.Last : null;
    }

    private static void CheckSeparator(string path, long number, string line, char separator)
    {
        if (line.Contains(separator)) return;
        string what = separator == '\t'
            ? "has no tab; a label and a text with a tab between them were expected, as in the first line"
            : "has no blank; a label, a blank and a text were expected";
        throw Refused(path, number, $"{what}, and found was '{Words.Shown(line)}'");
    }

    private static LabelledRow RowOf(
        string path, (long Number, string Line) line, LabelPlace place, char separator, LabelledTextOptions options)
    {
        (string label, string text) = Cut(line.Line, place, separator);
        ImmutableArray<string> labels = RowLabels.Split(label, options.IsMultiLabel);
        if (!labels.Contains("")) return new LabelledRow(line.Number, text, labels);
        string side = place == LabelPlace.First ? "before" : "behind";
        throw Refused(path, line.Number, options.IsMultiLabel
            ? $"'{Words.Shown(label)}' has an empty label between its commas"
            : $"has no label; one was expected {side} the tab");
    }

    private static FileProblemException Refused(string path, long line, string what) =>
        new(new(FileProblemKind.LineInvalid, path, $"{path}, line {line}: {what}.") { Line = line });
}
