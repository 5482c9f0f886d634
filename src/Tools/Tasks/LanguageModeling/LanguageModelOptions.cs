using System.CommandLine;
using TinySD.Formats.Models;
using TinySD.Formats.Text;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;
using TinySD.Runtime.Training;
using TinySD.Tools.Display;
using TinySD.Tools.Errors;
using TinySD.Tools.Options;

namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>The options of a language model's recipe: a preset, and what is given beside it.</summary>
internal sealed class LanguageModelOptions
{
    private const string DefaultWordPreset = "zaremba-small", DefaultCharacterPreset = "char-small";
    private const int LargestSize = 65536;

    private readonly Option<string?> _preset = Presets.Option(
        $"A named set of the options below; those given beside it win. One of {Presets.List}. {Presets.Forms} " +
        $"[default: {DefaultCharacterPreset} with --level char or byte, else {DefaultWordPreset}]");

    private readonly Option<TextLevel?> _level = Ranged.Choice("--level", Names.Levels,
        $"What a token is: a word between white space, a Unicode character, or a byte of any file. [default: char with a preset whose name begins with {Presets.CharacterPrefix}, else word]");

    private readonly DropoutOptions _dropout = new("the preset's");
    private readonly Option<int?> _hidden = Ranged.Whole("--hidden", 1, LargestSize, "Hidden size H of every layer, or of all but the last.");
    private readonly Option<int?> _lastHidden = Ranged.Whole("--last-hidden", 0, LargestSize,
        "Hidden size of the last layer, which --tied needs as wide as the embedding; 0 for --hidden.");

    private readonly Option<int?> _embedding = Ranged.Whole("--embedding", 0, LargestSize, "Embedding size; 0 for the hidden size.");
    private readonly Option<int?> _layers = Ranged.Whole("--layers", 1, 64, "Recurrent layers.");
    private readonly CellOptions _cell = new();

    private readonly Option<bool?> _tied = Ranged.Switch("--tied", "Share one tensor between embedding and classifier.");

    private readonly Option<int?> _batch = Ranged.Whole("--batch", 1, 65536, "Sequences B in a batch.");
    private readonly Option<int?> _bptt = Ranged.Whole("--bptt", 1, 65536, "Time steps T of a window of truncated back-propagation.");
    private readonly Option<bool?> _variableBptt = Ranged.Switch("--variable-bptt",
        $"Give every window another length, --bptt on average or half of it and {WindowLengths.Excess} steps more at most, and scale the learning rate by it.");

    private readonly Option<int?> _epochs = Ranged.Whole("--epochs", 1, LanguageModelFile.MaxEpochs, "Passes over the training text.");

    private readonly LearningRateOptions _learningRate = new();
    private readonly Option<float?> _clip = Ranged.Number("--clip", v => v >= 0, "a number of at least 0",
        "The gradient's largest L2 norm; 0 for no clipping.");

    private readonly Option<OptimizerKind?> _optimizer = Ranged.Choice("--optimizer", Names.Optimizers, "The update rule: nt-asgd averages from when validation stops getting better.");
    private readonly Option<int?> _nonMonotone = Ranged.Whole("--nonmono", 0, int.MaxValue,
        "With --optimizer nt-asgd: averaging begins after an epoch worse than the best of those up to this many before the one before it.");

    private readonly Option<LossReduction?> _reduction = Ranged.Choice("--loss-reduction", Names.LossReductions,
        "The loss whose gradient is clipped: the sum over time of the batch's mean, or the mean over both.");

    private readonly RegularizerOptions _regularizers = new();
    private readonly Option<float?> _init = Ranged.Number("--init", v => v > 0, "a number above 0", "Parameters start uniform in [-X, X].");
    private readonly Option<InitScheme?> _initScheme = Ranged.Choice("--init-scheme", Names.InitSchemes,
        "uniform: all of them; scaled: a recurrent layer's in [-1/sqrt(H), 1/sqrt(H)], the classifier's bias 0.");

    private readonly Option<float?> _forgetBias = Ranged.Number("--forget-bias", _ => true, "a number",
        "Added to the forget gates' bias of LSTM cells at the start.");

