namespace TinySD.Formats.Text;

/// <summary>Which columns of a CoNLL file hold what. A column is counted from 1, or below 0 from the end: -1 is the last.</summary>
public sealed record ConllOptions
{
    /// <summary>The column of words.</summary>
    public int WordColumn { get; init; } = 1;

    /// <summary>The column of tags; <see langword="null"/> reads none.</summary>
    public int? TagColumn { get; init; } = -1;
}
