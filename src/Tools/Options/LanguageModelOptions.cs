using System.CommandLine;
using TinySD.Formats;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;
using TinySD.Runtime.Training;
using TinySD.Tools.Errors;

namespace TinySD.Tools.Options;

/// <summary>The options of a language model's recipe: a preset, and what is given beside it.</summary>
internal sealed class LanguageModelOptions
{
    private const string DefaultWordPreset = "zaremba-small", DefaultCharacterPreset = "char-small";
    private const int LargestSize = 65536;

    private readonly Option<string?> _preset = Presets.Option(
        $"A named set of the options below; those given beside it win. One of {Presets.List}. {Presets.Forms} " +
        $"[default: {DefaultCharacterPreset} with --level char, else {DefaultWordPreset}]");

    private readonly Option<TextLevel?> _level = Ranged.Choice("--level", Names.Levels,
        $"What a token is. [default: char with a preset whose name begins with {Presets.CharacterPrefix}, else word]");

    private readonly Option<DropoutKind?> _dropout = Ranged.Choice("--dropout", Names.Dropouts,
        "How masks vary: random over batch and time (case I), locked over time (II), structured over the batch (III), both (IV). " +
        "Keeps the preset's rates.");

    private readonly Option<float?> _rate = Ranged.Rate("--rate", "Drop rate at all four sites, the recurrent one included.");
    private readonly Option<float?> _rateEmbedding = Ranged.Rate("--rate-embedding",
        "Drop rate on the embedding's output. Wins over --rate, as the next three do.");

    private readonly Option<float?> _rateLayer = Ranged.Rate("--rate-layer", "Drop rate between layers.");
    private readonly Option<float?> _rateRecurrent = Ranged.Rate("--rate-recurrent", "Drop rate on the previous hidden state.");
    private readonly Option<float?> _rateOutput = Ranged.Rate("--rate-output", "Drop rate before the classifier.");
    private readonly Option<MaskDraw?> _draw = Ranged.Choice("--draw", Names.Draws,
        "Whether structured masks keep an exact count of units or each unit by chance.");

    private readonly Option<int?> _keepMultiple = Ranged.KeepMultiple();
    private readonly Option<int?> _groupSize = Ranged.GroupSize();

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

    private readonly Option<int?> _epochs = Ranged.Whole("--epochs", 1, int.MaxValue, "Passes over the training text.");

    private readonly LearningRateOptions _learningRate = new();
    private readonly Option<float?> _clip = Ranged.Number("--clip", v => v >= 0, "a number of at least 0",
        "The gradient's largest L2 norm; 0 for no clipping.");

