namespace TinySD.Formats.Text;

/// <summary>Where in a line of a text with labels the label stands.</summary>
public enum LabelPlace
{
    /// <summary>Before the text.</summary>
    First,

    /// <summary>Behind the text.</summary>
    Last,
}
