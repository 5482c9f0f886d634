using TinySD.Tools.Training;

namespace TinySD.Tools.Tasks.Translating;

/// <summary>The options of a translator's recipe.</summary>
internal static class TranslatorRecipeOptions
{
    public static RecipeOptions<TranslatorRecipe> Create()
    {
        var options = new RecipeOptions<TranslatorRecipe>(TranslatorFields.Table, TranslatorFields.Shared, TranslatorRecipe.Presets);

        // As others call them.
        options["--tied"].Aliases.Add("--tie");
        options["--input-feeding"].Aliases.Add("--no-input-feeding");
        options[TranslatorFields.SharedEmbedding.Option].Aliases.Add("--share-embedding");
        return options;
    }
}
