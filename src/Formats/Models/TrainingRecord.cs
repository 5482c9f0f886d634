using TinySD.Runtime.Inference;
using TinySD.Runtime.Models;
using TinySD.Runtime.Training;

namespace TinySD.Formats.Models;

/// <summary>How a language model came to be; kept in its file. Holds no time of day, so equal runs write equal files.</summary>
public sealed record TrainingRecord
{
    // The name of a recipe that nobody knows.
    private const string UnknownRun = "imported";

    /// <summary>The program that trained it, for example <c>TinySD 0.1.0</c>.</summary>
    public string WrittenBy { get; init; } = ThisBuild;

    /// <summary>The file of another format that the model was imported from, without its folders; null for one that was trained here.</summary>
    public string? ImportedFrom { get; init; }

    /// <summary>What decided the run, apart from the data.</summary>
    public required LanguageModelRecipe Recipe { get; init; }

    /// <summary>The text it was trained on.</summary>
    public required TextRecord Train { get; init; }

    /// <summary>The text it was validated on.</summary>
    public required TextRecord Valid { get; init; }

    /// <summary>The text it was tested on, if it was.</summary>
    public TextRecord? Test { get; init; }

    /// <summary>
    /// Streams that its validation and test texts were cut into, and by default any other text that it is measured on; null where it was not
    /// recorded. Models of <c>train lm</c> from before it was were validated in as many streams as the batch has, and tested in one.
    /// </summary>
    public int? Streams { get; init; }

    /// <summary>Trainable numbers. Set when a model is saved, so there is no need to give it.</summary>
    public long Parameters { get; init; }

    /// <summary>The finished epochs, in order.</summary>
    public IReadOnlyList<EpochRecord> Epochs { get; init; } = [];

    /// <summary>Perplexity on the test text, if there was one; infinite where exp of <see cref="TestLoss"/> is.</summary>
    public double? TestPerplexity { get; init; }

    /// <summary>Mean loss on the test text, nats per token; to be given where the perplexity is infinite, else its logarithm.</summary>
    public double? TestLoss
    {
        get => field ?? (TestPerplexity is { } perplexity ? EvaluationResult.LossOf(perplexity) : null);
        init;
    }

    /// <summary>Whether the run is known. The record of an import whose file told nothing of it has the model's shape, and else what goes without
    /// saying.</summary>
    public bool IsRunKnown => ImportedFrom is null || Recipe.Name != UnknownRun;

    /// <summary>The record of a model from elsewhere of whose training nothing is known: its shape, no dropout, no texts.</summary>
    /// <param name="source">The file it was imported from; its folders are left out.</param>
    /// <param name="config">The model's shape.</param>
    internal static TrainingRecord OfImport(string source, LanguageModelConfig config) => new()
    {
        ImportedFrom = Path.GetFileName(source),
        Recipe = new LanguageModelRecipe
        {
            Name = UnknownRun,
            HiddenSize = config.HiddenSize,
            LastHiddenSize = config.LastHiddenSize,
            EmbeddingSize = config.EmbeddingSize,
            LayerCount = config.LayerCount,
            Cell = config.Cell,
            Peepholes = config.Peepholes,
            TieWeights = config.TieWeights,
        },
        Train = new TextRecord("", 0),
        Valid = new TextRecord("", 0),
    };

    /// <summary>This build's name and version.</summary>
    public static string ThisBuild { get; } = $"TinySD {typeof(TrainingRecord).Assembly.GetName().Version?.ToString(3) ?? "0.0.0"}";
}

/// <summary>A text as a training record names it.</summary>
/// <param name="Name">The file's name. Folders are left out, since a model should not tell whose machine it was trained on.</param>
/// <param name="Tokens">Tokens in it, line ends included at word level.</param>
public sealed record TextRecord(string Name, long Tokens)
{
    /// <summary>The file's name without its folders.</summary>
    public string Name { get; init; } = Path.GetFileName(Name);
}

/// <summary>The outcome of one epoch.</summary>
/// <param name="Epoch">Its number, larger than that of the epoch before it.</param>
/// <param name="TrainPerplexity">Perplexity on the training text, as it was while training; infinite where exp of <see cref="TrainLoss"/> is.</param>
/// <param name="ValidPerplexity">Perplexity on the validation text after the epoch; infinite likewise.</param>
/// <param name="LearningRate">The learning rate it was run at.</param>
public sealed record EpochRecord(int Epoch, double TrainPerplexity, double ValidPerplexity, float LearningRate)
{
    /// <summary>Mean loss on the training text, nats per token; to be given where the perplexity is infinite, else its logarithm.</summary>
    public double TrainLoss { get; init; } = EvaluationResult.LossOf(TrainPerplexity);

    /// <summary>Mean loss on the validation text, likewise.</summary>
    public double ValidLoss { get; init; } = EvaluationResult.LossOf(ValidPerplexity);
}
