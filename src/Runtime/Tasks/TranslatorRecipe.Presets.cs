using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tasks;

/// <content>Settings that work.</content>
public sealed partial record TranslatorRecipe
{
    /// <summary>Named starting points.</summary>
    /// <remarks>
    /// <para><c>opennmt-500</c>: OpenNMT's default (Klein et al., "OpenNMT: Open-Source Toolkit for Neural Machine Translation", ACL 2017;
    /// the options of its train program): 2 layers of 500 each side, general attention, input feeding, dropout of 0.3, plain descent at 1,
    /// halved every epoch after the eighth, batches of 64, clipped at 5, parameters within 0.1. 13 epochs.</para>
    /// <para><c>luong-envi-512</c>: the IWSLT'15 recipe of the TensorFlow translation tutorial (Luong, Brevdo and Zhao 2017): 2 layers of
    /// 512, the encoder's both ways, scaled attention, dropout of 0.2, descent at 1, batches of 128, clipped at 5. Its 12,000 steps are
    /// some 12 epochs of 133,317 pairs; the rate is halved from two thirds on.</para>
    /// <para><c>iwslt-deen</c>: Deng et al., "Latent Alignment and Variational Attention" (NeurIPS 2018), section 6 and appendix: an
    /// encoder of 2 layers of 512 each way, a decoder of 2 layers of 768, dropout of 0.3, Adam at 0.0003, halved when validation perplexity
    /// gets no better, byte pairs.</para>
    /// <para><c>multi30k-small</c>: ours, with structured dropout, for well under an hour on two cores.</para>
    /// </remarks>
    public static IReadOnlyList<TranslatorRecipe> Presets { get; } =
    [
        new()
        {
            Name = "multi30k-small", EmbeddingSize = 256, HiddenSize = 512, TiesWeights = true, InitScheme = InitScheme.Scaled,
            InitRange = 0.15f, ForgetBias = 1f, BatchSize = 64, Epochs = 20, LearningRate = 1e-3f, Optimizer = OptimizerKind.Adam,
            LearningRateSchedule = LearningRateSchedule.Cosine, ClipNorm = 1f, LossReduction = LossReduction.Mean, LabelSmoothing = 0.1f,
            Dropout = new() { Kind = DropoutKind.Structured, Embedding = 0.4f, Layer = 0.4f, Recurrent = 0.2f, Output = 0.4f },
            ContextRate = 0.4f,
        },
        new()
        {
            Name = "opennmt-500", EmbeddingSize = 500, HiddenSize = 500, LayerCount = 2, Direction = RecurrentDirection.Forward,
            InitRange = 0.1f, BatchSize = 64, Epochs = 13, LearningRate = 1f, FullRateEpochs = 8, Decay = 2f, ClipNorm = 5f,
            MaxLength = 50, SelectsByLoss = true,
            Dropout = new() { Kind = DropoutKind.Random, Embedding = 0.3f, Layer = 0.3f, Output = 0.3f },
        },
        new()
        {
            Name = "luong-envi-512", EmbeddingSize = 512, HiddenSize = 512, LayerCount = 2, IsScaled = true,
            InitRange = 0.1f, BatchSize = 128, Epochs = 12, LearningRate = 1f, FullRateEpochs = 8, Decay = 2f, ClipNorm = 5f,
            MaxLength = 50,
            Dropout = new() { Kind = DropoutKind.Random, Embedding = 0.2f, Layer = 0.2f, Output = 0.2f },
        },
        new()
        {
            Name = "iwslt-deen", EmbeddingSize = 512, HiddenSize = 768, LayerCount = 2, EncoderHiddenSize = 512, EncoderLayerCount = 2,
            InitScheme = InitScheme.Scaled, InitRange = 0.1f, BatchSize = 64, Epochs = 30, LearningRate = 3e-4f,
            Optimizer = OptimizerKind.Adam, LearningRateSchedule = LearningRateSchedule.Plateau, Decay = 2f, ClipNorm = 5f,
            LossReduction = LossReduction.Mean, SelectsByLoss = true,
            Dropout = new() { Kind = DropoutKind.Random, Embedding = 0.3f, Layer = 0.3f, Output = 0.3f },
        },
    ];

    /// <summary>A preset by its name, or null.</summary>
    public static TranslatorRecipe? FindPreset(string name) => Presets.FirstOrDefault(preset => preset.Name == name);
}
