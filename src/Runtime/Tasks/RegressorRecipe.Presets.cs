using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tasks;

/// <content>The presets.</content>
public sealed partial record RegressorRecipe
{
    /// <summary>Every preset, chosen here on the validation rows of ETTh1, hourly temperatures and loads of a transformer.</summary>
    /// <remarks><c>forecast</c>: rows ahead, of columns whose own past is known. Changes go in and changes come out, so that what is learnt
    /// holds at any level, with a linear map of eight days of hours beside the recurrent layers. <c>forecast-window</c>: the same by
    /// windows, each from nothing. <c>sensor</c>: a value in the same row, from columns beside it.</remarks>
    public static IReadOnlyList<RegressorRecipe> Presets { get; } =
    [
        Base("forecast") with { FeedsChange = true, LinearRows = 192, LayerCount = 2 },
        Base("forecast-window") with { FeedsChange = true, LinearRows = 96, Window = 96, BatchSize = 64, Epochs = 15 },
        Base("sensor") with { Horizon = 0, LinearRows = 1 },
    ];

    private static RegressorRecipe Base(string name) => new()
    {
        Name = name,
        HiddenSize = 64,
        InitScheme = InitScheme.Scaled,
        ForgetBias = 1f,
        BatchSize = 16,
        Bptt = 48,
        Epochs = 60,
        Optimizer = OptimizerKind.Adam,
        LearningRate = 0.002f,
        LearningRateSchedule = LearningRateSchedule.Cosine,
        ClipNorm = 1f,
        LossReduction = LossReduction.Mean,
        Dropout = new() { Kind = DropoutKind.Structured, Recurrent = 0.25f, Output = 0.25f },
    };
}
