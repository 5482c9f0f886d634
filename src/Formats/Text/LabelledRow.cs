namespace TinySD.Formats.Text;

/// <summary>One text and what it is labelled with.</summary>
/// <param name="Line">Its line in the file, counted from 1.</param>
/// <param name="Text">The text, which may be empty or blank.</param>
/// <param name="Labels">Its label; where texts have several, any number of different ones, in the file's order.</param>
public sealed record LabelledRow(long Line, string Text, ImmutableArray<string> Labels);
