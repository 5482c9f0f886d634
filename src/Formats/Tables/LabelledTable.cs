using TinySD.Formats.Text;

namespace TinySD.Formats.Tables;

/// <summary>Texts with labels in two columns of a table in CSV, as spreadsheets write it: cells in quotation marks may hold separators and
/// line ends.</summary>
public static class LabelledTable
{
    /// <summary>Whether a file is meant to be one, by its name: <c>.csv</c> or <c>.csv.gz</c>.</summary>
    public static bool IsTable(string path) =>
        path.EndsWith(".csv", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".csv.gz", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads one.</summary>
    /// <param name="path">The file.</param>
    /// <param name="table">How it is written, as far as that is known.</param>
    /// <param name="options">What labels are, and those that are known; where they stand is for columns to say.</param>
    /// <param name="label">The column of labels; null for one that is called so (label, class, category and the like), or of two columns
    /// the one that <see cref="LabelledTexts"/> would find.</param>
    /// <param name="text">The column of texts; null for one that is called so (text, sentence, review and the like), or for the only other
    /// one.</param>
    /// <exception cref="FileProblemException">It cannot be read, is no table, a column is missing or cannot be told, or a row has no
    /// label.</exception>
    public static LabelledTexts Read(string path, TableOptions table, LabelledTextOptions options, string? label, string? text)
    {
        var plain = NumberTable.Read(path, table);

        // Words in the first row are no sign of a header where all rows are of words; names that mean something are.
        if (table.HasHeader is null && plain.HeaderLine > 0 && !plain.Columns.Any(column => IsMeant(column.Name)))
        {
            table = table with { HasHeader = false };
            plain = NumberTable.Read(path, table);
        }

        string[] names = [.. plain.Columns.Select(column => column.Name)];
        label ??= options.Place is null ? NameOf(names, LabelledTexts.IsLabelName, text) : null;
        text ??= NameOf(names, LabelledTexts.IsTextName, label);
        if (label is null != text is null && names.Length == 2)
        {
            label ??= Array.Find(names, name => name != text);
            text ??= Array.Find(names, name => name != label);
        }

        if ((label is null || text is null) && names.Length != 2)
        {
            string missing = label is null ? "labels (--label)" : "texts (--text)";
            Throw.Problem(new(FileProblemKind.TableInvalid, path,
                $"{path}: name the column of {missing}; it has {ColumnNames.List(names)}"));
        }

        var read = NumberTable.Read(path, table with { Texts = label is null || text is null ? names : [label, text] });
        if (label is null || text is null)
        {
            LabelPlace place = options.Place ?? new LabelSides(Joined(read, names), '\t', options).Find(path);
            (label, text) = place == LabelPlace.First ? (names[0], names[1]) : (names[1], names[0]);
        }

        IReadOnlyList<string> labels = read.Texts(label), texts = read.Texts(text);
        var rows = new LabelledRow[read.RowCount];
        for (int i = 0; i < rows.Length; i++)
        {
            ImmutableArray<string> own = RowLabels.Split(labels[i], options.IsMultiLabel);
            if (own.Contains(""))
            {
                Throw.Problem(new(FileProblemKind.LineInvalid, path,
                    $"{path}, line {read.LineOf(i)}, column '{Words.Shown(label)}': the cell has no label, or an empty one between commas")
                { Line = read.LineOf(i), Part = label });
            }

            rows[i] = new(read.LineOf(i), texts[i], own);
        }

        bool isFirst = Array.IndexOf(names, label) < Array.IndexOf(names, text);
        return LabelledTexts.OfTable(
            path, isFirst ? LabelPlace.First : LabelPlace.Last, options.IsMultiLabel, rows, read.HeaderLine > 0, read.Remarks);

        bool IsMeant(string name) =>
            name == label || name == text || LabelledTexts.IsLabelName(name) || LabelledTexts.IsTextName(name);
    }

    private static string? NameOf(string[] names, Func<string, bool> isOne, string? other)
    {
        string[] found = Array.FindAll(names, name => name != other && isOne(name));
        return found.Length == 1 ? found[0] : null;
    }

    // What lines of the two would look like.
    private static IEnumerable<string> Joined(NumberTable table, string[] names) =>
        table.Texts(names[0]).Zip(table.Texts(names[1]), (one, other) => $"{one.Replace('\t', ' ')}\t{other.Replace('\t', ' ')}");
}
