namespace TinySD.Tools.Display;

/// <summary>What reports and messages call things that stand in no file.</summary>
internal static class Names
{
    public static Choice<SimdInstructions> Instructions { get; } = new("instruction set",
        (SimdInstructions.Scalar, "no vector instructions"), (SimdInstructions.Sse42, "SSE4.2"), (SimdInstructions.Avx2, "AVX2"),
        (SimdInstructions.Avx512, "AVX-512"), (SimdInstructions.AdvSimd, "AdvSIMD"), (SimdInstructions.Helium, "Helium"));

    /// <summary>The parts of a training step as a report names them.</summary>
    public static Choice<Pass> Passes { get; } = new("part of a step",
        (Pass.Copies, "row copies"), (Pass.Masks, "masks"), (Pass.Embedding, "embedding"), (Pass.Characters, "characters"),
        (Pass.Dropout, "dropout sites"),
        (Pass.InputForward, "input FP"), (Pass.RecurrentForward, "recurrent FP"), (Pass.CellForward, "cell forward"),
        (Pass.ClassifierForward, "classifier FP"), (Pass.Softmax, "softmax, loss"), (Pass.ClassifierBackward, "classifier BP"),
        (Pass.ClassifierGradient, "classifier WG"), (Pass.BiasSums, "bias sums"), (Pass.CellBackward, "cell backward"),
        (Pass.RecurrentBackward, "recurrent BP"), (Pass.InputBackward, "input BP"), (Pass.InputGradient, "input WG"),
        (Pass.RecurrentGradient, "recurrent WG"), (Pass.GradientNorm, "gradient norm"), (Pass.Update, "update"));
}
