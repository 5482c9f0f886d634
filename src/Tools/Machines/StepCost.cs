using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace TinySD.Tools.Machines;

/// <summary>A format of weights to run a model with.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Bytes">Bytes of a weight.</param>
/// <param name="ColumnBytes">Bytes that each column of a matrix has beside them.</param>
internal sealed record RunFormat(string Name, int Bytes, int ColumnBytes)
{
    public static RunFormat Single { get; } = new("float32", 4, 0);

    public static RunFormat Half { get; } = new("bfloat16", 2, 0);

    /// <summary>Each column has a factor and the sum of its numbers.</summary>
    public static RunFormat Byte { get; } = new("int8", 1, 8);

    /// <summary>From the exact one to the smallest.</summary>
    public static IReadOnlyList<RunFormat> All { get; } = [Single, Half, Byte];

    /// <summary>What a step reads in this format.</summary>
    public long BytesOf(StepWeights weights)
    {
        // A header may promise more than 64 bits hold.
        Int128 bytes = 0;
        foreach (StepMatrix matrix in weights.Matrices)
            bytes += ((Int128)matrix.Inputs * matrix.Columns * Bytes) + ((Int128)matrix.Columns * ColumnBytes);
        return (long)Int128.Min(long.MaxValue / 2, bytes);
    }
}

/// <summary>A memory that weights come from.</summary>
/// <param name="Name">L1, L2, L3 or memory.</param>
/// <param name="Holds">Bytes.</param>
/// <param name="BytesPerCycle">What a core gets out of it in a row.</param>
internal sealed record WeightSource(string Name, long Holds, double BytesPerCycle)
{
    /// <summary>Whether it is behind all caches, and holds whatever they do not.</summary>
    public bool IsRest => Holds == long.MaxValue;

    /// <summary>Whether it is one of a core's own caches.</summary>
    public bool IsOwn => Name is "L1" or "L2";
}

/// <summary>What a step at a batch of one costs, one thread: the longer of the time that the weights take to come from the nearest cache
/// that holds them all, and of the time that multiplying with them takes; and the rest of a step, which is the same in every
/// format.</summary>
/// <remarks>
/// <para>Cycles of a core, for comparing formats on one machine and for nothing else. Rates follow from the kernels' instructions for a
/// register of weights: a load and a multiply-add in single precision; for two registers of bfloat16 one load, two expansions and two
/// multiply-adds; of bytes, a load and a dot product, or without such an instruction four instructions on x64 and six on Arm.</para>
/// <para>Bytes a cycle are of the kind of core that a profile describes: two loads of a register from the first cache; from the others what
/// rows in a row were measured to give on x64 (over 100 GB/s at 3 GHz from the second cache, 16 to 100 from the last, which on a shared
/// machine is others' too), and a share of the manufacturer's figures on Arm.</para>
/// <para>The rest of a step is what was left of steps of 32 and 128 units beside their products: 630 cycles, and 93 for each gate of a unit
/// over the single-precision weights that are multiplied in a cycle; and int8 has 64, over the same, for each number that is rounded to go
/// into a product and each sum that is scaled to come out.</para>
/// </remarks>
internal sealed class StepCost
{
    private const double RestOfStep = 630, RestOfGate = 93, EndOfBytes = 64;

    private readonly double _single, _half, _byte;
    private readonly WeightSource[] _sources;

    /// <param name="machine">The machine.</param>
    /// <param name="hasByteDots">Whether it has dot products of bytes: AVX-VNNI, or Arm's. No profile says so.</param>
    public StepCost(SimdMachine machine, bool hasByteDots)
    {
        double nearest, second, last, memory;
        (_single, _half, _byte, nearest, second, last, memory) = machine.Instructions switch
        {
            SimdInstructions.Avx512 => (32.0, 14.0, 16.0, 128.0, 48.0, 24.0, 8.0),
            SimdInstructions.Avx2 => (16.0, 7.0, 16.0, 64.0, 32.0, 20.0, 6.0),
            SimdInstructions.Sse42 => (4.0, 2.7, 8.0, 16.0, 16.0, 8.0, 4.0),
            SimdInstructions.AdvSimd => (4.0, 2.7, 2.7, 16.0, 8.0, 6.0, 2.0),
            SimdInstructions.Helium => (2.0, 1.3, 8.0, 8.0, 4.0, 4.0, 1.0),
            _ => (1.0, 0.7, 0.7, 8.0, 8.0, 6.0, 2.0),
        };
        if (hasByteDots) _byte = machine.Instructions == SimdInstructions.AdvSimd ? 16 : 64;
        IsAllMemory = machine.Instructions == SimdInstructions.Helium;
        WeightSource[] caches =
        [
            new("L1", machine.L1Bytes, nearest), new("L2", machine.L2Bytes, second), new("L3", machine.L3Bytes, last),
            new("memory", long.MaxValue, memory),
        ];
        _sources = Array.FindAll(caches, cache => cache.Holds > 0);
    }

    /// <summary>Whether this machine has dot products of bytes, and this build uses them.</summary>
    public static bool HasByteDotsHere => AvxVnni.IsSupported || Dp.IsSupported;

    /// <summary>Whether the machine has no more memory than its profile says: a microcontroller.</summary>
    public bool IsAllMemory { get; }

    /// <summary>Where weights come from: the nearest that holds them with a quarter of it left for what else a step touches.</summary>
    public WeightSource SourceOf(long bytes) => Array.Find(_sources, source => bytes <= source.Holds / 4 * 3)!;

    /// <summary>How near to the core a source is, 0 for the nearest.</summary>
    public int DistanceOf(WeightSource source) => Array.IndexOf(_sources, source);

    /// <summary>Cycles of a step.</summary>
    public double CyclesOf(StepWeights weights, RunFormat format)
    {
        double numbers = 0, ends = 0, gates = 0;
        foreach (StepMatrix matrix in weights.Matrices)
        {
            numbers += (double)matrix.Inputs * matrix.Columns;

            // Inputs are rounded to bytes first, and sums scaled after.
            ends += matrix.Inputs + matrix.Columns;
            if (matrix.IsRecurrent) gates += matrix.Columns;
        }

        long bytes = format.BytesOf(weights);
        double rate = format == RunFormat.Single ? _single : format == RunFormat.Half ? _half : _byte;
        double products = Math.Max(numbers / rate, bytes / SourceOf(bytes).BytesPerCycle);
        double rounding = format == RunFormat.Byte ? EndOfBytes * ends / _single : 0;
        return products + rounding + RestOfStep + (RestOfGate * gates / _single);
    }
}
