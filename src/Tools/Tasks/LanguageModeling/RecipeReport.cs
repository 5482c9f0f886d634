using TinySD.Tools.Training;

namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>A recipe's figures, each beside the option that sets it, and what a token is.</summary>
internal static class RecipeReport
{
    public const string Level = "--level";

    /// <summary>Option and value, in the order of the help.</summary>
    public static IEnumerable<(string Option, string Value)> Rows(TextLevel level, LanguageModelRecipe recipe) =>
        WithLevel(level, LanguageModelFields.Table.Rows(recipe));

    /// <summary>A recipe's rows with the level's after the first.</summary>
    public static IEnumerable<(string Option, string Value)> WithLevel(TextLevel level, IEnumerable<(string Option, string Value)> rows) =>
        SettingRows.With(rows, (Level, TextSpelling.Levels.NameOf(level)));
}
