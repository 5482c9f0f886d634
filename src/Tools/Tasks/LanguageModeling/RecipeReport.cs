using TinySD.Tools.Json;

namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>Prints a recipe, each figure beside the option that sets it.</summary>
internal static class RecipeReport
{
    public static void Write(CliContext context, TextLevel level, LanguageModelRecipe recipe)
    {
        if (context.Json)
        {
            CliJson.Write(context.Console.Out, new RecipeResult(level, recipe), CliJson.Default.RecipeResult);
            return;
        }

        Table table = Tables.Create("option", "value");
        foreach ((string option, string value) in Rows(level, recipe)) table.AddRow(new Text(option), new Text(value));
        context.Console.Results.Write(table);
    }

    /// <summary>Option and value, in the order of the help.</summary>
    public static IEnumerable<(string Option, string Value)> Rows(TextLevel level, LanguageModelRecipe recipe) =>
        WithLevel(level, LanguageModelFields.Table.Rows(recipe));

    /// <summary>A recipe's rows with the level's after the first.</summary>
    public static IEnumerable<(string Option, string Value)> WithLevel(TextLevel level, IEnumerable<(string Option, string Value)> rows)
    {
        (string Option, string Value)[] all = [.. rows];
        return [all[0], ("--level", TextSpelling.Levels.NameOf(level)), .. all[1..]];
    }
}
