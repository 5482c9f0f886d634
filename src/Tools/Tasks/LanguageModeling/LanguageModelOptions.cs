using TinySD.Tools.Options;
using TinySD.Tools.Training;

namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>The options of a language model's recipe: a preset, what is given beside it, and what a token is.</summary>
internal sealed class LanguageModelOptions
{
    private const string DefaultWordPreset = "zaremba-small", DefaultCharacterPreset = "char-small";
    private const string BpttName = "--bptt", VariableBpttName = "--variable-bptt", SeedName = "--seed";
    private const int LargestSize = 65536;

    private static readonly string[] s_ofMasks =
        ["--hidden", "--last-hidden", "--embedding", "--layers", BpttName, VariableBpttName, SeedName];

    private readonly RecipeOptions<LanguageModelRecipe> _recipe = new(
        LanguageModelFields.Table, LanguageModelFields.Shared, Presets.Find,
        $"A named set of these options, one of {Presets.List}; those given beside it win. {Presets.Forms} " +
        $"[default: {DefaultCharacterPreset} with --level char or byte, else {DefaultWordPreset}]",
        Presets.Names);

    private readonly Option<TextLevel?> _level = Ranged.Value("--level", TextSpelling.Levels,
        "What a token is: a word between white space, a Unicode character, or a byte of any file. [default: char with a preset whose " +
        $"name begins with {Presets.CharacterPrefix}, else word]");

    public IEnumerable<Option> All => [_recipe.Preset, .. HelpGroup.Data.Of(_level), .. _recipe.Figures];

    /// <summary>Those that decide the masks.</summary>
    public IEnumerable<Option> OfMasks => [_recipe.Preset, .. _recipe.Dropout, .. s_ofMasks.Select(name => _recipe[name])];

    /// <summary>Those that the runs of a grid share.</summary>
    public IEnumerable<Option> OfGrids => All.Where(_recipe.IsOfGrids);

    /// <summary>The level and the recipe that a command line asks for.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="warnings">Told of options that have no effect.</param>
    /// <param name="change">What becomes of the preset before the options beside it, or null.</param>
    /// <param name="start">The model that the run begins with, or null.</param>
    /// <param name="startLevel">What a token is to that.</param>
    /// <exception cref="UsageException">Two options contradict each other or that model, or the preset is unknown.</exception>
    public (TextLevel Level, LanguageModelRecipe Recipe) Read(
        ParseResult parsed, Warnings warnings, Func<LanguageModelRecipe, LanguageModelRecipe>? change = null,
        StartModel<LanguageModelRecipe>? start = null, TextLevel? startLevel = null)
    {
        if (startLevel is { } own) start?.Require(_level.Name, parsed.GetValue(_level), own, TextSpelling.Levels);
        TextLevel? level = startLevel ?? parsed.GetValue(_level);
        bool isOfWords = level is null or TextLevel.Word;
        LanguageModelRecipe preset = _recipe.PresetOf(parsed, isOfWords ? DefaultWordPreset : DefaultCharacterPreset);
        TextLevel usual = Presets.IsOfCharacters(preset.Name) ? TextLevel.Character : TextLevel.Word;
        preset = _recipe.BaseOf(parsed, preset, start);
        LanguageModelRecipe recipe = ReadBeside(parsed, change is null ? preset : change(preset), warnings);
        start?.Check(recipe, LanguageModelFields.Table);
        return (level ?? usual, recipe);
    }

    /// <summary>The level and the recipe of a run that goes on.</summary>
    /// <exception cref="UsageException">The command line says other than the run.</exception>
    public (TextLevel Level, LanguageModelRecipe Recipe) Read(
        ParseResult parsed, ResumedRun<LanguageModelRecipe, RunTexts> run, Warnings warnings)
    {
        TextLevel level = run.Same(_level.Name, parsed.GetValue(_level), run.Data.Level, TextSpelling.Levels);
        _recipe.CheckPreset(parsed, run.Recipe, run.Contradiction);
        return (level, run.Settle(ReadBeside(parsed, run.Recipe, warnings)));
    }

    /// <summary>Whether a command line gives any drop rate of units.</summary>
    public bool GivesRate(ParseResult parsed) => _recipe.GivesRate(parsed);

    /// <summary>Whether a command line gives the previous hidden state's rate, by itself or for all sites.</summary>
    public bool GivesRecurrentRate(ParseResult parsed) => _recipe.GivesRecurrentRate(parsed);

    /// <summary>Whether a command line gives DropConnect's rate itself.</summary>
    public bool GivesWeightDrop(ParseResult parsed) => Ranged.Given(parsed, _recipe["--weight-drop"]).Count > 0;

    private LanguageModelRecipe ReadBeside(ParseResult parsed, LanguageModelRecipe preset, Warnings warnings)
    {
        LanguageModelRecipe recipe = _recipe.ReadBeside(parsed, preset, warnings);
        CheckTied(recipe);
        if (recipe.VariableBptt && (recipe.Bptt < WindowLengths.Shortest || recipe.LongestWindow > LargestSize))
        {
            throw new UsageException(
                $"{VariableBpttName} needs a {BpttName} from {WindowLengths.Shortest} to {LargestSize - WindowLengths.Excess}; found " +
                $"{recipe.Bptt}.");
        }

        return recipe;
    }

    private static void CheckTied(LanguageModelRecipe recipe)
    {
        int embedding = recipe.EmbeddingSize == 0 ? recipe.HiddenSize : recipe.EmbeddingSize;
        int last = recipe.LastHiddenSize == 0 ? recipe.HiddenSize : recipe.LastHiddenSize;
        if (!recipe.TieWeights || embedding == last) return;
        throw new UsageException(recipe.LastHiddenSize == 0
            ? $"--tied needs an embedding as wide as the hidden layer; --embedding is {embedding} and --hidden {last}. Give --embedding 0."
            : $"--tied needs an embedding as wide as the last layer; --embedding is {embedding} and --last-hidden {last}. Give " +
                $"--last-hidden {embedding}.");
    }
}
