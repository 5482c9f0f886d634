using System.CommandLine;
using TinySD.Formats;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Training;
using TinySD.Tools.Errors;

namespace TinySD.Tools.Options;

/// <summary>The options of a language model's recipe: a preset, and what is given beside it.</summary>
internal sealed class LanguageModelOptions
{
    private const string DefaultWordPreset = "zaremba-small", DefaultCharacterPreset = "char-small";
    private const int LargestSize = 65536;

    private readonly Option<string?> _preset = Presets.Option(
        $"A named set of the options below; those given beside it win. One of {Presets.List}. " +
        $"[default: {DefaultCharacterPreset} with --level char or byte, else {DefaultWordPreset}]");

    private readonly Option<TextLevel?> _level = Ranged.Choice("--level", Names.Levels,
        $"What a token is: a word between white space, a Unicode character, or a byte of any file. [default: char with a preset whose name begins with {Presets.CharacterPrefix}, else word]");

    private readonly DropoutOptions _dropout = new("the preset's");
    private readonly Option<int?> _hidden = Ranged.Whole("--hidden", 1, LargestSize, "Hidden size H of every layer.");
    private readonly Option<int?> _embedding = Ranged.Whole("--embedding", 0, LargestSize, "Embedding size; 0 for the hidden size.");
    private readonly Option<int?> _layers = Ranged.Whole("--layers", 1, 64, "Recurrent layers.");
    private readonly CellOptions _cell = new();

    private readonly Option<bool?> _tied = Ranged.Switch("--tied", "Share one tensor between embedding and classifier.");

    private readonly Option<int?> _batch = Ranged.Whole("--batch", 1, 65536, "Sequences B in a batch.");
    private readonly Option<int?> _bptt = Ranged.Whole("--bptt", 1, 65536, "Time steps T of a window of truncated back-propagation.");
    private readonly Option<int?> _epochs = Ranged.Whole("--epochs", 1, int.MaxValue, "Passes over the training text.");

    private readonly Option<float?> _learningRate = Ranged.Number("--lr", v => v > 0, "a number above 0",
        "Learning rate of the first epochs.");

    private readonly Option<int?> _fullRateEpochs = Ranged.Whole("--full-rate-epochs", 0, int.MaxValue,
        "Epochs at the full learning rate before the decay starts.");

    private readonly Option<float?> _decay = Ranged.Number("--decay", v => v >= 1, "a number of at least 1",
        "What the learning rate is divided by in every epoch after those.");

    private readonly Option<float?> _clip = Ranged.Number("--clip", v => v >= 0, "a number of at least 0",
        "The gradient's largest L2 norm; 0 for no clipping.");

    private readonly Option<OptimizerKind?> _optimizer = Ranged.Choice("--optimizer", Names.Optimizers, "The update rule.");
    private readonly Option<float?> _init = Ranged.Number("--init", v => v > 0, "a number above 0", "Parameters start uniform in [-X, X].");

    private readonly Option<float?> _forgetBias = Ranged.Number("--forget-bias", _ => true, "a number",
        "Added to the forget gates' bias of LSTM cells at the start.");

