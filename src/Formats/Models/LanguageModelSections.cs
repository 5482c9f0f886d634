using System.Text.Json;
using System.Text.Json.Serialization;
using TinySD.Formats.Container;
using TinySD.Formats.Text;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;
using TinySD.Runtime.Training;

namespace TinySD.Formats.Models;

// The JSON of a language model's header, spelled out apart from the runtime's records: a name changed there must not change the format.

/// <summary>The section <c>configuration</c>.</summary>
internal sealed class ConfigurationSection
{
    public required int VocabularySize { get; init; }

    public required int EmbeddingSize { get; init; }

    public required int HiddenSize { get; init; }

    // Left out where all layers are alike.
    public int? LastHiddenSize { get; init; }

    public required int LayerCount { get; init; }

    // Left out for plain LSTM cells, so that their files are the same as before there were others.
    public string? Cell { get; init; }

    public bool? Peepholes { get; init; }

    public required bool TieWeights { get; init; }

    public static ConfigurationSection From(LanguageModelConfig config) => new()
    {
        VocabularySize = config.VocabularySize,
        EmbeddingSize = config.EmbeddingSize,
        HiddenSize = config.HiddenSize,
        LastHiddenSize = config.LastHiddenSize == 0 ? null : config.LastHiddenSize,
        LayerCount = config.LayerCount,
        Cell = CellEntry.NameOf(config.Cell),
        Peepholes = CellEntry.FlagOf(config.Peepholes),
        TieWeights = config.TieWeights,
    };

    /// <summary>The shape.</summary>
    /// <exception cref="ArgumentException">The cell is not one the format knows.</exception>
    public LanguageModelConfig ToConfig() => new()
    {
        VocabularySize = VocabularySize,
        EmbeddingSize = EmbeddingSize,
        HiddenSize = HiddenSize,
        LastHiddenSize = LastHiddenSize ?? 0,
        LayerCount = LayerCount,
        Cell = CellEntry.ValueOf(Cell),
        Peepholes = Peepholes ?? false,
        TieWeights = TieWeights,
    };
}

/// <summary>The members <c>cell</c> and <c>peepholes</c>, which are left out where they say what goes without saying.</summary>
internal static class CellEntry
{
    public static string? NameOf(CellKind cell) => cell == CellKind.Lstm ? null : ModelSpelling.Cells.NameOf(cell);

    public static CellKind ValueOf(string? name) => name is null ? CellKind.Lstm : ModelSpelling.Cells.ValueOf(name);

    public static bool? FlagOf(bool peepholes) => peepholes ? true : null;
}

/// <summary>The section <c>vocabulary</c>.</summary>
internal sealed class VocabularySection
{
    [JsonConverter(typeof(TextLevelConverter))]
    public required TextLevel Level { get; init; }

    // Left out where every line gets its mark, as in all files from before there was a choice.
    [JsonConverter(typeof(LineMarksConverter))]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public LineMarks LineMarks { get; init; }

    public required string[] Tokens { get; init; }
}

/// <summary>The recipe in the section <c>training</c>.</summary>
internal sealed class RecipeEntry
{
    // Of the format: a recipe without the member means it, whatever a new recipe begins with.
    private const int DefaultNonMonotone = 5;

    public required string Name { get; init; }

    public required int HiddenSize { get; init; }

    // Left out where all layers are alike.
    public int? LastHiddenSize { get; init; }

    public required int EmbeddingSize { get; init; }

    public required int LayerCount { get; init; }

    // Left out for plain LSTM cells, so that their files are the same as before there were others.
    public string? Cell { get; init; }

    public bool? Peepholes { get; init; }

    public required bool TieWeights { get; init; }

    public required float InitRange { get; init; }

    public required float ForgetBias { get; init; }

    public required int BatchSize { get; init; }

    public required int Bptt { get; init; }

    public required DropoutEntry Dropout { get; init; }

    public required string Optimizer { get; init; }