    private readonly Option<ulong?> _seed = Ranged.Seed("Seed of the initial parameters and of every mask.");

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        Option[] options =
        [
            _preset, _level, .. _dropout.All, .. _regularizers.All, _hidden, _lastHidden, _embedding, _layers, .. _cell.All, _tied, _batch, _bptt, _variableBptt,
            _epochs, .. _learningRate.All, _clip, _reduction, _optimizer, _nonMonotone, _init, _initScheme, _forgetBias, _seed,
        ];
        foreach (Option option in options) command.Add(option);
    }

    /// <summary>Adds those that decide the masks to a command.</summary>
    public void AddMasksTo(Command command)
    {
        Option[] options =
        [
            _preset, .. _dropout.All, _hidden, _lastHidden, _embedding, _layers, _bptt, _variableBptt, _seed,
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
    /// <param name="warnings">Told of options that have no effect.</param>
    /// <param name="change">What becomes of the preset before the options beside it, or null.</param>
    /// <exception cref="UsageException">Two options contradict each other, or the preset is unknown.</exception>
    public (TextLevel Level, LanguageModelRecipe Recipe) Read(
        ParseResult parsed, Warnings warnings, Func<LanguageModelRecipe, LanguageModelRecipe>? change = null)
    {
        TextLevel? level = parsed.GetValue(_level);
        string name = parsed.GetValue(_preset) ?? (level is TextLevel.Character or TextLevel.Byte ? DefaultCharacterPreset : DefaultWordPreset);
        LanguageModelRecipe preset = Presets.Find(name);
        if (change is not null) preset = change(preset);
        preset = _cell.Apply(parsed, preset, warnings);
        bool hasForgetGate = preset.Cell == CellKind.Lstm;
        if (!hasForgetGate) warnings.NoEffect(Ranged.Given(parsed, _forgetBias), $": --cell is {Names.Cells.Of(preset.Cell)}, and only LSTM cells have a forget gate");
        preset = preset with { Optimizer = parsed.GetValue(_optimizer) ?? preset.Optimizer };
        bool averages = preset.Optimizer == OptimizerKind.NtAsgd;
        if (!averages) warnings.NoEffect(Ranged.Given(parsed, _nonMonotone), $" without --optimizer nt-asgd; it is {Names.Optimizers.Of(preset.Optimizer)}");
        preset = _learningRate.Apply(parsed, _regularizers.Apply(parsed, preset, warnings), warnings);
        LanguageModelRecipe recipe = preset with
        {
            HiddenSize = parsed.GetValue(_hidden) ?? preset.HiddenSize,
            LastHiddenSize = parsed.GetValue(_lastHidden) ?? preset.LastHiddenSize,
            EmbeddingSize = parsed.GetValue(_embedding) ?? preset.EmbeddingSize,
            LayerCount = parsed.GetValue(_layers) ?? preset.LayerCount,
            TieWeights = Ranged.IsOn(parsed, _tied) ?? preset.TieWeights,
            InitRange = parsed.GetValue(_init) ?? preset.InitRange,
            ForgetBias = (hasForgetGate ? parsed.GetValue(_forgetBias) : null) ?? preset.ForgetBias,
            BatchSize = parsed.GetValue(_batch) ?? preset.BatchSize,
            Bptt = parsed.GetValue(_bptt) ?? preset.Bptt,
            Dropout = _dropout.Read(parsed, preset.Dropout, $"the preset {preset.Name}", warnings),
            VariableBptt = Ranged.IsOn(parsed, _variableBptt) ?? preset.VariableBptt,
            LossReduction = parsed.GetValue(_reduction) ?? preset.LossReduction,
            NonMonotone = (averages ? parsed.GetValue(_nonMonotone) : null) ?? preset.NonMonotone,
            InitScheme = parsed.GetValue(_initScheme) ?? preset.InitScheme,
            ClipNorm = parsed.GetValue(_clip) ?? preset.ClipNorm,
            Epochs = parsed.GetValue(_epochs) ?? preset.Epochs,
            Seed = parsed.GetValue(_seed) ?? preset.Seed,
        };
        CheckTied(recipe);
        if (recipe.VariableBptt && (recipe.Bptt < WindowLengths.Shortest || recipe.LongestWindow > LargestSize))
        {
            throw new UsageException(
                $"{_variableBptt.Name} needs a {_bptt.Name} from {WindowLengths.Shortest} to {LargestSize - WindowLengths.Excess}; found {recipe.Bptt}.");
        }

        return (level ?? (Presets.IsOfCharacters(name) ? TextLevel.Character : TextLevel.Word), recipe);
    }

    /// <summary>Whether a command line gives any drop rate of units.</summary>
    public bool GivesRate(ParseResult parsed) => _dropout.GivesRate(parsed);

    /// <summary>Whether a command line gives the previous hidden state's rate, by itself or for all sites.</summary>
    public bool GivesRecurrentRate(ParseResult parsed) => _dropout.GivesRecurrent(parsed);

    /// <summary>Whether a command line gives DropConnect's rate itself.</summary>
    public bool GivesWeightDrop(ParseResult parsed) => _regularizers.GivesWeightDrop(parsed);

    /// <summary>A recipe with what a command line gives beside it.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="level">What a token is.</param>
    /// <param name="recipe">The recipe.</param>
    /// <param name="contradiction">Makes an error of an option, its value, and the value that is known.</param>
    /// <param name="warnings">Told of options that have no effect.</param>
    /// <exception cref="UsageException">Level or preset are others, or two options contradict each other.</exception>
    public LanguageModelRecipe ReadBeside(
        ParseResult parsed, TextLevel level, LanguageModelRecipe recipe, Func<string, string, string, UsageException> contradiction, Warnings warnings)
    {
        if (parsed.GetValue(_level) is { } asked && asked != level) throw contradiction(_level.Name, Names.Levels.Of(asked), Names.Levels.Of(level));
        if (parsed.GetValue(_preset) is { } preset && Presets.Find(preset).Name != recipe.Name) throw contradiction(_preset.Name, preset, recipe.Name);
        return Read(parsed, warnings, _ => recipe).Recipe;
    }

    private static void CheckTied(LanguageModelRecipe recipe)
    {
        int embedding = recipe.EmbeddingSize == 0 ? recipe.HiddenSize : recipe.EmbeddingSize;
        int last = recipe.LastHiddenSize == 0 ? recipe.HiddenSize : recipe.LastHiddenSize;
        if (!recipe.TieWeights || embedding == last) return;
        throw new UsageException(recipe.LastHiddenSize == 0
            ? $"--tied needs an embedding as wide as the hidden layer; --embedding is {embedding} and --hidden {last}. Give --embedding 0."
            : $"--tied needs an embedding as wide as the last layer; --embedding is {embedding} and --last-hidden {last}. Give --last-hidden {embedding}.");
    }
}
