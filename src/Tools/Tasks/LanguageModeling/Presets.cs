namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>The presets of language models, as options name them.</summary>
internal static class Presets
{
    /// <summary>What names begin with where tokens are characters.</summary>
    public const string CharacterPrefix = "char-";

    /// <summary>Every name, without the structured forms.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. LanguageModelRecipe.Presets.Select(p => p.Name)];

    /// <summary>All of them, as sentences have them.</summary>
    public static string List { get; } = string.Join(", ", Names);

    public static string Forms { get; } =
        $"A preset with dropout can be given a structured form by its name's ending: {LanguageModelRecipe.UpwardForm} (sites on what " +
        $"flows upward) or {LanguageModelRecipe.RecurrentForm} (the recurrent site too; DropConnect gives way to it, --weight-drop puts " +
        "it back).";

    /// <summary>The preset of that name.</summary>
    /// <exception cref="UsageException">There is none.</exception>
    public static LanguageModelRecipe Find(string name) =>
        LanguageModelRecipe.FindPreset(name) ?? throw new UsageException(
            $"--preset is '{name}'; expected one of {List}{FormsHint(name)}{Suggestion.End(name, NamesLike(name))}");

    private static IEnumerable<string> NamesLike(string name)
    {
        return name.Contains('+', StringComparison.Ordinal)
            ? Names.SelectMany(own => new[] { own + LanguageModelRecipe.UpwardForm, own + LanguageModelRecipe.RecurrentForm })
                .Where(form => LanguageModelRecipe.FindPreset(form) is not null)
            : Names;
    }

    // Whoever asks for a form should hear that there are some.
    private static string FormsHint(string name) => name.Contains('+', StringComparison.Ordinal)
        ? $", those with dropout also with {LanguageModelRecipe.UpwardForm} or {LanguageModelRecipe.RecurrentForm} after it"
        : "";

    public static bool IsOfCharacters(string name) => name.StartsWith(CharacterPrefix, StringComparison.Ordinal);
}
