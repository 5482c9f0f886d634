using System.Collections.Immutable;
using TinySD.Formats.Schedules;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Training;
using TinySD.Tools.Display;
using TinySD.Tools.Errors;
using TinySD.Tools.Options;

namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>The option that names a mask schedule to replay, and what a recipe must have in common with it.</summary>
internal static class Schedules
{
    /// <summary>The option.</summary>
    public static FileOption Option() => FileOption.Input("--schedule",
        "Replay the masks of this file, made by 'tinysd schedule', instead of drawing them. Dropout and seed are the file's.");

    /// <summary>A recipe with a schedule's dropout and seed.</summary>
    public static LanguageModelRecipe Take(LanguageModelRecipe recipe, MaskScheduleInfo info) => recipe with { Dropout = info.Dropout, Seed = info.Seed };

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
                    $"the masks of {file.Path} are for {Figures.Count(info.TimeSteps, "time step")}, and with --variable-bptt a window has up to {recipe.LongestWindow}; " +
                    "give the --bptt and --variable-bptt that it was drawn with.")
                : Contradiction("--bptt", (ulong)recipe.Bptt, (ulong)info.TimeSteps);
        }

        if (recipe.Dropout != info.Dropout)
        {
            throw new UsageException(
                $"{file.Path} has {Describe(info.Dropout)}, and the options beside it ask for {Describe(recipe.Dropout)}; leave them out.");
        }

        ImmutableArray<MaskPlace> places = PlacesOf(recipe);
        if (places.SequenceEqual(info.Places)) return;
        string Text(IEnumerable<MaskPlace> list) => string.Join(", ", list.Select(place => $"{place.Name} {place.Units}"));
        throw new UsageException(
            $"{file.Path} has masks of other units than the model: {Text(info.Places)}; the model has {Text(places)}. Give the shape that it was made for.");

        UsageException Contradiction(string option, ulong asked, ulong found) =>
            new($"{option} is {asked}, and the masks of {file.Path} were drawn for {found}; give {option} {found}, or a schedule that was drawn for {asked}.");
    }

    /// <summary>Case, rates, and what else decides the masks.</summary>
    public static string Describe(DropoutSpec dropout) =>
        $"{Names.Dropouts.Of(dropout.Kind)} dropout: {RecipeText.Masks(dropout)}";

    // Masks do not depend on the vocabulary.
    private static ImmutableArray<MaskPlace> PlacesOf(LanguageModelRecipe recipe) =>
        MaskScheduleInfo.WithMasks(recipe.ToConfig(vocabularySize: 2).MaskPlaces(recipe.Dropout));
}
