using System.Text.Json.Serialization;
using TinySD.Formats.Text;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;

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