    public required float LearningRate { get; init; }

    public required float ClipNorm { get; init; }

    public required int Epochs { get; init; }

    public required int FullRateEpochs { get; init; }

    public required float Decay { get; init; }

    public required ulong Seed { get; init; }

    // What follows is left out where the recipe has none of it, so that older files and those of plain recipes are alike.
    public string? InitScheme { get; init; }

    public bool? VariableBptt { get; init; }

    public float? WordDrop { get; init; }

    public bool? WordDropBySequence { get; init; }

    public float? WeightDrop { get; init; }

    public float? ActivationPenalty { get; init; }

    public float? TemporalPenalty { get; init; }

    public string? LossReduction { get; init; }

    public int? NonMonotone { get; init; }

    public float? WeightDecay { get; init; }

    public bool? DecoupledDecay { get; init; }

    public string? LearningRateSchedule { get; init; }

    public int? WarmUpUpdates { get; init; }

    public int? Patience { get; init; }

    public static RecipeEntry From(LanguageModelRecipe recipe) => new()
    {
        Name = recipe.Name,
        HiddenSize = recipe.HiddenSize,
        LastHiddenSize = recipe.LastHiddenSize == 0 ? null : recipe.LastHiddenSize,
        EmbeddingSize = recipe.EmbeddingSize,
        LayerCount = recipe.LayerCount,
        Cell = CellEntry.NameOf(recipe.Cell),
        Peepholes = CellEntry.FlagOf(recipe.Peepholes),
        TieWeights = recipe.TieWeights,
        InitRange = recipe.InitRange,
        ForgetBias = recipe.ForgetBias,
        BatchSize = recipe.BatchSize,
        Bptt = recipe.Bptt,
        Dropout = DropoutEntry.From(recipe.Dropout),
        Optimizer = ModelSpelling.Optimizers.NameOf(recipe.Optimizer),
        LearningRate = recipe.LearningRate,
        ClipNorm = recipe.ClipNorm,
        Epochs = recipe.Epochs,
        FullRateEpochs = recipe.FullRateEpochs,
        Decay = recipe.Decay,
        Seed = recipe.Seed,
        InitScheme = NameUnlessDefault(ModelSpelling.InitSchemes, recipe.InitScheme),
        VariableBptt = UnlessDefault(recipe.VariableBptt, false),
        WordDrop = UnlessDefault(recipe.WordDrop, 0f),
        WordDropBySequence = UnlessDefault(recipe.WordDropBySequence, false),
        WeightDrop = UnlessDefault(recipe.WeightDrop, 0f),
        ActivationPenalty = UnlessDefault(recipe.ActivationPenalty, 0f),
        TemporalPenalty = UnlessDefault(recipe.TemporalPenalty, 0f),
        LossReduction = NameUnlessDefault(ModelSpelling.LossReductions, recipe.LossReduction),
        NonMonotone = UnlessDefault(recipe.NonMonotone, DefaultNonMonotone),
        WeightDecay = UnlessDefault(recipe.WeightDecay, 0f),
        DecoupledDecay = UnlessDefault(recipe.DecoupledDecay, false),
        LearningRateSchedule = NameUnlessDefault(ModelSpelling.LearningRateSchedules, recipe.LearningRateSchedule),
        WarmUpUpdates = UnlessDefault(recipe.WarmUpUpdates, 0),
        Patience = UnlessDefault(recipe.Patience, 0),
    };

