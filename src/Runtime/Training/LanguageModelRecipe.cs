using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;
using TinySD.Runtime.Numerics;

namespace TinySD.Runtime.Training;

/// <summary>The rule that turns gradients into updates.</summary>
public enum OptimizerKind
{
    /// <summary>Plain gradient descent, no momentum.</summary>
    Sgd,

    /// <summary>Adam, Kingma and Ba 2015, with bias correction; beta 0.9 and 0.999, epsilon 1e-8.</summary>
    Adam,
}

/// <summary>Everything that decides a language model's training run, apart from its data: shape, dropout, optimizer and schedule.</summary>
/// <remarks>
/// The zaremba presets hold the figures of Zaremba, Sutskever and Vinyals, "Recurrent Neural Network Regularization", 2014; char-small was chosen here,
/// for the demonstration's budget.
/// </remarks>
public sealed record LanguageModelRecipe
{
    /// <summary>The preset's name, or that of the preset it was derived from.</summary>
    public required string Name { get; init; }

    /// <summary>Hidden size H of every layer.</summary>
    public int HiddenSize { get; init; } = 200;

    /// <summary>Embedding size E; 0 means H.</summary>
    public int EmbeddingSize { get; init; }

    /// <summary>Number of recurrent layers.</summary>
    public int LayerCount { get; init; } = 2;

    /// <summary>The cell of every layer.</summary>
    public CellKind Cell { get; init; }

    /// <summary>Whether the LSTM cells have peepholes; other cells may not.</summary>
    public bool Peepholes { get; init; }

    /// <summary>Whether embedding and classifier share one tensor.</summary>
    public bool TieWeights { get; init; }

    /// <summary>Parameters start uniform in [-range, range].</summary>
    public float InitRange { get; init; } = 0.1f;

    /// <summary>Added to the forget gate's bias of an LSTM at the start; other cells have none and ignore it.</summary>
    public float ForgetBias { get; init; }

    /// <summary>Sequences B in a batch.</summary>
    public int BatchSize { get; init; } = 20;

    /// <summary>Time steps T of a window of truncated back-propagation.</summary>
    public int Bptt { get; init; } = 20;

    /// <summary>Case and rates of dropout.</summary>
    public DropoutSpec Dropout { get; init; } = DropoutSpec.None;

    /// <summary>The update rule.</summary>
    public OptimizerKind Optimizer { get; init; }

    /// <summary>Learning rate of the first epochs.</summary>
    public float LearningRate { get; init; } = 1f;

    /// <summary>The gradient is scaled down to this L2 norm when it is longer; 0 turns clipping off.</summary>
    public float ClipNorm { get; init; } = 5f;

    /// <summary>Passes over the training text.</summary>
    public int Epochs { get; init; } = 13;

    /// <summary>Epochs at the full learning rate before the decay starts.</summary>
    public int FullRateEpochs { get; init; } = 4;

    /// <summary>The learning rate is divided by this once for every epoch after <see cref="FullRateEpochs"/>.</summary>
    public float Decay { get; init; } = 2f;

    /// <summary>Seed of the initial parameters and of every mask.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Every preset.</summary>
    public static IReadOnlyList<LanguageModelRecipe> Presets { get; } =
    [
        new() { Name = "zaremba-small" },
        new()
        {
            Name = "zaremba-medium", HiddenSize = 650, InitRange = 0.05f, Bptt = 35, Epochs = 39, FullRateEpochs = 6, Decay = 1.2f,
            Dropout = new() { Kind = DropoutKind.Random, Embedding = 0.5f, Layer = 0.5f, Output = 0.5f },
        },
        new()
        {
            Name = "zaremba-large", HiddenSize = 1500, InitRange = 0.04f, Bptt = 35, ClipNorm = 10f, Epochs = 55, FullRateEpochs = 14, Decay = 1.15f,
            Dropout = new() { Kind = DropoutKind.Random, Embedding = 0.65f, Layer = 0.65f, Output = 0.65f },
        },
        new()
        {
            Name = "char-small", HiddenSize = 512, EmbeddingSize = 64, LayerCount = 1, ForgetBias = 1f, BatchSize = 32, Bptt = 32,
            Optimizer = OptimizerKind.Adam, LearningRate = 0.006f, Epochs = 12, FullRateEpochs = 8, Decay = 1.5f,
            Dropout = new() { Kind = DropoutKind.Structured, Recurrent = 0.5f, Output = 0.5f },
        },
    ];

    /// <summary>The preset of that name, or null.</summary>
    public static LanguageModelRecipe? FindPreset(string name) => Presets.FirstOrDefault(p => p.Name == name);

    /// <summary>The learning rate of an epoch counted from 0: Zaremba's schedule.</summary>
    public float LearningRateAt(int epoch) => LearningRate / MathF.Pow(Decay, Math.Max(0, epoch + 1 - FullRateEpochs));

    /// <summary>The model's shape for a vocabulary of that size.</summary>
    public LanguageModelConfig ToConfig(int vocabularySize) => new()
    {
        VocabularySize = vocabularySize,
        EmbeddingSize = EmbeddingSize == 0 ? HiddenSize : EmbeddingSize,
        HiddenSize = HiddenSize,
        LayerCount = LayerCount,
        Cell = Cell,
        Peepholes = Peepholes,
        TieWeights = TieWeights,
    };

    /// <summary>Checks every range.</summary>
    /// <exception cref="ArgumentException">A value is out of range; the message names it.</exception>
    public void Validate()
    {
        ToConfig(2).Validate();
        Dropout.Validate();
        if (!(InitRange > 0 && float.IsFinite(InitRange))) Throw.OutOfRange(nameof(InitRange), InitRange, "above 0 and finite");
        if (!float.IsFinite(ForgetBias)) Throw.OutOfRange(nameof(ForgetBias), ForgetBias, "finite");
        if (BatchSize is < 1 or > 65536) Throw.OutOfRange(nameof(BatchSize), BatchSize, "1 to 65536");
        if (Bptt is < 1 or > 65536) Throw.OutOfRange(nameof(Bptt), Bptt, "1 to 65536");
        if (!(LearningRate > 0 && float.IsFinite(LearningRate))) Throw.OutOfRange(nameof(LearningRate), LearningRate, "above 0 and finite");
        if (!(ClipNorm >= 0 && float.IsFinite(ClipNorm))) Throw.OutOfRange(nameof(ClipNorm), ClipNorm, "0 (no clipping) or above, and finite");
        if (Epochs < 1) Throw.OutOfRange(nameof(Epochs), Epochs, "at least 1");
        if (FullRateEpochs < 0) Throw.OutOfRange(nameof(FullRateEpochs), FullRateEpochs, "0 or above");
        if (!(Decay >= 1 && float.IsFinite(Decay))) Throw.OutOfRange(nameof(Decay), Decay, "at least 1 and finite");
    }
}
