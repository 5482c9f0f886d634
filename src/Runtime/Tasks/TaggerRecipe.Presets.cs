using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tasks;

/// <content>Settings that work.</content>
public sealed partial record TaggerRecipe
{
    /// <summary>Named starting points.</summary>
    public static IReadOnlyList<TaggerRecipe> Presets { get; } =
    [
        Base("tagger-small"),
    ];

    /// <summary>A preset by its name, or null.</summary>
    public static TaggerRecipe? FindPreset(string name) => Presets.FirstOrDefault(preset => preset.Name == name);

    private static TaggerRecipe Base(string name) => new()
    {
        Name = name,
        Direction = RecurrentDirection.Bidirectional,
        HiddenSize = 100,
        InitScheme = InitScheme.Scaled,
        InitRange = 0.17f,
        ForgetBias = 1f,
        BatchSize = 10,
        Epochs = 30,
        Optimizer = OptimizerKind.Adam,
        LearningRate = 0.002f,
        LearningRateSchedule = LearningRateSchedule.Cosine,
        ClipNorm = 5f,
        LossReduction = LossReduction.Mean,
        Dropout = new() { Kind = DropoutKind.Structured, Embedding = 0.5f, Layer = 0.5f, Output = 0.5f },
    };
}
