using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tasks;

/// <content>Settings that work.</content>
public sealed partial record TaggerRecipe
{
    /// <summary>Named starting points.</summary>
    /// <remarks>
    /// <para><c>lample</c>: Lample et al., "Neural Architectures for Named Entity Recognition" (NAACL 2016), sections 4 and 5: an LSTM of
    /// 100 each way over words and 25 each way over characters, words of 100 and characters of 25 numbers, dropout of one half on what is
    /// known of a token, plain descent at 0.01 sentence by sentence, clipped at 5, words seen once forgotten half of the time, tags of
    /// IOBES. 100 epochs are those of their program.</para>
    /// <para><c>ma-hovy</c>: Ma and Hovy, "End-to-end Sequence Labeling via Bi-directional LSTM-CNNs-CRF" (ACL 2016), section 3 and table
    /// 1: an LSTM of 200 each way, 30 filters of width 3 over characters of 30 numbers, words of 100, dropout of one half before and after
    /// the LSTM, batches of 10, momentum 0.9, a rate of 0.015 / (1 + 0.05 epochs), clipped at 5, 50 epochs. They also drop characters
    /// before the filters, which this does not.</para>
    /// <para><c>tagger-small</c>: ours, with structured dropout at every site, for minutes on two cores. Words are forgotten half of the
    /// time that are seen up to fifty times, and not only those seen once: so what it makes of characters must do for them, as it must for
    /// words that it never saw.</para>
    /// <para>Both papers begin with word vectors of their own; here words begin at random unless vectors are given.</para>
    /// </remarks>
    public static IReadOnlyList<TaggerRecipe> Presets { get; } =
    [
        Base("tagger-small") with
        {
            HiddenSize = 100, CharacterUnits = 64, RareCount = 50, BatchSize = 10, Epochs = 30, LearningRate = 0.15f,
            LearningRateSchedule = LearningRateSchedule.Cosine,
            Dropout = new() { Kind = DropoutKind.Structured, Embedding = 0.5f, Layer = 0.5f, Recurrent = 0.5f, Output = 0.5f },
        },
        Base("lample") with
        {
            HiddenSize = 100, Characters = CharacterReading.Recurrent, CharacterEmbeddingSize = 25, CharacterUnits = 25, BatchSize = 1,
            Epochs = 100, LearningRate = 0.01f, Dropout = new() { Kind = DropoutKind.Random, Embedding = 0.5f },
        },
        Base("ma-hovy") with
        {
            HiddenSize = 200, BatchSize = 10, Epochs = 50, LearningRate = 0.015f, Momentum = 0.9f, UnknownRate = 0f,
            LearningRateSchedule = LearningRateSchedule.InverseTime, Decay = 1.05f,
            Dropout = new() { Kind = DropoutKind.Random, Embedding = 0.5f, Output = 0.5f },
        },
    ];

    /// <summary>A preset by its name, or null.</summary>
    public static TaggerRecipe? FindPreset(string name) => Presets.FirstOrDefault(preset => preset.Name == name);

    private static TaggerRecipe Base(string name) => new()
    {
        Name = name,
        Direction = RecurrentDirection.Bidirectional,
        InitScheme = InitScheme.Scaled,
        InitRange = 0.17f,
        ForgetBias = 1f,
        LearningRateSchedule = LearningRateSchedule.Constant,
        ClipNorm = 5f,
        LossReduction = LossReduction.Mean,
    };
}
