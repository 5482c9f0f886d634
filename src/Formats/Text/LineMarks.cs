namespace TinySD.Formats.Text;

/// <summary>Which lines get the token <see cref="Vocabulary.EndOfLine"/> at level <see cref="TextLevel.Word"/>; at other levels none
/// do.</summary>
public enum LineMarks
{
    /// <summary>Every line, even one whose last word is that token already.</summary>
    Always,

    /// <summary>Every line whose last word it is not.</summary>
    WhereMissing,

    /// <summary>None: a line's end is white space like any other, and the token is a word like any other.</summary>
    None,
}
