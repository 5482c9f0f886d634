using TinySD.Tools.Options;

namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>The options of a language model's recipe: a preset, and what is given beside it.</summary>
internal sealed class LanguageModelOptions
{
    private const string DefaultWordPreset = "zaremba-small", DefaultCharacterPreset = "char-small";
    private const string PresetName = "--preset", BpttName = "--bptt", VariableBpttName = "--variable-bptt", SeedName = "--seed",
        DecayName = "--weight-decay", DecoupledName = "--decoupled-decay";
    private const int LargestSize = 65536;

    private static readonly string[] s_ofMasks =
        ["--hidden", "--last-hidden", "--embedding", "--layers", BpttName, VariableBpttName, SeedName];

    private readonly Option<string?> _preset = Presets.Option(
        $"A named set of the options below; those given beside it win. One of {Presets.List}. {Presets.Forms} " +
        $"[default: {DefaultCharacterPreset} with --level char or byte, else {DefaultWordPreset}]");

    private readonly Option<TextLevel?> _level = Ranged.Value("--level", TextSpelling.Levels,
        "What a token is: a word between white space, a Unicode character, or a byte of any file. [default: char with a preset whose " +
        $"name begins with {Presets.CharacterPrefix}, else word]");

    private readonly DropoutOptions<LanguageModelRecipe> _dropout = new(LanguageModelFields.Shared);
    private readonly FieldOptions<LanguageModelRecipe> _figures = new(LanguageModelFields.Table.Fields.Where(
        field => field.Option != PresetName && !LanguageModelFields.Shared.Dropout.Contains(field)));

    public IEnumerable<Option> All => [_preset, _level, .. _dropout.All, .. _figures.All];

    /// <summary>Those that decide the masks.</summary>
    public IEnumerable<Option> OfMasks => [_preset, .. _dropout.All, .. s_ofMasks.Select(name => _figures[name])];

    /// <summary>Those that the runs of a grid share: case and seed are what it varies.</summary>
    public IEnumerable<Option> OfGrids => All.Where(option => option != _dropout.Case && option.Name != SeedName);

    /// <summary>The level and the recipe that a command line asks for.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="warnings">Told of options that have no effect.</param>
    /// <param name="change">What becomes of the preset before the options beside it, or null.</param>
    /// <exception cref="UsageException">Two options contradict each other, or the preset is unknown.</exception>
    public (TextLevel Level, LanguageModelRecipe Recipe) Read(
        ParseResult parsed, Warnings warnings, Func<LanguageModelRecipe, LanguageModelRecipe>? change = null)
    {
        TextLevel? level = parsed.GetValue(_level);
        bool isOfWords = level is null or TextLevel.Word;
        string name = parsed.GetValue(_preset) ?? (isOfWords ? DefaultWordPreset : DefaultCharacterPreset);
        LanguageModelRecipe preset = Presets.Find(name);
        if (change is not null) preset = change(preset);
        LanguageModelRecipe recipe = _figures.Apply(parsed, preset, warnings, asked => WithoutForeignDecay(parsed, preset, asked));
        recipe = recipe with { Dropout = _dropout.Read(parsed, preset.Dropout, $"the preset {preset.Name}", warnings) };
        CheckTied(recipe);
        if (recipe is { Optimizer: OptimizerKind.AdamW, DecoupledDecay: true })
        {
            throw new UsageException(
                $"{DecoupledName} is not for --optimizer adamw, whose decay goes with the learning rate; leave it out, or give adam.");
        }
        if (recipe.VariableBptt && (recipe.Bptt < WindowLengths.Shortest || recipe.LongestWindow > LargestSize))
        {
            throw new UsageException(
                $"{VariableBpttName} needs a {BpttName} from {WindowLengths.Shortest} to {LargestSize - WindowLengths.Excess}; found " +
                $"{recipe.Bptt}.");
        }

        return (level ?? (Presets.IsOfCharacters(name) ? TextLevel.Character : TextLevel.Word), recipe);
    }

    /// <summary>Whether a command line gives any drop rate of units.</summary>
    public bool GivesRate(ParseResult parsed) => _dropout.GivesRate(parsed);

    /// <summary>Whether a command line gives the previous hidden state's rate, by itself or for all sites.</summary>
    public bool GivesRecurrentRate(ParseResult parsed) => _dropout.GivesRecurrent(parsed);

    /// <summary>Whether a command line gives DropConnect's rate itself.</summary>
    public bool GivesWeightDrop(ParseResult parsed) => Ranged.Given(parsed, _figures["--weight-drop"]).Count > 0;

    /// <summary>A recipe with what a command line gives beside it.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="level">What a token is.</param>
    /// <param name="recipe">The recipe.</param>
    /// <param name="contradiction">Makes an error of an option, its value, and the value that is known.</param>
    /// <param name="warnings">Told of options that have no effect.</param>
    /// <exception cref="UsageException">Level or preset are others, or two options contradict each other.</exception>
    public LanguageModelRecipe ReadBeside(
        ParseResult parsed, TextLevel level, LanguageModelRecipe recipe, Func<string, string, string, UsageException> contradiction,
        Warnings warnings)
    {
        if (parsed.GetValue(_level) is { } asked && asked != level)
            throw contradiction(_level.Name, TextSpelling.Levels.NameOf(asked), TextSpelling.Levels.NameOf(level));
        if (parsed.GetValue(_preset) is { } preset && Presets.Find(preset).Name != recipe.Name)
            throw contradiction(_preset.Name, preset, recipe.Name);
        return Read(parsed, warnings, _ => recipe).Recipe;
    }

    // A preset's decay is left out with its rule, or goes on from one kind of descent to the other.
    private LanguageModelRecipe WithoutForeignDecay(ParseResult parsed, LanguageModelRecipe preset, LanguageModelRecipe recipe)
    {
        if (recipe.Optimizer == preset.Optimizer || recipe.Optimizer is OptimizerKind.Sgd or OptimizerKind.NtAsgd) return recipe;
        bool isOwn = Ranged.Given(parsed, _figures[DecayName]).Count > 0;
        return recipe with { WeightDecay = isOwn ? recipe.WeightDecay : 0f, DecoupledDecay = false };
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
