namespace TinySD.Benchmarks.Kernels;

/// <summary>What the benchmarks run on. Static, because BenchmarkDotNet makes the benchmark objects, and in this process.</summary>
internal static class KernelSettings
{
    public const int Batch = 20, TimeSteps = 35, Vocabulary = 10_000;

    public static int Threads { get; set; } = 1;

    public static float Rate { get; set; } = 0.5f;

    /// <summary>4, 8 or 16; 0 for the widest.</summary>
    public static int Lanes { get; set; }

    public static int[] Hidden { get; set; } = [650];
}
