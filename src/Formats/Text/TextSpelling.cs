namespace TinySD.Formats.Text;

/// <summary>The words for how a text is cut into tokens.</summary>
internal static class TextSpelling
{
    public static Spelling<TextLevel> Levels { get; } =
        new("level", (TextLevel.Word, "word"), (TextLevel.Character, "char"), (TextLevel.Byte, "byte"));

    public static Spelling<LineMarks> LineMarks { get; } = new("lineMarks",
        (Text.LineMarks.Always, "always"), (Text.LineMarks.WhereMissing, "where-missing"), (Text.LineMarks.None, "none"));
}