    public LanguageModelRecipe ToRecipe() => new()
    {
        Name = Name,
        HiddenSize = HiddenSize,
        LastHiddenSize = LastHiddenSize ?? 0,
        EmbeddingSize = EmbeddingSize,
        LayerCount = LayerCount,
        Cell = CellEntry.ValueOf(Cell),
        Peepholes = Peepholes ?? false,
        TieWeights = TieWeights,
        InitRange = InitRange,
        ForgetBias = ForgetBias,
        BatchSize = BatchSize,
        Bptt = Bptt,
        Dropout = Dropout.ToSpec(),
        Optimizer = ModelSpelling.Optimizers.ValueOf(Optimizer),
        LearningRate = LearningRate,
        ClipNorm = ClipNorm,
        Epochs = Epochs,
        FullRateEpochs = FullRateEpochs,
        Decay = Decay,
        Seed = Seed,
        InitScheme = ValueOrDefault(ModelSpelling.InitSchemes, InitScheme),
        VariableBptt = VariableBptt ?? false,
        WordDrop = WordDrop ?? 0f,
        WordDropBySequence = WordDropBySequence ?? false,
        WeightDrop = WeightDrop ?? 0f,
        ActivationPenalty = ActivationPenalty ?? 0f,
        TemporalPenalty = TemporalPenalty ?? 0f,
        LossReduction = ValueOrDefault(ModelSpelling.LossReductions, LossReduction),
        NonMonotone = NonMonotone ?? DefaultNonMonotone,
        WeightDecay = WeightDecay ?? 0f,
        DecoupledDecay = DecoupledDecay ?? false,
        LearningRateSchedule = ValueOrDefault(ModelSpelling.LearningRateSchedules, LearningRateSchedule),
        WarmUpUpdates = WarmUpUpdates ?? 0,
        Patience = Patience ?? 0,
    };

    private static T? UnlessDefault<T>(T value, T usual)
        where T : struct => EqualityComparer<T>.Default.Equals(value, usual) ? null : value;

    private static string? NameUnlessDefault<T>(Spelling<T> names, T value)
        where T : struct, Enum => EqualityComparer<T>.Default.Equals(value, default) ? null : names.NameOf(value);

    private static T ValueOrDefault<T>(Spelling<T> names, string? name)
        where T : struct, Enum => name is null ? default : names.ValueOf(name);
}

/// <summary>The dropout in the recipe.</summary>
internal sealed class DropoutEntry
{
    public required string Kind { get; init; }

    public required string Draw { get; init; }

    // Files from before there were multiples and groups have neither key. Set, not init: the generated reader gives init members that are missing
    // their type's default, not the one that stands here.
    public int KeepMultiple { get; set; } = 1;

    public int GroupSize { get; set; } = 1;

    public required float Embedding { get; init; }

    public required float Layer { get; init; }

    public required float Recurrent { get; init; }

    public required float Output { get; init; }

    public static DropoutEntry From(DropoutSpec spec) => new()
    {
        Kind = ModelSpelling.DropoutKinds.NameOf(spec.Kind),
        Draw = ModelSpelling.MaskDraws.NameOf(spec.Draw),
        KeepMultiple = spec.KeepMultiple,
        GroupSize = spec.GroupSize,
        Embedding = spec.Embedding,
        Layer = spec.Layer,
        Recurrent = spec.Recurrent,
        Output = spec.Output,
    };

    public DropoutSpec ToSpec() => new()
    {
        Kind = ModelSpelling.DropoutKinds.ValueOf(Kind),
        Draw = ModelSpelling.MaskDraws.ValueOf(Draw),
        KeepMultiple = KeepMultiple,
        GroupSize = GroupSize,
        Embedding = Embedding,
        Layer = Layer,
        Recurrent = Recurrent,
        Output = Output,
    };
}

/// <summary>How a language model's recipe stands in a file.</summary>
internal sealed class LanguageModelRecipeFormat : IRecordFormat<LanguageModelRecipe>
{
    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json, LanguageModelRecipe record) => JsonSerializer.Serialize(json, RecipeEntry.From(record), ModelJson.Default.RecipeEntry);

    /// <inheritdoc/>
    public LanguageModelRecipe Read(ref Utf8JsonReader json, string path, out string? fault)
    {
        fault = null;
        RecipeEntry entry = JsonSerializer.Deserialize(ref json, ModelJson.Default.RecipeEntry) ?? throw new JsonException();
        return entry.ToRecipe();
    }
}
