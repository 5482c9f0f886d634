using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Benchmarks.Matrices;

/// <summary>Threads, kernels and seeded numbers for a benchmark.</summary>
/// <param name="threads">Threads to compute with.</param>
/// <param name="lanes">4, 8 or 16; 0 for the widest.</param>
internal sealed class RuntimeParts(int threads, int lanes) : IDisposable
{
    private readonly WorkerPool _pool = new(threads);
    private readonly Random _random = new(1);

    public IParallelRunner Runner => _pool;

    public KernelSet Kernels { get; } = lanes == 0 ? KernelChoice.Best : KernelChoice.ForLaneWidth(lanes);

    /// <summary>Floats in [-range, range), aligned as the runtime's own are.</summary>
    public Memory<float> Uniform(int length, float range = 0.1f)
    {
        Memory<float> memory = Zeros(length);
        foreach (ref float value in memory.Span) value = ((2f * _random.NextSingle()) - 1f) * range;
        return memory;
    }

    public Memory<float> Zeros(int length) => new AlignedBuffer(length).Memory;

    public int[] Tokens(int length, int vocabulary) => [.. Enumerable.Range(0, length).Select(_ => _random.Next(vocabulary))];

    public void Dispose() => _pool.Dispose();
}
