namespace TinySD.Tools.Systolic;

/// <summary>What stays in the processing elements of a systolic array while the rest moves past.</summary>
internal enum Dataflow
{
    /// <summary>Each element adds up one output; both operands move.</summary>
    OutputStationary,

    /// <summary>Each element holds one weight; inputs and partial sums move.</summary>
    WeightStationary,

    /// <summary>Each element holds one input; weights and partial sums move.</summary>
    InputStationary,
}

/// <summary>A systolic array and the memory around it. A product is input [M, K] times filter [K, N], which gives the output [M, N].</summary>
internal sealed record SystolicArray
{
    /// <summary>The most rows or columns: what an edge of the largest product can use.</summary>
    public const int LargestEdge = 65536;

    /// <summary>What the command line calls it.</summary>
    public required string Name { get; init; }

    /// <summary>Rows R of processing elements.</summary>
    public required int Rows { get; init; }

    /// <summary>Columns C of processing elements.</summary>
    public required int Columns { get; init; }

    /// <summary>What stays in place.</summary>
    public required Dataflow Dataflow { get; init; }

    /// <summary>Whether an output-stationary array drains one fold's results while it computes the next. The other dataflows have nothing to drain.</summary>
    public bool OverlapsDrain { get; init; } = true;

    /// <summary>On-chip memory for inputs, both of its halves, bytes.</summary>
    public required long InputBytes { get; init; }

    /// <summary>On-chip memory for weights, both of its halves, bytes.</summary>
    public required long FilterBytes { get; init; }

    /// <summary>On-chip memory for outputs and partial sums, both of its halves, bytes.</summary>
    public required long OutputBytes { get; init; }

    /// <summary>Words a cycle between the on-chip memories and the memory beyond, all operands together, both directions.</summary>
    public required double WordsPerCycle { get; init; }

    /// <summary>Cycles a second.</summary>
    public required double ClockHz { get; init; }

    /// <summary>Bytes of one number, the same for every operand.</summary>
    public required int BytesPerWord { get; init; }

    /// <summary>Checks every range.</summary>
    /// <exception cref="ArgumentException">A value is impossible; the message names it.</exception>
    public void Validate()
    {
        Check(Rows is >= 1 and <= LargestEdge, "rows", Rows, $"1 to {LargestEdge}");
        Check(Columns is >= 1 and <= LargestEdge, "columns", Columns, $"1 to {LargestEdge}");
        Check(Enum.IsDefined(Dataflow), "the dataflow", (double)Dataflow, "a known one");
        Check(BytesPerWord is >= 1 and <= 8, "the bytes of a word", BytesPerWord, "1 to 8");
        Check(InputBytes >= BytesPerWord, "the input memory", InputBytes, "at least one word");
        Check(FilterBytes >= BytesPerWord, "the filter memory", FilterBytes, "at least one word");
        Check(OutputBytes >= BytesPerWord, "the output memory", OutputBytes, "at least one word");
        Check(WordsPerCycle > 0 && double.IsFinite(WordsPerCycle), "the bandwidth in words a cycle", WordsPerCycle, "above 0 and finite");
        Check(ClockHz > 0 && double.IsFinite(ClockHz), "the clock in hertz", ClockHz, "above 0 and finite");
    }

    private void Check(bool isValid, string what, double value, string expected)
    {
        if (!isValid)
            throw new ArgumentException(FormattableString.Invariant($"{Name}: {what} is {value}; expected {expected}."));
    }
}
