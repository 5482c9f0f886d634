using TinySD.Tools.Options;

namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>The option that names a mask schedule to replay, and what a recipe must have in common with it.</summary>
internal static class Schedules
{
    public static FileOption Option() => FileOption.Input("--schedule",
        "Replay the masks of this file, made by 'tinysd schedule', instead of drawing them. Dropout and seed are the file's.");

    /// <summary>A recipe with a schedule's dropout and seed.</summary>
    /// <exception cref="UsageException">The schedule is of no recipe.</exception>
    public static LanguageModelRecipe Take(LanguageModelRecipe recipe, MaskScheduleFile file) =>
        recipe with { Dropout = DropoutOf(file), Seed = file.Info.Seed };

    /// <summary>What a schedule of a recipe's first updates is of.</summary>
    public static MaskScheduleInfo InfoOf(LanguageModelRecipe recipe, int updates) => new()
    {
        Seed = recipe.Seed,
        Dropout = recipe.Dropout,
        TimeSteps = recipe.LongestWindow,
        Updates = updates,
        Places = PlacesOf(recipe),
    };

    /// <summary>Refuses a schedule that is not of a recipe's masks.</summary>
    /// <exception cref="UsageException">It is not.</exception>
    public static void Check(MaskScheduleFile file, LanguageModelRecipe recipe)
    {
        MaskScheduleInfo info = file.Info;
        if (recipe.Seed != info.Seed) throw Contradiction("--seed", recipe.Seed, info.Seed);
        if (recipe.LongestWindow != info.TimeSteps)
        {
            throw recipe.VariableBptt
                ? new UsageException(
                    $"the masks of {file.Path} are for {Figures.Count(info.TimeSteps, "time step")}, and with --variable-bptt a window " +
                    $"has up to {recipe.LongestWindow}; give the --bptt and --variable-bptt that it was drawn with.")
                : Contradiction("--bptt", (ulong)recipe.Bptt, (ulong)info.TimeSteps);
        }

        DropoutSpec dropout = DropoutOf(file);
        if (recipe.Dropout != dropout)
        {
            throw new UsageException(
                $"{file.Path} has {Describe(dropout)}, and the options beside it ask for {Describe(recipe.Dropout)}; leave them out.");
        }

        ImmutableArray<MaskPlace> places = PlacesOf(recipe);
        if (places.SequenceEqual(info.Places)) return;
        string Text(IEnumerable<MaskPlace> list) => string.Join(", ", list.Select(place => $"{place.Name} {place.Units}"));
        throw new UsageException(
            $"{file.Path} has masks of other units than the model: {Text(info.Places)}; the model has {Text(places)}. " +
            "Give the shape that it was made for.");

        UsageException Contradiction(string option, ulong asked, ulong found) =>
            new($"{option} is {asked}, and the masks of {file.Path} were drawn for {found}; give {option} {found}, " +
                $"or a schedule that was drawn for {asked}.");
    }

    /// <summary>Case, rates, and what else decides the masks.</summary>
    public static string Describe(DropoutSpec dropout) =>
        $"{ModelSpelling.DropoutKinds.NameOf(dropout.Kind)} dropout: {RecipeText.Masks(dropout)}";

    // A recipe has one rate for each site; the file has one for each place.
    private static DropoutSpec DropoutOf(MaskScheduleFile file)
    {
        if (file.Info.Dropout.IsNested) return file.Info.Dropout;
        Span<float> rates = stackalloc float[4];
        foreach (MaskPlace place in file.Info.Places)
        {
            if (place.InStack is not var (site, _))
            {
                throw new UsageException(
                    $"{file.Path} has masks for '{place.Name}', number {place.Number}, which is no place of a language model; " +
                    "give a schedule that was drawn for one.");
            }

            ref float rate = ref rates[(int)site];
            if (rate != 0f && rate != place.Rate)
            {
                throw new UsageException(
                    $"{file.Path} has masks for {place.Name} with the drop rate {Figures.Setting(place.Rate)}, and for a place of " +
                    $"the same kind with {Figures.Setting(rate)}; a language model has one rate for both, " +
                    "so give a schedule that was drawn for one.");
            }

            rate = place.Rate;
        }

        return file.Info.Dropout with
        {
            Embedding = rates[(int)DropoutSite.Embedding],
            Layer = rates[(int)DropoutSite.Layer],
            Recurrent = rates[(int)DropoutSite.Recurrent],
            Output = rates[(int)DropoutSite.Output],
        };
    }

    // Masks do not depend on the vocabulary.
    private static ImmutableArray<MaskPlace> PlacesOf(LanguageModelRecipe recipe) =>
        MaskScheduleInfo.WithMasks(recipe.ToConfig(vocabularySize: 2).MaskPlaces(recipe.Dropout));
}
