namespace TinySD.Formats.Text;

/// <summary>What one sequence of a file is labelled with.</summary>
/// <param name="Line">Its first line in the file, counted from 1.</param>
/// <param name="Labels">Its label; where sequences have several, any number of different ones, in the file's order.</param>
public record RowLabels(long Line, ImmutableArray<string> Labels)
{
    /// <summary>The labels of a field: the one that it is, or those between its commas, each once. White space around a label is not part
    /// of it; where one label is expected, the label of an empty field is empty.</summary>
    public static ImmutableArray<string> Split(string field, bool isMultiLabel)
    {
        string label = field.Trim();
        if (!isMultiLabel) return [label];
        return label.Length == 0 ? [] : [.. label.Split(',', StringSplitOptions.TrimEntries).Distinct(StringComparer.Ordinal)];
    }
}

/// <summary>One text and what it is labelled with.</summary>
/// <param name="Line">Its line in the file, counted from 1.</param>
/// <param name="Text">The text, which may be empty or blank.</param>
/// <param name="Labels">Its label; where texts have several, any number of different ones, in the file's order.</param>
public sealed record LabelledRow(long Line, string Text, ImmutableArray<string> Labels) : RowLabels(Line, Labels);
