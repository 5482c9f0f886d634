namespace TinySD.Formats.Text;

/// <summary>The words for what a text's tokens are.</summary>
public static class TextSpelling
{
    /// <summary>What a token is.</summary>
    public static Choice<TextLevel> Levels { get; } =
        new("level", (TextLevel.Word, "word"), (TextLevel.Character, "char"), (TextLevel.Byte, "byte"));

    /// <summary>What a token of a text is that is decoded, which has no bytes.</summary>
    public static Choice<TextLevel> DecodedLevels { get; } =
        new("level", (TextLevel.Word, "word"), (TextLevel.Character, "char"));

    /// <summary>Lines that get a token for their end; <c>auto</c> may be typed for those that have none.</summary>
    public static Choice<LineMarks> LineMarks { get; } = new("lineMarks",
        (Text.LineMarks.Always, "always"), (Text.LineMarks.WhereMissing, "where-missing"), (Text.LineMarks.None, "none"))
    { Typed = [(Text.LineMarks.WhereMissing, "auto")] };

    /// <summary>What a word is.</summary>
    public static Choice<WordSplit> WordSplits { get; } = new("tokenize", (WordSplit.None, "none"), (WordSplit.Simple, "simple"));

    /// <summary>Where in a line the label stands.</summary>
    public static Choice<LabelPlace> LabelPlaces { get; } = new("label", (LabelPlace.First, "first"), (LabelPlace.Last, "last"));
}
