namespace TinySD.Runtime.Hardware;

/// <summary>Which operand of a product stays in the processing elements.</summary>
public enum SystolicDataflow
{
    /// <summary>Sums stay; both operands pass (<c>os</c>).</summary>
    OutputStationary,

    /// <summary>Weights stay; inputs and sums pass (<c>ws</c>).</summary>
    WeightStationary,

    /// <summary>Inputs stay; weights and sums pass (<c>is</c>).</summary>
    InputStationary,
}

/// <summary>How an array holds a number.</summary>
public enum SystolicNumber
{
    /// <summary>32-bit IEEE floating point.</summary>
    Binary32,

    /// <summary>16-bit floating point with the exponent of 32-bit.</summary>
    BFloat16,

    /// <summary>16-bit IEEE floating point.</summary>
    Binary16,

    /// <summary>8-bit integers.</summary>
    Integer8,
}

/// <summary>A rectangle of multiply-add elements that pass operands to their neighbours, with memories beside it.</summary>
public sealed record SystolicArray
{
    /// <summary>Rows of processing elements.</summary>
    public required int Rows { get; init; }

    /// <summary>Columns of processing elements.</summary>
    public required int Columns { get; init; }

    /// <summary>What stays where it is.</summary>
    public required SystolicDataflow Dataflow { get; init; }

    /// <summary>On-chip memory for inputs, bytes, both halves where it is double-buffered.</summary>
    public required long InputBytes { get; init; }

    /// <summary>On-chip memory for weights, bytes.</summary>
    public required long WeightBytes { get; init; }

    /// <summary>On-chip memory for outputs, bytes.</summary>
    public required long OutputBytes { get; init; }

    /// <summary>Words of <see cref="Number"/> between the chip and its memory in a cycle.</summary>
    public required double WordsPerCycle { get; init; }

    /// <summary>Clock, MHz.</summary>
    public required double ClockMegahertz { get; init; }

    /// <summary>The format of a word.</summary>
    public required SystolicNumber Number { get; init; }

    /// <summary>Bytes of a word.</summary>
    public int WordBytes => Number switch
    {
        SystolicNumber.Binary32 => 4,
        SystolicNumber.Integer8 => 1,
        _ => 2,
    };

    /// <summary>Whether results leave while the next fold already runs.</summary>
    public required bool DrainOverlaps { get; init; }
}
