namespace TinySD.Formats.Tests;

/// <summary>FORMAT.md, which tests hold the code to.</summary>
internal static class FormatDocument
{
    public static string Text { get; } = Read();

    /// <summary>The chapters whose headings begin so.</summary>
    public static IEnumerable<string> Chapters(params string[] headings) =>
        Text.Split("\n## ").Where(chapter => headings.Any(heading => chapter.StartsWith(heading, StringComparison.Ordinal)));

    private static string Read()
    {
        using Stream stream = typeof(FormatDocument).Assembly.GetManifestResourceStream("FORMAT.md")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
