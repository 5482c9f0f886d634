using TinySD.Formats.Container;
using TinySD.Formats.Text;
using TinySD.Runtime.Hardware;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;
using TinySD.Runtime.Training;

namespace TinySD.Tools.Display;

/// <summary>A fixed set of values as the command line spells them.</summary>
internal sealed class Names<T>(params (string Name, T Value)[] entries)
    where T : struct, Enum
{
    /// <summary>The spellings, separated by a bar.</summary>
    public string List { get; } = string.Join('|', entries.Select(e => e.Name));

    /// <summary>The spellings.</summary>
    public IEnumerable<string> All => entries.Select(e => e.Name);

    /// <summary>The value of a spelling, or null.</summary>
    public T? Find(string name)
    {
        foreach ((string known, T value) in entries)
        {
            if (known == name) return value;
        }

        return null;
    }

    /// <summary>The spelling of a value.</summary>
    public string Of(T value) => entries.First(e => EqualityComparer<T>.Default.Equals(e.Value, value)).Name;
}

/// <summary>Every such set.</summary>
internal static class Names
{
    public static Names<TextLevel> Levels { get; } =
        new(("word", TextLevel.Word), ("char", TextLevel.Character), ("byte", TextLevel.Byte));

    /// <summary>Lines that get a token for their end.</summary>
    public static Names<LineMarks> LineMarks { get; } =
        new(("auto", Formats.Text.LineMarks.WhereMissing), ("always", Formats.Text.LineMarks.Always), ("none", Formats.Text.LineMarks.None));

    /// <summary>Number formats of weights in a file.</summary>
    public static Names<TensorStorage> Storages { get; } = new(("f32", TensorStorage.F32), ("f16", TensorStorage.F16), ("bf16", TensorStorage.BF16));

    public static Names<OptimizerKind> Optimizers { get; } = new(("sgd", OptimizerKind.Sgd), ("adam", OptimizerKind.Adam), ("nt-asgd", OptimizerKind.NtAsgd));

    public static Names<InitScheme> InitSchemes { get; } = new(("uniform", InitScheme.Uniform), ("scaled", InitScheme.Scaled));

    public static Names<LossReduction> LossReductions { get; } = new(("sum", LossReduction.SumOverTime), ("mean", LossReduction.Mean));

    public static Names<LearningRateSchedule> LearningRateSchedules { get; } = new(
        ("zaremba", LearningRateSchedule.Zaremba), ("constant", LearningRateSchedule.Constant), ("cosine", LearningRateSchedule.Cosine),
        ("linear", LearningRateSchedule.Linear), ("plateau", LearningRateSchedule.Plateau));

    public static Names<CellKind> Cells { get; } = new(
        ("lstm", CellKind.Lstm), ("gru", CellKind.Gru), ("rnn-tanh", CellKind.RnnTanh), ("rnn-relu", CellKind.RnnRelu));

    public static Names<RecurrentDirection> Directions { get; } = new(
        ("forward", RecurrentDirection.Forward), ("reverse", RecurrentDirection.Reverse), ("bidirectional", RecurrentDirection.Bidirectional));

    public static Names<MaskDraw> Draws { get; } = new(("exact", MaskDraw.ExactCount), ("bernoulli", MaskDraw.Bernoulli));

    public static Names<DropoutKind> Dropouts { get; } = new(
        ("none", DropoutKind.None), ("random", DropoutKind.Random), ("locked", DropoutKind.Locked), ("structured", DropoutKind.Structured),
        ("structured-locked", DropoutKind.StructuredLocked));

    public static Names<SystolicDataflow> Dataflows { get; } = new(
        ("os", SystolicDataflow.OutputStationary), ("ws", SystolicDataflow.WeightStationary), ("is", SystolicDataflow.InputStationary));

    /// <summary>Instruction sets as messages name them.</summary>
    public static Names<SimdInstructions> Instructions { get; } = new(
        ("no vector instructions", SimdInstructions.Scalar), ("SSE4.2", SimdInstructions.Sse42), ("AVX2", SimdInstructions.Avx2),
        ("AVX-512", SimdInstructions.Avx512), ("AdvSIMD", SimdInstructions.AdvSimd), ("Helium", SimdInstructions.Helium));

    /// <summary>The parts of a training step as a report names them.</summary>
    public static Names<Pass> Passes { get; } = new(
        ("row copies", Pass.Copies), ("masks", Pass.Masks), ("embedding", Pass.Embedding), ("dropout sites", Pass.Dropout),
        ("input FP", Pass.InputForward), ("recurrent FP", Pass.RecurrentForward), ("cell forward", Pass.CellForward),
        ("classifier FP", Pass.ClassifierForward), ("softmax, loss", Pass.Softmax), ("classifier BP", Pass.ClassifierBackward),
        ("classifier WG", Pass.ClassifierGradient), ("bias sums", Pass.BiasSums), ("cell backward", Pass.CellBackward),
        ("recurrent BP", Pass.RecurrentBackward), ("input BP", Pass.InputBackward), ("input WG", Pass.InputGradient),
        ("recurrent WG", Pass.RecurrentGradient), ("gradient norm", Pass.GradientNorm), ("update", Pass.Update));
}
