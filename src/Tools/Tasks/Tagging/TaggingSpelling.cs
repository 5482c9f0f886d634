namespace TinySD.Tools.Tasks.Tagging;

/// <summary>The words for how tags are read and counted.</summary>
internal static class TaggingSpelling
{
    /// <summary>Schemes of tags.</summary>
    public static Choice<TagScheme> Schemes => ModelSpelling.TagSchemes;

    /// <summary>Schemes that an answer can be written in.</summary>
    public static Choice<TagScheme> Written { get; } =
        new("scheme", (TagScheme.Iob1, "iob1"), (TagScheme.Iob2, "iob2"), (TagScheme.Bioes, "bioes"));

    /// <summary>Which entities there are.</summary>
    public static Choice<EntityRule> Rules { get; } =
        new("rule", (EntityRule.Conlleval, "conlleval"), (EntityRule.Strict, "strict"));

    /// <summary>Tags and their scheme, as <c>9 tags in BIOES, IOB1 in the data: O, …</c>.</summary>
    public static string Shown(TaggerForm form)
    {
        const int shown = 20;
        string more = form.Tags.Length > shown ? $" and {Figures.Count(form.Tags.Length - shown)} more" : "";
        string scheme = form.Scheme == TagScheme.None ? "" : $" in {NameOf(form.Scheme)}, {NameOf(form.DataScheme)} in the data";
        return $"{Figures.Count(form.Tags.Length, "tag")}{scheme}: {string.Join(", ", form.Tags.Take(shown))}{more}";
    }

    /// <summary>A scheme's name in the field.</summary>
    public static string NameOf(TagScheme scheme) =>
        scheme == TagScheme.None ? "plain tags" : Schemes.NameOf(scheme).ToUpperInvariant();
}
