using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tasks;

/// <content>The presets.</content>
public sealed partial record ClassifierRecipe
{
    /// <summary>Every preset.</summary>
    /// <remarks><c>text</c>: short texts, word vectors from nothing; chosen here on the validation texts of TREC and SST-2.
    /// <c>integration</c>: one direction and the last state, so that a text is read word by word and its states can be analysed, as in
    /// Aitken et al., "The geometry of integration in text classification RNNs" (ICLR 2021), whose cells have no dropout either. Sizes and
    /// rates were chosen here on texts of their synthetic worlds: without weight decay a network learns its texts by heart, in many
    /// dimensions; with more of it, it gives up some of six classes. <c>sequence</c>: rows of numbers, read as they come.</remarks>
    public static IReadOnlyList<ClassifierRecipe> Presets { get; } =
    [
        Base("text") with
        {
            HiddenSize = 128, Direction = RecurrentDirection.Bidirectional, ReadOut = ReadOut.Mean, EmbeddingSize = 200, Epochs = 15,
            Dropout = new() { Kind = DropoutKind.Structured, Embedding = 0.5f, Layer = 0.5f, Output = 0.5f },
        },
        Base("integration") with
        {
            HiddenSize = 32, Cell = CellKind.Gru, EmbeddingSize = 16, Epochs = 20, LearningRate = 0.005f, WeightDecay = 0.001f,
        },
        Base("sequence") with
        {
            HiddenSize = 64, Epochs = 60, LearningRate = 0.003f,
            Dropout = new() { Kind = DropoutKind.Structured, Recurrent = 0.25f, Output = 0.25f },
        },
    ];

    private static ClassifierRecipe Base(string name) => new()
    {
        Name = name,
        InitScheme = InitScheme.Scaled,
        ForgetBias = 1f,
        BatchSize = 32,
        Optimizer = OptimizerKind.Adam,
        LearningRate = 0.001f,
        LearningRateSchedule = LearningRateSchedule.Cosine,
        ClipNorm = 1f,
        LossReduction = LossReduction.Mean,
    };
}
