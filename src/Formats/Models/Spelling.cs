using TinySD.Formats.Container;
using TinySD.Formats.Text;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;
using TinySD.Runtime.Training;

namespace TinySD.Formats.Models;

/// <summary>How an enumeration is spelled in a file: words of the format, which do not change when a name in the code does.</summary>
internal sealed class Spelling<T>(string what, params (T Value, string Name)[] names)
    where T : struct, Enum
{
    public string NameOf(T value)
    {
        foreach ((T known, string name) in names)
        {
            if (EqualityComparer<T>.Default.Equals(known, value)) return name;
        }

        Throw.Argument($"{what} '{value}' has no name in a file");
        return null;
    }

    /// <summary>What goes on after a key whose word is none of these: <c>is 'x'; expected a, b or c</c>; null for one of them.</summary>
    public string? FindFault(string name) => names.Any(n => n.Name == name)
        ? null
        : $"is '{Words.Shown(name)}'; expected {string.Join(", ", names[..^1].Select(n => n.Name))} or {names[^1].Name}";

    /// <summary>The value of that name, exactly as spelled.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public T ValueOf(string name)
    {
        foreach ((T value, string known) in names)
        {
            if (known == name) return value;
        }

        Throw.Argument($"{what} is '{Words.Shown(name)}'; {string.Join(", ", names.Select(n => n.Name))} are known");
        return default;
    }
}

/// <summary>The words of the format.</summary>
internal static class Spelling
{
    public static Spelling<TensorStorage> Storages { get; } =
        new("dtype", (TensorStorage.F32, "f32"), (TensorStorage.F16, "f16"), (TensorStorage.BF16, "bf16"));

    public static Spelling<TextLevel> Levels { get; } =
        new("level", (TextLevel.Word, "word"), (TextLevel.Character, "char"), (TextLevel.Byte, "byte"));

    public static Spelling<LineMarks> LineMarks { get; } = new("lineMarks",
        (Text.LineMarks.Always, "always"), (Text.LineMarks.WhereMissing, "where-missing"), (Text.LineMarks.None, "none"));

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
