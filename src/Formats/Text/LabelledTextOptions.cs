namespace TinySD.Formats.Text;

/// <summary>How a file of texts with labels is to be read, where it is not to be found out.</summary>
public sealed record LabelledTextOptions
{
    /// <summary>Where the label stands; null finds it out: see <see cref="LabelledTexts"/>.</summary>
    public LabelPlace? Place { get; init; }

    /// <summary>A tab or a blank between label and text; null for a tab where the file's first line has one, else a blank.</summary>
    public char? Separator { get; init; }

    /// <summary>Whether a text has any number of labels, with commas between them, and perhaps none.</summary>
    public bool IsMultiLabel { get; init; }

    /// <summary>The labels that are known already, of a model or of a training text: they tell best where in a line the label
    /// stands.</summary>
    public IReadOnlyCollection<string>? Known { get; init; }
}
