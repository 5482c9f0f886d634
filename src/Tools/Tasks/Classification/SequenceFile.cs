namespace TinySD.Tools.Tasks.Classification;

/// <summary>Sequences of rows of numbers with their labels, as a table has them.</summary>
/// <param name="Path">The file as the user named it.</param>
/// <param name="Table">The columns of identifiers and labels.</param>
/// <param name="Columns">The columns of numbers I.</param>
/// <param name="Rows">The rows of each sequence [T][I].</param>
/// <param name="Labels">Its labels.</param>
/// <param name="Remarks">What there is to say of how it was read, a line each.</param>
internal sealed record SequenceFile(
    string Path, SequenceColumns Table, IReadOnlyList<string> Columns, IReadOnlyList<double[]> Rows, IReadOnlyList<RowLabels> Labels,
    IReadOnlyList<string> Remarks)
{
    private static readonly HashSet<string> s_idNames = new(
        ["id", "sequence", "sequence_id", "sequenceid", "seq", "seq_id", "series", "series_id", "run", "case"],
        StringComparer.OrdinalIgnoreCase);

    private static readonly HashSet<string> s_labelNames =
        new(["label", "labels", "class", "target", "category"], StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads a table.</summary>
    /// <param name="path">The file.</param>
    /// <param name="reading">How, and which columns are what as far as that is known.</param>
    /// <param name="isMultiLabel">Whether a sequence has any number of labels, with commas between them.</param>
    /// <exception cref="FileProblemException">It cannot be read, or is not fit.</exception>
    public static SequenceFile Read(string path, ClassifierReading reading, bool isMultiLabel)
    {
        SequenceColumns columns = ColumnsOf(path, reading);
        var table = NumberTable.Read(path, reading.Table with { Texts = [columns.Id, columns.Label] });
        var read = NumberSequences.Of(table, columns.Id, columns.Label, reading.Inputs);
        IEnumerable<string> mixed = read.InterleavedLine == 0 ? [] :
        [
            $"{path}, line {read.InterleavedLine}: a sequence goes on after rows of another; rows are put together by '{columns.Id}'.",
        ];
        return new(
            path, columns, read.Columns, [.. read.Sequences.Select(sequence => sequence.Values)],
            [.. read.Sequences.Select(sequence => new RowLabels(sequence.Line, RowLabels.Split(sequence.Label, isMultiLabel)))],
            [.. table.Remarks, .. mixed]);
    }

    /// <summary>How much is cut off at a length, or null for nothing.</summary>
    public string? RemarkOfCut(int maxLength)
    {
        int[] longer = [.. Rows.Select(rows => rows.Length / Columns.Count).Where(length => length > maxLength)];
        return longer.Length == 0 ? null
            : $"{Path}: {Figures.Count(longer.Length)} of {Figures.Count(Rows.Count, "sequence")} longer than " +
                $"{Figures.Count(maxLength, "row")} cut there; the longest has {Figures.Count(longer.Max())} (--max-length).";
    }

    private static SequenceColumns ColumnsOf(string path, ClassifierReading reading)
    {
        if (reading is { IdColumn: { } id, LabelColumn: { } label }) return new(id, label, reading.Table.DecimalMark);
        var plain = NumberTable.Read(path, reading.Table);
        string[] names = [.. plain.Columns.Select(column => column.Name)];
        string found = reading.IdColumn is { } known ? plain.Column(known).Name : Array.Find(names, s_idNames.Contains) ?? names[0];
        return new(found, reading.LabelColumn is { } own ? plain.Column(own).Name
            : Array.Find(names, name => name != found && s_labelNames.Contains(name)) ?? names[^1], reading.Table.DecimalMark);
    }
}
