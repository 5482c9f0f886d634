namespace TinySD.Formats.Models;

/// <summary>The words for what a model is and how it was trained.</summary>
public static class ModelSpelling
{
    /// <summary>Update rules.</summary>
    public static Choice<OptimizerKind> Optimizers { get; } = new("optimizer",
        (OptimizerKind.Sgd, "sgd"), (OptimizerKind.Adam, "adam"), (OptimizerKind.NtAsgd, "nt-asgd"), (OptimizerKind.AdamW, "adamw"),
        (OptimizerKind.Adagrad, "adagrad"));

    /// <summary>Ranges that parameters start in.</summary>
    public static Choice<InitScheme> InitSchemes { get; } =
        new("init scheme", (InitScheme.Uniform, "uniform"), (InitScheme.Scaled, "scaled"));

    /// <summary>What the loss of a batch is; files called the sum <c>sum-over-time</c> once.</summary>
    public static Choice<LossReduction> LossReductions { get; } = new("loss reduction",
        (LossReduction.SumOverTime, "sum"), (LossReduction.Mean, "mean"), (LossReduction.SumOverTime, "sum-over-time"));

    /// <summary>Ways of the learning rate from epoch to epoch.</summary>
    public static Choice<LearningRateSchedule> LearningRateSchedules { get; } = new("learning rate schedule",
        (LearningRateSchedule.Zaremba, "zaremba"), (LearningRateSchedule.Constant, "constant"), (LearningRateSchedule.Cosine, "cosine"),
        (LearningRateSchedule.Linear, "linear"), (LearningRateSchedule.Plateau, "plateau"),
        (LearningRateSchedule.InverseTime, "inverse-time"));

    /// <summary>Recurrent cells.</summary>
    public static Choice<CellKind> Cells { get; } =
        new("cell", (CellKind.Lstm, "lstm"), (CellKind.Gru, "gru"), (CellKind.RnnTanh, "rnn-tanh"), (CellKind.RnnRelu, "rnn-relu"));

    /// <summary>Directions of a recurrent stack.</summary>
    public static Choice<RecurrentDirection> Directions { get; } = new("direction",
        (RecurrentDirection.Forward, "forward"), (RecurrentDirection.Reverse, "reverse"),
        (RecurrentDirection.Bidirectional, "bidirectional"));

    /// <summary>What is seen of a whole sequence.</summary>
    public static Choice<ReadOut> ReadOuts { get; } =
        new("read-out", (ReadOut.Last, "last"), (ReadOut.Mean, "mean"), (ReadOut.Maximum, "max"));

    /// <summary>Schemes of tags; other names that are known for them may be typed.</summary>
    public static Choice<TagScheme> TagSchemes { get; } = new("tag scheme",
        (TagScheme.None, "none"), (TagScheme.Iob1, "iob1"), (TagScheme.Iob2, "iob2"), (TagScheme.Bioes, "bioes"))
    { Typed = [(TagScheme.Bioes, "iobes"), (TagScheme.Iob2, "bio")] };

    /// <summary>Ways to read the characters of words; the long word may be typed.</summary>
    public static Choice<CharacterReader> CharacterReaders { get; } = new("characters",
        (CharacterReader.None, "none"), (CharacterReader.Cnn, "cnn"), (CharacterReader.Lstm, "lstm"))
    { Typed = [(CharacterReader.Cnn, "convolution")] };

    /// <summary>Ways to choose tags.</summary>
    public static Choice<TagChoice> TagChoices { get; } = new("decoder", (TagChoice.Crf, "crf"), (TagChoice.Softmax, "softmax"));

    /// <summary>How an attention scores positions.</summary>
    public static Choice<AttentionKind> Attentions { get; } = new("attention",
        (AttentionKind.Dot, "dot"), (AttentionKind.General, "general"), (AttentionKind.Concat, "concat"));

    /// <summary>Ways to make a decoder's first state.</summary>
    public static Choice<BridgeChoice> Bridges { get; } = new("bridge",
        (BridgeChoice.Auto, "auto"), (BridgeChoice.Copy, "copy"), (BridgeChoice.Dense, "dense"));

    /// <summary>How much a sequence counts.</summary>
    public static Choice<LabelWeights> LabelWeights { get; } =
        new("class weights", (Models.LabelWeights.None, "none"), (Models.LabelWeights.Balanced, "balanced"));

    /// <summary>Ways to draw structured masks; <c>exact</c> may be typed for short.</summary>
    public static Choice<MaskDraw> MaskDraws { get; } =
        new("dropout draw", (MaskDraw.ExactCount, "exact-count"), (MaskDraw.Bernoulli, "bernoulli"))
        { Typed = [(MaskDraw.ExactCount, "exact")] };

    /// <summary>Losses of numbers.</summary>
    public static Choice<SequenceLoss> RegressionLosses { get; } = new("loss",
        (SequenceLoss.Squared, "squared"), (SequenceLoss.Absolute, "absolute"), (SequenceLoss.Huber, "huber"));

    /// <summary>Cases of dropout.</summary>
    public static Choice<DropoutKind> DropoutKinds { get; } = new("dropout kind",
        (DropoutKind.None, "none"), (DropoutKind.Random, "random"), (DropoutKind.Locked, "locked"), (DropoutKind.Structured, "structured"),
        (DropoutKind.StructuredLocked, "structured-locked"), (DropoutKind.Nested, "nested"), (DropoutKind.NestedLocked, "nested-locked"));
}
