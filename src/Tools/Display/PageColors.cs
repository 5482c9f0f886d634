namespace TinySD.Tools.Display;

/// <summary>The colours of pages, each with a value for a light ground and one for a dark ground. They are named here and nowhere else; a
/// page says their values once, as properties of its style, and its pictures use the names.</summary>
internal static class PageColors
{
    /// <summary>Training and validation, wherever both are drawn.</summary>
    public static readonly string Training = Of("blue"), Validation = Of("green");

    /// <summary>What is neither one thing nor the other.</summary>
    public static readonly string Neutral = Of("grey");

    /// <summary>Products that compute all, those that skip what is dropped, and those that could and do not.</summary>
    public static readonly string Dense = Of("dense"), Structured = Of("green"), Unskipped = Of("unskipped");

    /// <summary>What every way of dropping units, or every class, has one of.</summary>
    public static readonly IReadOnlyList<string> Series =
        [Of("blue"), Of("orange"), Of("green"), Of("purple"), Of("red"), Of("teal"), Of("olive"), Of("brown")];

    private static readonly (string Name, string Light, string Dark)[] s_all =
    [
        ("text", "#222222", "#d6dbe1"), ("paper", "#ffffff", "#14181d"), ("quiet", "#555555", "#9aa5b1"), ("rule", "#b8bec6", "#4a545e"),
        ("grid", "#e4e8ec", "#2b323a"), ("ground", "#eceff2", "#232a31"), ("ink", "#22303c", "#d6dbe1"),
        ("dense", "#8f98a2", "#9aa5b1"), ("unskipped", "#b5d3c1", "#35503f"),
        ("blue", "#2f6fb3", "#6fb0f0"), ("orange", "#b8610f", "#f0a45a"), ("green", "#1d7a46", "#57c785"), ("purple", "#8a4fb0", "#c79be8"),
        ("red", "#b3433f", "#f08a86"), ("teal", "#1f8080", "#5cc9c9"), ("olive", "#6b7d1e", "#bccf5f"), ("brown", "#86603f", "#d1ac88"),
        ("grey", "#5b6570", "#9aa5b1"),

        // Of colours that are made of a hue.
        ("lightness", "36%", "68%"),
    ];

    /// <summary>The properties, for a light ground or a dark one.</summary>
    public static string Properties(bool isDark) =>
        string.Join(' ', s_all.Select(color => $"--{color.Name}: {(isDark ? color.Dark : color.Light)};"));

    /// <summary>The colour of one of so many classes.</summary>
    public static string Of(int index, int count) => count <= Series.Count
        ? Series[index]
        : FormattableString.Invariant($"hsl({360.0 * index / count:0} 60% var(--lightness))");

    /// <summary>A colour for a share of a way: blue at its start, over green, orange at its end.</summary>
    public static string Of(double share) => FormattableString.Invariant($"hsl({260 - (230 * share):0} 65% var(--lightness))");

    private static string Of(string name) => $"var(--{name})";
}
