using BenchmarkDotNet.Attributes;

namespace TinySD.Benchmarks.Kernels;

/// <summary>The recurrent products, dense and structured: one step forward, one step backward, the weight gradient of a window.</summary>
[MemoryDiagnoser]
public class ProductBenchmarks
{
    private RuntimeParts _parts = null!;
    private RecurrentProducts _products = null!;

    /// <summary>Hidden sizes asked for.</summary>
    public static IEnumerable<int> Sizes => KernelSettings.Hidden;

    [ParamsSource(nameof(Sizes))]
    public int H { get; set; }

    [Params(false, true)]
    public bool Structured { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _parts = new RuntimeParts();
        _products = new RecurrentProducts(_parts, H, Structured ? KernelSettings.Rate : 0f);
    }

    [GlobalCleanup]
    public void CleanUp() => _parts.Dispose();

    [Benchmark]
    public void ForwardStep() => _products.Forward();

    [Benchmark]
    public void BackwardStep() => _products.Backward();

    [Benchmark]
    public void WeightGradientOfWindow() => _products.WeightGradient();
}
