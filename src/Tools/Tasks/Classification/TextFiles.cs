namespace TinySD.Tools.Tasks.Classification;

/// <summary>Reads texts with labels from lines, or from a table by its name.</summary>
internal static class TextFiles
{
    /// <exception cref="FileProblemException">It cannot be read, or is not fit.</exception>
    public static LabelledTexts Read(string path, ClassifierReading reading, LabelledTextOptions options) =>
        LabelledTable.IsTable(path)
            ? LabelledTable.Read(path, reading.Table, options, reading.LabelColumn, reading.TextColumn)
            : LabelledTexts.Read(path, options);
}