    private readonly Option<ulong?> _seed = Ranged.Seed("Seed of the initial parameters and of every mask.");

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        Option[] options =
        [
            _preset, _level, .. _dropout.All, _hidden, _embedding, _layers, .. _cell.All, _tied, _batch, _bptt, _epochs, _learningRate, _fullRateEpochs, _decay, _clip,
            _optimizer, _init, _forgetBias, _seed,
        ];
        foreach (Option option in options) command.Add(option);
    }

    /// <summary>Adds those that decide the masks to a command.</summary>
    public void AddMasksTo(Command command)
    {
        Option[] options =
        [
            _preset, .. _dropout.All, _hidden, _embedding, _layers, _bptt, _seed,
        ];
        foreach (Option option in options) command.Add(option);
    }

    /// <summary>Adds those that the runs of a grid share to a command: case and seed are what it varies.</summary>
    public void AddSharedTo(Command command)
    {
        AddTo(command);
        command.Options.Remove(_dropout.Case);
        command.Options.Remove(_seed);
    }

    /// <summary>The level and the recipe that a command line asks for.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="change">What becomes of the preset before the options beside it, or null.</param>
    /// <exception cref="UsageException">Two options contradict each other, or the preset is unknown.</exception>
    public (TextLevel Level, LanguageModelRecipe Recipe) Read(ParseResult parsed, Func<LanguageModelRecipe, LanguageModelRecipe>? change = null)
    {
        TextLevel? level = parsed.GetValue(_level);
        string name = parsed.GetValue(_preset) ?? (level is TextLevel.Character or TextLevel.Byte ? DefaultCharacterPreset : DefaultWordPreset);
        LanguageModelRecipe preset = Presets.Find(name);
        if (change is not null) preset = change(preset);
        preset = _cell.Apply(parsed, preset);
        if (preset.Cell != CellKind.Lstm && parsed.GetValue(_forgetBias) is not null)
            throw new UsageException($"{_forgetBias.Name} needs LSTM cells; --cell {Names.Cells.Of(preset.Cell)} has no forget gate.");
        LanguageModelRecipe recipe = preset with
        {
            HiddenSize = parsed.GetValue(_hidden) ?? preset.HiddenSize,
            EmbeddingSize = parsed.GetValue(_embedding) ?? preset.EmbeddingSize,
            LayerCount = parsed.GetValue(_layers) ?? preset.LayerCount,
            TieWeights = Ranged.IsOn(parsed, _tied) ?? preset.TieWeights,
            InitRange = parsed.GetValue(_init) ?? preset.InitRange,
            ForgetBias = parsed.GetValue(_forgetBias) ?? preset.ForgetBias,
            BatchSize = parsed.GetValue(_batch) ?? preset.BatchSize,
            Bptt = parsed.GetValue(_bptt) ?? preset.Bptt,
            Dropout = _dropout.Read(parsed, preset.Dropout, $"the preset {preset.Name}"),
            Optimizer = parsed.GetValue(_optimizer) ?? preset.Optimizer,
            LearningRate = parsed.GetValue(_learningRate) ?? preset.LearningRate,
            ClipNorm = parsed.GetValue(_clip) ?? preset.ClipNorm,
            Epochs = parsed.GetValue(_epochs) ?? preset.Epochs,
            FullRateEpochs = parsed.GetValue(_fullRateEpochs) ?? preset.FullRateEpochs,
            Decay = parsed.GetValue(_decay) ?? preset.Decay,
            Seed = parsed.GetValue(_seed) ?? preset.Seed,
        };
        if (recipe.TieWeights && recipe.EmbeddingSize != 0 && recipe.EmbeddingSize != recipe.HiddenSize)
        {
            throw new UsageException(
                "--tied needs an embedding as wide as the hidden layer; " +
                $"--embedding is {recipe.EmbeddingSize} and --hidden {recipe.HiddenSize}. Give --embedding 0.");
        }

        return (level ?? (Presets.IsOfCharacters(name) ? TextLevel.Character : TextLevel.Word), recipe);
    }

    /// <summary>A recipe with what a command line gives beside it.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="level">What a token is.</param>
    /// <param name="recipe">The recipe.</param>
    /// <param name="contradiction">Makes an error of an option, its value, and the value that is known.</param>
    /// <exception cref="UsageException">Level or preset are others, or two options contradict each other.</exception>
    public LanguageModelRecipe ReadBeside(
        ParseResult parsed, TextLevel level, LanguageModelRecipe recipe, Func<string, string, string, UsageException> contradiction)
    {
        if (parsed.GetValue(_level) is { } asked && asked != level) throw contradiction(_level.Name, Names.Levels.Of(asked), Names.Levels.Of(level));
        if (parsed.GetValue(_preset) is { } preset && Presets.Find(preset).Name != recipe.Name) throw contradiction(_preset.Name, preset, recipe.Name);
        return Read(parsed, _ => recipe).Recipe;
    }
}
