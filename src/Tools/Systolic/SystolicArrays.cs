using TinySD.Tools.Errors;

namespace TinySD.Tools.Systolic;

/// <summary>The arrays that can be asked for by name: the one place where they come from.</summary>
internal static class SystolicArrays
{
    private const string Prefix = "systolic-";
    private const long KiB = 1024, MiB = 1024 * KiB;

    /// <summary>Every array.</summary>
    /// <remarks>
    /// The largest is of the class of the first TPU (Jouppi et al., "In-Datacenter Performance Analysis of a Tensor Processing Unit", ISCA 2017): 256 x 256
    /// 8-bit multipliers that hold weights, 700 MHz, a unified buffer of 24 MiB (taken here as half for inputs and half for outputs), four weight tiles on
    /// chip, and 30 GiB/s for weights, which is 46 bytes a cycle and serves all operands here. The others are round figures of our own, chosen
    /// so that memories and bandwidth grow with the array.
    /// </remarks>
    public static IReadOnlyList<SystolicArray> All { get; } =
    [
        Small(8, Dataflow.OutputStationary, 16 * KiB, 8, 200e6),
        Small(16, Dataflow.OutputStationary, 64 * KiB, 16, 400e6),
        Small(32, Dataflow.OutputStationary, 256 * KiB, 32, 500e6),
        Small(128, Dataflow.OutputStationary, 2 * MiB, 128, 700e6),
        new()
        {
            Name = Prefix + "256x256", Rows = 256, Columns = 256, Dataflow = Dataflow.WeightStationary, InputBytes = 12 * MiB, FilterBytes = 256 * KiB,
            OutputBytes = 12 * MiB, WordsPerCycle = 46, ClockHz = 700e6, BytesPerWord = 1,
        },
    ];

    /// <summary>Every name.</summary>
    public static string List { get; } = string.Join(", ", All.Select(array => array.Name));

    /// <summary>The array of that name, with or without the <c>systolic-</c> that all begin with.</summary>
    /// <exception cref="UsageException">There is none.</exception>
    public static SystolicArray Find(string name) =>
        All.FirstOrDefault(array => array.Name == name || array.Name == Prefix + name)
        ?? throw new UsageException($"--profile is '{name}'; expected a systolic array, one of {List}.");

    private static SystolicArray Small(int edge, Dataflow dataflow, long memoryBytes, double wordsPerCycle, double clockHz) => new()
    {
        Name = FormattableString.Invariant($"{Prefix}{edge}x{edge}"),
        Rows = edge,
        Columns = edge,
        Dataflow = dataflow,
        InputBytes = memoryBytes,
        FilterBytes = memoryBytes,
        OutputBytes = memoryBytes,
        WordsPerCycle = wordsPerCycle,
        ClockHz = clockHz,
        BytesPerWord = 2,
    };
}
