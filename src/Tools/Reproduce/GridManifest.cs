using TinySD.Formats.Fields;
using TinySD.Tools.Machines;
using TinySD.Tools.Tasks.LanguageModeling;

namespace TinySD.Tools.Reproduce;

/// <summary>What all runs in a grid's folder share: another setting or another text makes another grid.</summary>
/// <param name="Format">Of this file.</param>
/// <param name="WrittenBy">The program that began the grid.</param>
/// <param name="Settings">Options and their values, the epochs as they are after <c>--scale</c>.</param>
/// <param name="Vocabulary">The training text's.</param>
/// <param name="Train">The training text.</param>
/// <param name="Valid">The validation text.</param>
/// <param name="Test">The test text.</param>
internal sealed record GridManifest(
    int Format, string WrittenBy, IReadOnlyDictionary<string, string> Settings, VocabularyFingerprint Vocabulary, TextFingerprint Train,
    TextFingerprint Valid, TextFingerprint Test) : IGridFile
{
    /// <summary>The format that this program writes.</summary>
    public const int CurrentFormat = 1;

    /// <inheritdoc/>
    public string? FindFault()
    {
        if (Format < 1) return $"its format is {Format}; 1 to {CurrentFormat} was expected";
        if (Settings.FirstOrDefault(setting => setting.Value is null).Key is { } empty) return $"its setting {empty} is null";
        return Vocabulary.Count < 2 || Train.Tokens < 2 || Valid.Tokens < 2 || Test.Tokens < 2 ? "a text or the vocabulary has fewer than 2 tokens" : null;
    }

    /// <summary>The manifest of a plan on its data.</summary>
    public static GridManifest Of(GridPlan plan, LanguageModelData data) => new(
        CurrentFormat, BuildFacts.Name, Settled(plan), new(data.Vocabulary.Count, Fingerprint.Of(data.Vocabulary)),
        data.Train.ToFingerprint(), data.Valid.ToFingerprint(), data.Test!.ToFingerprint());

    /// <summary>The streams of a plan that goes on with a grid, or begins one.</summary>
    /// <param name="manifest">The grid's, if it has begun.</param>
    /// <param name="asked">What the command line says, or null.</param>
    /// <param name="recipe">What the cells share.</param>
    public static int? StreamsOf(GridManifest? manifest, int? asked, LanguageModelRecipe recipe) =>
        asked ?? (manifest?.Settings.ContainsKey(GridPlan.StreamsOption) == false ? null : recipe.BatchSize);

    /// <summary>Which lines get a token for their end in a plan that goes on with a grid, or begins one.</summary>
    /// <param name="manifest">The grid's, if it has begun.</param>
    /// <param name="asked">What the command line says, or null.</param>
    public static LineMarks MarksOf(GridManifest? manifest, LineMarks? asked) =>
        asked ?? (manifest?.Settings.ContainsKey(VocabularyOptions.LineMarksName) == false ? LineMarks.Always : LineMarks.WhereMissing);

    /// <summary>Refuses to go on with another grid.</summary>
    /// <param name="asked">What the command line asks for.</param>
    /// <param name="folder">Where this one is from.</param>
    /// <exception cref="UsageException">A setting differs.</exception>
    /// <exception cref="FailureException">A text differs.</exception>
    public void Check(GridManifest asked, string folder)
    {
        foreach (string option in Settings.Keys.Union(asked.Settings.Keys))
        {
            string was = ValueOf(option), now = asked.ValueOf(option);
            if (was != now)
            {
                throw new UsageException(
                    $"{option} is {now}, and the grid in {folder} has {was} (both after --scale); give the grid's own options, or another folder for --dir.");
            }
        }

        Check("--train", Train, asked.Train, folder);
        if (Vocabulary != asked.Vocabulary) throw Other("--train", asked.Train, folder, "its words or characters are others");
        Check("--valid", Valid, asked.Valid, folder);
        Check("--test", Test, asked.Test, folder);
    }

    // An option that is not there did not exist when the grid was begun, which is what a figure's usual value does.
    private string ValueOf(string option)
    {
        Field<LanguageModelRecipe>? field = LanguageModelFields.Table.Find(option);
        if (!Settings.TryGetValue(option, out string? value)) return field?.UsualText ?? "none";
        return (option == VocabularyOptions.LineMarksName ? TextSpelling.LineMarks.Current(value) : field?.Current(value)) ?? value;
    }

    private static void Check(string option, TextFingerprint was, TextFingerprint now, string folder)
    {
        if (was.Tokens != now.Tokens) throw Other(option, now, folder, $"{Figures.Count(was.Tokens, "token")} expected, {Figures.Count(now.Tokens)} found");
        if (was.Checksum != now.Checksum) throw Other(option, now, folder, "it has as many tokens, but not the same ones");
    }

    private static FailureException Other(string option, TextFingerprint text, string folder, string why) =>
        new($"{option} {text.Path} is not the text of the grid in {folder}: {why}. Give the grid's own text, or another folder for --dir.");

    private static Dictionary<string, string> Settled(GridPlan plan) => plan.Rows().ToDictionary(row => row.Option, row => row.Value);
}