    private readonly Option<OptimizerKind?> _optimizer = Ranged.Choice("--optimizer", Names.Optimizers, "The update rule: nt-asgd averages from when validation stops getting better.");
    private readonly Option<int?> _nonMonotone = Ranged.Whole("--nonmono", 0, int.MaxValue,
        "With --optimizer nt-asgd: averaging begins after an epoch worse than the best up to this many before the last.");

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
            _preset, _level, _dropout, _rate, _rateEmbedding, _rateLayer, _rateRecurrent, _rateOutput, _draw, _keepMultiple, _groupSize,
            .. _regularizers.All, _hidden, _lastHidden, _embedding, _layers, .. _cell.All, _tied, _batch, _bptt, _variableBptt, _epochs, .. _learningRate.All,
            _clip, _reduction, _optimizer, _nonMonotone, _init, _initScheme, _forgetBias, _seed,
        ];
        foreach (Option option in options) command.Add(option);
    }

    /// <summary>Adds those that decide the masks to a command.</summary>
    public void AddMasksTo(Command command)
    {
        Option[] options =
        [
            _preset, _dropout, _rate, _rateEmbedding, _rateLayer, _rateRecurrent, _rateOutput, _draw, _keepMultiple, _groupSize, _hidden, _lastHidden,
            _embedding, _layers, _bptt, _variableBptt, _seed,
        ];
        foreach (Option option in options) command.Add(option);
    }

    /// <summary>The level and the recipe that a command line asks for.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="change">What becomes of the preset before the options beside it, or null.</param>
    /// <exception cref="UsageException">Two options contradict each other, or the preset is unknown.</exception>
    public (TextLevel Level, LanguageModelRecipe Recipe) Read(ParseResult parsed, Func<LanguageModelRecipe, LanguageModelRecipe>? change = null)
    {
        TextLevel? level = parsed.GetValue(_level);
        string name = parsed.GetValue(_preset) ?? (level == TextLevel.Character ? DefaultCharacterPreset : DefaultWordPreset);
        LanguageModelRecipe preset = Presets.Find(name);
        if (change is not null) preset = change(preset);
        preset = _cell.Apply(parsed, preset);
        if (preset.Cell != CellKind.Lstm && parsed.GetValue(_forgetBias) is not null)
            throw new UsageException($"{_forgetBias.Name} needs LSTM cells; --cell {Names.Cells.Of(preset.Cell)} has no forget gate.");
        preset = preset with { Optimizer = parsed.GetValue(_optimizer) ?? preset.Optimizer };
        if (preset.Optimizer != OptimizerKind.NtAsgd && parsed.GetValue(_nonMonotone) is not null)
            throw new UsageException($"{_nonMonotone.Name} needs --optimizer nt-asgd; it is {Names.Optimizers.Of(preset.Optimizer)}.");
        preset = _learningRate.Apply(parsed, _regularizers.Apply(parsed, preset));
        LanguageModelRecipe recipe = preset with
        {
            HiddenSize = parsed.GetValue(_hidden) ?? preset.HiddenSize,
            LastHiddenSize = parsed.GetValue(_lastHidden) ?? preset.LastHiddenSize,
            EmbeddingSize = parsed.GetValue(_embedding) ?? preset.EmbeddingSize,
            LayerCount = parsed.GetValue(_layers) ?? preset.LayerCount,
            TieWeights = Ranged.IsOn(parsed, _tied) ?? preset.TieWeights,
            InitRange = parsed.GetValue(_init) ?? preset.InitRange,
            ForgetBias = parsed.GetValue(_forgetBias) ?? preset.ForgetBias,
            BatchSize = parsed.GetValue(_batch) ?? preset.BatchSize,
            Bptt = parsed.GetValue(_bptt) ?? preset.Bptt,
            Dropout = ReadDropout(parsed, preset),
            VariableBptt = Ranged.IsOn(parsed, _variableBptt) ?? preset.VariableBptt,
            LossReduction = parsed.GetValue(_reduction) ?? preset.LossReduction,
            NonMonotone = parsed.GetValue(_nonMonotone) ?? preset.NonMonotone,
            InitScheme = parsed.GetValue(_initScheme) ?? preset.InitScheme,
            ClipNorm = parsed.GetValue(_clip) ?? preset.ClipNorm,
            Epochs = parsed.GetValue(_epochs) ?? preset.Epochs,
            Seed = parsed.GetValue(_seed) ?? preset.Seed,
        };
        CheckTied(recipe);
        if (recipe.LongestWindow > LargestSize)
            throw new UsageException($"{_variableBptt.Name} needs a {_bptt.Name} of at most {LargestSize - WindowLengths.Excess}; found {recipe.Bptt}.");
        return (level ?? (Presets.IsOfCharacters(name) ? TextLevel.Character : TextLevel.Word), recipe);
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

    private DropoutSpec ReadDropout(ParseResult parsed, LanguageModelRecipe preset)
    {
        DropoutKind? asked = parsed.GetValue(_dropout);
        DropoutKind kind = asked ?? preset.Dropout.Kind;
        Option<float?>[] rates = [_rate, _rateEmbedding, _rateLayer, _rateRecurrent, _rateOutput];
        string? rateOption = rates.FirstOrDefault(option => parsed.GetValue(option) is not null)?.Name;
        if (kind == DropoutKind.None)
        {
            string? useless = rateOption ?? (parsed.GetValue(_draw) is null ? null : _draw.Name) ?? StructuredOption(parsed);
            if (useless is null) return DropoutSpec.None;
            string why = asked is null
                ? $"the preset {preset.Name} has no dropout; add --dropout, for example --dropout structured"
                : "--dropout is none; leave one of them out";
            throw new UsageException($"{useless} has no effect: {why}.");
        }

        float? all = parsed.GetValue(_rate);
        var spec = new DropoutSpec
        {
            Kind = kind,
            Draw = parsed.GetValue(_draw) ?? preset.Dropout.Draw,
            KeepMultiple = parsed.GetValue(_keepMultiple) ?? preset.Dropout.KeepMultiple,
            GroupSize = parsed.GetValue(_groupSize) ?? preset.Dropout.GroupSize,
            Embedding = parsed.GetValue(_rateEmbedding) ?? all ?? preset.Dropout.Embedding,
            Layer = parsed.GetValue(_rateLayer) ?? all ?? preset.Dropout.Layer,
            Recurrent = parsed.GetValue(_rateRecurrent) ?? all ?? preset.Dropout.Recurrent,
            Output = parsed.GetValue(_rateOutput) ?? all ?? preset.Dropout.Output,
        };
        if (rateOption is null && spec is { Embedding: 0, Layer: 0, Recurrent: 0, Output: 0 })
        {
            throw new UsageException(
                $"--dropout {Names.Dropouts.Of(kind)} has no rate: the preset {preset.Name} has none. " +
                "Add --rate, for example --rate 0.5, or the rate of a site.");
        }

        if (parsed.GetValue(_draw) == MaskDraw.ExactCount && !spec.IsStructured)
        {
            throw new UsageException(
                $"--draw exact needs structured masks; --dropout {Names.Dropouts.Of(kind)} draws every unit by chance.");
        }

        if (!spec.IsStructured && StructuredOption(parsed) is { } structured)
            throw new UsageException($"{structured} needs structured masks; --dropout {Names.Dropouts.Of(kind)} draws every unit by itself.");
        if (spec is { KeepMultiple: > 1, Draw: MaskDraw.Bernoulli })
            throw new UsageException($"{_keepMultiple.Name} needs exact counts; leave --draw {Names.Draws.Of(spec.Draw)} out.");
        return spec;
    }

    // An option given that only structured masks have.
    private string? StructuredOption(ParseResult parsed) =>
        parsed.GetValue(_keepMultiple) is not null ? _keepMultiple.Name : parsed.GetValue(_groupSize) is not null ? _groupSize.Name : null;
}
