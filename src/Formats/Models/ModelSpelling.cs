using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;
using TinySD.Runtime.Training;

namespace TinySD.Formats.Models;

/// <summary>The words for what a model is and how it was trained.</summary>
internal static class ModelSpelling
{
    public static Spelling<OptimizerKind> Optimizers { get; } =
        new("optimizer", (OptimizerKind.Sgd, "sgd"), (OptimizerKind.Adam, "adam"), (OptimizerKind.NtAsgd, "nt-asgd"));

    public static Spelling<InitScheme> InitSchemes { get; } = new("init scheme", (InitScheme.Uniform, "uniform"), (InitScheme.Scaled, "scaled"));

    public static Spelling<LossReduction> LossReductions { get; } =
        new("loss reduction", (LossReduction.SumOverTime, "sum-over-time"), (LossReduction.Mean, "mean"));

    public static Spelling<LearningRateSchedule> LearningRateSchedules { get; } = new("learning rate schedule",
        (LearningRateSchedule.Zaremba, "zaremba"), (LearningRateSchedule.Constant, "constant"), (LearningRateSchedule.Cosine, "cosine"),
        (LearningRateSchedule.Linear, "linear"), (LearningRateSchedule.Plateau, "plateau"));

    public static Spelling<CellKind> Cells { get; } =
        new("cell", (CellKind.Lstm, "lstm"), (CellKind.Gru, "gru"), (CellKind.RnnTanh, "rnn-tanh"), (CellKind.RnnRelu, "rnn-relu"));

    public static Spelling<RecurrentDirection> Directions { get; } = new(
        "direction", (RecurrentDirection.Forward, "forward"), (RecurrentDirection.Reverse, "reverse"), (RecurrentDirection.Bidirectional, "bidirectional"));

    public static Spelling<MaskDraw> MaskDraws { get; } =
        new("dropout draw", (MaskDraw.ExactCount, "exact-count"), (MaskDraw.Bernoulli, "bernoulli"));

    public static Spelling<DropoutKind> DropoutKinds { get; } =
        new("dropout kind", (DropoutKind.None, "none"), (DropoutKind.Random, "random"),
        (DropoutKind.Locked, "locked"), (DropoutKind.Structured, "structured"), (DropoutKind.StructuredLocked, "structured-locked"));
}
