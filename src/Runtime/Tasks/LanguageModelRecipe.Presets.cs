using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tasks;

/// <content>The presets and where their figures are from.</content>
public sealed partial record LanguageModelRecipe
{
    /// <summary>What is added to the name of a preset with dropout for its structured form: masks of case III at the sites on what flows
    /// upward, and none at the recurrent site.</summary>
    public const string UpwardForm = "+nr-st";

    /// <summary>As <see cref="UpwardForm"/>, and at the recurrent site too.</summary>
    public const string RecurrentForm = "+nr-rh-st";

    /// <summary>Every preset; those with dropout have structured forms beside them.</summary>
    /// <remarks>zaremba: Zaremba, Sutskever and Vinyals, "Recurrent Neural Network Regularization", 2014. gal: Gal and Ghahramani, "A
    /// Theoretically Grounded Application of Dropout in Recurrent Neural Networks", 2016, and its published code for the large model, whose
    /// weight decay stands apart from the learning rate and whose log has the first decay after 11 epochs (its max_epoch is 10); one mask
    /// serves all four gates, the paper's tied form. The published code has no medium model: gal-medium has Zaremba's medium schedule, and
    /// its rates and decay still want checking against the paper. awd-lstm: Merity, Keskar and Socher, "Regularizing and Optimizing LSTM
    /// Language Models", 2017, with the figures that its published code gives for the Penn Treebank. char-small was chosen here, for the
    /// demonstration's budget.</remarks>
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
            Name = "zaremba-large", HiddenSize = 1500, InitRange = 0.04f, Bptt = 35, ClipNorm = 10f,
            Epochs = 55, FullRateEpochs = 14, Decay = 1.15f,
            Dropout = new() { Kind = DropoutKind.Random, Embedding = 0.65f, Layer = 0.65f, Output = 0.65f },
        },
        new()
        {
            Name = "gal-medium", HiddenSize = 650, InitRange = 0.05f, Bptt = 35, Epochs = 39, FullRateEpochs = 6, Decay = 1.2f,
            Dropout = new() { Kind = DropoutKind.Locked, Embedding = 0.35f, Layer = 0.35f, Recurrent = 0.2f, Output = 0.35f },
            WordDrop = 0.2f, WordDropBySequence = true, WeightDecay = 1e-7f, DecoupledDecay = true,
        },
        new()
        {
            Name = "gal-large", HiddenSize = 1500, InitRange = 0.04f, Bptt = 35, ClipNorm = 10f,
            Epochs = 55, FullRateEpochs = 11, Decay = 1.15f,
            Dropout = new() { Kind = DropoutKind.Locked, Embedding = 0.5f, Layer = 0.5f, Recurrent = 0.3f, Output = 0.5f },
            WordDrop = 0.3f, WordDropBySequence = true, WeightDecay = 1e-7f, DecoupledDecay = true,
        },
        new()
        {
            Name = "awd-lstm", HiddenSize = 1150, LastHiddenSize = 400, EmbeddingSize = 400, LayerCount = 3, TieWeights = true,
            InitScheme = InitScheme.Scaled, Bptt = 70, VariableBptt = true, ClipNorm = 0.25f,
            LearningRate = 30f, LearningRateSchedule = LearningRateSchedule.Constant, Epochs = 500,
            Dropout = new() { Kind = DropoutKind.Locked, Embedding = 0.4f, Layer = 0.25f, Output = 0.4f },
            WordDrop = 0.1f, WeightDrop = 0.5f, ActivationPenalty = 2f, TemporalPenalty = 1f, LossReduction = LossReduction.Mean,
            WeightDecay = 1.2e-6f, Optimizer = OptimizerKind.NtAsgd,
        },
        new()
        {
            Name = "char-small", HiddenSize = 512, EmbeddingSize = 64, LayerCount = 1, ForgetBias = 1f, BatchSize = 32, Bptt = 32,
            Optimizer = OptimizerKind.Adam, LearningRate = 0.006f, Epochs = 12, FullRateEpochs = 8, Decay = 1.5f,
            Dropout = new() { Kind = DropoutKind.Structured, Recurrent = 0.5f, Output = 0.5f },
        },
    ];

    /// <summary>The preset of that name, or of that name without the ending of a structured form; null where there is none.</summary>
    public static LanguageModelRecipe? FindPreset(string name)
    {
        foreach (LanguageModelRecipe preset in Presets)
        {
            if (name == preset.Name) return preset;
            if (preset.HasStructuredForms && name == preset.Name + UpwardForm) return preset.ToUpwardForm();
            if (preset.HasStructuredForms && name == preset.Name + RecurrentForm) return preset.ToRecurrentForm();
        }

        return null;
    }

    /// <summary>Whether the preset has dropout that is not structured already.</summary>
    public bool HasStructuredForms => Dropout.Kind != DropoutKind.None && !Dropout.IsStructured;

    private LanguageModelRecipe ToUpwardForm() =>
        this with { Name = Name + UpwardForm, Dropout = Dropout with { Kind = DropoutKind.Structured, Recurrent = 0f } };

    // At the recurrent site the preset's own rate; else that of the weights, whose dropping gives way: both act on the product h U, where
    // two would drop three quarters, and the ideal gain needs the units dropped. Else the rate of the other sites.
    private LanguageModelRecipe ToRecurrentForm()
    {
        float recurrent = Dropout.Recurrent > 0f ? Dropout.Recurrent : WeightDrop > 0f ? WeightDrop : Dropout.Output;
        DropoutSpec dropout = Dropout with { Kind = DropoutKind.Structured, Recurrent = recurrent };
        return this with { Name = Name + RecurrentForm, Dropout = dropout, WeightDrop = 0f };
    }
}
